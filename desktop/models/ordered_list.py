"""A list model whose lines stand in the order of their keys, whatever changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex

from shared.identifiers import ConversationId

__all__ = ["Index", "Key", "OrderedListModel"]

Index = QModelIndex | QPersistentModelIndex
# What sorts, from the first to the last; the id at its end makes it unique.
Key = tuple[int, int, int, ConversationId]


class OrderedListModel(QAbstractListModel):
    """Keeps ids sorted by their keys; a line is found and moved in O(log n) comparisons.

    Qt's own sorting proxy looks at every row again whenever one moves, which costs 20 ms with
    2,000 rows; here a move costs as much as its line.
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []
        self._key_of: dict[ConversationId, Key] = {}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  Qt's own
        """How many lines there are."""
        return 0 if parent.isValid() else len(self._keys)

    def id_at(self, place: int) -> ConversationId:
        """Return what stands at a place, 0 … `rowCount` - 1."""
        return self._keys[place][-1]

    def place_of(self, conversation_id: ConversationId) -> int:
        """Return where something stands; -1 if it is not in the list."""
        key = self._key_of.get(conversation_id)
        return -1 if key is None else bisect_left(self._keys, key)

    def index_of(self, conversation_id: ConversationId) -> QModelIndex:
        """Return where something stands; invalid if it is not in the list."""
        place = self.place_of(conversation_id)
        return QModelIndex() if place < 0 else self.index(place)

    def rebuild(self, keys: Iterable[Key]) -> None:
        """Show exactly these."""
        self.beginResetModel()
        self._keys = sorted(keys)
        self._key_of = {key[-1]: key for key in self._keys}
        self.endResetModel()

    def put(self, key: Key) -> None:
        """Bring a line to its place, or put it in."""
        source = self.place_of(key[-1])
        if source < 0:
            self._insert(key)
        elif self._keys[source] != key:
            self._move(source, key)

    def take_out(self, conversation_id: ConversationId) -> None:
        """Take a line out, if it is in."""
        place = self.place_of(conversation_id)
        if place >= 0:
            self.beginRemoveRows(QModelIndex(), place, place)
            del self._keys[place]
            del self._key_of[conversation_id]
            self.endRemoveRows()

    def repaint_line(self, conversation_id: ConversationId) -> None:
        """Tell that what a line shows has changed, if it is in the list."""
        index = self.index_of(conversation_id)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def repaint(self) -> None:
        """Ask for all lines to be painted and described again."""
        if self._keys:
            self.dataChanged.emit(self.index(0), self.index(len(self._keys) - 1))

    def _insert(self, key: Key) -> None:
        place = bisect_left(self._keys, key)
        self.beginInsertRows(QModelIndex(), place, place)
        self._keys.insert(place, key)
        self._key_of[key[-1]] = key
        self.endInsertRows()

    def _move(self, source: int, key: Key) -> None:
        # Qt counts the target in the list as it is before the move, and so does this bisection.
        destination = bisect_left(self._keys, key)
        stays = destination in (source, source + 1)
        if not stays:
            self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), destination)
        del self._keys[source]
        self._keys.insert(destination - 1 if destination > source else destination, key)
        self._key_of[key[-1]] = key
        if not stays:
            self.endMoveRows()
