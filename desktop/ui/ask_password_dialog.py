"""Asks for the password before something is done that needs it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.ui.caps_lock import CapsLockHint
from desktop.ui.controls import ButtonKind, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate

__all__ = ["AskPasswordDialog"]


class AskPasswordDialog(Dialog):
    """Words, a password, and a button that does it.

    Subclasses say title, words and button in `retranslate`, and do it in `carry_out`.

    Args:
        kind: Of the button that does it.
        parent: The window it stands over.
    """

    def __init__(self, kind: ButtonKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.password = PasswordField(self)
        self.password_label = self.add_field(self.password)
        self.caps_lock = CapsLockHint(self.password, parent=self)
        self.caps_lock.changed.connect(self._fit)
        self.form.addWidget(self.caps_lock)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.yes_button = self.add_button(kind)
        self.cancel_button.clicked.connect(self.reject)
        self.yes_button.clicked.connect(self.confirm)
        self.password.returnPressed.connect(self.confirm)
        self.retranslate()
        self.password.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.password_label.setText(translate("password.now"))
        self.password.set_name(translate("password.now"))
        self.password.set_eye_name(translate("login.show_password"))
        self.cancel_button.setText(translate("dialog.cancel"))

    def say(self, title: str, words: str, yes: str) -> None:
        """Say what it is about."""
        self.setWindowTitle(title)
        self.heading.setText(title)
        self.words.setText(words)
        self.yes_button.setText(yes)

    def confirm(self) -> None:
        """Do it, if a password is typed."""
        if not self.password.text():
            self.show_error(translate("error.empty_field"))
            self.password.setFocus()
            return
        self.start(self.carry_out(self.password.text()))

    async def carry_out(self, password: str) -> None:
        """Do it with this password, and close."""
        raise NotImplementedError
