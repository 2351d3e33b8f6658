"""Makes an account: user name, nickname, password twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import Register
from desktop.events import Registered
from desktop.models.port import Port
from desktop.ui.caps_lock import CapsLockHint
from desktop.ui.controls import ButtonKind, Field, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.password_strength import StrengthHint, new_password_mistake
from desktop.ui.translate import error_sentence, translate
from shared.errors import RefusedError
from shared.identifiers import check_nickname, check_user_name

__all__ = ["RegisterDialog"]


class RegisterDialog(Dialog):
    """Asks for the new account's data; every mistake has a sentence of its own.

    Args:
        port: Where `Register` goes.
        prepare: Awaited before, so that the engine talks to the server that is typed.
    """

    registered = Signal(str)  # The recovery code.

    def __init__(
        self, port: Port, prepare: Callable[[], Awaitable[None]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._prepare = prepare
        self.user_name, self.nickname = Field(parent=self), Field(parent=self)
        self.password, self.repeated = PasswordField(self), PasswordField(self)
        self.user_label = self.add_field(self.user_name)
        self.nickname_label = self.add_field(self.nickname)
        self.password_label = self.add_field(self.password)
        self.repeated_label = self.add_field(self.repeated)
        self.strength = StrengthHint(self.password, self)
        self.caps_lock = CapsLockHint(self.password, self.repeated, parent=self)
        self.hint = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        for label in (self.strength, self.caps_lock, self.hint):
            self.form.addWidget(label)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.register_button = self.add_button(ButtonKind.PRIMARY)
        self.strength.changed.connect(self._fit)
        self.caps_lock.changed.connect(self._fit)
        self.cancel_button.clicked.connect(self.reject)
        self.register_button.clicked.connect(self.register)
        for field, following in (
            (self.user_name, self.nickname),
            (self.nickname, self.password),
            (self.password, self.repeated),
        ):
            field.returnPressed.connect(following.setFocus)
        self.repeated.returnPressed.connect(self.register)
        self.retranslate()
        self.user_name.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("register.title"))
        self.heading.setText(translate("register.title"))
        self.say_fields(
            (self.user_label, self.user_name, "register.user_name"),
            (self.nickname_label, self.nickname, "register.nickname"),
            (self.password_label, self.password, "register.password"),
            (self.repeated_label, self.repeated, "register.repeated"),
        )
        self.user_name.setPlaceholderText(translate("register.user_name_hint"))
        self.nickname.setPlaceholderText(translate("register.nickname_hint"))
        self.hint.setText(translate("register.hint"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.register_button.setText(translate("register.register"))

    def register(self) -> None:
        """Check the form here, then ask the engine."""
        mistake = self._mistake()
        if mistake:
            self.show_error(mistake)
            return
        self.start(self._register())

    def _mistake(self) -> str:
        """Return the sentence for the first thing that is wrong, or nothing."""
        fields = (self.user_name, self.nickname, self.password, self.repeated)
        if not all(field.text().strip() for field in fields):
            return translate("error.empty_field")
        try:
            check_user_name(self.user_name.text())
            check_nickname(self.nickname.text())
        except RefusedError as error:
            return error_sentence(error.code)
        return new_password_mistake(self.password.text(), self.repeated.text())

    async def _register(self) -> None:
        self.register_button.setText(translate("register.busy"))
        try:
            await self._prepare()
            answer = await self._port.ask(
                Register(
                    user_name=self.user_name.text().strip(),
                    password=self.password.text(),
                    nickname=self.nickname.text().strip(),
                )
            )
        finally:
            self.register_button.setText(translate("register.register"))
        assert isinstance(answer, Registered)
        self.registered.emit(answer.recovery_code)
        self.accept()
