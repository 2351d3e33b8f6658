"""The narrow column at the left: own picture, chats, contacts, notes, settings."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import IconButton
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate

__all__ = ["Page", "Rail"]


class Page(Enum):
    """What the middle pane shows."""

    CHATS = "chats"
    CONTACTS = "contacts"


class Rail(QWidget):
    """Chooses the page; badges count what waits there."""

    page_chosen = Signal(object)  # Page
    profile_requested = Signal()
    notes_requested = Signal()
    settings_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setFixedWidth(64)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.avatar = AvatarButton(session, 36, self)
        self.chats_button = IconButton("message-circle", side=44, icon_side=22, parent=self)
        self.contacts_button = IconButton("users", side=44, icon_side=22, parent=self)
        self.notes_button = IconButton("bookmark", side=44, icon_side=22, parent=self)
        self.settings_button = IconButton("settings", side=44, icon_side=22, parent=self)
        self._group = QButtonGroup(self)
        for button in (self.chats_button, self.contacts_button):
            button.setCheckable(True)
            self._group.addButton(button)
        self.chats_button.setChecked(True)
        self._build()
        self.avatar.clicked.connect(self.profile_requested)
        self.chats_button.clicked.connect(lambda: self.page_chosen.emit(Page.CHATS))
        self.contacts_button.clicked.connect(lambda: self.page_chosen.emit(Page.CONTACTS))
        self.notes_button.clicked.connect(self.notes_requested)
        self.settings_button.clicked.connect(self.settings_requested)
        session.account_changed.connect(self._refresh)
        session.conversations.unread_changed.connect(self._refresh)
        session.contacts.received_changed.connect(self._refresh)
        theme().changed.connect(self.update)
        language().changed.connect(self._refresh)
        self._refresh()

    def choose(self, page: Page) -> None:
        """Press the button of a page."""
        button = self.chats_button if page is Page.CHATS else self.contacts_button
        button.setChecked(True)
        self.page_chosen.emit(page)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the column and its right edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().rail)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), tokens().border)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(10)
        center = Qt.AlignmentFlag.AlignHCenter
        layout.addWidget(self.avatar, 0, center)
        layout.addSpacing(4)
        layout.addWidget(self.chats_button, 0, center)
        layout.addWidget(self.contacts_button, 0, center)
        layout.addWidget(self.notes_button, 0, center)
        layout.addStretch(1)
        layout.addWidget(self.settings_button, 0, center)

    def _refresh(self) -> None:
        account = self._session.account
        self.avatar.show_profile(account.profile if account is not None else None)
        self.avatar.setAccessibleName(translate("rail.profile"))
        self.avatar.setToolTip(translate("rail.profile"))
        unread, received = self._session.conversations.unread, self._session.contacts.received
        self.chats_button.set_badge(unread)
        self.contacts_button.set_badge(received)
        self.chats_button.set_name(_counted(translate("rail.chats"), "list.unread", unread))
        name = _counted(translate("rail.contacts"), "rail.requests", received)
        self.contacts_button.set_name(name)
        self.notes_button.set_name(translate("notes.title"))
        self.settings_button.set_name(translate("rail.settings"))


def _counted(name: str, key: str, count: int) -> str:
    return f"{name}, {translate(key, count=count)}" if count else name
