"""The page of a group's dialog that shows what the group shows of itself."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import SetGroupProfile, SetHistory
from desktop.events import ConversationRow
from desktop.models.avatars import decode_picture
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.describe import face_of
from desktop.ui.setting_rows import SwitchRow
from desktop.ui.text_area import TextArea
from desktop.ui.translate import language, translate
from shared import limits
from shared.roster import Role

__all__ = ["GroupPage"]


class GroupPage(QWidget):
    """Name, picture, announcement, whether new members read what was written before.

    Admins change them; `asked` has the command of a change, `picture_requested` asks for a file.
    """

    asked = Signal(object)  # SetGroupProfile | SetHistory
    picture_requested = Signal()

    def __init__(
        self, session: Session, row: ConversationRow, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._row = row
        self._picture: bytes | None = None
        self.avatar = AvatarButton(session, 64, self)
        self.picture_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.no_picture_button = Button(ButtonKind.LINK, height=34, parent=self)
        self.name_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.name = Field(parent=self)
        self.name.setMaxLength(limits.GROUP_NAME_LENGTH_MAX)
        self.announcement_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.announcement = TextArea(self, lines=4, length_max=limits.ANNOUNCEMENT_LENGTH_MAX)
        self.history = SwitchRow(self)
        self.error = Label(13, ink=lambda colors: colors.danger, wraps=True, parent=self)
        self.error.hide()
        self.save_button = Button(ButtonKind.PRIMARY, height=34, parent=self)
        self._build()
        self.avatar.clicked.connect(self.picture_requested)
        self.picture_button.clicked.connect(self.picture_requested)
        self.no_picture_button.clicked.connect(lambda: self.take_picture(b""))
        self.history.clicked.connect(self._on_history)
        self.name.textChanged.connect(self._enable)
        self.announcement.textChanged.connect(self._enable)
        self.name.returnPressed.connect(self.save)
        self.save_button.clicked.connect(self.save)
        language().changed.connect(self.retranslate)
        self._fill()
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.avatar.setAccessibleName(translate("group.picture"))
        self.picture_button.setText(translate("profile.picture"))
        self.no_picture_button.setText(translate("profile.no_picture"))
        self.name_label.setText(translate("group.name"))
        self.name.set_name(translate("group.name"))
        self.announcement_label.setText(translate("group.announcement"))
        self.announcement.set_name(translate("group.announcement"))
        self.announcement.setPlaceholderText(translate("group.announcement_hint"))
        self.history.say(translate("group.history"), translate("group.history_words"))
        self.save_button.setText(translate("dialog.save"))

    def show_row(self, row: ConversationRow) -> None:
        """Take in what the group is now; what is typed and not saved stays."""
        is_typed = self._change() is not None
        self._row = row
        if not is_typed:
            self._fill()
        self._enable()

    def take_picture(self, data: bytes) -> None:
        """Show another picture, or none; it is sent with "Save"."""
        self._picture = data
        self._show_picture()
        self._enable()

    def save(self) -> None:
        """Send what has changed."""
        change = self._change()
        if change is None:
            return
        if change.name == "":
            self._show_error(translate("error.group_name"))
            self.name.setFocus()
            return
        self._show_error("")
        self.asked.emit(change)

    def saved(self) -> None:
        """What was sent holds now."""
        self._picture = None
        self._enable()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.avatar)
        top.addWidget(self.picture_button)
        top.addWidget(self.no_picture_button)
        top.addStretch(1)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addSpacing(4)
        self.name_label.setBuddy(self.name)
        self.announcement_label.setBuddy(self.announcement)
        for widget in (self.name_label, self.name, self.announcement_label, self.announcement):
            layout.addWidget(widget)
        layout.addWidget(self.error)
        layout.addLayout(end)
        layout.addWidget(self.history)

    def _fill(self) -> None:
        self.name.setText(self._row.title)
        self.announcement.setPlainText(self._row.announcement)
        self.history.setChecked(self._row.has_history)
        self._show_picture()
        self._enable()

    def _change(self) -> SetGroupProfile | None:
        """Return the command for what differs, if anything does."""
        name = self.name.text().strip()
        announcement = self.announcement.toPlainText().strip()
        command = SetGroupProfile(
            conversation_id=self._row.conversation_id,
            name=name if name != self._row.title else None,
            announcement=announcement if announcement != self._row.announcement else None,
            avatar=self._picture if self._picture != self._row.avatar else None,
        )
        nothing = SetGroupProfile(conversation_id=self._row.conversation_id)
        return command if command != nothing else None

    def _enable(self) -> None:
        is_admin = self._row.own_role >= Role.ADMIN
        self.name.setReadOnly(not is_admin)
        self.announcement.setReadOnly(not is_admin)
        self.avatar.setEnabled(is_admin)
        for widget in (self.picture_button, self.save_button, self.history):
            widget.setVisible(is_admin)
        picture = self._row.avatar if self._picture is None else self._picture
        self.no_picture_button.setVisible(is_admin and bool(picture))
        self.save_button.setEnabled(self._change() is not None)
        has_words = bool(self._row.announcement) or is_admin
        self.announcement_label.setVisible(has_words)
        self.announcement.setVisible(has_words)

    def _show_picture(self) -> None:
        row = self._row
        if self._picture is not None:
            row = msgspec.structs.replace(row, avatar=self._picture)
        image = decode_picture(self._picture) if self._picture else None
        if self._picture is None:
            image = self._session.avatars.picture_of(row)
        self.avatar.show_profile(face_of(row), image)

    def _show_error(self, sentence: str) -> None:
        self.error.setText(sentence)
        self.error.setAccessibleName(sentence)
        self.error.setVisible(bool(sentence))

    def _on_history(self) -> None:
        self.asked.emit(
            SetHistory(
                conversation_id=self._row.conversation_id, has_history=self.history.isChecked()
            )
        )
