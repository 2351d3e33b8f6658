from __future__ import annotations

import base64

import msgspec

from shared.errors import Code
from shared.frames import Accepted
from shared.rest import ErrorBody, RecordList
from shared.rest_groups import (
    Blanking,
    GroupInfoList,
    HandshakeAccepted,
    RecordAddition,
    WelcomeInfo,
)
from shared.roster_rules import with_members
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.grouped import Group, member_of
from tests.backend.office import Insider


def test_a_commit_and_what_travels_with_it(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna)
    api.office.befriend(anna, ben)
    path = f"/v1/conversations/{group.number}"
    commit = group.handshake(
        anna,
        with_members(group.document, [member_of(ben)]),
        welcome=group.welcome(ben.device),
        records=group.records(anna, ben),
    )

    response = api("POST", f"{path}/handshakes", commit, who=anna)
    again = api("POST", f"{path}/handshakes", commit, who=anna)

    assert response.status_code == 201
    accepted = read(response, HandshakeAccepted)
    assert accepted.sequence == 2
    assert read(again, HandshakeAccepted).is_repeat
    welcome = read(api("GET", f"{path}/welcome", who=ben), WelcomeInfo)
    assert (welcome.sequence, welcome.tree) == (2, commit.tree)
    states = read(api("GET", f"{path}/group-infos", who=ben), GroupInfoList).states
    assert [state.sequence for state in states] == [2, 1]
    assert states[0].group_info == commit.group_info
    assert api("DELETE", f"{path}/welcome", who=ben).status_code == 204
    assert code_of(api("GET", f"{path}/welcome", who=ben)) is Code.NOT_FOUND
    assert api("DELETE", f"{path}/welcome", who=ben).status_code == 204


def test_a_stale_commit_is_told_the_newest_handshake(api: Api, anna: Insider) -> None:
    group = Group(api.office, anna)
    commit = group.handshake(anna, base=0)

    response = api("POST", f"/v1/conversations/{group.number}/handshakes", commit, who=anna)

    error = msgspec.json.decode(response.data, type=ErrorBody).error
    assert (response.status_code, error.code) == (409, Code.STALE)
    assert error.details == {"newest_handshake": "1"}


def test_a_commit_goes_where_it_says(api: Api, anna: Insider) -> None:
    group = Group(api.office, anna)

    response = api("POST", "/v1/conversations/5/handshakes", group.handshake(anna), who=anna)

    assert code_of(response) is Code.MALFORMED


def test_records_are_read_page_by_page_and_added(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna, ben)
    for _ in range(4):
        group.commit(anna, records=group.records(anna, ben))
    path = f"/v1/conversations/{group.number}/records"
    addition = RecordAddition(parent=4, record=b"another")

    first = api("POST", path, addition, who=ben)
    again = api("POST", path, addition, who=ben)
    other = api("POST", path, RecordAddition(parent=4, record=b"changed"), who=ben)
    nowhere = api("POST", path, RecordAddition(parent=9, record=b"x"), who=ben)

    assert (first.status_code, again.status_code) == (201, 201)
    assert code_of(other) is Code.EXISTS
    assert code_of(nowhere) is Code.NOT_FOUND
    page = read(api("GET", f"{path}?limit=2", who=ben), RecordList).records
    assert [record.parent for record in page] == [5, 4, 4]
    assert [record.by_device for record in page] == [anna.device, anna.device, ben.device]
    rest = read(api("GET", f"{path}?before=4&limit=2", who=ben), RecordList).records
    assert [record.parent for record in rest] == [3, 2]


def test_an_epoch_has_so_many_records_and_no_more(api: Api, anna: Insider, ben: Insider) -> None:
    from backend.store.handshakes import add_record
    from backend.store.unit import Unit

    group = Group(api.office, anna, ben)

    def work(unit: Unit) -> None:
        for device in (1, 2, 3):
            add_record(
                unit.session,
                group.number,
                account=ben.account,
                parent=1,
                device=device,
                record=b"r",
            )

    api.office.services.context.change(work)
    path = f"/v1/conversations/{group.number}/records"

    response = api("POST", path, RecordAddition(parent=1, record=b"more"), who=ben)

    assert (response.status_code, code_of(response)) == (413, Code.TOO_LARGE)


def test_without_history_no_record_is_added(api: Api, anna: Insider) -> None:
    group = Group(api.office, anna, has_history=False)
    path = f"/v1/conversations/{group.number}/records"

    response = api("POST", path, RecordAddition(parent=1, record=b"more"), who=anna)

    assert code_of(response) is Code.FORBIDDEN


def test_a_message_is_dropped(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna, ben)
    answer = group.write(ben)
    assert isinstance(answer, Accepted)
    blanking = Blanking(sequence=answer.sequence, payload_hash=answer.payload_hash)

    response = api("POST", f"/v1/conversations/{group.number}/blank", blanking, who=ben)

    assert response.status_code == 204
    entries = api("GET", f"/v1/conversations/{group.number}/entries?after=1", who=anna)
    assert base64.b64encode(answer.payload_hash) in entries.data
    assert b'"",' not in entries.data or b'""]' in entries.data
