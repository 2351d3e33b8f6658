"""Ticking whole messages of a timeline, to copy them or take them back together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.events import MessageRow
from desktop.ui.choice_bar import BAR_HEIGHT, ChoiceBar
from desktop.ui.message_menu import can_recall
from shared import limits

if TYPE_CHECKING:
    from desktop.ui.timeline_view import TimelineView

__all__ = ["TimelineChoice"]


class TimelineChoice(QObject):
    """Which messages of a view are ticked, and the bar with what can be done with them."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self.bar = ChoiceBar(view)
        self.bar.closed.connect(self.end)
        self.bar.copy_requested.connect(self._copy)
        self.bar.recall_requested.connect(self._recall)

    @property
    def is_active(self) -> bool:
        """Whether messages can be ticked now."""
        return self._view.scene.chosen is not None

    @property
    def height(self) -> int:
        """How much of the view the bar takes."""
        return BAR_HEIGHT if self.is_active else 0

    def rows(self) -> list[MessageRow]:
        """Return the ticked messages, in order."""
        chosen = self._view.scene.chosen or ()
        return [row for row in self._view.model.rows if row.local_id in chosen]

    def begin(self, row: MessageRow) -> None:
        """Let messages be ticked, this one first."""
        self._view.select(None)
        self._view.scene.chosen = frozenset({row.local_id})
        self._show()
        self._view.setFocus()

    def toggle(self, row: MessageRow) -> None:
        """Tick a message, or take the tick away; at most `limits.MESSAGES_CHOSEN_MAX`."""
        chosen = set(self._view.scene.chosen or ())
        if row.local_id in chosen:
            chosen.discard(row.local_id)
        elif len(chosen) < limits.MESSAGES_CHOSEN_MAX:
            chosen.add(row.local_id)
        self._view.scene.chosen = frozenset(chosen)
        self._show()

    def end(self) -> None:
        """No more ticks."""
        self._view.scene.chosen = None
        self._show()
        self._view.setFocus()

    def drop_gone(self) -> None:
        """Forget what has left the window."""
        if self._view.scene.chosen is not None:
            self._view.scene.chosen = frozenset(row.local_id for row in self.rows())
            self._count()

    def place(self) -> None:
        """Put the bar under the messages."""
        width, height = self._view.width(), self._view.height()
        self.bar.setGeometry(0, height - BAR_HEIGHT, width, BAR_HEIGHT)

    def _show(self) -> None:
        self.bar.setVisible(self.is_active)
        self.bar.raise_()
        self._count()
        self._view.make_room(self.height)

    def _count(self) -> None:
        rows = self.rows()
        may_recall = all(can_recall(row, is_admin=self._view.is_admin) for row in rows)
        self.bar.show_chosen(len(rows), can_recall=may_recall)

    def _copy(self) -> None:
        self._view.copy()
        self.end()

    def _recall(self) -> None:
        rows = self.rows()
        self.end()
        self._view.recall_asked.emit(rows)
