"""Gives a friend a name of one's own."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.commands import SetRemark
from desktop.events import Contact
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["RemarkDialog"]


class RemarkDialog(Dialog):
    """Asks for the name; an empty one takes it away."""

    def __init__(self, port: Port, contact: Contact, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._contact = contact
        self.words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.remark = Field(parent=self)
        self.remark.setMaxLength(limits.NICKNAME_LENGTH_MAX)
        self.remark.setText(contact.remark)
        self.remark.selectAll()
        self.remark_label = self.add_field(self.remark)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.save_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.save_button.clicked.connect(self.save)
        self.remark.returnPressed.connect(self.save)
        self.retranslate()
        self.remark.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("remark.title"))
        self.heading.setText(translate("remark.title"))
        self.words.setText(translate("remark.words"))
        self.remark_label.setText(translate("remark.name"))
        self.remark.set_name(translate("remark.name"))
        self.remark.setPlaceholderText(self._contact.profile.nickname)
        self.cancel_button.setText(translate("dialog.cancel"))
        self.save_button.setText(translate("dialog.save"))

    def save(self) -> None:
        """Keep what is typed."""
        self.start(self._save())

    async def _save(self) -> None:
        remark = self.remark.text().strip()
        if remark != self._contact.remark:
            await self._port.ask(SetRemark(account=self._contact.profile.account, remark=remark))
        self.accept()
