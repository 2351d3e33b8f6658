"""Adds contacts to a group."""

from __future__ import annotations

from collections.abc import Container

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import AddMembers
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.controls import ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.people_chooser import PeopleChooser
from desktop.ui.translate import translate
from shared.identifiers import AccountId, ConversationId

__all__ = ["AddMembersDialog"]


class AddMembersDialog(Dialog):
    """Asks for contacts that are not in the group yet; done once a commit has added them."""

    added = Signal(int)  # How many.

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        inside: Container[AccountId],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, width=420)
        self._port = port
        self._conversation_id = conversation_id
        self.chooser = PeopleChooser(session, self)
        self.form.addWidget(self.chooser)
        self.count = Label(13, ink=lambda colors: colors.text_2, parent=self)
        self.form.addWidget(self.count)
        profiles = [contact.profile for contact in session.contacts.contacts]
        outside = [profile for profile in profiles if profile.account not in inside]
        self.chooser.offer(sorted(outside, key=lambda profile: profile.nickname.casefold()))
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.choose_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.choose_button.clicked.connect(lambda: self.start(self._add()))
        self.chooser.chosen_changed.connect(self._count)
        self.retranslate()
        self.chooser.search.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("group.add_title"))
        self.heading.setText(translate("group.add_title"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.choose_button.setText(translate("group.add"))
        self._count()

    def set_busy(self, is_busy: bool) -> None:
        """With nobody chosen there is nobody to add, afterwards either."""
        super().set_busy(is_busy)
        self._count()

    def _count(self) -> None:
        count = len(self.chooser.chosen())
        self.count.setText(translate("group.chosen", count=count))
        self.choose_button.setEnabled(bool(count) and not self._is_busy)

    async def _add(self) -> None:
        accounts = tuple(self.chooser.chosen())
        await self._port.ask(AddMembers(conversation_id=self._conversation_id, accounts=accounts))
        self.added.emit(len(accounts))
        self.accept()
