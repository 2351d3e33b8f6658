from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.engine import group_states
from desktop.storage.intent_store import Rotate
from shared.identifiers import ConversationId
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def talking(sit: Sit) -> tuple[Seat, Seat, ConversationId]:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")
    return anna, ben, chat


async def test_what_was_written_is_read_again_after_forgetting(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    states = anna.parts.states
    log, group, roster = states.log(chat), states.group(chat), states.roster(chat)

    states.forget()

    again, group_again = states.log(chat), states.group(chat)
    assert log is not None
    assert again is not None
    assert group is not None
    assert group_again is not None
    assert again.encode() == log.encode()
    assert group_again.ratchet_state() == group.ratchet_state()
    assert states.roster(chat) == roster


async def test_memory_that_ran_ahead_of_the_disk_is_dropped(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    states = anna.parts.states

    def fail_half_way() -> None:
        with anna.parts.context.storage.database.transaction():
            states.drop_log(chat)
            states.drop_group(chat)
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail_half_way()
    states.forget()

    assert states.log(chat) is not None
    assert states.group(chat) is not None


async def test_more_conversations_than_are_kept_in_memory_are_read_from_disk(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    monkeypatch.setattr(group_states, "_KEPT", 1)
    chat, notes = await anna.direct(ben), await anna.notes()
    states = anna.parts.states

    first = [states.log(each) for each in (chat, notes, chat)]

    assert len(states._logs) == 1
    assert [log is not None and log.document.conversation_id for log in first] == [
        chat,
        notes,
        chat,
    ]


async def test_a_state_that_cannot_be_read_is_given_up_so_that_the_device_joins_again(
    sit: Sit,
) -> None:
    anna, _, chat = await talking(sit)
    groups = anna.parts.context.storage.groups
    live = groups.live(chat)
    assert live is not None
    groups.save_live(chat, msgspec.structs.replace(live, epoch_state=b"of another version"))
    anna.parts.states.forget()

    assert anna.parts.states.group(chat) is None

    assert not groups.is_live(chat)


async def test_an_epoch_that_others_began_does_not_make_the_own_leaf_younger(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    groups = ben.parts.context.storage.groups
    ben.parts.context.storage.database.run("UPDATE live_groups SET leaf_at_ms = 5")

    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.settle()
    followed = groups.leaf_at_ms(chat)
    newest = ben.server.logs[chat].newest_handshake
    await ben.parts.memberships.carry_out(chat, Rotate(after=newest))
    await ben.settle()

    assert followed == 5
    assert groups.leaf_at_ms(chat) > 5


async def test_a_handshake_that_is_here_and_not_judged_makes_the_log_not_current(
    sit: Sit,
) -> None:
    anna, _, chat = await talking(sit)
    states, groups = anna.parts.states, anna.parts.context.storage.groups
    assert states.is_current(chat)

    groups.set_followed(chat, 0)
    assert not states.is_current(chat)
    states.drop_log(chat)
    assert not states.is_current(chat)


async def test_before_the_log_is_followed_the_server_names_the_roster(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    states = anna.parts.states
    states.drop_log(chat)

    roster = states.roster(chat)

    assert roster is not None
    assert [each.account for each in roster.members] == [anna.account, ben.account]
    assert states.roster(chat ^ 1) is None


async def test_sending_is_blocked_only_where_the_changed_one_is_a_member(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, chat = await talking(sit)
    notes = await anna.notes()
    keys = anna.parts.context.storage.keys
    monkeypatch.setattr(keys, "blocked", lambda: frozenset((ben.account,)))

    assert anna.parts.states.is_blocked(chat)
    assert not anna.parts.states.is_blocked(notes)


async def test_an_epochs_readers_are_those_of_its_records(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    await ben.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    newest = anna.server.logs[chat].newest_handshake
    states = anna.parts.states

    epochs = [[each.epoch for each in states.readers(chat, parent)] for parent in (1, newest, 99)]

    assert epochs == [[1], [2], []]
    assert states.readers(chat, 1)[0] is states.readers(chat, 1)[0]


async def test_a_time_that_ended_before_this_device_came_is_history(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    states, database = anna.parts.states, anna.parts.context.storage.database
    assert not states.is_past(chat ^ 1)

    database.run("UPDATE conversations SET last = 2")
    assert not states.is_past(chat)  # This device was there: it has followed the log.
    states.drop_log(chat)

    assert states.is_past(chat)
    assert states.is_current(chat)
