"""Finds somebody by user name and asks them to become a contact."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import RequestContact
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Field
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["AddContactDialog"]


class AddContactDialog(Dialog):
    """Asks for a user name and a greeting.

    Args:
        port: Where `RequestContact` goes.
        user_name: Of somebody a search has found already.
    """

    requested = Signal(str)  # The user name.

    def __init__(self, port: Port, parent: QWidget | None = None, *, user_name: str = "") -> None:
        super().__init__(parent)
        self._port = port
        self.user_name, self.greeting = Field(parent=self), Field(parent=self)
        self.user_name.setText(user_name)
        self.greeting.setMaxLength(limits.GREETING_LENGTH_MAX)
        self.user_label = self.add_field(self.user_name)
        self.greeting_label = self.add_field(self.greeting)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.add_contact_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.add_contact_button.clicked.connect(self.request)
        self.user_name.returnPressed.connect(self.greeting.setFocus)
        self.greeting.returnPressed.connect(self.request)
        self.retranslate()
        first = self.greeting if user_name else self.user_name
        QTimer.singleShot(0, first, first.setFocus)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("add.title"))
        self.heading.setText(translate("add.title"))
        self.user_label.setText(translate("add.user_name"))
        self.user_name.set_name(translate("add.user_name"))
        self.greeting_label.setText(translate("add.greeting"))
        self.greeting.set_name(translate("add.greeting"))
        self.greeting.setPlaceholderText(translate("add.greeting_hint"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.add_contact_button.setText(translate("add.send"))

    def request(self) -> None:
        """Send the request, unless there is no name."""
        if not self.user_name.text().strip():
            self.show_error(translate("error.empty_field"))
            return
        self.start(self._request())

    async def _request(self) -> None:
        name = self.user_name.text().strip().removeprefix("@")
        greeting = self.greeting.text().strip()
        await self._port.ask(RequestContact(user_name=name, greeting=greeting))
        self.requested.emit(name)
        self.accept()
