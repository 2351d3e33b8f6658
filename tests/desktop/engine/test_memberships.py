from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from desktop import commands
from desktop.engine.memberships import Memberships
from desktop.events import Alarm, InviteMade, JoinStarted, MembersLoaded, Notice, NoticeKind
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.intent_store import AddAccounts, Join, RemoveAccount, Rotate, Warranted
from shared import limits
from shared.e2ee.warrants import make_revoke
from shared.errors import Code, RefusedError
from shared.frames import Accepted, Confirmed
from shared.identifiers import ConversationId
from shared.roster import ConversationKind
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def alarms(*seats: Seat) -> list[Alarm]:
    return [event for seat in seats for event in seat.told if isinstance(event, Alarm)]


async def test_two_people_talk(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    await anna.say(chat, "hello")
    await ben.say(chat, "hi")

    assert anna.texts(chat) == ben.texts(chat) == ["hello", "hi"]
    assert ben.is_live(chat)
    assert not alarms(anna, ben)


async def test_the_second_creator_uses_the_first_ones_conversation(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    ben.is_linked = False  # Hears nothing of it.
    chat = await anna.direct(ben)

    found = await ben.parts.conversations.open_with(anna.account)

    assert found.conversation_id == chat


async def test_notes_reach_the_own_other_device(sit: Sit) -> None:
    phone, desk = await sit("anna").up(), await sit("anna", "desk").up()
    notes = await phone.notes()

    await phone.say(notes, "remember")
    await desk.say(notes, "done")

    assert phone.texts(notes) == desk.texts(notes)
    assert set(phone.texts(notes)) == {"remember", "done"}


async def test_a_group_grows_and_tells_its_name_to_who_comes(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await ben.say(club, "one")

    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "two")

    assert anna.texts(club) == ["<created>", "<renamed>", "one", "<added>", "two"]
    assert ben.texts(club) == anna.texts(club)
    assert carol.texts(club) == ["<added>", "two"]
    loaded = await carol.do(commands.LoadMembers(conversation_id=club))
    assert isinstance(loaded, MembersLoaded)
    assert [(each.role, each.device_count) for each in loaded.members] == [(3, 1), (1, 1), (1, 1)]


async def test_who_is_removed_reads_no_further_and_may_come_back(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    await anna.say(club, "one")

    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))
    await anna.say(club, "secret")
    stored = carol.parts.context.storage.conversations.get(club)
    assert stored is not None
    assert (stored.can_write, carol.is_live(club)) == (False, False)
    assert carol.texts(club) == ["<created>", "<renamed>", "one", "<removed>"]
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "back")

    assert carol.texts(club)[-2:] == ["<added>", "back"]
    assert "secret" not in carol.texts(club)
    assert anna.texts(club)[-1] == ben.texts(club)[-1] == "back"
    assert not alarms(anna, ben, carol)


async def test_a_wish_to_leave_is_carried_out_by_the_next_sender(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)

    await anna.do(commands.LeaveGroup(conversation_id=club))
    await ben.say(club, "bye")

    assert ben.texts(club) == carol.texts(club)
    assert ben.texts(club)[-2:] == ["<left>", "bye"]
    loaded = await ben.do(commands.LoadMembers(conversation_id=club))
    assert isinstance(loaded, MembersLoaded)
    assert [each.role for each in loaded.members] == [3, 1]  # The next one owns it.


