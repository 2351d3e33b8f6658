"""Makes a code that lets others into a group, and shows it to be copied or scanned."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.commands import MakeInvite
from desktop.events import InviteMade
from desktop.models.port import Port
from desktop.ui.controls import Button, ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.options import RadioOption
from desktop.ui.qr_code import QrCode
from desktop.ui.text_area import TextArea
from desktop.ui.times import full_time
from desktop.ui.translate import translate
from shared.identifiers import ConversationId

__all__ = ["InviteDialog"]

QR_PIXELS = 240


class InviteDialog(Dialog):
    """Asks whether an admin agrees to each who comes, then shows the code."""

    def __init__(
        self, port: Port, conversation_id: ConversationId, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=420)
        self._port = port
        self._conversation_id = conversation_id
        self._made: InviteMade | None = None
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.at_once, self.by_admin = RadioOption(self), RadioOption(self)
        self.at_once.setChecked(True)
        self.code = TextArea(self, lines=3)
        self.code.setReadOnly(True)
        self.picture = QrCode(QR_PIXELS, self)
        self.copy_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.picture_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.state = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self._build()
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.make_button = self.add_button(ButtonKind.PRIMARY)
        self.close_button.clicked.connect(self.reject)
        self.make_button.clicked.connect(lambda: self.start(self._make()))
        self.copy_button.clicked.connect(self._copy)
        self.picture_button.clicked.connect(self._toggle_picture)
        self.retranslate()
        self.at_once.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("invite.title"))
        self.heading.setText(translate("invite.title"))
        self.words.setText(translate("invite.words"))
        self.at_once.setText(translate("invite.at_once"))
        self.by_admin.setText(translate("invite.by_admin"))
        self.code.set_name(translate("invite.code"))
        self.picture.setAccessibleName(translate("invite.picture"))
        self.copy_button.setText(translate("invite.copy"))
        self.close_button.setText(translate("dialog.close"))
        self.make_button.setText(translate("invite.make"))
        self._refresh()

    def _build(self) -> None:
        self.form.addWidget(self.words)
        self.form.addSpacing(4)
        for widget in (self.at_once, self.by_admin, self.code):
            self.form.addWidget(widget)
        self.form.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self.picture.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.picture_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.form.addWidget(self.state)

    def _refresh(self) -> None:
        made = self._made
        for widget in (self.at_once, self.by_admin, self.make_button):
            widget.setVisible(made is None)
        for part in (self.code, self.copy_button, self.picture_button, self.state):
            part.setVisible(made is not None)
        key = "invite.show_picture" if self.picture.isHidden() else "invite.hide_picture"
        self.picture_button.setText(translate(key))
        self.picture_button.updateGeometry()
        if made is not None:
            self.code.setPlainText(made.code)
            self.state.setText(_expiry_words(made))
        self._fit()

    def _toggle_picture(self) -> None:
        self.picture.setVisible(self.picture.isHidden())
        self._refresh()

    def _copy(self) -> None:
        assert self._made is not None
        QGuiApplication.clipboard().setText(self._made.code)
        self.copy_button.setText(translate("invite.copied"))
        self.copy_button.updateGeometry()

    async def _make(self) -> None:
        made = await self._port.ask(
            MakeInvite(
                conversation_id=self._conversation_id, needs_approval=self.by_admin.isChecked()
            )
        )
        assert isinstance(made, InviteMade)
        self._made = made
        self.picture.show_content(made.code)
        self._refresh()
        self.copy_button.setFocus()


def _expiry_words(made: InviteMade) -> str:
    if not made.expires_at_ms:
        return translate("invite.no_expiry")
    return translate("invite.expires", time=full_time(made.expires_at_ms))
