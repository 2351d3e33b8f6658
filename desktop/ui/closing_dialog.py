"""Asks once what closing the last window is to do, where the desktop has a tray."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.ui.controls import ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate

__all__ = ["ClosingDialog"]


class ClosingDialog(Dialog):
    """Stay in the tray, or end; Escape leaves the window open."""

    keep_chosen = Signal()
    quit_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.buttons.addStretch(1)
        self.quit_button = self.add_button(ButtonKind.PLAIN)
        self.keep_button = self.add_button(ButtonKind.PRIMARY)
        self.quit_button.clicked.connect(lambda: self._choose(keeps=False))
        self.keep_button.clicked.connect(lambda: self._choose(keeps=True))
        self.retranslate()
        self.keep_button.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("tray.ask_title"))
        self.heading.setText(translate("tray.ask_title"))
        self.words.setText(translate("tray.ask_words"))
        self.quit_button.setText(translate("tray.ask_quit"))
        self.keep_button.setText(translate("tray.ask_keep"))

    def _choose(self, *, keeps: bool) -> None:
        self.accept()
        (self.keep_chosen if keeps else self.quit_chosen).emit()
