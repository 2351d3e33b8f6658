"""The menu of one message in a timeline: everything that can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip

from desktop.events import MessageRow
from desktop.ui.menu import Menu
from desktop.ui.message_menu import (
    add_file_actions,
    add_link_actions,
    add_message_actions,
    add_refusal_actions,
)
from desktop.ui.timeline_words import times_of
from desktop.ui.translate import translate

if TYPE_CHECKING:
    from desktop.ui.timeline_view import TimelineView

__all__ = ["make_menu"]


def make_menu(view: TimelineView, row: MessageRow) -> Menu:
    """Return the menu; it deletes itself when it closes."""
    menu = Menu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    item = view.item_of(row.local_id)
    bubble = item.bubble if item is not None else None
    add_refusal_actions(menu, row, view)
    add_file_actions(menu, row, view)
    add_message_actions(menu, row, view, is_admin=view.is_admin)
    if bubble is not None:
        add_link_actions(menu, bubble.text.links, view)
    quote = row.quote
    if quote is not None:
        menu.addAction(translate("timeline.go_to_quoted"), lambda: view.go_to(quote))
    menu.addAction(translate("timeline.copy"), lambda: _copy(view, row))
    if bubble is not None:
        menu.addAction(translate("timeline.choose"), lambda: view.choice.begin(row))
    menu.addAction(translate("timeline.times"), lambda: _show_times(view, row))
    menu.addAction(translate("timeline.jump_to_date"), view.pick_date)
    return menu


def _copy(view: TimelineView, row: MessageRow) -> None:
    """Copy what is selected if this message is a part of it, else the message."""
    if row.local_id not in view.scene.selected:
        view.select(None)
        view.set_current(row.local_id)
    view.copy()


def _show_times(view: TimelineView, row: MessageRow) -> None:
    item = view.item_of(row.local_id)
    if item is not None:
        place = view.seen_on_screen(item).center()
        QToolTip.showText(place, times_of(row), view.viewport())
