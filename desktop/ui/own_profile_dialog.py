"""Oneself: change one's name, signature and picture."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.commands import SetAvatar, SetProfile
from desktop.events import Profile
from desktop.models.avatars import decode_picture
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.avatar_chooser import AvatarChooser
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["OwnProfileDialog"]


class OwnProfileDialog(Dialog):
    """Oneself: everything but the user name can be changed."""

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._picture: bytes | None = None
        self.chooser = AvatarChooser(port, self)
        self.avatar = AvatarButton(session, 88, self)
        self.picture_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.remove_button = Button(ButtonKind.LINK, height=34, parent=self)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.avatar)
        row.addSpacing(6)
        row.addWidget(self.picture_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.form.addSpacing(8)
        self.user_name = Label(14, ink=lambda colors: colors.text_2, parent=self)
        self.form.addWidget(self.user_name)
        self.form.addSpacing(6)
        self.nickname, self.signature = Field(parent=self), Field(parent=self)
        self.nickname.setMaxLength(limits.NICKNAME_LENGTH_MAX)
        self.signature.setMaxLength(limits.SIGNATURE_LENGTH_MAX)
        self.nickname_label = self.add_field(self.nickname)
        self.signature_label = self.add_field(self.signature)
        self.note = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.note)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.save_button = self.add_button(ButtonKind.PRIMARY)
        self._connect()
        self._fill()
        self.retranslate()
        self.nickname.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("profile.own"))
        self.heading.setText(translate("profile.own"))
        self.avatar.setAccessibleName(translate("profile.own_picture"))
        self.picture_button.setText(translate("profile.picture"))
        self.remove_button.setText(translate("profile.no_picture"))
        self.nickname_label.setText(translate("register.nickname"))
        self.nickname.set_name(translate("register.nickname"))
        self.signature_label.setText(translate("profile.signature"))
        self.signature.set_name(translate("profile.signature"))
        self.signature.setPlaceholderText(translate("profile.signature_hint"))
        self.note.setText(translate("profile.note"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.save_button.setText(translate("dialog.save"))

    def take_picture(self, data: bytes) -> None:
        """Show a picture that was cropped; it is sent with "Save"."""
        self._picture = data
        self._show_picture()

    def _connect(self) -> None:
        self.avatar.clicked.connect(self.chooser.open)
        self.picture_button.clicked.connect(self.chooser.open)
        self.chooser.chosen.connect(self.take_picture)
        self.remove_button.clicked.connect(self._drop_picture)
        self.cancel_button.clicked.connect(self.reject)
        self.save_button.clicked.connect(lambda: self.start(self._save()))
        self.nickname.returnPressed.connect(lambda: self.start(self._save()))
        self.signature.returnPressed.connect(lambda: self.start(self._save()))

    def _own(self) -> Profile:
        account = self._session.account
        assert account is not None
        return account.profile

    def _fill(self) -> None:
        profile = self._own()
        self.user_name.setText(f"@{profile.user_name}")
        self.nickname.setText(profile.nickname)
        self.signature.setText(profile.signature)
        self._show_picture()

    def _show_picture(self) -> None:
        profile = self._own()
        if self._picture is None:
            self.avatar.show_profile(profile)
        elif self._picture:
            self.avatar.show_profile(profile, decode_picture(self._picture))
        else:
            self.avatar.show_profile(
                Profile(
                    account=profile.account,
                    user_name=profile.user_name,
                    nickname=profile.nickname,
                )
            )
        has_picture = bool(profile.avatar) if self._picture is None else bool(self._picture)
        self.remove_button.setVisible(has_picture)

    def _drop_picture(self) -> None:
        self._picture = b""
        self._show_picture()

    async def _save(self) -> None:
        profile = self._own()
        nickname, signature = self.nickname.text().strip(), self.signature.text().strip()
        if not nickname:
            self.show_error(translate("error.bad_nickname"))
            return
        if (nickname, signature) != (profile.nickname, profile.signature):
            await self._port.ask(SetProfile(nickname=nickname, signature=signature))
        if self._picture is not None:
            await self._port.ask(SetAvatar(data=self._picture))
        self.accept()
