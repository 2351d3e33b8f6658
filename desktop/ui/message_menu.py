"""What can be done with a message: answer, react, edit, take back, and all about its file.

Whatever can be pressed inside a bubble is here too: the menu is how the keyboard reaches it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QGuiApplication

from desktop.events import MessageKind, MessageRow, MessageState
from desktop.ui.file_acts import acts_of
from desktop.ui.links import Target
from desktop.ui.markup import Span, Style
from desktop.ui.menu import Menu
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import AccountId

__all__ = [
    "QUICK_REACTIONS",
    "Requests",
    "add_file_actions",
    "add_link_actions",
    "add_message_actions",
    "add_refusal_actions",
    "can_answer",
    "can_edit",
    "can_recall",
]

QUICK_REACTIONS = ("👍", "❤️", "😂", "😮", "😢", "🙏")
LINKS_OFFERED_MAX = 5  # Of one message, in its menu.
LINK_LENGTH_SHOWN = 60
_WRITTEN = (MessageKind.TEXT, MessageKind.FILE)


class Requests(Protocol):
    """Who is told what the person chose; rows are `MessageRow`."""

    reply_requested: SignalInstance
    any_reaction_requested: SignalInstance
    edit_requested: SignalInstance
    recall_requested: SignalInstance
    reaction_requested: SignalInstance
    cancel_requested: SignalInstance
    retry_requested: SignalInstance
    file_requested: SignalInstance
    link_requested: SignalInstance
    profile_requested: SignalInstance

    @property
    def me(self) -> AccountId:
        """The own account."""


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


def add_message_actions(menu: Menu, row: MessageRow, requests: Requests, *, is_admin: bool) -> None:
    """Put what can be done with a message into a menu."""
    if can_answer(row):
        menu.addAction(translate("timeline.reply"), lambda: requests.reply_requested.emit(row))
        _add_reactions(menu, row, requests)
    if can_edit(row):
        menu.addAction(translate("timeline.edit"), lambda: requests.edit_requested.emit(row))
    if can_recall(row, is_admin=is_admin):
        # A menu of its own asks once more: what was taken back does not come again.
        sure = menu.add_branch(translate("timeline.recall"))
        sure.addAction(
            translate("timeline.recall_sure"), lambda: requests.recall_requested.emit(row)
        )
    if not menu.isEmpty():
        menu.addSeparator()


def add_file_actions(menu: Menu, row: MessageRow, requests: Requests) -> None:
    """Put what can be asked of a message's file into a menu."""
    if row.file is None or row.kind is not MessageKind.FILE:
        return
    for act in acts_of(row.file):
        action = menu.addAction(translate(f"file.act_{act.value}"))
        action.triggered.connect(_teller(requests.file_requested, row, act))
    menu.addSeparator()


def add_link_actions(menu: Menu, spans: tuple[Span, ...], requests: Requests) -> None:
    """Put what a message's text leads to into a menu, each once, the first few of many."""
    seen: set[object] = set()
    for span in spans:
        what = span.account or (span.target.url if span.target is not None else "")
        if what in seen or len(seen) >= LINKS_OFFERED_MAX:
            continue
        seen.add(what)
        if span.style is Style.MENTION:
            action = menu.addAction(translate("timeline.mentioned"))
            action.triggered.connect(_teller(requests.profile_requested, span.account))
        elif span.target is not None:
            _add_link(menu, span, span.target, requests)
    if seen:
        menu.addSeparator()


def _add_link(menu: Menu, span: Span, target: Target, requests: Requests) -> None:
    # In menus the sign underlines the next letter; an address may be longer than the screen.
    link = target.shown.replace("&", "&&")
    if len(link) > LINK_LENGTH_SHOWN:
        link = link[:LINK_LENGTH_SHOWN] + "…"
    action = menu.addAction(translate("timeline.open_link", link=link))
    action.triggered.connect(_teller(requests.link_requested, span))
    menu.addAction(
        translate("timeline.copy_link", link=link),
        lambda: QGuiApplication.clipboard().setText(target.url),
    )


def add_refusal_actions(menu: Menu, row: MessageRow, requests: Requests) -> None:
    """Put what can be done with a message that is not sent into a menu."""
    if not row.is_own or row.state not in (MessageState.REFUSED, MessageState.WAITING):
        return
    if row.state is MessageState.REFUSED and row.kind is MessageKind.TEXT:
        menu.addAction(translate("timeline.retry"), lambda: requests.retry_requested.emit(row))
    menu.addAction(translate("timeline.cancel"), lambda: requests.cancel_requested.emit(row))


def _teller(signal: SignalInstance, *what: object) -> Callable[..., None]:
    """Return what tells a choice, whatever the menu says besides of its entry."""
    return lambda *_: signal.emit(*what)


def _add_reactions(menu: Menu, row: MessageRow, requests: Requests) -> None:
    own = {each.emoji for each in row.reactions if requests.me in each.accounts}
    quick = menu.add_branch(translate("timeline.react"))
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
