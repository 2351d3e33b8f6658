from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from desktop import commands
from desktop.engine.account_documents import AccountDocuments
from desktop.engine.alarms import Alarms
from desktop.engine.changes import Changes
from desktop.engine.contacts import Contacts
from desktop.engine.errors import CommandFailedError
from desktop.engine.group_states import GroupStates
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.preferences import PreferenceCommand, Preferences
from desktop.events import (
    ContactsChanged,
    ConversationRow,
    ConversationsChanged,
    FriendGroup,
    MessageState,
    PresenceChanged,
    PresenceState,
    PrivacyChanged,
)
from shared import limits
from shared.errors import RefusedError
from shared.identifiers import AccountId, ConversationId
from shared.rest import ContactInfo, UserProfile
from tests.desktop.engine.office import ME, Office
from tests.desktop.engine.people import Person, befriend
from tests.desktop.storage.samples import CONVERSATION, PEER, entry, opened, stored_conversation

pytestmark = pytest.mark.asyncio
FRIEND = AccountId(6)


@dataclass
class Desk:
    """A profile with two friends and a conversation, and the part that is tested."""

    office: Office
    preferences: Preferences
    shared: list[str] = field(default_factory=list)

    async def do(self, command: PreferenceCommand) -> None:
        self.preferences.carry_out(command)
        async with asyncio.timeout(10):
            while self.preferences._changes.is_due:  # noqa: ASYNC110 # It is told soon.
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    @property
    def row(self) -> ConversationRow:
        told = [each for each in self.office.told if isinstance(each, ConversationsChanged)]
        return told[-1].rows[0]

    @property
    def contacts(self) -> ContactsChanged:
        return [each for each in self.office.told if isinstance(each, ContactsChanged)][-1]

    async def hear(self, sequence: int) -> None:
        storage = self.office.context.storage
        local_id = storage.messages.add_opened(opened(sequence, "news"), is_own=False)
        assert local_id is not None
        storage.conversations.set_have(CONVERSATION, sequence, bytes(32))
        self.tell()
        await asyncio.sleep(0)

    def tell(self) -> None:
        Changes(self.office.context, GroupStates(self.office.context)).tell_all()


@pytest.fixture
def desk(office: Office) -> Desk:
    context = office.context
    context.storage.conversations.add(stored_conversation(CONVERSATION))
    friends = [
        ContactInfo(
            profile=UserProfile(account=account, user_name=name, nickname=name.title()),
            since_ms=1,
            requested_by=account,
            is_online=False,
            last_seen_ms=0,
        )
        for account, name in ((PEER, "ben"), (FRIEND, "cleo"))
    ]
    context.storage.people.replace_contacts(friends, [])
    keys = PeerKeys(context, Alarms(context))
    contacts = Contacts(context, keys)
    changes = Changes(context, GroupStates(context))
    documents = AccountDocuments(context, keys, Alarms(context))
    desk = Desk(office, Preferences(context, documents, contacts, changes))
    desk.preferences.on_changed = lambda: desk.shared.append("shared")
    return desk


def refusal(call: Callable[[], None]) -> str:
    try:
        call()
    except RefusedError as error:
        return error.code.value
    except CommandFailedError as error:
        return error.code
    return ""


async def test_an_own_name_shows_in_the_list_and_among_contacts(desk: Desk) -> None:
    await desk.do(commands.SetRemark(account=PEER, remark="  Uncle Ben "))

    assert desk.row.remark == "Uncle Ben"
    assert [each.remark for each in desk.contacts.contacts] == ["Uncle Ben", ""]
    await desk.do(commands.SetRemark(account=PEER, remark=""))
    assert desk.row.remark == ""
    assert desk.shared == ["shared", "shared"]


async def test_what_changes_nothing_is_not_shared(desk: Desk) -> None:
    await desk.do(commands.SetRemark(account=PEER, remark=""))

    assert desk.shared == []
    assert desk.office.told == []


async def test_names_that_make_no_sense_are_refused(desk: Desk) -> None:
    def name(account: AccountId, remark: str) -> str:
        command = commands.SetRemark(account=account, remark=remark)
        return refusal(lambda: desk.preferences.carry_out(command))

    assert name(PEER, "x" * (limits.REMARK_LENGTH_MAX + 1)) == "too_large"
    assert name(ME.account, "me") == "oneself"
    assert name(AccountId(99), "nobody") == "not_found"


