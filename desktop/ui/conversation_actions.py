"""What can be done with a conversation wherever it is shown, and the menu that offers it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import MarkRead, SetArchived, SetMuted, SetPinned
from desktop.events import ConversationRow
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.describe import face_of
from desktop.ui.menu import Menu
from desktop.ui.translate import translate
from shared.identifiers import ConversationId
from shared.roster import ConversationKind

__all__ = ["MUTES_MS", "ConversationActions", "Said"]

_HOUR_MS = 3600 * 1000
# How long one can have one's peace, by the words that offer it; 0 is for ever.
MUTES_MS = {"hour": _HOUR_MS, "hours_8": 8 * _HOUR_MS, "day": 24 * _HOUR_MS, "ever": 0}

# A sentence, the words of the button beside it, and what that does.
Said = tuple[str, str, Callable[[], None]]


class ConversationActions(QObject):
    """Sends the commands, and asks by signals for what needs windows or questions.

    Args:
        session: Knows the rows.
        port: Where commands go.
        parent: Whoever shows conversations.
        now_ms: The clock that mutes are counted from.
    """

    said = Signal(object)  # Said: what was done, and how to take it back.
    detach_requested = Signal(object)  # ConversationId
    profile_requested = Signal(object)  # AccountId
    group_requested = Signal(object)  # ConversationId
    remove_requested = Signal(object)  # AccountId
    leave_requested = Signal(object)  # ConversationId

    def __init__(
        self,
        session: Session,
        port: Port,
        parent: QObject | None = None,
        *,
        now_ms: Callable[[], int] = lambda: round(time.time() * 1000),
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._now_ms = now_ms

    def pin(self, row: ConversationRow, *, is_wanted: bool) -> None:
        """Keep a conversation on top, or no more."""
        self._port.send(SetPinned(conversation_id=row.conversation_id, is_pinned=is_wanted))

    def mute(self, row: ConversationRow, for_ms: int) -> None:
        """Tell nothing of a conversation for so long; 0 is for ever, -1 no more."""
        until_ms = self._now_ms() + for_ms if for_ms > 0 else for_ms
        self._port.send(SetMuted(conversation_id=row.conversation_id, until_ms=until_ms))

    def archive(self, row: ConversationRow) -> None:
        """Put a conversation out of the list; it can be taken back for a while."""
        self._set_archived(row.conversation_id, is_archived=True)
        sentence = translate("list.archived", name=face_of(row).nickname)
        self.said.emit((sentence, translate("list.undo"), lambda: self._take_back(row)))

    def unarchive(self, row: ConversationRow) -> None:
        """Put a conversation back into the list."""
        self._set_archived(row.conversation_id, is_archived=False)

    def mark_read(self, row: ConversationRow) -> None:
        """Say that everything in a conversation was seen."""
        self._port.send(MarkRead(conversation_id=row.conversation_id, sequence=row.head))

    def menu_of(self, row: ConversationRow, parent: QWidget) -> Menu:
        """Return a menu with all that can be done; it is deleted when it closes."""
        menu = Menu(parent)
        menu.aboutToHide.connect(menu.deleteLater)
        conversation_id = row.conversation_id
        menu.addAction(
            translate("chat.detach"), lambda: self.detach_requested.emit(conversation_id)
        )
        if row.unread:
            menu.addAction(translate("list.mark_read"), lambda: self.mark_read(row))
        menu.addSeparator()
        self.add_keeping(menu, row)
        menu.addSeparator()
        self._add_people(menu, row)
        return menu

    def add_keeping(self, menu: Menu, row: ConversationRow) -> None:
        """Offer where a conversation is kept and whether it is told of."""
        key = "list.unpin" if row.is_pinned else "list.pin"
        menu.addAction(translate(key), lambda: self.pin(row, is_wanted=not row.is_pinned))
        self.add_mutes(menu, row)
        if row.is_archived:
            menu.addAction(translate("list.unarchive"), lambda: self.unarchive(row))
        else:
            menu.addAction(translate("list.archive"), lambda: self.archive(row))

    def add_mutes(self, menu: Menu, row: ConversationRow) -> None:
        """Offer peace for a while, or its end."""
        if self._session.conversations.is_muted(row):
            menu.addAction(translate("list.unmute"), lambda: self.mute(row, -1))
            return
        self.fill_mutes(menu.add_branch(translate("list.mute")), row)

    def fill_mutes(self, menu: Menu, row: ConversationRow) -> None:
        """Offer the times of `MUTES_MS`."""
        for name, for_ms in MUTES_MS.items():
            menu.addAction(translate(f"mute.{name}"), partial(self.mute, row, for_ms))

    def _add_people(self, menu: Menu, row: ConversationRow) -> None:
        """Offer what concerns the other one, or the group."""
        if row.kind == ConversationKind.GROUP:
            conversation_id = row.conversation_id
            menu.addAction(
                translate("group.title"), lambda: self.group_requested.emit(conversation_id)
            )
            if row.own_role:
                menu.addAction(
                    translate("group.leave"), lambda: self.leave_requested.emit(conversation_id)
                )
        elif row.kind == ConversationKind.DIRECT:
            account = row.peer.account
            menu.addAction(
                translate("contacts.profile"), lambda: self.profile_requested.emit(account)
            )
            if self._session.contact(account) is not None:
                menu.addAction(
                    translate("contacts.remove"), lambda: self.remove_requested.emit(account)
                )

    def _take_back(self, row: ConversationRow) -> None:
        """Keep a conversation as it was kept before; in the archive nothing is pinned."""
        self.unarchive(row)
        if row.is_pinned:
            self.pin(row, is_wanted=True)

    def _set_archived(self, conversation_id: ConversationId, *, is_archived: bool) -> None:
        command = SetArchived(conversation_id=conversation_id, is_archived=is_archived)
        self._port.send(command)
