"""What is worth a notification: rules without I/O, a clock or Qt.

Events go in one after the other, with what the person wants, where they look and the time; what
to show and what to take back comes out. There is at most one notification for each conversation,
showing its newest message; a new one replaces it. What came while the app was away, or too much at
a time, becomes one line: "12 new messages in 3 chats".

| not notified | but |
| --- | --- |
| one's own messages, system lines, what is older than the app knew at its start | |
| a conversation that is open in the window that has the focus | |
| a muted conversation | in a group a message that names the person is |
| while "do not disturb" holds | what came meanwhile is not told later |

When a conversation is read, here or on another device, its notification is taken back; so it is
when its message is recalled or disappears.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from desktop import events
from desktop.events import ConversationRow, Event, LinkState, MessageKind, MessageRow, NoticeKind
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = [
    "Attention",
    "Note",
    "NoteKind",
    "NotificationRules",
    "Previews",
    "Wishes",
    "Withdrawal",
    "is_muted",
]

BUNDLE = "bundle"
_NOBODY = AccountId(0)
_SOUND_PAUSE_MS = 1_500  # Two sounds are at least so far apart.
_SECURITY = frozenset(
    {
        NoticeKind.PROFILE_COPIED,
        NoticeKind.ROOT_CHANGED,
        NoticeKind.CHAIN_BROKEN,
        NoticeKind.DEVICE_ADDED,
        NoticeKind.REVOKED,
    }
)


class Previews(StrEnum):
    """What a notification shows of a message."""

    ALL = "all"  # Who wrote, and what.
    NAMES = "names"  # Who wrote.
    NONE = "none"  # That somebody wrote.


class NoteKind(Enum):
    """What a notification is about."""

    MESSAGE = "message"
    BUNDLE = "bundle"
    REQUEST = "request"
    JOIN_REQUEST = "join_request"
    SECURITY = "security"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person wants; ``dnd_until_ms`` is a time of the wall clock, 0: do disturb."""

    notifies: bool = True
    previews: Previews = Previews.ALL
    plays_sound: bool = True
    dnd_until_ms: int = 0

    def is_quiet(self, now_ms: int) -> bool:
        """Whether nothing is notified now."""
        return not self.notifies or now_ms < self.dnd_until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Where the person looks: the conversations in the window that has the focus, if one has."""

    is_here: bool = False
    conversations: frozenset[ConversationId] = frozenset()
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to show under ``key``, in place of what is shown under it.

    ``previews`` says how much may be said. What may not be said is not in here: no text without
    `Previews.ALL`, no account and no conversation's name where it is `Previews.NONE`.
    """

    key: str
    kind: NoteKind
    previews: Previews
    plays_sound: bool
    count: int = 1
    chats: int = 1
    conversation_id: ConversationId | None = None
    sender: AccountId = _NOBODY
    sequence: int = 0
    row: MessageRow | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    notice: events.Notice | events.Alarm | None = field(default=None, repr=False)

    @property
    def can_answer(self) -> bool:
        """Whether it may be answered and marked as read from where it is shown."""
        return self.kind is NoteKind.MESSAGE and self.previews is not Previews.NONE


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What was shown under ``key`` is to go."""

    key: str


def is_muted(row: ConversationRow, *, now_ms: int) -> bool:
    """Whether a conversation is muted; times are server time, in ms."""
    return row.muted_until_ms == 0 or now_ms < row.muted_until_ms


class NotificationRules:
    """The rules of one account; keeps what is shown, and what was there before."""

    def __init__(self) -> None:
        self._own = _NOBODY
        self._is_catching_up = False
        self._is_clock_off = False
        self._rows: dict[ConversationId, ConversationRow] = {}
        self._seen: dict[ConversationId, int] = {}  # Sequences up to here are no news.
        self._arrived: dict[ConversationId, MessageRow] = {}  # Until its conversation is told.
        self._shown: OrderedDict[str, Note] = OrderedDict()
        self._bundled: set[ConversationId] = set()
        self._requests: set[AccountId] | None = None
        self._recent: deque[int] = deque(maxlen=limits.NOTIFY_BURST_MAX)
        self._sounded_ms = 0
        self._numbers = 0

    def take(
        self, event: Event, *, now_ms: int, wishes: Wishes, attention: Attention
    ) -> list[Note | Withdrawal]:
        """Take an event in; return what is to be shown and taken back, in order.

        Args:
            event: The next one of the account.
            now_ms: The wall clock.
            wishes: What the person wants.
            attention: Where the person looks.
        """
        turn = _Turn(now_ms, wishes, attention)
        match event:
            case events.AccountChanged():
                self._note_account(event, turn)
            case events.LinkChanged():
                is_online = event.state is LinkState.ONLINE
                self._is_catching_up = not is_online or event.complete_up_to_ms > 0
            case events.TimelineChanged():
                self._note_messages(event, turn)
            case events.ConversationsChanged():
                for row in event.rows:
                    self._note_conversation(row, turn, is_news=not event.is_snapshot)
            case events.ContactsChanged():
                self._note_requests(event, turn)
            case events.Notice(kind=NoticeKind.CLOCK_OFF):
                self._is_clock_off = True
            case events.Alarm():
                self._show_security(event, turn)
            case events.Notice() if event.kind in _SECURITY:
                self._show_security(event, turn)
        return turn.out

    def hide_contents(self) -> list[Note | Withdrawal]:
        """Take back all that says something, since the app is locked now."""
        gone = [key for key, note in self._shown.items() if note.previews is not Previews.NONE]
        for key in gone:
            del self._shown[key]
        return [Withdrawal(key) for key in gone]

    def forget(self, key: str) -> None:
        """What was shown is gone: the person dismissed it."""
        self._shown.pop(key, None)
        if key == BUNDLE:
            self._bundled.clear()

    # What happens.

    def _note_account(self, event: events.AccountChanged, turn: _Turn) -> None:
        account = event.account
        own = account.profile.account if account is not None and account.is_logged_in else 0
        if own == self._own:
            return
        self._own = AccountId(own)
        for key in list(self._shown):
            self._withdraw(key, turn)
        self._rows.clear()
        self._seen.clear()
        self._arrived.clear()
        self._bundled.clear()
        self._requests = None

    def _note_messages(self, event: events.TimelineChanged, turn: _Turn) -> None:
        conversation_id = event.conversation_id
        shown = self._shown.get(_key_of(conversation_id))
        for row in event.rows:
            if shown is not None and shown.row is not None and _is_taken_back(row, shown.row):
                self._withdraw(shown.key, turn)
            if _is_news(row) and row.sequence > self._seen.get(conversation_id, 0):
                newest = self._arrived.get(conversation_id)
                if newest is None or self._counts_more(row, newest):
                    self._arrived[conversation_id] = row
        if shown is not None and shown.row is not None and shown.row.local_id in event.removed:
            self._withdraw(shown.key, turn)

    def _counts_more(self, row: MessageRow, other: MessageRow) -> bool:
        """A message that names the person counts more than a later one, since it passes a mute."""
        return (self._names_me(row), row.sequence) > (self._names_me(other), other.sequence)

    def _names_me(self, row: MessageRow) -> bool:
        return self._own in row.mentions

    def _note_conversation(self, row: ConversationRow, turn: _Turn, *, is_news: bool) -> None:
        conversation_id = row.conversation_id
        before = self._rows.get(conversation_id)
        self._rows[conversation_id] = row
        arrived = self._arrived.pop(conversation_id, None)
        self._take_back_read(row, turn)
        if arrived is not None and is_news and _is_unread(arrived, row):
            self._judge(arrived, row, turn)
        newest = max(row.head, arrived.sequence if arrived is not None else 0)
        self._seen[conversation_id] = max(self._seen.get(conversation_id, 0), newest)
        if is_news:
            self._note_join_requests(row, before, turn)

    def _take_back_read(self, row: ConversationRow, turn: _Turn) -> None:
        conversation_id = row.conversation_id
        shown = self._shown.get(_key_of(conversation_id))
        if shown is not None and not (row.unread and shown.sequence >= row.first_unread):
            self._withdraw(shown.key, turn)
        if not row.unread and conversation_id in self._bundled:
            self._bundled.discard(conversation_id)
            if not self._bundled:
                self._withdraw(BUNDLE, turn)

    def _judge(self, message: MessageRow, row: ConversationRow, turn: _Turn) -> None:
        """A message is new: is it worth a notification, and which?"""
        passes = row.kind == ConversationKind.GROUP and self._names_me(message)
        if is_muted(row, now_ms=turn.now_ms) and not passes:
            return
        if turn.is_quiet or turn.attention_on(row.conversation_id):
            return
        is_old = turn.now_ms - message.received_at_ms > limits.NOTIFY_FRESH_MS
        if self._is_clock_off:
            # This machine's clock says nothing of the server's times; the link does.
            is_old = self._is_catching_up
        key = _key_of(row.conversation_id)
        if is_old or (key not in self._shown and self._is_burst(turn.now_ms)):
            self._bundled.add(row.conversation_id)
            self._withdraw(key, turn)
            self._show_bundle(turn)
        else:
            if key not in self._shown:
                self._recent.append(turn.now_ms)
            self._show_message(key, message, row, turn)

    def _is_burst(self, now_ms: int) -> bool:
        is_full = len(self._recent) == limits.NOTIFY_BURST_MAX
        return is_full and now_ms - self._recent[0] < limits.NOTIFY_BURST_MS

    def _show_message(
        self, key: str, message: MessageRow, row: ConversationRow, turn: _Turn
    ) -> None:
        previews = turn.previews
        self._show(
            Note(
                key=key,
                kind=NoteKind.MESSAGE,
                previews=previews,
                plays_sound=self._sounds(turn),
                count=row.unread,
                conversation_id=row.conversation_id,
                sender=message.sender if previews is not Previews.NONE else _NOBODY,
                sequence=message.sequence,
                row=message if previews is not Previews.NONE else None,
                text=_words_of(message) if previews is Previews.ALL else "",
            ),
            turn,
        )

    def _show_bundle(self, turn: _Turn) -> None:
        rows = [self._rows[each] for each in self._bundled]
        count, chats = sum(row.unread for row in rows), len(rows)
        shown = self._shown.get(BUNDLE)
        if shown is not None and (shown.count, shown.chats) == (count, chats):
            return
        self._show(
            Note(
                key=BUNDLE,
                kind=NoteKind.BUNDLE,
                previews=turn.previews,
                plays_sound=self._sounds(turn) and shown is None,
                count=count,
                chats=chats,
                conversation_id=rows[0].conversation_id if chats == 1 else None,
            ),
            turn,
        )

    def _note_requests(self, event: events.ContactsChanged, turn: _Turn) -> None:
        known, self._requests = (
            self._requests,
            {each.profile.account for each in event.requests if not each.is_own},
        )
        for account in (known or set()) - self._requests:
            self._withdraw(f"request:{account}", turn)
        if known is None or turn.is_quiet:
            return
        for account in sorted(self._requests - known):
            self._show_other(f"request:{account}", NoteKind.REQUEST, turn, sender=account)

    def _note_join_requests(
        self, row: ConversationRow, before: ConversationRow | None, turn: _Turn
    ) -> None:
        key = f"join:{row.conversation_id}"
        if not row.join_requests:
            self._withdraw(key, turn)
        elif row.join_requests > (before.join_requests if before is not None else 0):
            if turn.is_quiet or turn.attention_on(row.conversation_id):
                return
            self._show_other(
                key,
                NoteKind.JOIN_REQUEST,
                turn,
                conversation_id=row.conversation_id,
                count=row.join_requests,
            )

    def _show_security(self, notice: events.Notice | events.Alarm, turn: _Turn) -> None:
        # Who looks at a window reads it there.
        if not turn.is_quiet and (not turn.attention.is_here or turn.attention.is_locked):
            self._numbers += 1
            self._show_other(f"security:{self._numbers}", NoteKind.SECURITY, turn, notice=notice)

    def _show_other(
        self,
        key: str,
        kind: NoteKind,
        turn: _Turn,
        *,
        sender: AccountId = _NOBODY,
        conversation_id: ConversationId | None = None,
        count: int = 1,
        notice: events.Notice | events.Alarm | None = None,
    ) -> None:
        hidden = turn.previews is Previews.NONE
        self._show(
            Note(
                key=key,
                kind=kind,
                previews=turn.previews,
                plays_sound=self._sounds(turn),
                count=count,
                sender=_NOBODY if hidden else sender,
                conversation_id=conversation_id,
                notice=None if hidden else notice,
            ),
            turn,
        )

    # What is shown.

    def _show(self, note: Note, turn: _Turn) -> None:
        self._shown.pop(note.key, None)
        self._shown[note.key] = note
        turn.out.append(note)
        if len(self._shown) > limits.NOTIFY_SHOWN_MAX:
            # It stays on the screen until it is dismissed; nobody takes it back any more.
            self._shown.popitem(last=False)

    def _withdraw(self, key: str, turn: _Turn) -> None:
        if self._shown.pop(key, None) is not None:
            turn.out.append(Withdrawal(key))

    def _sounds(self, turn: _Turn) -> bool:
        is_due = abs(turn.now_ms - self._sounded_ms) >= _SOUND_PAUSE_MS
        if not turn.wishes.plays_sound or not is_due:
            return False
        self._sounded_ms = turn.now_ms
        return True


@dataclass(slots=True)
class _Turn:
    """One event's round: what holds during it, and what comes out."""

    now_ms: int
    wishes: Wishes
    attention: Attention
    out: list[Note | Withdrawal] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        return self.wishes.is_quiet(self.now_ms)

    @property
    def previews(self) -> Previews:
        return Previews.NONE if self.attention.is_locked else self.wishes.previews

    def attention_on(self, conversation_id: ConversationId) -> bool:
        is_open = self.attention.is_here and conversation_id in self.attention.conversations
        return is_open and not self.attention.is_locked


def _key_of(conversation_id: ConversationId) -> str:
    return f"conversation:{conversation_id}"


def _is_news(row: MessageRow) -> bool:
    is_content = row.kind in (MessageKind.TEXT, MessageKind.FILE) and row.system is None
    return is_content and not row.is_own and row.sequence > 0


def _is_unread(message: MessageRow, row: ConversationRow) -> bool:
    return bool(row.unread) and message.sequence >= row.first_unread


def _is_taken_back(row: MessageRow, shown: MessageRow) -> bool:
    is_same = row.local_id == shown.local_id
    return is_same and row.kind in (MessageKind.RECALLED, MessageKind.REMOVED)


def _words_of(row: MessageRow) -> str:
    text = row.text or (row.file.name if row.file is not None else "")
    words = " ".join(text.split())
    bound = limits.NOTIFY_TEXT_LENGTH_MAX
    return words if len(words) <= bound else words[: bound - 1] + "…"
