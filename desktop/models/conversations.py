"""The conversation list: pinned ones and the newest on top, and the parts of it that are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import Enum, IntEnum
from typing import Any

import msgspec
from PySide6.QtCore import Qt, QTimer, Signal

from desktop.events import ConversationRow, PresenceState, Profile
from desktop.models.names import shown_name
from desktop.models.notifications import is_muted
from desktop.models.ordered_list import Index, Key, OrderedListModel
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = [
    "MOVES_MS",
    "ConversationFilter",
    "ConversationRole",
    "ConversationsModel",
    "Part",
    "counted",
]

MOVES_MS = 16  # Rows change their places at most once in so long: once in a frame.
_EXPIRY_MS_MAX = 24 * 3600 * 1000  # Qt's timers hold 24 days; one a day is as good.

Describe = Callable[[ConversationRow, bool, bool], str]


class ConversationRole(IntEnum):
    """What a delegate asks for."""

    ROW = Qt.ItemDataRole.UserRole + 1
    IS_ONLINE = Qt.ItemDataRole.UserRole + 2
    IS_TYPING = Qt.ItemDataRole.UserRole + 3
    IS_MUTED = Qt.ItemDataRole.UserRole + 4


class Part(Enum):
    """The parts of the list; each conversation is in the archive or in the others."""

    ALL = "all"
    UNREAD = "unread"
    GROUPS = "groups"
    ARCHIVE = "archive"


def counted(row: ConversationRow, now_ms: int) -> int:
    """Return how much of a conversation counts in badges: nothing that was put out of the way."""
    return 0 if row.is_archived or is_muted(row, now_ms=now_ms) else row.unread


def _wall_ms() -> int:
    return round(time.time() * 1000)


class ConversationsModel(OrderedListModel):
    """All conversations of the account.

    What `find` and `unread` return is always as the engine told last. Places are: the first
    change moves its row at once, those in the `MOVES_MS` after it all move together.

    Args:
        describe: Says a row in words, for screen readers; gets the row, whether its peer is
            typing, and whether it is muted.
        now_ms: Server time, as near as it is known; mutes end by it.
    """

    unread_changed = Signal(int)
    rows_changed = Signal(object)  # list[ConversationId]: what they show, or their places.

    def __init__(self, describe: Describe, now_ms: Callable[[], int] = _wall_ms) -> None:
        super().__init__()
        self._describe = describe
        self._now_ms = now_ms
        self._rows: dict[ConversationId, ConversationRow] = {}
        self._direct: dict[AccountId, ConversationId] = {}
        self._online: set[AccountId] = set()
        self._typing: set[ConversationId] = set()
        self._moving: dict[ConversationId, None] = {}
        self._unread: int | None = 0  # `None`: to be counted anew.
        self._told_unread = 0
        self._moves = QTimer(self)
        self._moves.setSingleShot(True)
        self._moves.setInterval(MOVES_MS)
        self._moves.timeout.connect(self._on_frame)
        self._expiry = QTimer(self)
        self._expiry.setSingleShot(True)
        self._expiry.timeout.connect(self._on_expiry)

    @property
    def unread(self) -> int:
        """How many messages are unread where the person wants to be told."""
        if self._unread is None:
            now_ms = self._now_ms()
            self._unread = sum(counted(row, now_ms) for row in self._rows.values() if row.unread)
        return self._unread

    @property
    def rows(self) -> list[ConversationRow]:
        """All conversations, in their order."""
        return [self._rows[key[-1]] for key in self._keys]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What to paint, and the row in words."""
        return self.value(self.id_at(index.row()), role)

    def value(self, conversation_id: ConversationId, role: int) -> Any:
        """What `data` is for this conversation's line."""
        row = self._rows[conversation_id]
        if role == ConversationRole.ROW:
            return row
        if role == ConversationRole.IS_ONLINE:
            return row.peer.account in self._online
        if role == ConversationRole.IS_TYPING:
            return conversation_id in self._typing
        if role == ConversationRole.IS_MUTED:
            return self.is_muted(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title or shown_name(row.peer, row.remark)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._describe(row, conversation_id in self._typing, self.is_muted(row))
        return None

    def is_muted(self, row: ConversationRow) -> bool:
        """Whether nothing is told of a conversation now."""
        return is_muted(row, now_ms=self._now_ms())

    def find(self, conversation_id: ConversationId) -> ConversationRow | None:
        """Return a conversation's row, if it is known."""
        return self._rows.get(conversation_id)

    def find_peer(self, account: AccountId) -> ConversationRow | None:
        """Return the direct conversation with an account, if there is one."""
        conversation_id = self._direct.get(account)
        return None if conversation_id is None else self._rows[conversation_id]

    def apply(self, rows: Iterable[ConversationRow], *, is_snapshot: bool) -> None:
        """Take in new and changed rows; a snapshot replaces all."""
        if is_snapshot:
            self._replace_all(rows)
            return
        changed = {row.conversation_id: None for row in rows if self._take_in(row)}
        self._moving.update(changed)
        if not self._moves.isActive():
            self._move_now()

    def apply_profile(self, profile: Profile) -> None:
        """Show a peer's changed name and picture, and that of who wrote last."""
        changed = [
            row.conversation_id for row in list(self._rows.values()) if self._rename(row, profile)
        ]
        self._tell_changed(changed)

    def apply_presence(self, account: AccountId, presence: PresenceState) -> None:
        """Note that somebody came or went."""
        is_online = presence is PresenceState.ONLINE
        if is_online == (account in self._online):
            return
        (self._online.add if is_online else self._online.discard)(account)
        if account in self._direct:
            self._tell_changed([self._direct[account]])

    def apply_typing(self, conversation_id: ConversationId, *, is_typing: bool) -> None:
        """Note that the peer types or stopped."""
        (self._typing.add if is_typing else self._typing.discard)(conversation_id)
        if conversation_id in self._rows:
            self._tell_changed([conversation_id])

    def clear(self) -> None:
        """Forget everything, at log-out."""
        self.apply([], is_snapshot=True)
        self._online.clear()
        self._typing.clear()

    def _replace_all(self, rows: Iterable[ConversationRow]) -> None:
        self._rows, self._direct, self._unread = {}, {}, None
        self._moving.clear()
        for row in rows:
            self._take_in(row)
        self.rebuild(key_of(row) for row in self._rows.values())
        self._tell_unread()

    def _take_in(self, row: ConversationRow) -> bool:
        """Keep a row; return whether anything of it is new."""
        before = self._rows.get(row.conversation_id)
        if before == row:
            return False
        self._rows[row.conversation_id] = row
        self._unread = None
        if row.kind == ConversationKind.DIRECT:
            self._direct[row.peer.account] = row.conversation_id
        return True

    def _rename(self, row: ConversationRow, profile: Profile) -> bool:
        sender = row.preview_sender
        is_peer = row.peer.account == profile.account
        is_sender = sender is not None and sender.account == profile.account
        if is_peer or is_sender:
            self._rows[row.conversation_id] = msgspec.structs.replace(
                row,
                peer=profile if is_peer else row.peer,
                preview_sender=profile if is_sender else sender,
            )
        return is_peer or is_sender

    def _on_frame(self) -> None:
        if self._moving:
            self._move_now()

    def _move_now(self) -> None:
        moving, self._moving = list(self._moving), {}
        for conversation_id in moving:
            self.put(key_of(self._rows[conversation_id]))
        self._tell_changed(moving)
        self._tell_unread()
        self._moves.start()

    def _tell_changed(self, changed: list[ConversationId]) -> None:
        for conversation_id in changed:
            self.repaint_line(conversation_id)
        if changed:
            self.rows_changed.emit(changed)

    def _tell_unread(self) -> None:
        now_ms = self._now_ms()
        ends = [r.muted_until_ms for r in self._rows.values() if r.muted_until_ms > now_ms]
        if ends:
            self._expiry.start(min(min(ends) - now_ms + 1, _EXPIRY_MS_MAX))
        if self.unread != self._told_unread:
            self._told_unread = self.unread
            self.unread_changed.emit(self.unread)

    def _on_expiry(self) -> None:
        """A mute may have ended: what it kept out counts again."""
        self._unread, now_ms = None, self._now_ms()
        self._tell_unread()
        ended = [row for row in self._rows.values() if 0 < row.muted_until_ms <= now_ms]
        self._tell_changed([row.conversation_id for row in ended])


class ConversationFilter(OrderedListModel):
    """The conversations of one part of the list."""

    def __init__(self, model: ConversationsModel) -> None:
        super().__init__()
        self._model = model
        self._part = Part.ALL
        self._kept: ConversationId | None = None
        model.modelReset.connect(self._rebuild)
        model.rows_changed.connect(self._on_rows)
        self._rebuild()

    @property
    def part(self) -> Part:
        """Which part is shown."""
        return self._part

    def show(self, part: Part, kept: ConversationId | None = None) -> None:
        """Show a part; ``kept`` stays among the unread although it has been read."""
        was, self._part = self._part, part
        before, self._kept = self._kept, kept
        if was is not part:
            self._rebuild()
        else:
            self._on_rows([each for each in (before, kept) if each is not None])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the conversation's line in the whole list has."""
        return self._model.value(self.id_at(index.row()), role)

    def _takes(self, row: ConversationRow) -> bool:
        match self._part:
            case Part.ARCHIVE:
                return row.is_archived
            case Part.ALL:
                return not row.is_archived
            case Part.GROUPS:
                return not row.is_archived and row.kind == ConversationKind.GROUP
            case Part.UNREAD:
                is_kept = row.conversation_id == self._kept
                return not row.is_archived and (row.unread > 0 or is_kept)

    def _rebuild(self) -> None:
        self.rebuild(key_of(row) for row in self._model.rows if self._takes(row))

    def _on_rows(self, changed: list[ConversationId]) -> None:
        for conversation_id in changed:
            row = self._model.find(conversation_id)
            if row is not None and self._takes(row):
                self.put(key_of(row))
                self.repaint_line(conversation_id)
            else:
                self.take_out(conversation_id)


def key_of(row: ConversationRow) -> Key:
    """Return what sorts a row: pinned ones first, the one pinned last on top, then the newest."""
    pinned = row.pinned_at_ms if row.is_pinned else 0
    return (0 if row.is_pinned else 1, -pinned, -row.last_at_ms, row.conversation_id)
