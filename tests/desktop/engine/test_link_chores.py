from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from desktop import commands
from desktop.commands import AddMembers
from desktop.engine import timeline
from desktop.engine.errors import ServerRefusedError
from desktop.events import InviteMade, LinkChanged, LinkState
from desktop.storage.intent_store import Join, Rotate
from shared import limits
from shared.errors import Code, TransportError
from shared.events import Event, EventKind
from shared.frames import Events
from shared.identifiers import ConversationId
from shared.rest import ContactList, Conversation, ConversationList, RecordList
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def event(seat: Seat, kind: str, *, account: int = 0, conversation_id: int = 0) -> None:
    """Let the server tell one more event."""
    position = len(seat.owner.events) + 1
    told = Event(
        position=position,
        at_ms=1,
        kind=kind,
        account=account,
        conversation_id=conversation_id,
    )
    seat.owner.events.append(told)
    seat.queue(Events((told,), position))


def position(seat: Seat) -> int:
    return seat.parts.context.storage.account.positions()[0]


async def asked(seat: Seat, kind: str, *, account: int = 0, conversation_id: int = 0) -> list[str]:
    """Tell an event, and return what was asked because of it."""
    seat.calls.clear()
    event(seat, kind, account=account, conversation_id=conversation_id)
    await seat.settle()
    return list(seat.calls)


