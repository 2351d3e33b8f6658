"""Shows a person, and lets one change one's own name, signature and picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from desktop.commands import LoadProfile, SetAvatar, SetProfile, SetRemark
from desktop.events import Profile, ProfileLoaded
from desktop.models.avatars import decode_picture
from desktop.models.names import named, shown_name
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.describe import presence_words
from desktop.ui.dialog import Dialog
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import AccountId

__all__ = ["OwnProfileDialog", "ProfileDialog", "avatar_bytes"]

PICTURE_FILE_BYTES_MAX = 30 * 1024 * 1024


def avatar_bytes(image: QImage) -> bytes:
    """Return the middle square of a picture, scaled, as a JPEG or PNG small enough to send."""
    side = min(image.width(), image.height())
    corner = QRect((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    pixels = limits.AVATAR_PIXELS
    square = image.copy(corner).scaled(
        pixels,
        pixels,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    if square.hasAlphaChannel():
        data = _encode(square, "PNG", -1)
        if len(data) <= limits.AVATAR_BYTES_MAX:
            return data
        square = square.convertToFormat(QImage.Format.Format_RGB888)
    for quality in (90, 80, 60, 40):
        data = _encode(square, "JPEG", quality)
        if len(data) <= limits.AVATAR_BYTES_MAX:
            break
    return data


def _encode(image: QImage, kind: str, quality: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind, quality)  # type: ignore[call-overload]  # The stubs want bytes.
    return bytes(buffer.data().data())


class ProfileDialog(Dialog):
    """Somebody else: picture, names, signature, presence, and what can be done with them.

    One's own name for them is written right here; it is stored with Enter, and when the dialog
    goes.
    """

    chat_requested = Signal(object)  # AccountId
    add_requested = Signal(str)  # The user name.
    remove_requested = Signal(object)  # AccountId
    block_requested = Signal(object)  # AccountId
    unblock_requested = Signal(object)  # AccountId
    safety_requested = Signal(object)  # AccountId

    def __init__(
        self, session: Session, port: Port, account: AccountId, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=380)
        self._session = session
        self._port = port
        self._account = account
        self._profile = session.profile(account)
        self.heading.hide()
        self.avatar = AvatarButton(session, 96, self)
        self.avatar.setEnabled(False)
        self.avatar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.name = Label(20, 600, parent=self)
        self.user_name = Label(14, ink=lambda colors: colors.text_2, parent=self)
        self.presence = Label(13, ink=lambda colors: colors.accent, parent=self)
        self.signature = Label(14, wraps=True, parent=self)
        center = Qt.AlignmentFlag.AlignHCenter
        self.form.addWidget(self.avatar, 0, center)
        for label in (self.name, self.user_name, self.presence, self.signature):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.form.addWidget(label)
        self.remark = Field(height=36, parent=self)
        self.remark.setMaxLength(limits.REMARK_LENGTH_MAX)
        self.remark.setText(session.remark(account))
        self.form.addSpacing(4)
        self.remark_label = self.add_field(self.remark)
        self.safety_button = Button(ButtonKind.LINK, height=34, parent=self)
        self.block_button = Button(ButtonKind.DANGER_LINK, height=34, parent=self)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.safety_button)
        row.addWidget(self.block_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.remove_button = self.add_button(ButtonKind.DANGER_LINK)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.main_button = self.add_button(ButtonKind.PRIMARY)
        self.close_button.clicked.connect(self.reject)
        self.main_button.clicked.connect(self._on_main)
        self.remove_button.clicked.connect(self._on_remove)
        self.safety_button.clicked.connect(self._on_safety)
        self.block_button.clicked.connect(self._on_block)
        self.remark.returnPressed.connect(self._save_remark)
        self.finished.connect(self._save_remark)
        session.people_changed.connect(self._on_people)
        self.retranslate()
        self.main_button.setFocus()
        create_task(self._load(), name="load profile", owner=self)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("profile.title"))
        self.close_button.setText(translate("dialog.close"))
        self.remove_button.setText(translate("contacts.remove"))
        self.safety_button.setText(translate("safety.menu"))
        self.remark_label.setText(translate("profile.remark"))
        self.remark.set_name(translate("profile.remark"))
        self.remark.setPlaceholderText(translate("profile.remark_hint"))
        self._refresh()

    def _refresh(self) -> None:
        profile = self._profile
        if profile is None:
            return
        contact = self._session.contact(self._account)
        remark = self._session.remark(self._account)
        name = shown_name(profile, remark)
        self.avatar.show_profile(named(profile, remark))
        self.avatar.setAccessibleName(name)
        self.name.setText(name)
        user_name = f"@{profile.user_name}"
        self.user_name.setText(f"{profile.nickname} · {user_name}" if remark else user_name)
        self.signature.setText(profile.signature)
        self.signature.setVisible(bool(profile.signature))
        self.presence.setVisible(contact is not None)
        self.remove_button.setVisible(contact is not None)
        if contact is not None:
            self.presence.setText(presence_words(contact))
        is_known = contact is not None or self._session.conversations.find_peer(self._account)
        self.remark_label.setVisible(bool(is_known))
        self.remark.setVisible(bool(is_known))
        is_blocked = self._session.contacts.find_blocked(self._account) is not None
        self.block_button.setText(translate("contacts.unblock" if is_blocked else "contacts.block"))
        self.block_button.updateGeometry()
        is_friend = contact is not None
        self.main_button.setVisible(is_friend or not is_blocked)
        self.main_button.setText(translate("contacts.chat" if is_friend else "contacts.add"))
        self.main_button.updateGeometry()

    def _on_people(self) -> None:
        self._profile = self._session.profile(self._account) or self._profile
        self._refresh()

    async def _load(self) -> None:
        try:
            answer = await self._port.ask(LoadProfile(account=self._account))
        except CommandFailedError:
            # Offline: what is known here is shown.
            return
        assert isinstance(answer, ProfileLoaded)
        self._profile = answer.profile
        self._refresh()

    def _on_main(self) -> None:
        assert self._profile is not None
        if self._session.contact(self._account) is not None:
            self.chat_requested.emit(self._account)
        else:
            self.add_requested.emit(self._profile.user_name)
        self.accept()

    def _on_safety(self) -> None:
        self.safety_requested.emit(self._account)
        self.accept()

    def _on_block(self) -> None:
        is_blocked = self._session.contacts.find_blocked(self._account) is not None
        wanted = self.unblock_requested if is_blocked else self.block_requested
        self.accept()
        wanted.emit(self._account)

    def _save_remark(self) -> None:
        remark = self.remark.text().strip()
        if self.remark.isVisibleTo(self) and remark != self._session.remark(self._account):
            self._port.send(SetRemark(account=self._account, remark=remark))

    def _on_remove(self) -> None:
        self.remove_requested.emit(self._account)
        self.accept()


class OwnProfileDialog(Dialog):
    """Oneself: everything but the user name can be changed."""

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._picture: bytes | None = None
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
        self.avatar.setAccessibleName(translate("profile.picture"))
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

    def take_picture(self, path: str) -> None:
        """Read a picture from a file, scale it and show it; it is sent with "Save"."""
        try:
            file = Path(path)
            is_small = file.stat().st_size <= PICTURE_FILE_BYTES_MAX
            image = decode_picture(file.read_bytes()) if is_small else QImage()
        except OSError:
            image = QImage()
        if image.isNull():
            self.show_error(translate("error.picture"))
            return
        self.show_error("")
        self._picture = avatar_bytes(image)
        self._show_picture()

    def _connect(self) -> None:
        self.avatar.clicked.connect(self._choose_file)
        self.picture_button.clicked.connect(self._choose_file)
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

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, translate("profile.picture"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = translate("profile.pictures")
        dialog.setNameFilter(f"{pictures} (*.png *.jpg *.jpeg)")
        dialog.fileSelected.connect(self.take_picture)
        dialog.open()

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
