"""Ctrl+K: go to a conversation, a person or a command by a few letters of its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.events import Contact, ConversationRow, Profile
from desktop.models.conversations import ConversationRole
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import Label, SearchField, paint_badge
from desktop.ui.describe import face_of
from desktop.ui.dialog import Dialog
from desktop.ui.fonts import font, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.list_view import ROW_ROLE, Index, ListView, RowDelegate, RowsModel
from desktop.ui.ranking import Candidate, ranked
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.shortcuts import SHORTCUTS, Shortcut, keys_of
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["Action", "QuickSwitcher"]

ROW_HEIGHT = 46
LINES_MAX = 8
FOUND_MAX = 50  # More are never scrolled through; the person types another letter.
RECENT_MAX = 8


class Action(Enum):
    """A command that has a name."""

    SETTINGS = "settings"
    PROFILE = "profile"
    ADD_CONTACT = "add_contact"
    NEW_GROUP = "new_group"
    JOIN_GROUP = "join_group"
    NOTES = "notes"
    DEVICES = "devices"
    SHORTCUTS = "shortcuts"
    LOG_OUT = "log_out"


# Icon, key of the words, and the shortcut that does the same.
ACTIONS: dict[Action, tuple[str, str, Shortcut | None]] = {
    Action.SETTINGS: ("settings", "settings.title", Shortcut.SETTINGS),
    Action.PROFILE: ("user", "profile.own", None),
    Action.ADD_CONTACT: ("user-plus", "contacts.add", Shortcut.ADD_CONTACT),
    Action.NEW_GROUP: ("users", "group.new", None),
    Action.JOIN_GROUP: ("link", "join.title", None),
    Action.NOTES: ("bookmark", "notes.title", None),
    Action.DEVICES: ("monitor-smartphone", "devices.title", None),
    Action.SHORTCUTS: ("keyboard", "shortcuts.title", Shortcut.SHORTCUTS),
    Action.LOG_OUT: ("log-out", "settings.log_out", None),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go: one of the three is there."""

    row: ConversationRow | None = None
    contact: Contact | None = None
    action: Action | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        if self.row is not None:
            return face_of(self.row).nickname
        if self.contact is not None:
            return self.contact.remark or self.contact.profile.nickname
        assert self.action is not None
        return translate(ACTIONS[self.action][1])

    @property
    def detail(self) -> str:
        """What stands on the right."""
        if self.row is not None:
            return f"@{self.row.peer.user_name}" if self.row.peer.user_name else ""
        if self.contact is not None:
            return f"@{self.contact.profile.user_name}"
        assert self.action is not None
        shortcut = ACTIONS[self.action][2]
        return keys_of(shortcut) if shortcut in SHORTCUTS else ""

    @property
    def words(self) -> str:
        """The line for screen readers."""
        unread = self.row.unread if self.row is not None else 0
        parts = (self.title, self.detail, translate("list.unread", count=unread) if unread else "")
        return ", ".join(part for part in parts if part)


