from __future__ import annotations

import pytest

from backend.store import blobs as store
from backend.store.database import Session
from shared.rest_groups import Blanking
from shared.roster_rules import with_members, without_member
from tests.backend.grouped import Group, member_of
from tests.backend.office import Insider, Office
from tests.backend.uploads import begin, upload


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def group(office: Office, anna: Insider, ben: Insider) -> Group:
    return Group(office, anna, ben)


def may(office: Office, who: Insider, *blob_ids: int) -> bool:
    return office.app.database.read(
        lambda session: store.may_name(session.connection(), who.account, blob_ids)
    )


def test_who_uploaded_may_name_what_is_complete(
    office: Office, anna: Insider, ben: Insider
) -> None:
    complete, unfinished = upload(office, anna, b"data"), begin(office, anna, b"more")

    assert may(office, anna, complete)
    assert not may(office, ben, complete)
    assert not may(office, anna, unfinished)
    assert not may(office, anna, complete, unfinished)
    assert not may(office, anna, 12345)


def test_who_may_read_an_entry_may_name_what_it_names(
    office: Office, group: Group, anna: Insider, ben: Insider
) -> None:
    carl = office.join("carl")
    blob = upload(office, anna, b"data")
    group.write(anna, blob_ids=(blob, blob))

    assert may(office, ben, blob)
    assert not may(office, carl, blob)


def test_only_what_was_sent_while_they_were_there(
    office: Office, group: Group, anna: Insider, ben: Insider
) -> None:
    office.befriend(anna, carl := office.join("carl"))
    early = upload(office, anna, b"early")
    group.write(anna, blob_ids=(early,))
    group.commit(anna, with_members(group.document, [member_of(carl)]))
    both = upload(office, anna, b"both")
    group.write(anna, blob_ids=(both,))
    group.commit(anna, without_member(group.document, carl.account))
    late = upload(office, anna, b"late")
    group.write(anna, blob_ids=(late,))

    assert [may(office, carl, each) for each in (early, both, late)] == [False, True, False]

    group.commit(anna, with_members(group.document, [member_of(carl)]))
    assert [may(office, carl, each) for each in (early, both, late)] == [False, True, False]
    again = upload(office, anna, b"again")
    group.write(anna, blob_ids=(again,))
    assert may(office, carl, both, again)


def test_a_blank_entry_names_nothing(office: Office, group: Group, anna: Insider) -> None:
    blob = upload(office, anna, b"data")
    answer = group.write(anna, blob_ids=(blob,))

    assert office.app.database.read(lambda session: store.is_named(session, blob))
    blanking = Blanking(sequence=2, payload_hash=answer.payload_hash)
    office.services.blankings.blank(anna.account, group.number, blanking)

    assert not office.app.database.read(lambda session: store.is_named(session, blob))


def test_what_has_expired_names_nothing(office: Office, group: Group, anna: Insider) -> None:
    gone, stays = upload(office, anna, b"gone"), upload(office, anna, b"stays")
    group.write(anna, blob_ids=(gone,), expires_at_ms=office.clock.now_ms + 1000)
    group.write(anna, blob_ids=(stays,), expires_at_ms=office.clock.now_ms + 5000)
    group.write(anna, expires_at_ms=office.clock.now_ms + 1000)
    office.clock.now_ms += 2000

    assert office.services.blankings.blank_expired() == 2

    def named(session: Session) -> list[bool]:
        return [store.is_named(session, each) for each in (gone, stays)]

    assert office.app.database.read(named) == [False, True]


def test_usage_counts_what_was_announced(office: Office, anna: Insider, ben: Insider) -> None:
    upload(office, anna, b"1234")
    begin(office, anna, b"123456")

    read = office.app.database.read
    assert read(lambda session: store.usage(session, anna.account)) == (10, 1)
    assert read(lambda session: store.usage(session, ben.account)) == (0, 0)
