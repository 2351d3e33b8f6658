from __future__ import annotations

import logging

import pytest

from shared import chain, limits
from shared.errors import Code
from shared.frames import Accepted
from shared.rest_groups import Blanking
from shared.roster_rules import without_member
from tests.backend.grouped import Group, code_of
from tests.backend.office import Insider, Office
from tests.backend.people import message


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def group(office: Office, anna: Insider, ben: Insider) -> Group:
    return Group(office, anna, ben)


def write(group: Group, who: Insider) -> Blanking:
    answer = group.write(who)
    assert isinstance(answer, Accepted)
    return Blanking(sequence=answer.sequence, payload_hash=answer.payload_hash)


def payloads(group: Group, who: Insider) -> list[bytes]:
    page = group.office.services.conversations.entries(who.account, group.number, after=1, limit=50)
    return [entry.payload for entry in page.entries]


def test_the_sender_drops_a_message_and_the_chain_stays_whole(
    group: Group, anna: Insider, ben: Insider
) -> None:
    blanking = write(group, ben)

    group.office.services.blankings.blank(ben.account, group.number, blanking)
    group.office.services.blankings.blank(ben.account, group.number, blanking)

    page = group.office.services.conversations.entries(anna.account, group.number, after=1, limit=5)
    assert [entry.payload for entry in page.entries] == [b""]
    assert chain.is_linked(page.chain_before, page.entries[0])


def test_an_admin_drops_anybodys_message_whatever_its_age(
    group: Group, anna: Insider, ben: Insider
) -> None:
    blanking = write(group, ben)
    group.office.clock.now_ms += limits.RECALL_AGE_MAX_MS + 1

    own = code_of(
        lambda: group.office.services.blankings.blank(ben.account, group.number, blanking)
    )
    group.office.services.blankings.blank(anna.account, group.number, blanking)

    assert own is Code.FORBIDDEN
    assert payloads(group, ben) == [b""]


def test_what_is_not_ones_own_stays(group: Group, anna: Insider, ben: Insider) -> None:
    carl = group.office.join("carl")
    of_anna, of_ben = write(group, anna), write(group, ben)
    page = group.office.services.conversations.entries(anna.account, group.number, after=0, limit=1)
    handshake = Blanking(sequence=1, payload_hash=page.entries[0].payload_hash)
    blank = group.office.services.blankings.blank

    wrong = Blanking(sequence=of_ben.sequence, payload_hash=of_anna.payload_hash)
    beyond = Blanking(sequence=99, payload_hash=of_anna.payload_hash)
    assert code_of(lambda: blank(ben.account, group.number, of_anna)) is Code.FORBIDDEN
    assert code_of(lambda: blank(anna.account, group.number, handshake)) is Code.FORBIDDEN
    assert code_of(lambda: blank(ben.account, group.number, wrong)) is Code.BAD_HASH
    assert code_of(lambda: blank(ben.account, group.number, beyond)) is Code.NOT_FOUND
    assert code_of(lambda: blank(carl.account, group.number, of_ben)) is Code.NOT_FOUND
    group.commit(anna, without_member(group.document, ben.account))
    assert code_of(lambda: blank(ben.account, group.number, of_ben)) is Code.NOT_FOUND
    assert all(payloads(group, anna))


def test_between_two_people_nobody_drops_the_others_message(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    answer = office.submit(ben, message(chat, 1))
    assert isinstance(answer, Accepted)
    blanking = Blanking(sequence=answer.sequence, payload_hash=answer.payload_hash)

    code = code_of(lambda: office.services.blankings.blank(anna.account, chat, blanking))

    assert code is Code.FORBIDDEN


def test_messages_go_when_their_time_is_over(group: Group, anna: Insider) -> None:
    soon = group.office.clock.now_ms + 1000
    group.write(anna, expires_at_ms=soon)
    group.write(anna, expires_at_ms=soon + 1)
    group.write(anna)
    blank_expired = group.office.services.blankings.blank_expired

    before = blank_expired()
    group.office.clock.now_ms = soon
    found, again = blank_expired(), blank_expired()

    assert (before, found, again) == (0, 1, 0)
    assert [bool(payload) for payload in payloads(group, anna)] == [False, True, True]


@pytest.mark.logs_warnings
def test_a_busy_server_blanks_later(group: Group, caplog: pytest.LogCaptureFixture) -> None:
    group.office.app.writer.stop()

    with caplog.at_level(logging.WARNING):
        assert group.office.services.blankings.blank_expired() == 0

    assert "stay for now" in caplog.text