class QuickSwitcher(Dialog):
    """A field and what fits; arrows and Enter go there, Escape goes nowhere.

    Args:
        session: Has conversations and contacts.
        parent: The window that it stands over.
    """

    conversation_chosen = Signal(object)  # ConversationId
    contact_chosen = Signal(object)  # AccountId
    action_chosen = Signal(object)  # Action

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=520)
        self._session = session
        self._candidates: list[Candidate[Place]] = []  # Made with the first letter.
        self.heading.hide()
        self.field = SearchField(self)
        self.list = ListView(self)
        self.model = RowsModel(lambda place: str(place.words))
        self.nothing = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.hint = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self._build()
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._choose_current)
        self.list.clicked.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._speak)
        session.avatars.loaded.connect(self.list.viewport().update)
        self.retranslate()
        self._search("")
        self.field.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("switcher.title"))
        self.field.setPlaceholderText(translate("switcher.placeholder"))
        self.field.set_name(translate("switcher.title"))
        self.list.setAccessibleName(translate("switcher.places"))
        self.hint.setText(translate("switcher.hint"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows and pages move in the list, although the field has the keyboard."""
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: LINES_MAX,
            Qt.Key.Key_PageUp: -LINES_MAX,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        count = self.model.rowCount()
        row = self.list.currentIndex().row() + step
        # A single step goes round; a page stops at the end.
        row = row % count if count and abs(step) == 1 else min(max(row, 0), count - 1)
        self.list.setCurrentIndex(self.model.index(row))

    def _build(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(14, 14, 14, 12)
        layout.setSpacing(8)
        self.list.setModel(self.model)
        self.list.setItemDelegate(PlaceDelegate(self._session, self.list))
        self.list.setUniformItemSizes(True)
        # The field keeps the keyboard: one types on while one moves.
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFixedHeight(LINES_MAX * scaled(ROW_HEIGHT))
        self.nothing.setContentsMargins(10, 8, 10, 8)
        self.form.addWidget(self.field)
        self.form.addWidget(self.nothing)
        self.form.addWidget(self.list)
        self.form.addWidget(self.hint)
        self.hint.setContentsMargins(10, 0, 10, 0)

    def _search(self, text: str) -> None:
        if text.strip():
            if not self._candidates:
                self._candidates = list(_candidates(self._session))
            places = ranked(text, self._candidates, limit=FOUND_MAX)
        else:
            places = [*_recent(self._session), *(Place(action=action) for action in ACTIONS)]
        self.model.show(places)
        self.nothing.setVisible(not places)
        self.nothing.setText(translate("switcher.nothing", text=text.strip()))
        self.list.setVisible(bool(places))
        self.list.setCurrentIndex(self.model.index(0))
        self._fit()

    def _speak(self, current: QModelIndex) -> None:
        """Say where Enter would go, for who cannot see the list."""
        place: Place | None = current.data(ROW_ROLE)
        self.field.setAccessibleDescription(place.words if place is not None else "")

    def _choose_current(self) -> None:
        self._choose(self.list.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        place: Place | None = index.data(ROW_ROLE)
        if place is None:
            return
        self.accept()
        if place.row is not None:
            self.conversation_chosen.emit(place.row.conversation_id)
        elif place.contact is not None:
            self.contact_chosen.emit(place.contact.profile.account)
        else:
            self.action_chosen.emit(place.action)


def _recent(session: Session) -> Iterator[Place]:
    conversations = session.conversations
    for position in range(min(RECENT_MAX, conversations.rowCount())):
        yield Place(row=conversations.index(position).data(ConversationRole.ROW))


def _candidates(session: Session) -> Iterator[Candidate[Place]]:
    """Conversations from the newest on, then friends without one, then commands."""
    written = set()
    conversations = session.conversations
    for position in range(conversations.rowCount()):
        row: ConversationRow = conversations.index(position).data(ConversationRole.ROW)
        face = face_of(row)
        written.add(row.peer.account)
        names = (face.nickname, row.remark, row.peer.nickname, row.peer.user_name)
        yield Candidate(Place(row=row), names)
    for contact in session.contacts.contacts:
        profile = contact.profile
        if profile.account not in written:
            called = (contact.remark, profile.nickname, profile.user_name)
            yield Candidate(Place(contact=contact), called)
    for action in ACTIONS:
        title = Place(action=action).title
        yield Candidate(Place(action=action), (title,))


class PlaceDelegate(RowDelegate):
    """Paints pictures or icons, names, and what stands on the right."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(ROW_HEIGHT, parent)
        self._session = session

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one place."""
        place: Place = index.data(ROW_ROLE)
        painter.save()
        paint_ground(painter, option, radius=8)
        rect = QRectF(option.rect)
        center = rect.center().y()
        self._paint_sign(painter, place, QRectF(rect.left() + 14, center - 16, 32, 32))
        right = rect.right() - 16
        if place.row is not None and place.row.unread:
            right = paint_badge(
                painter,
                right=right,
                center=center,
                count=place.row.unread,
                height=20,
                fill=tokens().badge,
            )
            right -= 10
        right = self._paint_detail(painter, place.detail, rect.left() + 58, right, center)
        draw_elided(
            painter,
            place.title,
            left=rect.left() + 58,
            right=right,
            center=center,
            font=font(14, 500),
            ink=tokens().text,
        )
        painter.restore()

    def _paint_detail(
        self, painter: QPainter, detail: str, left: float, right: float, center: float
    ) -> float:
        """Paint what stands on the right; return where the room for the name ends."""
        if not detail:
            return right
        small = font(12)
        painter.setFont(small)
        width = min(painter.fontMetrics().horizontalAdvance(detail) + 2, int((right - left) * 0.45))
        draw_elided(
            painter,
            detail,
            left=right - width,
            right=right,
            center=center,
            font=small,
            ink=tokens().text_2,
        )
        return right - width - 12

    def _paint_sign(self, painter: QPainter, place: Place, rect: QRectF) -> None:
        face: Profile | None = None
        if place.row is not None:
            face, image = face_of(place.row), self._session.avatars.picture_of(place.row)
        elif place.contact is not None:
            face = place.contact.profile
            image = self._session.avatars.image(face)
        if face is not None:
            paint_avatar(painter, rect, profile=face, image=image)
        elif place.action is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().field)
            painter.drawEllipse(rect)
            icon_name = ACTIONS[place.action][0]
            paint_icon(painter, icon_name, rect.adjusted(7, 7, -7, -7), tokens().text_2)
