from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop import commands
from desktop.engine.alarms import Finding
from desktop.engine.sealing import NotSealed
from desktop.events import Alarm, MessageState, Notice, NoticeKind
from shared import limits
from shared.e2ee.warrants import make_leave
from shared.entries import Submission
from shared.errors import Code
from shared.frames import Accepted, Refused
from shared.identifiers import ConversationId
from shared.roster import LeaveWarrant
from tests.desktop.engine.forged import append, push
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def talking(sit: Sit) -> tuple[Seat, Seat, ConversationId]:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    return anna, ben, await anna.direct(ben)


def call_stale(seat: Seat) -> None:
    """Let the server call the next submit stale, though it has taken it."""
    left = [1]

    def twist(_seat: Seat, what: str, value: Any) -> Any:
        if what != "frame" or not isinstance(value, Accepted) or not left:
            return value
        left.pop()
        return Refused(
            value.conversation_id,
            value.device_counter,
            value.payload_hash,
            Code.STALE,
            "no",
            own_counter=value.device_counter - 1,
            newest_handshake=1,
        )

    seat.server.twist = twist


async def test_a_message_that_a_rule_refuses_is_shown_as_refused_and_the_next_goes(
    sit: Sit,
) -> None:
    anna, ben, chat = await talking(sit)
    anna.server.refuses.append(Code.TOO_LARGE)
    first = anna.send(chat, "refused")
    await anna.settle()

    await anna.say(chat, "goes")

    row = anna.parts.context.storage.messages.row(first.local_id)
    assert row is not None
    assert (row.state, row.refusal) == (MessageState.REFUSED, "too_large")
    assert ben.texts(chat)[-1] == "goes"


