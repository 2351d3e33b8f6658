from __future__ import annotations

from typing import Any

import msgspec
import pytest

from desktop import events
from desktop.events import (
    Account,
    ConversationRow,
    FileRow,
    LinkState,
    MessageKind,
    MessageRow,
    MessageState,
    Notice,
    NoticeKind,
    Profile,
    Request,
    SystemKind,
)
from desktop.models.notifications import (
    Attention,
    Note,
    NoteKind,
    NotificationRules,
    Previews,
    Wishes,
    Withdrawal,
    is_muted,
)
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind
from tests.desktop.fake_port import blank_row

OWN, ANNA, BEN = AccountId(1), AccountId(2), AccountId(3)
CHAT, GROUP, THIRD = ConversationId(10), ConversationId(11), ConversationId(12)
NOW = 1_800_000_000_000


def profile(account: AccountId) -> Profile:
    return Profile(account=account, user_name=f"user{account}", nickname=f"User {account}")


class Story:
    """One account whose events are told; keeps the rows as an engine would."""

    def __init__(self) -> None:
        self.rules = NotificationRules()
        self.now_ms = NOW
        self.wishes = Wishes()
        self.attention = Attention()
        self.rows: dict[ConversationId, ConversationRow] = {}
        self._local_id = 0
        account = Account(profile=profile(OWN), server_url="http://x", is_logged_in=True)
        self.tell(events.AccountChanged(account=account))
        for conversation_id, kind in (
            (CHAT, ConversationKind.DIRECT),
            (GROUP, ConversationKind.GROUP),
            (THIRD, ConversationKind.DIRECT),
        ):
            self.rows[conversation_id] = blank_row(
                conversation_id, profile(ANNA), head=5, kind=int(kind)
            )
        rows = list(self.rows.values())
        self.tell(events.ConversationsChanged(rows=rows, is_snapshot=True))
        self.tell(events.ContactsChanged(contacts=[], requests=[]))
        self.tell(events.LinkChanged(state=LinkState.ONLINE))

    def tell(self, event: events.Event) -> list[Note | Withdrawal]:
        return self.rules.take(
            event, now_ms=self.now_ms, wishes=self.wishes, attention=self.attention
        )

    def message(self, conversation_id: ConversationId, text: str = "hi", **more: Any) -> MessageRow:
        self._local_id += 1
        sequence = self.rows[conversation_id].head + 1
        row = MessageRow(
            conversation_id=conversation_id,
            local_id=self._local_id,
            order=sequence << 20,
            sequence=sequence,
            message_id=f"{self._local_id:032x}",
            sender=ANNA,
            is_own=False,
            kind=MessageKind.TEXT,
            text=text,
            shown_at_ms=self.now_ms,
            sent_at_ms=self.now_ms,
            received_at_ms=self.now_ms,
            state=MessageState.RECEIVED,
        )
        return msgspec.structs.replace(row, **more)

    def receive(
        self, conversation_id: ConversationId, text: str = "hi", **more: Any
    ) -> list[Note | Withdrawal]:
        """A message arrives: its row is told, then its conversation's."""
        message = self.message(conversation_id, text, **more)
        out = self.tell(events.TimelineChanged(conversation_id=conversation_id, rows=[message]))
        before = self.rows[conversation_id]
        is_unread = not message.is_own
        return out + self.change(
            conversation_id,
            head=message.sequence,
            unread=before.unread + is_unread,
            first_unread=before.first_unread or message.sequence * is_unread,
        )

    def change(self, conversation_id: ConversationId, **changes: Any) -> list[Note | Withdrawal]:
        row = msgspec.structs.replace(self.rows[conversation_id], **changes)
        self.rows[conversation_id] = row
        return self.tell(events.ConversationsChanged(rows=[row]))

    def read(self, conversation_id: ConversationId) -> list[Note | Withdrawal]:
        return self.change(conversation_id, unread=0, first_unread=0)


def note(out: list[Note | Withdrawal]) -> Note:
    assert len(out) == 1
    assert isinstance(out[0], Note)
    return out[0]


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_message_is_notified_with_who_and_what(story: Story) -> None:
    shown = note(story.receive(CHAT, "see you\n at 3"))

    assert shown.kind is NoteKind.MESSAGE
    assert (shown.sender, shown.text, shown.count) == (ANNA, "see you at 3", 1)
    assert shown.conversation_id == CHAT
    assert shown.plays_sound
    assert shown.can_answer


