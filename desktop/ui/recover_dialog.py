"""Gets into an account whose password is lost: by recovery code, or anew by the administrator."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import Recover, ResetAccount
from desktop.events import RecoveryCodeMade, Registered
from desktop.models.port import Port
from desktop.ui.caps_lock import CapsLockHint
from desktop.ui.controls import ButtonKind, Field, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.options import CheckOption
from desktop.ui.password_strength import StrengthHint, new_password_mistake
from desktop.ui.translate import translate

__all__ = ["RecoverDialog"]


class RecoverDialog(Dialog):
    """Asks for the code and a new password; `recovered` has the new recovery code.

    Args:
        port: Where the command goes.
        prepare: Awaited before, so that the engine talks to the server that is typed.
        user_name: As typed in the log-in window.
    """

    recovered = Signal(str)

    def __init__(
        self,
        port: Port,
        prepare: Callable[[], Awaitable[None]],
        parent: QWidget | None = None,
        *,
        user_name: str = "",
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._prepare = prepare
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(4)
        self.user_name, self.code = Field(parent=self), Field(parent=self)
        self.user_name.setText(user_name)
        self.new_password, self.repeated = PasswordField(self), PasswordField(self)
        self.user_label = self.add_field(self.user_name)
        self.code_label = self.add_field(self.code)
        self.new_label = self.add_field(self.new_password)
        self.repeated_label = self.add_field(self.repeated)
        self.strength = StrengthHint(self.new_password, self)
        self.caps_lock = CapsLockHint(self.new_password, self.repeated, parent=self)
        self.form.addWidget(self.strength)
        self.form.addWidget(self.caps_lock)
        self.reset = CheckOption(self)
        self.form.addWidget(self.reset)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.recover_button = self.add_button(ButtonKind.PRIMARY)
        self.strength.changed.connect(self._fit)
        self.caps_lock.changed.connect(self._fit)
        self.cancel_button.clicked.connect(self.reject)
        self.recover_button.clicked.connect(self.recover)
        self.reset.toggled.connect(self.retranslate)
        fields = (self.user_name, self.code, self.new_password, self.repeated)
        for field, following in itertools.pairwise(fields):
            field.returnPressed.connect(following.setFocus)
        self.repeated.returnPressed.connect(self.recover)
        self.retranslate()
        (self.code if user_name else self.user_name).setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        is_reset = self.reset.isChecked()
        self.setWindowTitle(translate("recover.title"))
        self.heading.setText(translate("recover.title"))
        self.words.setText(translate("recover.reset_words" if is_reset else "recover.words"))
        self.say_fields(
            (self.user_label, self.user_name, "login.user_name"),
            (self.code_label, self.code, "recover.token" if is_reset else "recover.code"),
            (self.new_label, self.new_password, "password.new"),
            (self.repeated_label, self.repeated, "register.repeated"),
        )
        self.reset.setText(translate("recover.reset"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.recover_button.setText(translate("recover.recover"))
        self._fit()

    def recover(self) -> None:
        """Check the form here, then ask the engine."""
        mistake = self._mistake()
        if mistake:
            self.show_error(mistake)
            return
        self.start(self._recover())

    def _mistake(self) -> str:
        fields = (self.user_name, self.code, self.new_password, self.repeated)
        if not all(field.text().strip() for field in fields):
            return translate("error.empty_field")
        return new_password_mistake(self.new_password.text(), self.repeated.text())

    async def _recover(self) -> None:
        await self._prepare()
        user_name, code = self.user_name.text().strip(), self.code.text().strip()
        new_password = self.new_password.text()
        command: Recover | ResetAccount
        if self.reset.isChecked():
            command = ResetAccount(user_name=user_name, reset_token=code, new_password=new_password)
        else:
            command = Recover(user_name=user_name, recovery_code=code, new_password=new_password)
        answer = await self._port.ask(command)
        assert isinstance(answer, RecoveryCodeMade | Registered)
        self.recovered.emit(answer.recovery_code)
        self.accept()