async def test_friends_are_sorted_into_groups_each_into_one(desk: Desk) -> None:
    stranger = AccountId(99)

    await desk.do(
        commands.SetFriendGroups(
            groups=((" Family ", (PEER, PEER, stranger)), ("Work", (FRIEND, PEER)), ("Empty", ()))
        )
    )

    assert desk.contacts.friend_groups == (
        FriendGroup(name="Family", accounts=(PEER,)),
        FriendGroup(name="Work", accounts=(FRIEND,)),
        FriendGroup(name="Empty"),
    )


async def test_who_is_no_friend_any_more_is_in_no_group(desk: Desk) -> None:
    await desk.do(commands.SetFriendGroups(groups=(("Family", (PEER, FRIEND)),)))

    desk.preferences.forget_friend(PEER)
    await asyncio.sleep(0)

    assert desk.contacts.friend_groups == (FriendGroup(name="Family", accounts=(FRIEND,)),)


async def test_groups_that_make_no_sense_are_refused(desk: Desk) -> None:
    def sort(*names: str) -> str:
        command = commands.SetFriendGroups(groups=tuple((name, ()) for name in names))
        return refusal(lambda: desk.preferences.carry_out(command))

    assert sort(" ") == "malformed"
    assert sort("Work", "WORK ") == "malformed"
    assert sort("x" * (limits.FRIEND_GROUP_NAME_LENGTH_MAX + 1)) == "malformed"
    assert sort(*(str(number) for number in range(limits.FRIEND_GROUPS_MAX + 1))) == "too_large"


async def test_a_mute_holds_until_its_end(desk: Desk) -> None:
    now_ms = desk.office.context.server_time().at_ms

    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=now_ms + 1_000))
    assert desk.row.muted_until_ms == now_ms + 1_000
    desk.office.wall_ms += 2_000
    desk.office.now_ms += 2_000
    desk.tell()
    assert desk.row.muted_until_ms == -1
    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=0))
    assert desk.row.muted_until_ms == 0
    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=-1))

    assert desk.row.muted_until_ms == -1


async def test_a_new_message_brings_an_archived_conversation_back(desk: Desk) -> None:
    await desk.hear(2)

    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))
    assert desk.row.is_archived
    await desk.hear(3)

    assert not desk.row.is_archived


async def test_a_muted_conversation_stays_archived(desk: Desk) -> None:
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))
    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=0))

    await desk.hear(3)
    assert desk.row.is_archived
    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=-1))
    assert desk.row.is_archived
    await desk.hear(4)

    assert not desk.row.is_archived


async def test_a_message_while_a_mute_held_does_not_count_after_its_end(desk: Desk) -> None:
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))
    ends_ms = entry(4).received_at_ms
    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=ends_ms))

    await desk.hear(3)
    assert desk.row.is_archived
    await desk.hear(4)

    assert not desk.row.is_archived


async def test_muting_what_has_come_back_does_not_archive_it_again(desk: Desk) -> None:
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))
    await desk.hear(3)

    await desk.do(commands.SetMuted(conversation_id=CONVERSATION, until_ms=0))

    assert not desk.row.is_archived


async def test_what_is_put_on_top_is_not_archived_and_the_other_way_round(desk: Desk) -> None:
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))

    await desk.do(commands.SetPinned(conversation_id=CONVERSATION, is_pinned=True))
    assert (desk.row.is_pinned, desk.row.is_archived) == (True, False)
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=True))
    assert (desk.row.is_pinned, desk.row.is_archived) == (False, True)
    await desk.do(commands.SetArchived(conversation_id=CONVERSATION, is_archived=False))
    await desk.do(commands.SetPinned(conversation_id=CONVERSATION, is_pinned=True))
    await desk.do(commands.SetPinned(conversation_id=CONVERSATION, is_pinned=False))

    assert (desk.row.is_pinned, desk.row.is_archived) == (False, False)


async def test_a_conversation_that_is_not_there_cannot_be_muted(desk: Desk) -> None:
    command = commands.SetMuted(conversation_id=ConversationId(1), until_ms=0)

    assert refusal(lambda: desk.preferences.carry_out(command)) == "not_found"