async def test_what_somebody_who_was_removed_types_is_refused_at_once_and_kept(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await anna.do(commands.RemoveMember(conversation_id=club, account=ben.account))

    await ben.say(club, "why?")
    await ben.say(club, "hello?")

    rows = [row for row in ben.rows(club) if row.is_own and row.system is None]
    assert [(row.text, row.state, row.refusal) for row in rows] == [
        ("why?", MessageState.REFUSED, "not_member"),
        ("hello?", MessageState.REFUSED, "not_member"),
    ]
    assert ben.parts.context.storage.outbox.items(club) == []
    assert ben.parts.context.storage.intents.of(club) == []


async def test_what_waited_while_somebody_was_removed_is_refused_with_the_link(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await ben.down()
    rows = [ben.send(club, "typed"), ben.send(club, "in the tunnel")]
    counter = len(anna.server.logs[club].own(ben.device)) + 1
    ben.parts.sealing.seal(rows[0].local_id, counter)
    await anna.do(commands.RemoveMember(conversation_id=club, account=ben.account))

    await ben.up()

    stored = [ben.parts.context.storage.messages.row(row.local_id) for row in rows]
    assert [row and (row.text, row.refusal) for row in stored] == [
        ("typed", "not_member"),
        ("in the tunnel", "not_member"),
    ]


async def test_a_removal_that_is_due_is_carried_out_before_the_message_goes(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    me = carol.parts.context.me()
    warrant: LeaveWarrant = make_leave(
        anna.server.logs[club].document,
        account=carol.account,
        proof=me.proof,
        key=me.device.signature,
    )
    anna.server.logs[club].warrants.append(warrant)

    await ben.say(club, "after she left")

    assert anna.texts(club)[-2:] == ["<left>", "after she left"]
    assert carol.texts(club)[-1] == "<left>"


async def test_what_was_sealed_before_somebody_came_is_sealed_again_for_all(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await anna.do(commands.SetRole(conversation_id=club, account=ben.account, role=2))
    await anna.down()
    row = anna.send(club, "to all of us")
    counter = anna.server.logs[club].own(anna.device)[-1].device_counter + 1
    anna.parts.sealing.seal(row.local_id, counter)
    await ben.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))

    await anna.up()

    assert carol.texts(club)[-1] == ben.texts(club)[-1] == "to all of us"
    assert anna.server.logs[club].entries[-1].device_counter == counter


@pytest.mark.logs_warnings
async def test_a_server_that_calls_stale_what_is_current_is_told_and_survived(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    call_stale(anna)

    await anna.say(chat, "once")
    await anna.settle()

    assert [each.kind for each in anna.told if isinstance(each, Alarm)] == [Finding.FALSE_STALE]
    assert ben.texts(chat) == anna.texts(chat) == ["once"]


@pytest.mark.logs_warnings
async def test_an_entry_this_device_never_made_means_a_copied_profile(sit: Sit) -> None:
    anna, _, chat = await talking(sit)

    push(anna, append(anna, chat))
    await anna.settle()

    notices = [each.kind for each in anna.told if isinstance(each, Notice)]
    assert NoticeKind.PROFILE_ROLLED_BACK in notices
    newest = anna.server.logs[chat].entries[-1]
    assert newest.base > 0  # It has a fresh leaf.


async def test_a_message_that_is_held_back_waits_in_peace_until_somebody_has_looked(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, chat = await talking(sit)
    keys = anna.parts.context.storage.keys
    pin = keys.pin(ben.account)
    assert pin is not None
    keys.save_pin(msgspec.structs.replace(pin, verified_root=pin.root_key, changed_root=b"x" * 32))
    tries: list[int] = []
    seal = anna.parts.sealing.seal

    def note(local_id: int, device_counter: int) -> Submission | NotSealed:
        tries.append(local_id)
        return seal(local_id, device_counter)

    monkeypatch.setattr(anna.parts.sealing, "seal", note)

    # A look-up that finds nothing must not ask to seal it again: nothing would ever be quiet.
    await anna.say(chat, "is it you?")
    tried, shown = len(tries), ben.texts(chat)
    keys.save_pin(pin)
    anna.parts.connection._parts.keys.tell_changed(ben.account)
    await anna.settle()

    assert shown == []
    assert 1 <= tried <= 3
    assert ben.texts(chat) == ["is it you?"]


async def found_behind(seat: Seat, chat: ConversationId) -> None:
    """Let another copy of a seat's profile write while the seat is offline, then link it."""
    await seat.down()
    append(seat, chat)
    await seat.up()


@pytest.mark.logs_warnings
async def test_a_profile_that_is_used_twice_is_ended_the_second_time_within_a_day(
    sit: Sit,
) -> None:
    anna, _, chat = await talking(sit)

    await found_behind(anna, chat)
    assert notices(anna) == [NoticeKind.PROFILE_ROLLED_BACK]
    await anna.say(chat, "from a fresh leaf")
    await found_behind(anna, chat)

    assert notices(anna) == [NoticeKind.PROFILE_ROLLED_BACK, NoticeKind.PROFILE_COPIED]
    assert anna.run is not None
    assert anna.run.closed is not None
    assert anna.run.closed.code is Code.UNAUTHENTICATED
    kept = anna.parts.context.storage.account.load()
    assert kept is not None
    assert (kept.is_revoked, kept.token) == (True, "")
    assert "from a fresh leaf" in anna.texts(chat)  # What is here can still be read.


@pytest.mark.logs_warnings
async def test_backups_that_were_restored_on_different_days_are_forgiven(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, chat = await talking(sit)
    await found_behind(anna, chat)
    # As if more than the time had passed, whatever the clocks say of each other.
    monkeypatch.setattr(limits, "COPY_FORGIVEN_MS", -60_000)

    await found_behind(anna, chat)
    await anna.say(chat, "still me")
    await ben.until(lambda: ben.texts(chat)[-1:] == ["still me"])

    assert notices(anna) == [NoticeKind.PROFILE_ROLLED_BACK] * 2


@pytest.mark.logs_warnings
async def test_what_one_link_finds_twice_is_found_once(sit: Sit) -> None:
    anna, _, chat = await talking(sit)

    for _ in range(2):
        push(anna, append(anna, chat))
        await anna.settle()

    assert set(notices(anna)) == {NoticeKind.PROFILE_ROLLED_BACK}


def notices(seat: Seat) -> list[NoticeKind]:
    return [each.kind for each in seat.told if isinstance(each, Notice)]