@pytest.mark.parametrize(
    "more",
    [
        {"is_own": True, "sender": OWN, "state": MessageState.ACCEPTED},
        {"system": next(iter(SystemKind))},
        {"kind": MessageKind.RECALLED, "text": ""},
        {"kind": MessageKind.UNREADABLE, "text": ""},
        {"sequence": 0},
        {"sequence": 5},
    ],
)
def test_what_nobody_wrote_to_one_now_is_not(story: Story, more: dict[str, Any]) -> None:
    message = story.message(CHAT, **more)

    out = story.tell(events.TimelineChanged(conversation_id=CHAT, rows=[message]))
    out += story.change(CHAT, unread=1, first_unread=4)

    assert out == []


def test_what_was_unread_at_the_start_is_not(story: Story) -> None:
    fresh = Story()
    row = msgspec.structs.replace(fresh.rows[CHAT], unread=3, first_unread=3)

    out = fresh.tell(events.ConversationsChanged(rows=[row], is_snapshot=True))
    old = fresh.message(CHAT, sequence=4)
    out += fresh.tell(events.TimelineChanged(conversation_id=CHAT, rows=[old]))
    out += fresh.tell(events.ConversationsChanged(rows=[row]))

    assert out == []


def test_a_message_that_was_read_elsewhere_before_it_came_is_not(story: Story) -> None:
    message = story.message(CHAT)

    out = story.tell(events.TimelineChanged(conversation_id=CHAT, rows=[message]))
    out += story.change(CHAT, head=6, unread=0, first_unread=0)

    assert out == []


def test_a_message_of_a_new_conversation_is(story: Story) -> None:
    new = ConversationId(99)
    story.rows[new] = msgspec.structs.replace(story.rows[CHAT], conversation_id=new, head=1)

    assert note(story.receive(new, "hello")).text == "hello"


def test_the_conversation_that_is_looked_at_is_not(story: Story) -> None:
    story.attention = Attention(is_here=True, conversations=frozenset({CHAT}))

    assert story.receive(CHAT) == []
    assert note(story.receive(GROUP)).conversation_id == GROUP


def test_one_that_is_open_behind_other_windows_is(story: Story) -> None:
    story.attention = Attention(is_here=False, conversations=frozenset({CHAT}))

    assert note(story.receive(CHAT)).conversation_id == CHAT


@pytest.mark.parametrize("muted_until_ms", [0, NOW + 1])
def test_a_muted_conversation_is_not(story: Story, muted_until_ms: int) -> None:
    story.change(CHAT, muted_until_ms=muted_until_ms)

    assert story.receive(CHAT) == []


def test_a_mute_ends(story: Story) -> None:
    story.change(CHAT, muted_until_ms=NOW)

    assert note(story.receive(CHAT)).conversation_id == CHAT


def test_a_mention_passes_the_mute_of_a_group_and_of_nothing_else(story: Story) -> None:
    story.change(GROUP, muted_until_ms=0)
    story.change(CHAT, muted_until_ms=0)

    assert note(story.receive(GROUP, "@you", mentions=(BEN, OWN))).text == "@you"
    assert story.receive(GROUP, "@ben", mentions=(BEN,)) == []
    assert story.receive(CHAT, "@you", mentions=(OWN,)) == []


def test_a_mention_told_together_with_later_messages_is_not_overlooked(story: Story) -> None:
    story.change(GROUP, muted_until_ms=0)
    named = story.message(GROUP, "@you", mentions=(OWN,))
    later = story.message(GROUP, "well", sequence=7)

    story.tell(events.TimelineChanged(conversation_id=GROUP, rows=[named, later]))

    assert note(story.change(GROUP, head=7, unread=2, first_unread=6)).text == "@you"


@pytest.mark.parametrize(
    "wishes",
    [Wishes(notifies=False), Wishes(dnd_until_ms=NOW + 1)],
)
def test_nothing_is_while_it_is_not_wanted_nor_later(story: Story, wishes: Wishes) -> None:
    story.wishes = wishes
    assert story.receive(CHAT) == []
    assert story.receive(GROUP, mentions=(OWN,)) == []

    story.wishes = Wishes(dnd_until_ms=NOW)
    assert story.change(CHAT, draft="x") == []
    assert note(story.receive(CHAT, "after")).text == "after"


def test_names_alone_hold_no_text(story: Story) -> None:
    story.wishes = Wishes(previews=Previews.NAMES)

    shown = note(story.receive(CHAT, "secret"))

    assert (shown.sender, shown.text) == (ANNA, "")
    assert shown.can_answer