async def test_each_event_makes_us_ask_for_what_it_points_to(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    user, where = f"GET /v1/users/{ben.account}", f"GET /v1/conversations/{chat}"

    found = {
        kind: await asked(anna, kind.value, account=ben.account, conversation_id=chat)
        for kind in (
            EventKind.CONTACTS_CHANGED,
            EventKind.PROFILE_CHANGED,
            EventKind.CONVERSATION_CHANGED,
            EventKind.DEVICES_CHANGED,
            EventKind.JOIN_REQUESTED,
            EventKind.KEY_PACKAGES_LOW,
        )
    }

    assert found == {
        EventKind.CONTACTS_CHANGED: ["GET /v1/contacts"],
        EventKind.PROFILE_CHANGED: [user],
        EventKind.CONVERSATION_CHANGED: [where],
        EventKind.DEVICES_CHANGED: [f"{user}/keys"],
        EventKind.JOIN_REQUESTED: [f"{where}/join-requests"],
        EventKind.KEY_PACKAGES_LOW: ["GET /v1/key-packages"],
    }


async def test_an_event_of_a_later_version_is_passed_by(sit: Sit) -> None:
    anna = await sit("anna").up()

    assert await asked(anna, "something_new") == []
    assert position(anna) == len(anna.owner.events) == 1


async def test_the_position_moves_once_what_events_point_to_is_here(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    anna.is_reachable = False
    event(anna, EventKind.PROFILE_CHANGED.value, account=ben.account)
    run = anna.run
    assert run is not None
    await anna.until(lambda: run.chores.queue._waiting.keys() == {("position", 1)})
    before = position(anna)

    anna.is_reachable = True
    await anna.until(lambda: position(anna) == 1)

    assert before == 0
    assert anna.parts.context.storage.people.profile(ben.account).nickname == "Ben"


async def test_a_snapshot_asks_for_all_contacts_and_conversations(sit: Sit) -> None:
    anna = await sit("anna").up()
    anna.calls.clear()

    anna.queue(Events((), 9, is_snapshot=True))
    await anna.settle()

    assert anna.calls == ["GET /v1/conversations", "GET /v1/contacts"]
    assert position(anna) == 9


async def test_the_link_counts_as_open_once_contacts_are_those_of_now(sit: Sit) -> None:
    anna = sit("anna")
    asked_by_then: list[list[str]] = []

    def listen(told: object) -> None:
        if isinstance(told, LinkChanged) and told.state is LinkState.ONLINE:
            asked_by_then.append(list(anna.calls))

    anna.parts.context.emit = listen
    await anna.up()

    assert len(asked_by_then) == 1
    assert "GET /v1/contacts" in asked_by_then[0]


async def test_who_was_asked_first_makes_the_conversation(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()

    def twist(seat: Seat, _what: str, answer: object) -> object:
        if isinstance(answer, ContactList):
            return ContactList(
                contacts=[
                    msgspec.structs.replace(each, requested_by=anna.account)
                    for each in answer.contacts
                ],
                requests=answer.requests,
            )
        return answer

    anna.server.twist = twist
    event(anna, EventKind.CONTACTS_CHANGED.value)
    event(ben, EventKind.CONTACTS_CHANGED.value)
    await anna.settle()

    (chat,) = anna.server.logs
    assert anna.server.logs[chat].entries[0].account == ben.account
    assert anna.is_live(chat)
    assert ben.is_live(chat)


async def test_a_welcome_to_an_unknown_conversation_brings_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    ben.is_linked = False  # Hears nothing of it.
    chat = await anna.direct(ben)
    known = ben.has(chat)
    ben.is_linked = True

    event(ben, EventKind.WELCOME_READY.value, conversation_id=chat)
    await ben.settle()

    assert not known
    assert ben.is_live(chat)


async def test_who_was_invited_is_let_in_when_a_member_hears_of_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club")
    made = await anna.do(commands.MakeInvite(conversation_id=club))
    assert isinstance(made, InviteMade)
    await anna.down()
    await ben.do(commands.JoinGroup(code=made.code))
    waits = ben.is_live(club)

    await anna.up()

    assert not waits
    assert ben.is_live(club)


async def test_a_device_that_is_new_is_to_join_and_an_old_leaf_to_be_renewed(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOINS_PER_SECOND", 1_000)
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    desk = await sit("ben", "desk").up()
    wanted: dict[str, object] = {}

    async def join_all(name: str, seat: Seat) -> None:
        monkeypatch.setattr(seat.parts.memberships, "wake", lambda _: None)
        assert seat.run is not None
        await seat.run.chores.join_all()
        stored = seat.parts.context.storage.intents.of(chat)
        wanted[name] = [each.intent for each in stored]

    await join_all("desk", desk)
    await join_all("new leaf", ben)
    ben.parts.context.storage.database.run(
        "UPDATE live_groups SET leaf_at_ms = leaf_at_ms - ?", limits.LEAF_AGE_MAX_MS
    )
    await join_all("old leaf", ben)

    assert wanted == {"desk": [Join()], "new leaf": [], "old leaf": [Rotate(after=1)]}


async def test_a_conversation_this_account_has_left_is_not_joined(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    await anna.do(commands.RemoveMember(conversation_id=club, account=ben.account))
    assert ben.run is not None

    await ben.run.chores.join_all()

    assert ben.parts.context.storage.intents.of(club) == []


async def read_by_desk(sit: Sit, twist: Callable[[Seat, str, object], object]) -> Seat:
    """Let a new device of Ben's read what Anna wrote, from a server that is twisted."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")
    anna.server.twist = partial(twist)
    desk = sit("ben", "desk")
    await desk.up()
    return desk


def chat_of(seat: Seat) -> ConversationId:
    (chat,) = seat.server.logs
    return ConversationId(chat)


@pytest.mark.logs_warnings
async def test_what_the_server_refuses_for_good_is_unreadable_and_blocks_nothing(sit: Sit) -> None:
    def twist(seat: Seat, what: str, answer: object) -> object:
        if isinstance(answer, RecordList):
            raise ServerRefusedError(Code.FORBIDDEN, "no", {})
        return answer

    desk = await read_by_desk(sit, twist)

    assert desk.texts(chat_of(desk)) == ["<unreadable>"]
    stored = desk.parts.context.storage.conversations.get(chat_of(desk))
    assert stored is not None
    assert desk.parts.connection._parts.confirmed[chat_of(desk)] == stored.have == 2


async def test_what_did_not_arrive_is_asked_for_again(sit: Sit) -> None:
    failures = iter([TransportError("away")])

    def twist(seat: Seat, what: str, answer: object) -> object:
        if isinstance(answer, RecordList):
            for failure in failures:
                raise failure
        return answer

    desk = await read_by_desk(sit, twist)
    await desk.until(lambda: desk.texts(chat_of(desk)) == ["hello"])

    asked_for = [call for call in desk.calls if call.startswith("GET") and "records" in call]
    assert len(asked_for) >= 2


async def test_entries_of_a_conversation_that_is_not_here_are_left_alone(sit: Sit) -> None:
    anna = await sit("anna").up()
    assert anna.run is not None
    anna.calls.clear()

    anna.run.chores.open(99)
    await anna.settle()

    assert anna.calls == []


async def test_a_roster_that_handshakes_wait_for_is_fetched_before_anything_opens(
    sit: Sit,
) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await ben.down()
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "hello")
    ben.calls.clear()

    await ben.up()

    documents = [call for call in ben.calls if "/documents/" in call]
    assert len(documents) == 1
    assert ben.texts(club)[-1] == "hello"


async def test_the_names_of_unknown_members_are_asked_for_once(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    anna.calls.clear()

    await anna.do(AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "hello")
    await anna.settle()

    people = carol.parts.context.storage.people
    assert [people.profile(each.account).user_name for each in (anna, ben)] == ["anna", "ben"]
    assert anna.calls.count(f"GET /v1/users/{carol.account}") == 1


async def many_epochs(sit: Sit) -> tuple[Seat, ConversationId, list[str]]:
    """Return Anna, a chat of hers with Ben over six epochs, and what was said."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(6):
        await anna.say(chat, f"line {number}")
        newest = anna.server.logs[chat].newest_handshake
        await anna.parts.memberships.carry_out(chat, Rotate(after=newest))
        await anna.settle()
    return anna, chat, [f"line {number}" for number in range(6)]


async def test_more_than_one_batch_is_fetched_for_and_opened(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, chat, lines = await many_epochs(sit)
    monkeypatch.setattr(timeline, "_UNOPENED_BATCH", 3)

    desk = await sit("ben", "desk").up()

    assert desk.texts(chat) == lines


@pytest.mark.logs_warnings
async def test_a_batch_that_the_server_refuses_takes_no_other_one_with_it(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, chat, lines = await many_epochs(sit)
    monkeypatch.setattr(timeline, "_UNOPENED_BATCH", 3)
    left = [1]

    def refuse_once(_seat: Seat, what: str, value: Any) -> Any:
        if what.endswith("/records") and left:
            left.pop()
            raise ServerRefusedError(Code.FORBIDDEN, "no", {})
        return value

    anna.server.twist = refuse_once

    desk = await sit("ben", "desk").up()

    shown = desk.texts(chat)
    assert shown[:-1] == lines[:-1]
    assert shown[-1] == "<unreadable>"


async def test_a_new_device_reads_up_to_where_its_account_was_removed(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    await anna.say(club, "one")
    await carol.say(club, "two")
    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))
    await anna.say(club, "behind her back")

    desk = await sit("carol", "desk").up()

    assert desk.texts(club) == ["<created>", "<renamed>", "one", "two", "<removed>"]
    assert not desk.is_live(club)
    await desk.say(club, "why?")
    assert desk.rows(club)[-1].refusal == "not_member"
    assert anna.server.logs[club].entries[-1].account == anna.account
    stored = desk.parts.context.storage.conversations.get(club)
    assert stored is not None
    assert stored.title == "club"


async def test_who_is_removed_before_the_log_is_followed_reads_up_to_there(sit: Sit) -> None:
    anna, carol, desk = await sit("anna").up(), await sit("carol").up(), sit("carol", "desk")
    club = await anna.group("club", carol)
    await anna.say(club, "one")
    as_a_member = anna.server._told(desk, club)
    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))

    def tell_late(seat: Seat, _what: str, answer: Any) -> Any:
        if seat is not desk or any("group-infos" in call for call in desk.calls):
            return answer
        if isinstance(answer, ConversationList):
            return ConversationList(conversations=[as_a_member])
        return as_a_member if isinstance(answer, Conversation) else answer

    anna.server.twist = tell_late
    await desk.up()

    assert desk.texts(club) == ["<created>", "<renamed>", "one", "<removed>"]


@pytest.mark.logs_warnings
async def test_a_server_that_shows_junk_as_the_past_makes_nobody_say_it(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    await anna.say(club, "one")
    log = anna.server.logs[club]
    log.entries[-1] = msgspec.structs.replace(log.entries[-1], account=ben.account)
    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))

    desk = await sit("carol", "desk").up()

    assert "one" not in desk.texts(club)