async def test_privacy_is_told_when_it_changes(desk: Desk) -> None:
    desk.preferences.tell_privacy()
    hidden = commands.SetPrivacy(shares_presence=False, sends_read_marks=True)

    await desk.do(hidden)
    await desk.do(msgspec.structs.replace(hidden, request_id=2))

    assert desk.office.told == [
        PrivacyChanged(shares_presence=True, sends_read_marks=True),
        PrivacyChanged(shares_presence=False, sends_read_marks=True),
    ]


async def test_own_devices_share_what_is_set_and_keep_it_offline(
    anna: Person, ben: Person, anna_again: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna_again.log_in()
    await anna_again.conversation_with(ben)

    await anna.engine.ask(commands.SetRemark(account=ben.account, remark="Benny"))
    await anna.engine.ask(commands.SetPinned(conversation_id=conversation_id, is_pinned=True))
    await anna.engine.ask(commands.SetFriendGroups(groups=(("Work", (ben.account,)),)))

    def is_shared() -> bool | None:
        row = anna_again.conversations()[conversation_id]
        groups = anna_again.last(ContactsChanged).friend_groups
        return (row.remark == "Benny" and row.is_pinned and bool(groups)) or None

    await anna_again.until(is_shared)
    await anna_again.stop()
    anna_again.told.clear()
    await anna_again.start()
    assert anna_again.conversations()[conversation_id].remark == "Benny"
    await anna.engine.ask(commands.RemoveContact(account=ben.account))
    assert anna.last(ContactsChanged).friend_groups == (FriendGroup(name="Work"),)


async def test_who_hides_presence_is_offline_to_friends_and_sees_none(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)

    def sees(person: Person, presence: PresenceState) -> bool | None:
        told = person.all_told(PresenceChanged)
        return (bool(told) and told[-1].presence is presence) or None

    await anna.engine.ask(commands.SetPrivacy(shares_presence=False, sends_read_marks=True))

    await ben.until(lambda: sees(ben, PresenceState.OFFLINE))
    await anna.until(lambda: sees(anna, PresenceState.OFFLINE))
    assert ben.last(PresenceChanged).last_seen_ms == 0
    await anna.engine.ask(commands.SetPrivacy(shares_presence=True, sends_read_marks=True))
    await ben.until(lambda: sees(ben, PresenceState.ONLINE))


async def test_who_sends_no_read_marks_tells_the_own_devices_alone_and_sees_none(
    anna: Person, ben: Person, anna_again: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna_again.log_in()
    await anna.engine.ask(commands.SetPrivacy(shares_presence=True, sends_read_marks=False))
    private = PrivacyChanged(shares_presence=True, sends_read_marks=False)
    await anna_again.until(lambda: anna_again.last(PrivacyChanged) == private or None)
    theirs = await ben.send(conversation_id, "hello")
    await anna_again.until(lambda: anna_again.texts(conversation_id) == ["hello"] or None)
    await anna.reads(conversation_id, ["hello"])
    sequence = anna.timeline(conversation_id)[-1].sequence

    await anna.engine.ask(commands.MarkRead(conversation_id=conversation_id, sequence=sequence))

    await anna_again.until(lambda: anna_again.conversations()[conversation_id].unread == 0 or None)
    own = await anna.send(conversation_id, "hi")
    await anna.state(conversation_id, own.local_id, MessageState.DELIVERED)
    await ben.reads(conversation_id, ["hello", "hi"])
    newest = ben.timeline(conversation_id)[-1].sequence
    await ben.engine.ask(commands.MarkRead(conversation_id=conversation_id, sequence=newest))
    # The mark has come once a message sent after it has: one device, one link, in order.
    last = await ben.send(conversation_id, "bye")
    await anna.reads(conversation_id, ["hello", "hi", "bye"])
    states = [row.state for row in anna.timeline(conversation_id) if row.is_own]
    assert states == [MessageState.DELIVERED]
    await ben.state(conversation_id, last.local_id, MessageState.DELIVERED)
    assert [row.state for row in ben.timeline(conversation_id) if row.is_own] == [
        MessageState.DELIVERED,
        MessageState.DELIVERED,
    ]
    await anna.engine.ask(commands.SetPrivacy(shares_presence=True, sends_read_marks=True))
    await anna.state(conversation_id, own.local_id, MessageState.READ)
    assert theirs.local_id