@pytest.mark.parametrize("is_locked", [False, True])
def test_nothing_of_a_message_is_in_one_without_contents(story: Story, is_locked: bool) -> None:
    if is_locked:
        story.attention = Attention(is_here=True, is_locked=True, conversations=frozenset({CHAT}))
    else:
        story.wishes = Wishes(previews=Previews.NONE)

    shown = note(story.receive(CHAT, "secret"))

    assert (shown.sender, shown.text, shown.row) == (0, "", None)
    assert shown.previews is Previews.NONE
    assert not shown.can_answer
    assert "secret" not in repr(shown)


def test_locking_takes_back_what_says_something(story: Story) -> None:
    shown = note(story.receive(CHAT, "secret"))

    assert story.rules.hide_contents() == [Withdrawal(shown.key)]
    assert story.rules.hide_contents() == []


def test_a_later_message_replaces_the_one_before(story: Story) -> None:
    first = note(story.receive(CHAT, "one"))
    second = note(story.receive(CHAT, "two"))

    assert second.key == first.key
    assert (second.text, second.count) == ("two", 2)


def test_sounds_do_not_come_in_a_row(story: Story) -> None:
    assert note(story.receive(CHAT)).plays_sound
    assert not note(story.receive(CHAT)).plays_sound
    story.now_ms += 2_000
    assert note(story.receive(CHAT)).plays_sound
    story.wishes = Wishes(plays_sound=False)
    story.now_ms += 2_000
    assert not note(story.receive(CHAT)).plays_sound


def test_reading_takes_it_back(story: Story) -> None:
    shown = note(story.receive(CHAT))

    assert story.read(CHAT) == [Withdrawal(shown.key)]
    assert story.read(CHAT) == []


def test_reading_up_to_a_later_message_takes_it_back(story: Story) -> None:
    shown = note(story.receive(CHAT))

    assert story.change(CHAT, head=8, unread=1, first_unread=8) == [Withdrawal(shown.key)]


@pytest.mark.parametrize("kind", [MessageKind.RECALLED, MessageKind.REMOVED])
def test_a_recalled_message_is_taken_back(story: Story, kind: MessageKind) -> None:
    shown = note(story.receive(CHAT, "oops"))
    assert shown.row is not None
    recalled = msgspec.structs.replace(shown.row, kind=kind, text="")

    out = story.tell(events.TimelineChanged(conversation_id=CHAT, rows=[recalled]))

    assert out == [Withdrawal(shown.key)]


def test_a_message_that_disappears_is_taken_back(story: Story) -> None:
    shown = note(story.receive(CHAT, "soon gone"))
    assert shown.row is not None
    gone = events.TimelineChanged(conversation_id=CHAT, rows=[], removed=[shown.row.local_id])

    assert story.tell(gone) == [Withdrawal(shown.key)]


def test_an_edit_or_a_reaction_is_no_news(story: Story) -> None:
    shown = note(story.receive(CHAT, "helo"))
    assert shown.row is not None
    edited = msgspec.structs.replace(shown.row, text="hello", is_edited=True)

    out = story.tell(events.TimelineChanged(conversation_id=CHAT, rows=[edited]))
    out += story.change(CHAT)

    assert out == []


def test_what_came_while_the_app_was_away_is_one_line(story: Story) -> None:
    old = NOW - limits.NOTIFY_FRESH_MS - 1
    story.tell(events.LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=old))

    first = note(story.receive(CHAT, received_at_ms=old))
    out = [story.receive(each, received_at_ms=old) for each in (CHAT, GROUP, CHAT, THIRD)]
    last = note(out[-1])

    assert first.kind is NoteKind.BUNDLE
    assert (first.count, first.chats, first.conversation_id) == (1, 1, CHAT)
    assert (last.key, last.count, last.chats) == (first.key, 5, 3)
    assert last.conversation_id is None
    assert last.text == ""
    assert not last.plays_sound


def test_the_line_goes_when_all_of_it_is_read(story: Story) -> None:
    old = NOW - limits.NOTIFY_FRESH_MS - 1
    shown = note(story.receive(CHAT, received_at_ms=old))
    story.receive(GROUP, received_at_ms=old)

    assert story.read(CHAT) == []
    assert story.read(GROUP) == [Withdrawal(shown.key)]


def test_with_a_wrong_clock_the_link_says_what_is_old(story: Story) -> None:
    story.tell(Notice(kind=NoticeKind.CLOCK_OFF, detail="30"))
    half_an_hour_ago = NOW - 30 * 60_000

    live = note(story.receive(CHAT, received_at_ms=half_an_hour_ago))
    story.tell(events.LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=1))
    caught_up = note(story.receive(GROUP, received_at_ms=half_an_hour_ago))

    assert live.kind is NoteKind.MESSAGE
    assert caught_up.kind is NoteKind.BUNDLE