async def test_a_code_lets_in_by_any_members_device(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    made = await anna.do(commands.MakeInvite(conversation_id=club))
    assert isinstance(made, InviteMade)
    await anna.down()

    started = await carol.do(commands.JoinGroup(code=made.code))
    await carol.settle()
    await carol.say(club, "I am in")

    assert isinstance(started, JoinStarted)
    assert (started.title, started.needs_approval) == ("club", False)
    assert ben.texts(club)[-2:] == ["<joined>", "I am in"]


async def test_an_admin_approves_who_asks(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    made = await anna.do(commands.MakeInvite(conversation_id=club, needs_approval=True))
    assert isinstance(made, InviteMade)
    await carol.do(commands.JoinGroup(code=made.code))
    assert not carol.is_live(club)

    await anna.do(commands.ApproveJoin(conversation_id=club, account=carol.account))

    assert carol.is_live(club)


async def test_roles_give_rights(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    add = commands.AddMembers(conversation_id=club, accounts=(carol.account,))
    with pytest.raises(RefusedError) as refused:
        await ben.do(add)
    assert refused.value.code is Code.FORBIDDEN

    await anna.do(commands.SetRole(conversation_id=club, account=ben.account, role=2))
    await ben.do(add)

    assert carol.is_live(club)
    assert anna.texts(club)[2:4] == ["<role_changed>", "<added>"]


async def test_a_new_device_reads_all_and_joins_by_itself(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(3):
        await anna.say(chat, f"line {number}")

    desk = await sit("ben", "desk").up()

    assert desk.texts(chat) == ["line 0", "line 1", "line 2"]
    assert not desk.is_live(chat)
    await desk.say(chat, "from my desk")
    assert desk.is_live(chat)
    assert anna.texts(chat)[-1] == ben.texts(chat)[-1] == "from my desk"


async def test_a_new_device_joins_in_the_background(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    desk = await sit("ben", "desk").up()
    assert desk.run is not None

    await desk.run.chores.join_all()
    await desk.settle()

    assert desk.is_live(chat)
    assert alarms(anna, ben, desk) == []


async def test_two_commits_at_once_are_both_done(sit: Sit) -> None:
    anna, ben, carol, dave = [await sit(n).up() for n in ("anna", "ben", "carol", "dave")]
    club = await anna.group("club", ben)
    await anna.do(commands.SetRole(conversation_id=club, account=ben.account, role=2))

    for seat, other in ((anna, carol), (ben, dave)):
        intent = AddAccounts(
            accounts=(other.account,), claim_id=bytes(8) + other.account.to_bytes(8)
        )
        seat.parts.memberships.want(club, intent)
    await anna.settle()

    await carol.say(club, "hello")
    await dave.say(club, "hello too")
    assert carol.is_live(club)
    assert dave.is_live(club)
    assert anna.texts(club)[-2:] == ben.texts(club)[-2:] == ["hello", "hello too"]


async def test_the_101st_message_begins_another_epoch(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EPOCH_MESSAGES_MAX", 5)
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    for number in range(12):
        await (anna, ben)[number % 2].say(chat, str(number))

    assert anna.texts(chat) == ben.texts(chat) == [str(number) for number in range(12)]
    log = anna.parts.states.log(chat)
    assert log is not None
    assert log.view.epoch == 3


async def test_many_messages_wait_for_the_commit_and_keep_their_order(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EPOCH_MESSAGES_MAX", 20)
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    for number in range(60):
        anna.send(chat, str(number))
    await anna.settle()
    await anna.settle()

    assert ben.texts(chat) == [str(number) for number in range(60)]


async def test_a_commit_that_is_due_when_lost_answers_are_learnt_from_the_log(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EPOCH_MESSAGES_MAX", limits.OUTBOX_WINDOW + 8)
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    window = list(range(limits.OUTBOX_WINDOW + 1))

    def lose(_seat: Seat, _what: str, value: Any) -> Any:
        is_lost = isinstance(value, Accepted) and value.device_counter in window
        return Confirmed(chat, 0) if is_lost else value

    anna.server.twist = lose
    for number in range(40):
        anna.send(chat, str(number))
    await anna.until(lambda: len(anna.server.logs[chat].entries) > limits.OUTBOX_WINDOW)
    await anna.down()

    await anna.up()
    await anna.until(lambda: not anna.parts.context.storage.outbox.items(chat))
    await anna.settle()

    assert ben.texts(chat) == [str(number) for number in range(40)]
    assert anna.texts(chat) == ben.texts(chat)


async def test_a_lost_answer_to_a_commit_heals(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    server = anna.server
    log = anna.parts.states.log(chat)
    assert log is not None

    anna.loses = "handshakes"
    anna.parts.memberships.want(chat, Rotate(after=log.sequence))
    await anna.until(lambda: len(server.logs[chat].entries) == 2)
    await anna.down()
    anna.loses = ""
    await anna.up()
    await ben.say(chat, "still here?")
    await anna.say(chat, "yes")

    assert ben.texts(chat) == ["still here?", "yes"]
    assert len([e for e in server.logs[chat].entries if e.base]) == 1


async def test_a_commit_that_was_never_sent_is_sent_later(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    anna.refuses = "handshakes"
    anna.parts.memberships.want(chat, Rotate(after=1))
    await anna.until(lambda: anna.parts.context.storage.groups.pending(chat) is not None)
    await anna.down()
    anna.refuses = ""

    await anna.up()

    assert anna.parts.context.storage.groups.pending(chat) is None
    assert [e.base for e in anna.server.logs[chat].entries] == [0, 1]


async def test_a_commit_that_a_rule_refuses_holds_no_message_back(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    anna.forbidden = "handshakes"

    with pytest.raises(RefusedError, match="A rule says no"):
        await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.say(chat, "hello")

    assert ben.texts(chat) == ["hello"]


async def test_a_copied_profile_gets_a_fresh_leaf_and_says_so(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "one")
    await anna.close()
    copy = anna.save_copy()
    anna.open()
    await anna.up()
    await anna.say(chat, "two")
    await anna.restore_copy(copy)

    await anna.up()
    await anna.say(chat, "three")

    assert ben.texts(chat) == anna.texts(chat) == ["one", "two", "three"]
    notices = [event.kind for event in anna.told if isinstance(event, Notice)]
    assert notices.count(NoticeKind.PROFILE_ROLLED_BACK) == 1


async def test_what_waited_in_a_copied_profile_and_was_sent_meanwhile_is_not_sent_again(
    sit: Sit,
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "one")
    await anna.down()
    anna.send(chat, "two")
    copy = anna.save_copy()
    await anna.up()
    await anna.settle()
    await anna.say(chat, "three")
    await anna.restore_copy(copy)

    await anna.up()
    await anna.settle()
    await anna.say(chat, "four")

    assert ben.texts(chat) == anna.texts(chat) == ["one", "two", "three", "four"]
    messages = [each for each in anna.server.logs[chat].entries if each.kind == 2]
    assert len(messages) == 4


async def test_one_backup_from_before_a_conversation_is_not_taken_for_two(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    await anna.close()
    copy = anna.save_copy()
    anna.open()
    await anna.up()
    club = await ben.group("club", anna)
    for number in range(3):
        await anna.say(club, f"line {number}")
    await anna.restore_copy(copy)

    await anna.up()
    stored = anna.parts.context.storage.conversations.get(club)
    await anna.say(club, "from the backup")
    await anna.down()
    await anna.up()
    await anna.say(club, "and again")

    assert stored is not None
    assert stored.own_counter >= 3, "as the server has it, at once"
    assert ben.texts(club)[-2:] == ["from the backup", "and again"]
    notices = [event.kind for event in anna.told if isinstance(event, Notice)]
    assert notices.count(NoticeKind.PROFILE_ROLLED_BACK) == 1


async def test_a_lost_state_is_replaced_by_an_external_join(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    ben.parts.connection._parts.following.lose(chat)
    await ben.settle()
    await ben.say(chat, "again in")

    assert anna.texts(chat) == ["again in"]
    log = anna.parts.states.log(chat)
    assert log is not None
    assert len(log.leaves_of(account=ben.account)) == 1


async def test_without_history_a_new_device_reads_from_its_join_on(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await anna.do(commands.SetHistory(conversation_id=club, has_history=False))
    await anna.say(club, "before")
    desk = await sit("ben", "desk").up()
    assert desk.run is not None
    await desk.run.chores.join_all()
    await desk.settle()

    await anna.say(club, "after")

    assert desk.texts(club)[-2:] == ["<unreadable>", "after"]
    assert ben.texts(club)[-2:] == ["before", "after"]


async def test_a_command_without_a_link_stays_wanted(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await anna.down()
    with pytest.raises(Exception, match="once the server"):
        await anna.parts.groups.carry_out(
            commands.AddMembers(conversation_id=club, accounts=(carol.account,))
        )

    await anna.up()

    assert carol.is_live(club)
    assert isinstance(anna.parts.memberships, Memberships)


async def test_who_was_removed_before_the_log_was_followed_wants_nothing_there(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await carol.down()
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))
    await carol.up()
    storage = carol.parts.context.storage
    assert storage.groups.log(club) is None  # Nobody hands out a state to follow from.

    carol.parts.memberships.want(club, Join())
    await carol.settle()

    assert storage.intents.of(club) == []
    assert not carol.parts.memberships.is_busy(club)


async def test_who_is_removed_meanwhile_is_told_that_nothing_came_of_a_wish(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await anna.do(commands.SetRole(conversation_id=club, account=ben.account, role=2))
    intent = AddAccounts(accounts=(carol.account,), claim_id=bytes(16))
    wish = asyncio.create_task(ben.parts.memberships.carry_out(club, intent), name="wish")
    await asyncio.sleep(0)
    ben.parts.memberships._workers.pop(club).cancel()  # It never comes to it.

    await anna.do(commands.RemoveMember(conversation_id=club, account=ben.account))

    with pytest.raises(RefusedError) as refused:
        await wish
    assert refused.value.code is Code.NOT_MEMBER


async def test_a_wish_that_nobody_waits_for_any_more_may_be_refused_in_silence(
    sit: Sit, caplog: pytest.LogCaptureFixture
) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    intent = RemoveAccount(account=anna.account)  # Of the owner, by a member: refused.
    wish = asyncio.create_task(ben.parts.memberships.carry_out(club, intent), name="wish")
    await asyncio.sleep(0)

    wish.cancel()
    await ben.settle()
    gc.collect()

    assert ben.parts.context.storage.intents.of(club) == []
    assert "never retrieved" not in caplog.text


async def test_without_key_packages_they_come_in_by_themselves(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    anna.server.packages.clear()
    club = await anna.group("club", ben)
    await ben.say(club, "first")
    anna.server.packages.clear()

    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "second")

    for seat in (anna, ben, carol):
        assert seat.texts(club)[-1] == "second"
        assert seat.is_live(club)


async def test_more_devices_than_one_commit_adds_come_in_by_themselves(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ADDED_DEVICES_MAX", 1)
    anna, ben, carol, dave = [await sit(n).up() for n in ("anna", "ben", "carol", "dave")]

    club = await anna.group("club", ben, carol)
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(dave.account,)))
    for seat in (ben, carol, dave):
        await seat.say(club, f"{seat.owner.name} is in")

    assert [seat.is_live(club) for seat in (anna, ben, carol, dave)] == [True] * 4
    assert anna.texts(club)[-3:] == ["ben is in", "carol is in", "dave is in"]
    assert not alarms(anna, ben, carol, dave)


async def test_all_write_at_once_before_they_have_joined(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    anna.server.packages.clear()
    stored = await anna.parts.groups.create(
        commands.CreateGroup(name="club", accounts=(ben.account, carol.account))
    )
    club = stored.conversation_id
    assert anna.run is not None
    anna.run.track(stored)
    for seat in (ben, carol):
        await seat.until(partial(seat.has, club))

    for number in range(5):
        for seat in (anna, ben, carol):
            seat.send(club, f"{seat.owner.name} {number}")
    await anna.settle()
    await anna.settle()

    for seat in (anna, ben, carol):
        shown = [text for text in seat.texts(club) if not text.startswith("<")]
        assert len(shown) == 15
        assert shown == [text for text in anna.texts(club) if not text.startswith("<")]


async def test_what_the_own_root_signed_is_wanted_in_every_conversation_of_the_account(
    sit: Sit,
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    left = await anna.group("left", ben)
    await anna.do(commands.RemoveMember(conversation_id=left, account=ben.account))
    unknown = StoredConversation(
        conversation_id=ConversationId(99),
        kind=ConversationKind.GROUP,
        peer=0,
        can_write=True,
        newest_handshake=1,
        document_hash=bytes(32),
        head=1,
    )
    storage = ben.parts.context.storage
    storage.conversations.add(unknown)
    root = ben.owner.root
    warrants = (make_revoke(account=ben.account, device_id=5, root=root),)
    await ben.down()

    ben.parts.memberships.add_warrants(warrants)
    ben.parts.memberships.add_warrants(warrants)

    wanted = {each: [x.intent for x in storage.intents.of(each)] for each in (club, left, 99)}
    told = [Warranted(warrants=warrants)]
    assert wanted == {club: told, left: [], 99: told}


async def test_a_device_that_was_ended_is_barred_by_the_next_commit(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    desk = await sit("ben", "desk").up()
    chat = await anna.direct(ben)
    await desk.say(chat, "from my desk")
    warrant = make_revoke(account=ben.account, device_id=desk.device, root=ben.owner.root)
    await desk.down()

    ben.parts.memberships.add_warrants((warrant,))
    await ben.settle()

    log = anna.parts.states.log(chat)
    assert log is not None
    assert log.document.barred_devices == (desk.device,)
    assert log.leaves_of(account=ben.account, device=desk.device) == ()


async def test_a_device_that_was_ended_is_kept_out_of_groups_that_begin_later(sit: Sit) -> None:
    stolen = sit("ben", "stolen")
    anna, ben = await sit("anna").up(), await sit("ben").up()
    warrant = make_revoke(account=ben.account, device_id=stolen.device, root=ben.owner.root)
    store = ben.parts.context.storage.document
    store.add_warrants((warrant,))
    store.note_handed_out(store.waiting())
    anna.server.packages[stolen.device] = []
    club = await anna.group("club", ben)

    await ben.down()
    await ben.up()
    # The server lets it link all the same; it tries to come in, again and again.
    await stolen.up()
    stolen.parts.memberships.want(club, Join())
    await stolen.until(lambda: f"GET /v1/conversations/{club}/group-infos" in stolen.calls)
    anna.send(club, "among us")
    await ben.until(lambda: ben.texts(club)[-1:] == ["among us"])

    log = anna.parts.states.log(club)
    assert log is not None
    assert log.document.barred_devices == (stolen.device,)
    assert log.leaves_of(account=ben.account, device=stolen.device) == ()
    assert not stolen.is_live(club)


async def test_another_own_device_bars_what_was_ended_in_groups_that_begin_later(sit: Sit) -> None:
    stolen = sit("ben", "stolen")
    anna, ben = await sit("anna").up(), await sit("ben").up()
    desk = await sit("ben", "desk").up()
    chat = await anna.direct(ben)
    await desk.say(chat, "from my desk")
    warrant = make_revoke(account=ben.account, device_id=stolen.device, root=ben.owner.root)
    ben.parts.memberships.add_warrants((warrant,))
    await ben.settle()
    await ben.down()  # And never comes back.
    anna.server.packages[stolen.device] = []

    club = await anna.group("club", desk)
    await desk.down()
    await desk.up()

    log = anna.parts.states.log(club)
    assert log is not None
    assert log.document.barred_devices == (stolen.device,)
    assert desk.parts.context.storage.document.warrants() == (warrant,)


async def test_a_device_whose_leaf_went_stale_comes_in_again_by_itself(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await ben.down()
    database = anna.parts.context.storage.database
    database.run("INSERT OR REPLACE INTO leaf_times VALUES (?, ?, 1)", club, ben.device)

    await anna.parts.memberships.carry_out(club, Rotate(after=1))
    await anna.say(club, "are you there?")
    log = anna.parts.states.log(club)
    assert log is not None
    assert log.leaves_of(account=ben.account) == ()
    await ben.up()
    await ben.say(club, "I am back")

    assert anna.texts(club)[-2:] == ben.texts(club)[-2:] == ["are you there?", "I am back"]
    assert not alarms(anna, ben)
