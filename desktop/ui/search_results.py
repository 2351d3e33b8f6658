"""What the search box finds: conversations, contacts, messages, and people on the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.commands import SearchMessages, SearchUsers
from desktop.events import (
    ConversationRow,
    MessageRow,
    MessagesFound,
    Profile,
    UsersFound,
)
from desktop.models.conversations import ConversationRole
from desktop.models.names import named
from desktop.models.pinyin import name_fits
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import ScrollBar
from desktop.ui.describe import face_of
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.times import list_time
from desktop.ui.translate import error_sentence, language, translate

__all__ = ["Found", "SearchResults"]

Index = QModelIndex | QPersistentModelIndex
FOUND_ROLE = Qt.ItemDataRole.UserRole + 1
DELAY_MS = 250
LOCAL_MAX = 8


@dataclass(frozen=True, slots=True)
class Found:
    """One line of results: a title, a sentence, or something to open."""

    title: str
    detail: str = ""
    profile: Profile | None = None
    message: MessageRow | None = None
    is_title: bool = False
    is_stranger: bool = False

    @property
    def words(self) -> str:
        """The line for screen readers."""
        return ", ".join(part for part in (self.title, self.detail) if part)


class ResultsModel(QAbstractListModel):
    """The lines that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Found] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many lines."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The line, and in words."""
        found = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return found.words
        return found if role == FOUND_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Titles cannot be chosen."""
        if self.lines[index.row()].profile is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show(self, lines: list[Found]) -> None:
        """Show exactly these."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()


