"""Asks, before logging out, what happens to what is stored on this computer."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.commands import LogOut
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.options import RadioOption
from desktop.ui.translate import translate

__all__ = ["LogOutDialog"]


class LogOutDialog(Dialog):
    """Keep or wipe; keeping is the default."""

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=440)
        self._port = port
        self.keep, self.wipe = RadioOption(self), RadioOption(self)
        self.keep_words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.wipe_words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        for button, words in ((self.keep, self.keep_words), (self.wipe, self.wipe_words)):
            words.setContentsMargins(32, 0, 0, 0)
            self.form.addWidget(button)
            self.form.addWidget(words)
            self.form.addSpacing(8)
        self.keep.setChecked(True)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.log_out_button = self.add_button(ButtonKind.DANGER)
        self.cancel_button.clicked.connect(self.reject)
        self.log_out_button.clicked.connect(lambda: self.start(self._log_out()))
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("logout.title"))
        self.heading.setText(translate("logout.title"))
        self.keep.setText(translate("logout.keep"))
        self.keep_words.setText(translate("logout.keep_words"))
        self.wipe.setText(translate("logout.wipe"))
        self.wipe_words.setText(translate("logout.wipe_words"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.log_out_button.setText(translate("settings.log_out"))

    async def _log_out(self) -> None:
        await self._port.ask(LogOut(wipe=self.wipe.isChecked()))
        self.accept()
