"""What keys do in a timeline.

| key | does |
| --- | --- |
| Up, Down | go to the message above, below |
| Page Up, Page Down, Home, End | scroll; to the first loaded message, to the newest |
| Enter | opens the menu of the message: everything that can be pressed is there |
| Ctrl+C | copies what is selected, else the message |
| R, E, Delete | answer, edit, take back (after a question) |
| Ctrl+Up | edits the newest message of one's own |
| Space | ticks the message, while messages are chosen |
| Escape | ends choosing, then selecting |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from desktop.events import MessageRow
from desktop.ui.message_menu import can_answer, can_edit, can_recall

if TYPE_CHECKING:
    from desktop.ui.timeline_view import TimelineView

__all__ = ["press_key"]

_Key = Qt.Key


def press_key(view: TimelineView, event: QKeyEvent) -> bool:
    """Do what a key asks for; whether it was one of those above."""
    if event.matches(QKeySequence.StandardKey.Copy):
        view.copy()
        return True
    control = Qt.KeyboardModifier.ControlModifier
    if event.key() == _Key.Key_Up and event.modifiers() & control:
        view.edit_last_requested.emit()
        return True
    if _scroll(view, event.key()) or _end(view, event.key()):
        return True
    row = view.current_row
    if row is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return False
    return _act(view, row, event.key())


def _scroll(view: TimelineView, key: int) -> bool:
    bar = view.verticalScrollBar()
    match key:
        case _Key.Key_Up:
            view.step(-1)
        case _Key.Key_Down:
            view.step(1)
        case _Key.Key_End:
            view.go_to_end()
        case _Key.Key_Home:
            bar.setValue(0)
        case _Key.Key_PageUp:
            bar.setValue(bar.value() - bar.pageStep())
        case _Key.Key_PageDown:
            bar.setValue(bar.value() + bar.pageStep())
        case _:
            return False
    return True


def _end(view: TimelineView, key: int) -> bool:
    if key != _Key.Key_Escape:
        return False
    if view.choice.is_active:
        view.choice.end()
    elif view.selection is not None:
        view.select(None)
    else:
        return False
    return True


def _act(view: TimelineView, row: MessageRow, key: int) -> bool:
    if view.choice.is_active and key == _Key.Key_Space:
        view.choice.toggle(row)
    elif key in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Menu):
        view.open_menu(row)
    elif key == _Key.Key_R and can_answer(row):
        view.reply_requested.emit(row)
    elif key == _Key.Key_E and can_edit(row):
        view.edit_requested.emit(row)
    elif key == _Key.Key_Delete and can_recall(row, is_admin=view.is_admin):
        # Not at once: a key is pressed too easily.
        view.recall_asked.emit([row])
    else:
        return False
    return True
