"""Changes the password; makes a new recovery code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import ChangePassword, MakeRecoveryCode
from desktop.events import RecoveryCodeMade
from desktop.models.port import Port
from desktop.ui.ask_password_dialog import AskPasswordDialog
from desktop.ui.caps_lock import CapsLockHint
from desktop.ui.controls import ButtonKind, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.password_strength import StrengthHint, new_password_mistake
from desktop.ui.translate import translate

__all__ = ["NewCodeDialog", "PasswordDialog"]


class PasswordDialog(Dialog):
    """Asks for the password of now, and for the new one twice."""

    said = Signal(str)

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self.password = PasswordField(self)
        self.new_password, self.repeated = PasswordField(self), PasswordField(self)
        self.labels = [
            (self.add_field(field), field, key)
            for field, key in (
                (self.password, "password.now"),
                (self.new_password, "password.new"),
                (self.repeated, "register.repeated"),
            )
        ]
        self.strength = StrengthHint(self.new_password, self)
        fields = [field for _, field, _ in self.labels]
        self.caps_lock = CapsLockHint(*fields, parent=self)
        self.hint = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        for hint in (self.strength, self.caps_lock, self.hint):
            self.form.addWidget(hint)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.change_button = self.add_button(ButtonKind.PRIMARY)
        self.strength.changed.connect(self._fit)
        self.caps_lock.changed.connect(self._fit)
        self.cancel_button.clicked.connect(self.reject)
        self.change_button.clicked.connect(self.change)
        self.password.returnPressed.connect(self.new_password.setFocus)
        self.new_password.returnPressed.connect(self.repeated.setFocus)
        self.repeated.returnPressed.connect(self.change)
        self.retranslate()
        self.password.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("password.title"))
        self.heading.setText(translate("password.title"))
        self.say_fields(*self.labels)
        self.hint.setText(translate("password.hint"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.change_button.setText(translate("password.change"))

    def change(self) -> None:
        """Change the password, if the new one can be."""
        mistake = self._mistake()
        if mistake:
            self.show_error(mistake)
            return
        self.start(self._change())

    def _mistake(self) -> str:
        if not all(field.text() for _, field, _ in self.labels):
            return translate("error.empty_field")
        return new_password_mistake(self.new_password.text(), self.repeated.text())

    async def _change(self) -> None:
        command = ChangePassword(
            password=self.password.text(), new_password=self.new_password.text()
        )
        await self._port.ask(command)
        self.said.emit(translate("password.changed"))
        self.accept()


class NewCodeDialog(AskPasswordDialog):
    """Asks for the password; `code_made` has the new code, which is shown once."""

    code_made = Signal(str)

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        self._port = port
        super().__init__(ButtonKind.PRIMARY, parent)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        super().retranslate()
        self.say(translate("code.title"), translate("code.words"), translate("code.make"))

    async def carry_out(self, password: str) -> None:
        """Make the code; the old one ends with that."""
        made = await self._port.ask(MakeRecoveryCode(password=password))
        assert isinstance(made, RecoveryCodeMade)
        self.code_made.emit(made.recovery_code)
        self.accept()