class SearchResults(QListView):
    """Searches as one types: at once in what is here, a moment later on the server."""

    chat_chosen = Signal(object)  # AccountId
    message_chosen = Signal(object)  # MessageRow
    stranger_chosen = Signal(object)  # Profile
    shown = Signal()  # Other lines than before; `has_nothing` may have changed.

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._text = ""
        self._people: list[Found] = []
        self._messages: list[Found] = []
        self._pending = 0  # Answers that are still to come.
        self.has_nothing = False
        self._model = ResultsModel()
        self.setModel(self._model)
        self.setItemDelegate(ResultsDelegate(session, self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(DELAY_MS)
        self._delay.timeout.connect(self._ask)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        theme().changed.connect(self.viewport().update)
        session.avatars.loaded.connect(self.viewport().update)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("search.results"))
        self._show()

    def search(self, text: str) -> None:
        """Look for a text."""
        self._text = text.strip()
        self._people, self._messages = [], []
        self._pending = 2 if self._text else 0
        self._delay.stop()
        if self._text:
            self._delay.start()
        self._show()

    def choose_first(self) -> None:
        """Open the first result, as Enter in the search box does."""
        for row, found in enumerate(self._model.lines):
            if found.profile is not None:
                self._choose(self._model.index(row))
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens the current result on every system."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _ask(self) -> None:
        create_task(self._search_messages(self._text), name="search messages", owner=self)
        create_task(self._search_people(self._text), name="search people", owner=self)

    async def _search_messages(self, text: str) -> None:
        try:
            answer = await self._port.ask(SearchMessages(text=text))
        except CommandFailedError as error:
            found = [Found(title=error_sentence(error.code))]
        else:
            assert isinstance(answer, MessagesFound)
            found = [line for row in answer.rows if (line := self._message_line(row)) is not None]
        if text == self._text:
            self._messages = found
            self._pending -= 1
            self._show()

    async def _search_people(self, text: str) -> None:
        try:
            answer = await self._port.ask(SearchUsers(text=text))
        except CommandFailedError as error:
            found = [Found(title=error_sentence(error.code))]
        else:
            assert isinstance(answer, UsersFound)
            found = [
                Found(
                    title=profile.nickname,
                    detail=f"@{profile.user_name}",
                    profile=profile,
                    is_stranger=True,
                )
                for profile in answer.profiles
                if profile.account != self._session.own_account
                and self._session.contact(profile.account) is None
            ]
        if text == self._text:
            self._people = found
            self._pending -= 1
            self._show()

    def _message_line(self, row: MessageRow) -> Found | None:
        conversation = self._session.conversations.find(row.conversation_id)
        if conversation is None:
            return None
        who = translate("timeline.you") if row.is_own else face_of(conversation).nickname
        return Found(
            title=face_of(conversation).nickname,
            detail=f"{who}: {row.text}",
            profile=face_of(conversation),
            message=row,
        )

    def _show(self) -> None:
        if not self._text:
            self.has_nothing = False
            self._model.show([])
            return
        lines: list[Found] = []
        for key, found in (
            ("search.people_here", self._local()),
            ("search.messages", self._messages),
            ("search.people", self._people),
        ):
            if found:
                lines.append(Found(title=translate(key), is_title=True))
                lines.extend(found)
        if not lines:
            key = "search.searching" if self._pending > 0 else "search.nothing"
            lines.append(Found(title=translate(key, text=self._text)))
        self.has_nothing = self._pending <= 0 and len(lines) == 1
        self._model.show(lines)
        self.shown.emit()

    def _local(self) -> list[Found]:
        """Conversations and contacts whose names have the text in them."""
        wanted = self._text.casefold()
        people: dict[int, tuple[Profile, str]] = {}  # Each with one's own name for them.
        conversations = self._session.conversations
        for position in range(conversations.rowCount()):
            row: ConversationRow = conversations.index(position).data(ConversationRole.ROW)
            people[row.peer.account] = row.peer, row.remark
        for contact in self._session.contacts.contacts:
            people.setdefault(contact.profile.account, (contact.profile, contact.remark))
        fitting = [
            named(profile, remark)
            for profile, remark in people.values()
            if any(
                name_fits(name, wanted)
                for name in (remark, profile.nickname, profile.user_name)
                if name
            )
        ]
        return [
            Found(title=profile.nickname, detail=f"@{profile.user_name}", profile=profile)
            for profile in fitting[:LOCAL_MAX]
        ]

    def _choose(self, index: QModelIndex) -> None:
        found: Found | None = index.data(FOUND_ROLE)
        if found is None or found.profile is None:
            return
        if found.message is not None:
            self.message_chosen.emit(found.message)
        elif found.is_stranger:
            self.stranger_chosen.emit(found.profile)
        else:
            self.chat_chosen.emit(found.profile.account)


class ResultsDelegate(QStyledItemDelegate):
    """Paints titles, sentences and people."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Titles are lower than people."""
        found: Found = index.data(FOUND_ROLE)
        return QSize(100, 34 if found.is_title else 58 if found.profile is not None else 48)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        painter.save()
        found: Found = index.data(FOUND_ROLE)
        rect = QRectF(option.rect)
        if found.profile is None:
            draw_elided(
                painter,
                found.title,
                left=rect.left() + 16,
                right=rect.right() - 16,
                center=rect.center().y() + (2 if found.is_title else 0),
                font=font(12, 600) if found.is_title else font(13),
                ink=tokens().text_2,
            )
        else:
            self._paint_person(painter, option, rect, found)
        painter.restore()

    def _paint_person(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, found: Found
    ) -> None:
        profile = found.profile
        assert profile is not None
        paint_ground(painter, option)
        avatar = QRectF(rect.left() + 14, rect.center().y() - 20, 40, 40)
        image = self._session.avatars.image(profile)
        paint_avatar(painter, avatar, profile=profile, image=image)
        left, right = avatar.right() + 12, rect.right() - 16
        if found.is_stranger:
            at = QRectF(right - 20, rect.center().y() - 10, 20, 20)
            paint_icon(painter, "user-plus", at, tokens().accent)
            right -= 30
        end = right
        if found.message is not None:
            end = right - 60
            draw_elided(
                painter,
                list_time(found.message.shown_at_ms),
                left=right - 54,
                right=right + 4,
                center=rect.center().y() - 10,
                font=font(12),
                ink=tokens().text_3,
            )
        upper, lower = rect.center().y() - 10, rect.center().y() + 11
        ink = tokens().text_2
        draw_elided(
            painter,
            found.title,
            left=left,
            right=end,
            center=upper,
            font=font(14, 600),
            ink=tokens().text,
        )
        draw_elided(
            painter, found.detail, left=left, right=right, center=lower, font=font(13), ink=ink
        )
