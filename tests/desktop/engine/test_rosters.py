from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop.engine.alarms import Finding
from desktop.engine.errors import ServerRefusedError
from desktop.engine.rosters import Rosters
from desktop.events import Alarm
from desktop.storage.intent_store import Rotate
from shared.e2ee.facade import confirmation_tag_of
from shared.errors import Code, PeerError
from shared.identifiers import ConversationId
from shared.rest import EntryPage
from shared.roster import decode_document, encode_document
from tests.desktop.engine.small_server import Seat, SmallServer

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def rosters(seat: Seat) -> Rosters:
    return seat.parts.connection._parts.rosters


async def rotated(sit: Sit) -> tuple[Seat, Seat, ConversationId]:
    """Return Anna, Ben and a chat of theirs whose log has two handshakes."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    return anna, ben, chat


def forget(seat: Seat, chat: ConversationId) -> None:
    """Let a seat know nothing of a log."""
    seat.parts.states.drop_log(chat)
    seat.parts.context.storage.database.run("DELETE FROM verdicts")
    seat.parts.context.storage.database.run("DELETE FROM documents")
    seat.parts.states.forget()


def found(seat: Seat) -> set[str]:
    return {event.kind for event in seat.told if isinstance(event, Alarm)}


def twist(server: SmallServer, path: str, change: Callable[[Any], Any]) -> None:
    """Let the server answer calls that end like this otherwise."""
    server.twist = lambda _seat, what, value: change(value) if what.endswith(path) else value


async def test_following_begins_at_the_newest_signed_state(sit: Sit) -> None:
    _, ben, chat = await rotated(sit)
    forget(ben, chat)

    assert await rosters(ben).start(chat)

    stored = ben.parts.context.storage.groups.log(chat)
    assert stored is not None
    assert (stored.sequence, stored.started, stored.followed) == (2, 2, 2)
    roster = ben.parts.states.roster(chat)
    assert roster is not None
    assert [each.account for each in roster.members] == [101, 102]


@pytest.mark.logs_warnings
async def test_a_state_that_does_not_hold_is_passed_over_for_an_older_one(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    log = anna.server.logs[chat]
    log.states[-1] = msgspec.structs.replace(log.states[-1], group_info=b"nothing of the kind")
    forget(ben, chat)

    assert await rosters(ben).start(chat)

    stored = ben.parts.context.storage.groups.log(chat)
    assert stored is not None
    # The newer one is taken for skipped: nothing waits for it any more.
    assert (stored.sequence, stored.followed) == (1, 2)


@pytest.mark.logs_warnings
async def test_without_any_state_that_holds_nothing_is_followed(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    log = anna.server.logs[chat]
    log.states[:] = [msgspec.structs.replace(each, tree=b"no tree") for each in log.states]
    forget(ben, chat)

    assert not await rosters(ben).start(chat)

    assert ben.parts.context.storage.groups.log(chat) is None


@pytest.mark.logs_warnings
async def test_a_state_whose_handshake_does_not_follow_its_parent_is_passed_over(
    sit: Sit,
) -> None:
    anna, ben, chat = await rotated(sit)
    await anna.parts.memberships.carry_out(chat, Rotate(after=2))
    await anna.settle()
    log = anna.server.logs[chat]
    # The parent that is listed is an older state, on which the handshake cannot have been made.
    log.states[1] = msgspec.structs.replace(log.states[0], sequence=2)
    forget(ben, chat)

    assert await rosters(ben).start(chat)

    stored = ben.parts.context.storage.groups.log(chat)
    assert stored is not None
    # Nor is the older state the one that the entry it is listed under led to.
    assert (stored.sequence, stored.followed) == (1, 3)
    assert found(ben) == {Finding.STALE_GROUP_INFO}


@pytest.mark.logs_warnings
async def test_a_handshake_that_names_itself_as_its_parent_follows_nothing(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    log = anna.server.logs[chat]
    ben.parts.context.storage.database.run("DELETE FROM entries")
    log.entries[1] = msgspec.structs.replace(log.entries[1], parent=2)
    forget(ben, chat)

    assert await rosters(ben).start(chat)

    stored = ben.parts.context.storage.groups.log(chat)
    assert stored is not None
    assert stored.sequence == 1


@pytest.mark.logs_warnings
async def test_a_state_whose_handshake_was_changed_on_the_way_counts_and_is_told(
    sit: Sit,
) -> None:
    anna, ben, chat = await rotated(sit)
    log = anna.server.logs[chat]
    ben.parts.context.storage.database.run("DELETE FROM entries")
    payload = log.entries[1].payload
    tag = confirmation_tag_of(payload)
    log.entries[1] = msgspec.structs.replace(
        log.entries[1], payload=payload.replace(tag, bytes(len(tag)))
    )
    forget(ben, chat)

    assert await rosters(ben).start(chat)

    assert found(ben) == {Finding.FORGED_HANDSHAKE}
    stored = ben.parts.context.storage.groups.log(chat)
    assert stored is not None
    assert stored.sequence == 2


@pytest.mark.logs_warnings
async def test_a_roster_that_names_another_root_than_the_known_one_is_not_followed(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, chat = await rotated(sit)
    forget(ben, chat)
    keys = ben.parts.connection._parts.keys
    pinned = keys.pinned_root
    monkeypatch.setattr(
        keys, "pinned_root", lambda who: bytes(32) if who == anna.account else pinned(who)
    )

    assert not await rosters(ben).start(chat)


@pytest.mark.logs_warnings
async def test_a_state_of_another_conversation_is_passed_over(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    other = await anna.group("club", ben)
    twist(anna.server, f"{chat}/group-infos", lambda _: infos(anna, other))
    twist_documents = anna.server.logs[other].documents
    anna.server.logs[chat].documents.update(twist_documents)
    forget(ben, chat)

    assert not await rosters(ben).start(chat)


def infos(seat: Seat, number: ConversationId) -> Any:
    return seat.server._answer(seat, "GET", ["conversations", str(number), "group-infos"], {}, None)


async def test_another_document_than_was_asked_for_is_not_kept(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    log = anna.server.logs[chat]
    wanted = log.entries[0].document_hash
    assert wanted is not None
    forget(ben, chat)
    document = decode_document(log.documents[wanted])
    other = encode_document(msgspec.structs.replace(document, has_history=False))
    twist(anna.server, wanted.hex(), lambda _: other)

    with pytest.raises(PeerError) as error:
        await rosters(ben).document(chat, wanted)

    assert error.value.code is Code.BAD_HASH
    assert ben.parts.context.storage.groups.document(wanted) is None


async def test_a_document_that_is_here_is_not_asked_for(sit: Sit) -> None:
    _, ben, chat = await rotated(sit)
    wanted = ben.server._document_hash(ben.server.logs[chat])
    ben.calls.clear()

    await rosters(ben).document(chat, wanted)

    assert ben.calls == []


async def test_a_message_in_a_handshakes_place_is_no_handshake(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    await anna.say(chat, "I am no handshake")

    with pytest.raises(PeerError) as error:
        await rosters(ben).handshake(chat, 3)

    assert error.value.code is Code.MALFORMED


async def test_a_page_without_what_was_asked_for_is_no_answer(sit: Sit) -> None:
    anna, ben, chat = await rotated(sit)
    ben.parts.context.storage.database.run("DELETE FROM entries")
    twist(anna.server, "entries", lambda _: EntryPage(chain_before=bytes(32), entries=[]))

    with pytest.raises(PeerError):
        await rosters(ben).handshake(chat, 2)


async def test_who_is_no_member_is_told_nothing(sit: Sit) -> None:
    _, _, chat = await rotated(sit)
    carol = await sit("carol").up()

    with pytest.raises(ServerRefusedError) as error:
        await rosters(carol).start(chat)

    assert error.value.code is Code.NOT_FOUND
