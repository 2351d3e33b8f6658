"""What can be done with a message: answer, react, edit, take back."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QMenu

from desktop.events import MessageKind, MessageRow
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import AccountId

__all__ = [
    "QUICK_REACTIONS",
    "Requests",
    "add_message_actions",
    "can_answer",
    "can_edit",
    "can_recall",
]

QUICK_REACTIONS = ("👍", "❤️", "😂", "😮", "😢", "🙏")
_WRITTEN = (MessageKind.TEXT, MessageKind.FILE)


class Requests(Protocol):
    """Who is told what the person chose; rows are `MessageRow`."""

    reply_requested: SignalInstance
    any_reaction_requested: SignalInstance
    edit_requested: SignalInstance
    recall_requested: SignalInstance
    reaction_requested: SignalInstance
    me: AccountId


def can_answer(row: MessageRow) -> bool:
    """Whether a message can be answered and reacted to."""
    return row.kind in _WRITTEN and bool(row.message_id)


def can_edit(row: MessageRow) -> bool:
    """Whether it is one's own and young enough; the engine judges by the server's clock."""
    return can_answer(row) and row.is_own and not row.refusal and _is_young(row)


def can_recall(row: MessageRow, *, is_admin: bool) -> bool:
    """Whether it is one's own and young enough, or one is an admin of this group."""
    is_accepted = row.sequence > 0 and bool(row.message_id)
    is_there = row.kind not in (MessageKind.RECALLED, MessageKind.SYSTEM)
    return is_accepted and is_there and (is_admin or (row.is_own and _is_young(row)))


def add_message_actions(
    menu: QMenu, row: MessageRow, requests: Requests, *, is_admin: bool
) -> None:
    """Put what can be done with a message into a menu."""
    if can_answer(row):
        menu.addAction(translate("timeline.reply"), lambda: requests.reply_requested.emit(row))
        _add_reactions(menu, row, requests)
    if can_edit(row):
        menu.addAction(translate("timeline.edit"), lambda: requests.edit_requested.emit(row))
    if can_recall(row, is_admin=is_admin):
        # A menu of its own asks once more: what was taken back does not come again.
        sure = menu.addMenu(translate("timeline.recall"))
        sure.addAction(
            translate("timeline.recall_sure"), lambda: requests.recall_requested.emit(row)
        )
    if not menu.isEmpty():
        menu.addSeparator()


def _add_reactions(menu: QMenu, row: MessageRow, requests: Requests) -> None:
    own = {each.emoji for each in row.reactions if requests.me in each.accounts}
    quick = menu.addMenu(translate("timeline.react"))
    for emoji in QUICK_REACTIONS:
        action = quick.addAction(emoji)
        action.setCheckable(True)
        action.setChecked(emoji in own)
        action.triggered.connect(
            lambda _checked, emoji=emoji: requests.reaction_requested.emit(row, emoji, emoji in own)
        )
    quick.addSeparator()
    more = translate("timeline.react_more")
    quick.addAction(more, lambda: requests.any_reaction_requested.emit(row))


def _is_young(row: MessageRow) -> bool:
    age_ms = int(time.time() * 1000) - row.received_at_ms if row.received_at_ms else 0
    return age_ms <= limits.EDIT_AGE_MAX_MS
