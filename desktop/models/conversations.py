"""The conversation list: newest on top, and what of it a filter lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from desktop.events import ConversationRow, PresenceState, Profile
from desktop.models.names import shown_name
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = ["ConversationFilter", "ConversationRole", "ConversationsModel"]

Index = QModelIndex | QPersistentModelIndex
Describe = Callable[[ConversationRow, bool], str]


class ConversationRole(IntEnum):
    """What a delegate asks for."""

    ROW = Qt.ItemDataRole.UserRole + 1
    IS_ONLINE = Qt.ItemDataRole.UserRole + 2
    IS_TYPING = Qt.ItemDataRole.UserRole + 3


class ConversationsModel(QAbstractListModel):
    """All conversations of the account, sorted by the time of their last message.

    Args:
        describe: Says a row in words, for screen readers; gets the row and whether its peer is
            typing.
    """

    unread_changed = Signal(int)

    def __init__(self, describe: Describe) -> None:
        super().__init__()
        self._describe = describe
        self._rows: list[ConversationRow] = []
        self._online: set[AccountId] = set()
        self._typing: set[ConversationId] = set()

    @property
    def unread(self) -> int:
        """How many messages are unread in all conversations."""
        return sum(row.unread for row in self._rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  Qt's own
        """How many conversations there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What to paint, and the row in words."""
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title or shown_name(row.peer, row.remark)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._describe(row, row.conversation_id in self._typing)
        if role == ConversationRole.ROW:
            return row
        if role == ConversationRole.IS_ONLINE:
            return row.peer.account in self._online
        if role == ConversationRole.IS_TYPING:
            return row.conversation_id in self._typing
        return None

    def find(self, conversation_id: ConversationId) -> ConversationRow | None:
        """Return a conversation's row, if it is known."""
        return next((row for row in self._rows if row.conversation_id == conversation_id), None)

    def find_peer(self, account: AccountId) -> ConversationRow | None:
        """Return the direct conversation with an account, if there is one."""
        direct = (row for row in self._rows if row.kind == ConversationKind.DIRECT)
        return next((row for row in direct if row.peer.account == account), None)

    def index_of(self, conversation_id: ConversationId) -> QModelIndex:
        """Return where a conversation stands; invalid if it is not known."""
        for position, row in enumerate(self._rows):
            if row.conversation_id == conversation_id:
                return self.index(position)
        return QModelIndex()

    def apply(self, rows: Iterable[ConversationRow], *, is_snapshot: bool) -> None:
        """Take in new and changed rows; a snapshot replaces all."""
        if is_snapshot:
            self.beginResetModel()
            self._rows = sorted(rows, key=_sort_key)
            self.endResetModel()
        else:
            for row in rows:
                self._upsert(row)
        self.unread_changed.emit(self.unread)

    def apply_profile(self, profile: Profile) -> None:
        """Show a peer's changed name and picture."""
        for position, row in enumerate(self._rows):
            if row.peer.account == profile.account:
                self._rows[position] = msgspec.structs.replace(row, peer=profile)
                self._changed(position)

    def apply_presence(self, account: AccountId, presence: PresenceState) -> None:
        """Note that somebody came or went."""
        is_online = presence is PresenceState.ONLINE
        if is_online == (account in self._online):
            return
        (self._online.add if is_online else self._online.discard)(account)
        for position, row in enumerate(self._rows):
            if row.peer.account == account:
                self._changed(position)

    def apply_typing(self, conversation_id: ConversationId, *, is_typing: bool) -> None:
        """Note that the peer types or stopped."""
        (self._typing.add if is_typing else self._typing.discard)(conversation_id)
        index = self.index_of(conversation_id)
        if index.isValid():
            self._changed(index.row())

    def clear(self) -> None:
        """Forget everything, at log-out."""
        self.apply([], is_snapshot=True)
        self._online.clear()
        self._typing.clear()

    def repaint(self) -> None:
        """Ask for all rows to be painted and described again, after a change of language."""
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _upsert(self, row: ConversationRow) -> None:
        index = self.index_of(row.conversation_id)
        if index.isValid():
            self._move(index.row(), row)
            return
        position = self._position_for(row)
        self.beginInsertRows(QModelIndex(), position, position)
        self._rows.insert(position, row)
        self.endInsertRows()

    def _move(self, source: int, row: ConversationRow) -> None:
        rest = self._rows[:source] + self._rows[source + 1 :]
        target = sum(1 for other in rest if _sort_key(other) < _sort_key(row))
        if target != source:
            # Qt counts the target in the list as it was before the move.
            destination = target + 1 if target > source else target
            self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), destination)
            rest.insert(target, row)
            self._rows = rest
            self.endMoveRows()
        else:
            self._rows[source] = row
        self._changed(target)

    def _position_for(self, row: ConversationRow) -> int:
        return sum(1 for other in self._rows if _sort_key(other) < _sort_key(row))

    def _changed(self, position: int) -> None:
        index = self.index(position)
        self.dataChanged.emit(index, index)


class ConversationFilter(QSortFilterProxyModel):
    """The conversations that a tab and the search box let through."""

    def __init__(self, model: ConversationsModel) -> None:
        super().__init__()
        self._text = ""
        self._unread_only = False
        self._kept: ConversationId | None = None
        self.setSourceModel(model)

    def narrow(self, *, text: str, unread_only: bool, kept: ConversationId | None = None) -> None:
        """Let only rows through that fit; ``kept`` stays although it has been read."""
        self.beginFilterChange()
        self._text = text.casefold().strip()
        self._unread_only = unread_only
        self._kept = kept
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:  # noqa: N802
        """Whether a row has the text in its names and is unread if only those are wanted."""
        index = self.sourceModel().index(source_row, 0, source_parent)
        row = index.data(ConversationRole.ROW)
        if self._unread_only and not row.unread and row.conversation_id != self._kept:
            return False
        names = (row.title, row.remark, row.peer.nickname, row.peer.user_name)
        return any(self._text in name.casefold() for name in names)


def _sort_key(row: ConversationRow) -> tuple[int, int]:
    return (-row.last_at_ms, row.conversation_id)