def test_too_many_at_a_time_are_one_line(story: Story) -> None:
    kinds = []
    for number in range(limits.NOTIFY_BURST_MAX + 2):
        new = ConversationId(100 + number)
        story.rows[new] = msgspec.structs.replace(story.rows[CHAT], conversation_id=new)
        kinds.append(note(story.receive(new)).kind)
    story.now_ms += limits.NOTIFY_BURST_MS
    kinds.append(note(story.receive(CHAT)).kind)

    single, bundle = NoteKind.MESSAGE, NoteKind.BUNDLE
    assert kinds == [single] * limits.NOTIFY_BURST_MAX + [bundle] * 2 + [single]


def test_a_file_without_words_is_told_by_its_name(story: Story) -> None:
    shown = note(
        story.receive(CHAT, "", kind=MessageKind.FILE, file=FileRow(name="plan.pdf", size=5))
    )

    assert shown.text == "plan.pdf"


def test_a_long_message_is_cut(story: Story) -> None:
    shown = note(story.receive(CHAT, "x" * 5_000))

    assert len(shown.text) == limits.NOTIFY_TEXT_LENGTH_MAX
    assert shown.text.endswith("…")


def test_a_contact_request_is_told_and_taken_back(story: Story) -> None:
    asked = Request(profile=profile(BEN), greeting="hello", is_own=False, at_ms=NOW)
    own = Request(profile=profile(ANNA), greeting="", is_own=True, at_ms=NOW)

    shown = note(story.tell(events.ContactsChanged(contacts=[], requests=[asked, own])))
    out = story.tell(events.ContactsChanged(contacts=[], requests=[own]))

    assert (shown.kind, shown.sender) == (NoteKind.REQUEST, BEN)
    assert out == [Withdrawal(shown.key)]


def test_a_request_that_was_there_at_the_start_is_not_told() -> None:
    rules = NotificationRules()
    asked = Request(profile=profile(BEN), greeting="hello", is_own=False, at_ms=NOW)
    told = events.ContactsChanged(contacts=[], requests=[asked])

    out = rules.take(told, now_ms=NOW, wishes=Wishes(), attention=Attention())

    assert out == []


def test_who_wants_to_join_a_group_is_told_once(story: Story) -> None:
    shown = note(story.change(GROUP, join_requests=1))

    assert (shown.kind, shown.count) == (NoteKind.JOIN_REQUEST, 1)
    assert story.change(GROUP, join_requests=1) == []
    assert note(story.change(GROUP, join_requests=2)).count == 2
    assert story.change(GROUP, join_requests=0) == [Withdrawal(shown.key)]


@pytest.mark.parametrize(
    "event",
    [
        Notice(kind=NoticeKind.DEVICE_ADDED, detail="phone"),
        Notice(kind=NoticeKind.ROOT_CHANGED, detail="2"),
        events.Alarm(conversation_id=CHAT, kind="fork", blamed="server"),
    ],
)
def test_alarms_are_told_where_no_window_shows_them(story: Story, event: events.Event) -> None:
    shown = note(story.tell(event))
    story.attention = Attention(is_here=True)

    assert shown.kind is NoteKind.SECURITY
    assert shown.notice == event
    assert story.tell(event) == []


def test_a_quiet_notice_is_no_alarm(story: Story) -> None:
    assert story.tell(Notice(kind=NoticeKind.CHANGE_REFUSED, detail="closed")) == []


def test_logging_out_takes_everything_back(story: Story) -> None:
    shown = note(story.receive(CHAT))

    assert story.tell(events.AccountChanged(account=None)) == [Withdrawal(shown.key)]


def test_what_was_dismissed_is_not_taken_back(story: Story) -> None:
    shown = note(story.receive(CHAT))
    story.rules.forget(shown.key)

    assert story.read(CHAT) == []


def test_what_is_remembered_has_a_bound(story: Story) -> None:
    for number in range(limits.NOTIFY_SHOWN_MAX + 5):
        story.now_ms += limits.NOTIFY_BURST_MS
        new = ConversationId(100 + number)
        story.rows[new] = msgspec.structs.replace(story.rows[CHAT], conversation_id=new)
        story.receive(new)

    assert story.read(ConversationId(100)) == []
    assert len(story.read(ConversationId(100 + limits.NOTIFY_SHOWN_MAX))) == 1


@pytest.mark.parametrize(
    ("until_ms", "expected"), [(-1, False), (0, True), (NOW, False), (NOW + 1, True)]
)
def test_a_mute_lasts_until_its_end(until_ms: int, expected: bool) -> None:
    row = blank_row(CHAT, profile(ANNA), muted_until_ms=until_ms)
    assert is_muted(row, now_ms=NOW) == expected
