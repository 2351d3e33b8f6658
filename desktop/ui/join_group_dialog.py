"""Joins a group by a code that somebody has passed on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import JoinGroup
from desktop.events import JoinStarted
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate

__all__ = ["JoinGroupDialog"]


class JoinGroupDialog(Dialog):
    """Asks for the code; `started` says in a sentence what happens next."""

    started = Signal(str)

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(4)
        self.code = Field(parent=self)
        self.code_label = self.add_field(self.code)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.join_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.join_button.clicked.connect(self.join)
        self.code.returnPressed.connect(self.join)
        self.retranslate()
        self.code.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("join.title"))
        self.heading.setText(translate("join.title"))
        self.words.setText(translate("join.words"))
        self.code_label.setText(translate("join.code"))
        self.code.set_name(translate("join.code"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.join_button.setText(translate("join.join"))

    def join(self) -> None:
        """Ask to come in, unless there is no code."""
        if not self.code.text().strip():
            self.show_error(translate("error.empty_field"))
            return
        self.start(self._join())

    async def _join(self) -> None:
        answer = await self._port.ask(JoinGroup(code=self.code.text().strip()))
        assert isinstance(answer, JoinStarted)
        key = "join.waits_for_admin" if answer.needs_approval else "join.waits_for_member"
        self.started.emit(translate(key, name=answer.title))
        self.accept()
