from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop import commands
from desktop.engine.conversations import Conversations
from desktop.engine.errors import ServerRefusedError
from shared import limits
from shared.errors import Code, PeerError, RefusedError, TransportError
from shared.rest import Conversation
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def conversations(seat: Seat) -> Conversations:
    return seat.parts.conversations


def twist(seat: Seat, change: Callable[[Conversation], Conversation]) -> None:
    """Let the server tell something else of conversations."""

    def lie(_seat: Seat, _what: str, value: Any) -> Any:
        return change(value) if isinstance(value, Conversation) else value

    seat.server.twist = lie


def refuse(seat: Seat, path: str, code: Code) -> None:
    def no(_seat: Seat, what: str, value: Any) -> Any:
        if what.endswith(path):
            raise ServerRefusedError(code, "no", {})
        return value

    seat.server.twist = no


async def test_a_conversation_that_is_gone_is_none(sit: Sit) -> None:
    anna = await sit("anna").up()

    assert await conversations(anna).refresh(12_345) is None


async def test_a_server_that_cannot_answer_is_not_taken_for_no_conversation(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    refuse(anna, str(chat), Code.RATE_LIMITED)

    with pytest.raises(ServerRefusedError):
        await conversations(anna).refresh(chat)


async def test_a_log_that_no_timeline_could_hold_is_refused(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    twist(anna, lambda told: msgspec.structs.replace(told, head=2**41))

    with pytest.raises(PeerError) as error:
        await conversations(anna).refresh(chat)

    assert error.value.code is Code.MALFORMED


async def test_a_kind_of_conversation_that_makes_no_sense_is_left_alone(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    carol = await sit("carol").up()
    twist(anna, lambda told: msgspec.structs.replace(told, members=told.members[:1]))
    carol.server.logs[chat].ranges[carol.account] = (1, 0)

    assert await conversations(carol).refresh(chat) is None
    assert not carol.has(chat)


async def test_a_long_log_is_begun_near_its_end_at_a_whole_block(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    desk = sit("ben", "desk")
    twist(anna, lambda told: msgspec.structs.replace(told, head=1_000))

    stored = await conversations(desk).refresh(chat)

    assert stored is not None
    assert stored.floor % limits.ORDER_BLOCK == 0
    assert 1_000 - 3 * limits.ORDER_BLOCK < stored.floor < 1_000 - limits.ORDER_BLOCK
    assert stored.chain_floor == b""


async def test_who_is_added_again_begins_behind_what_is_not_theirs_to_see(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    remove = commands.RemoveMember(conversation_id=club, account=carol.account)
    await anna.do(remove)
    await anna.say(club, "behind their back")
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))

    stored = carol.parts.context.storage.conversations.get(club)
    log = anna.server.logs[club]

    assert stored is not None
    assert stored.floor == log.ranges[carol.account][0] - 1
    assert stored.chain_floor == log.entries[stored.floor - 1].chain


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
async def test_a_group_needs_a_name(sit: Sit, name: str) -> None:
    anna = await sit("anna").up()

    with pytest.raises(RefusedError) as error:
        await conversations(anna).create_group(name, ())

    assert error.value.code is Code.MALFORMED
    assert anna.server.logs == {}


async def test_a_group_has_its_name_as_soon_as_it_is_made(sit: Sit) -> None:
    anna = await sit("anna").up()

    stored = await conversations(anna).create_group(" Chess club ", ())

    assert stored.title == "Chess club"


async def test_naming_oneself_or_somebody_twice_adds_each_once(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()

    stored = await conversations(anna).create_group(
        "club", (ben.account, anna.account, ben.account)
    )

    document = anna.server.logs[stored.conversation_id].document
    assert [each.account for each in document.members] == [anna.account, ben.account]


async def test_a_creation_whose_answer_was_lost_is_sent_again_unchanged(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    anna.loses = "conversations"
    with pytest.raises(TransportError):
        await conversations(anna).open_with(ben.account)
    anna.loses = ""

    made = await conversations(anna).finish_creations()

    assert [each.conversation_id for each in made] == list(anna.server.logs)
    assert anna.is_live(made[0].conversation_id)
    assert await conversations(anna).finish_creations() == []


async def test_asking_again_for_the_same_person_sends_the_creation_that_waits(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    anna.refuses = "conversations"
    with pytest.raises(TransportError):
        await conversations(anna).open_with(ben.account)
    waiting = [number for number, _ in anna.parts.context.storage.groups.all_pending()]
    anna.refuses = ""

    stored = await conversations(anna).open_with(ben.account)

    assert [stored.conversation_id] == waiting == list(anna.server.logs)


@pytest.mark.parametrize(("code", "stays"), [(Code.RATE_LIMITED, True), (Code.NOT_CONTACT, False)])
async def test_a_refused_creation_is_kept_only_if_it_may_succeed_later(
    sit: Sit, code: Code, stays: bool
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    refuse(anna, "conversations", code)

    with pytest.raises(ServerRefusedError) as error:
        await conversations(anna).open_with(ben.account)

    assert error.value.code is code
    assert bool(anna.parts.context.storage.groups.all_pending()) is stays


async def test_where_somebody_was_faster_their_conversation_is_used(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    await anna.down()
    chat = await ben.direct(anna)

    stored = await conversations(anna).open_with(ben.account)

    assert stored.conversation_id == chat
    assert anna.parts.context.storage.groups.all_pending() == []


async def test_a_server_that_names_a_conversation_it_does_not_know_is_refused(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    refuse(anna, "conversations", Code.EXISTS)

    with pytest.raises(PeerError):
        await conversations(anna).open_with(ben.account)


async def test_an_answer_for_another_conversation_is_refused(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    twist(
        anna, lambda told: msgspec.structs.replace(told, conversation_id=told.conversation_id ^ 1)
    )

    with pytest.raises(PeerError) as error:
        await conversations(anna).open_with(ben.account)

    assert error.value.code is Code.MALFORMED


async def test_marks_of_the_furthest_other_member_are_shown(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "one")

    def read(told: Conversation) -> Conversation:
        members = [
            msgspec.structs.replace(each, delivered=2, read=2, read_at_ms=70)
            for each in told.members
        ]
        return msgspec.structs.replace(told, members=members)

    twist(anna, read)

    stored = await conversations(anna).refresh(chat)

    assert stored is not None
    assert (stored.read, stored.read_at_ms, stored.own_read) == (2, 70, 2)
