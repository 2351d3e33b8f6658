"""What the search box finds: conversations, contacts, messages, and people on the server."""

from __future__ import annotations

from collections.abc import Iterator
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
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.commands import SearchUsers
from desktop.events import ConversationRow, MessageRow, Profile, UsersFound
from desktop.models.conversations import ConversationRole
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import Label
from desktop.ui.describe import face_of
from desktop.ui.fonts import font, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.list_view import ListView
from desktop.ui.marked_text import draw_marked
from desktop.ui.message_search import DELAY_MS, MessageSearch
from desktop.ui.ranking import Candidate, ranked
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.search_filters import SearchFilters
from desktop.ui.snippets import snippet
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.times import list_time
from desktop.ui.translate import error_sentence, language, translate
from shared.identifiers import AccountId, ConversationId

__all__ = ["Found", "SearchResults"]

Index = QModelIndex | QPersistentModelIndex
FOUND_ROLE = Qt.ItemDataRole.UserRole + 1
LOCAL_MAX = 6  # Of conversations and of contacts; Ctrl+K has them all.
ROWS_AHEAD = 10  # Fewer below what is seen: the next page is read.


@dataclass(frozen=True, slots=True)
class Found:
    """One line of results: a title, or something to open."""

    title: str
    detail: str = ""
    spans: tuple[tuple[int, int], ...] = ()  # Of ``detail``: the words that were looked for.
    profile: Profile | None = None
    conversation: ConversationRow | None = None
    message: MessageRow | None = None
    is_stranger: bool = False

    @property
    def is_title(self) -> bool:
        """Whether it heads a section."""
        return self.profile is None

    @property
    def words(self) -> str:
        """The line for screen readers."""
        when = list_time(self.message.shown_at_ms) if self.message is not None else ""
        return ", ".join(part for part in (self.title, self.detail, when) if part)


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
        """Titles cannot be chosen, and the arrow keys go past them."""
        if self.lines[index.row()].is_title:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show(self, lines: list[Found]) -> None:
        """Show exactly these; what only grows at its end keeps place and current line."""
        shown = self.lines
        if shown and len(lines) > len(shown) and lines[: len(shown)] == shown:
            self.beginInsertRows(QModelIndex(), len(shown), len(lines) - 1)
            self.lines = lines
            self.endInsertRows()
        elif lines != shown:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()


class ResultsList(ListView):
    """The lines; Enter opens one, and reading near the end asks for more."""

    chosen = Signal(object)  # Found
    end_near = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.results = ResultsModel()
        self.setModel(self.results)
        self.setItemDelegate(ResultsDelegate(session, self))
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        self.verticalScrollBar().valueChanged.connect(self._look_ahead)
        session.avatars.loaded.connect(self.viewport().update)

    def first(self) -> Found | None:
        """Return the first line that can be opened."""
        return next((found for found in self.results.lines if not found.is_title), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens the current result on every system."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)
            self._look_ahead()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Begin at the first line that can be opened."""
        super().focusInEvent(event)
        index = self.currentIndex()
        if not index.isValid() or self.results.lines[index.row()].is_title:
            places = (row for row, found in enumerate(self.results.lines) if not found.is_title)
            self.setCurrentIndex(self.results.index(next(places, -1)))

    def _look_ahead(self) -> None:
        bottom = self.indexAt(self.viewport().rect().bottomLeft()).row()
        last = self.results.rowCount() - 1
        if bottom < 0 or max(bottom, self.currentIndex().row()) > last - ROWS_AHEAD:
            self.end_near.emit()

    def _choose(self, index: QModelIndex) -> None:
        found: Found | None = index.data(FOUND_ROLE)
        if found is not None and not found.is_title:
            self.chosen.emit(found)


class SearchResults(QWidget):
    """Searches as one types: at once in what is here, a moment later on the server."""

    chat_chosen = Signal(object)  # AccountId
    conversation_chosen = Signal(object)  # ConversationId
    message_chosen = Signal(object)  # MessageRow
    stranger_chosen = Signal(object)  # Profile
    shown = Signal()  # Other lines than before; `has_nothing` may have changed.

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._text = ""
        self._people: list[Found] = []
        self._people_code = ""
        self._asks_people = False
        self.filters = SearchFilters(session, self)
        self.list = ResultsList(session, self)
        self.state = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.state.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.messages = MessageSearch(port, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.filters.setContentsMargins(12, 2, 12, 6)
        layout.addWidget(self.filters)
        layout.addWidget(self.list, 1)
        self.state.setContentsMargins(16, 10, 16, 12)
        layout.addWidget(self.state)
        layout.addStretch(0)
        self.setFocusProxy(self.list)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(DELAY_MS)
        self._delay.timeout.connect(self._ask_people)
        self.filters.changed.connect(self._look)
        self.messages.changed.connect(self._show)
        self.list.chosen.connect(self._open)
        self.list.end_near.connect(self.messages.load_more)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        self.retranslate()

    @property
    def has_nothing(self) -> bool:
        """Whether all has been looked through in vain; narrowed, it can still be widened."""
        is_waiting = self.messages.is_waiting or self._asks_people
        is_sought = bool(self._text) and not self.filters.is_set
        has_failed = bool(self.messages.code or self._people_code)
        return is_sought and not is_waiting and not has_failed and not self.list.results.lines

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.list.setAccessibleName(translate("search.results"))
        self._show()

    def search(self, text: str) -> None:
        """Look for a text; without one nothing is narrowed any more either."""
        self._text = text.strip()
        if not self._text:
            self.filters.blockSignals(True)
            self.filters.clear()
            self.filters.blockSignals(False)
        self._look()

    def choose_first(self) -> None:
        """Open the first result, as Enter in the search box does."""
        found = self.list.first()
        if found is not None:
            self._open(found)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), tokens().list)

    def _look(self) -> None:
        self._people, self._people_code, self._asks_people = [], "", False
        self._delay.stop()
        if not self._text:
            self.messages.clear()
        else:
            if not self.filters.is_set:
                self._asks_people = True
                self._delay.start()
            self.messages.look(self.filters.query(self._text))
        self._show()

    # People on the server.

    def _ask_people(self) -> None:
        create_task(self._search_people(self._text), name="search people", owner=self)

    async def _search_people(self, text: str) -> None:
        code, profiles = "", []
        try:
            answer = await self._port.ask(SearchUsers(text=text))
        except CommandFailedError as error:
            code = error.code
        else:
            assert isinstance(answer, UsersFound)
            profiles = answer.profiles
        if text != self._text or not self._asks_people:
            return
        self._people = [
            Found(
                title=profile.nickname,
                detail=f"@{profile.user_name}",
                profile=profile,
                is_stranger=True,
            )
            for profile in profiles
            if profile.account != self._session.own_account
            and self._session.contact(profile.account) is None
        ]
        self._people_code, self._asks_people = code, False
        self._show()

    # Lines.

    def _show(self) -> None:
        lines: list[Found] = []
        if self._text:
            messages = [line for row in self.messages.rows if (line := self._line(row))]
            local = [] if self.filters.is_set else self._sections_here()
            for key, found in (
                *local,
                ("search.people", self._people),
                ("search.messages", messages),
            ):
                if found:
                    lines.append(Found(title=translate(key)))
                    lines.extend(found)
        self.list.results.show(lines)
        self.list.setVisible(bool(lines))
        words = self._state_words(has_lines=bool(lines))
        self.state.setText(words)
        self.state.setAccessibleName(words)
        self.state.setVisible(bool(words))
        self.shown.emit()

    def _state_words(self, *, has_lines: bool) -> str:
        """Say what is going on, or what to do where nothing was found."""
        if not self._text:
            return ""
        if self.messages.is_waiting or self._asks_people:
            key = "search.more" if self.messages.rows else "search.searching"
            return translate(key, text=self._text)
        code = self.messages.code or self._people_code
        if code:
            return error_sentence(code)
        if has_lines:
            return ""
        key = "search.nothing_filtered" if self.filters.is_set else "search.nothing"
        return translate(key, text=self._text)

    def _sections_here(self) -> list[tuple[str, list[Found]]]:
        chats = ranked(self._text, self._chats(), limit=LOCAL_MAX)
        contacts = ranked(self._text, self._contacts(), limit=LOCAL_MAX)
        return [("search.chats", chats), ("search.contacts", contacts)]

    def _chats(self) -> Iterator[Candidate[Found]]:
        model = self._session.conversations
        for position in range(model.rowCount()):
            row: ConversationRow = model.index(position).data(ConversationRole.ROW)
            face, name = face_of(row), row.peer.user_name
            found = Found(
                title=face.nickname,
                detail=f"@{name}" if name else "",
                profile=face,
                conversation=row,
            )
            yield Candidate(found, (face.nickname, row.remark, row.peer.nickname, name))

    def _contacts(self) -> Iterator[Candidate[Found]]:
        """Friends one has not written with yet: the others are among the chats."""
        for contact in self._session.contacts.contacts:
            profile = contact.profile
            if self._session.conversations.find_peer(profile.account) is None:
                found = Found(
                    title=contact.remark or profile.nickname,
                    detail=f"@{profile.user_name}",
                    profile=profile,
                )
                names = (contact.remark, profile.nickname, profile.user_name)
                yield Candidate(found, names)

    def _line(self, row: MessageRow) -> Found | None:
        conversation = self._session.conversations.find(row.conversation_id)
        if conversation is None:
            return None
        face = face_of(conversation)
        text = row.text or (row.file.name if row.file is not None else "")
        part = snippet(text, self._text)
        who = self._who(row)
        lead = f"{who}: " if who else ""
        return Found(
            title=face.nickname,
            detail=lead + part.text,
            spans=tuple((start + len(lead), length) for start, length in part.spans),
            profile=face,
            conversation=conversation,
            message=row,
        )

    def _who(self, row: MessageRow) -> str:
        if row.is_own:
            return translate("timeline.you")
        profile = self._session.profile(row.sender)
        return profile.nickname if profile is not None else ""

    def _open(self, found: Found) -> None:
        assert found.profile is not None
        if found.message is not None:
            self.message_chosen.emit(found.message)
        elif found.is_stranger:
            self.stranger_chosen.emit(found.profile)
        elif found.conversation is not None:
            conversation_id: ConversationId = found.conversation.conversation_id
            self.conversation_chosen.emit(conversation_id)
        else:
            account: AccountId = found.profile.account
            self.chat_chosen.emit(account)


class ResultsDelegate(QStyledItemDelegate):
    """Paints titles, people and messages."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Titles are lower than people."""
        found: Found = index.data(FOUND_ROLE)
        return QSize(100, scaled(34 if found.is_title else 58))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        painter.save()
        found: Found = index.data(FOUND_ROLE)
        rect = QRectF(option.rect)
        if found.is_title:
            draw_elided(
                painter,
                found.title,
                left=rect.left() + 16,
                right=rect.right() - 16,
                center=rect.center().y() + 2,
                font=font(12, 600),
                ink=tokens().text_2,
            )
        else:
            self._paint_found(painter, option, rect, found)
        painter.restore()

    def _paint_found(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, found: Found
    ) -> None:
        paint_ground(painter, option)
        avatar = QRectF(rect.left() + 14, rect.center().y() - 20, 40, 40)
        self._paint_face(painter, avatar, found)
        left, right = avatar.right() + 12, rect.right() - 16
        if found.is_stranger:
            at = QRectF(right - 20, rect.center().y() - 10, 20, 20)
            paint_icon(painter, "user-plus", at, tokens().accent)
            right -= 30
        upper = rect.center().y() - scaled(10)
        end = right
        if found.message is not None:
            end = self._paint_time(painter, found.message, right, upper)
        draw_elided(
            painter,
            found.title,
            left=left,
            right=end,
            center=upper,
            font=font(14, 600),
            ink=tokens().text,
        )
        draw_marked(
            painter,
            found.detail,
            found.spans,
            left=left,
            right=right,
            center=rect.center().y() + scaled(11),
            font=font(13),
            marked_font=font(13, 600),
            ink=tokens().text_2,
            marked_ink=tokens().accent,
        )

    def _paint_face(self, painter: QPainter, rect: QRectF, found: Found) -> None:
        assert found.profile is not None
        avatars = self._session.avatars
        if found.conversation is not None:
            image = avatars.picture_of(found.conversation)
        else:
            image = avatars.image(found.profile)
        paint_avatar(painter, rect, profile=found.profile, image=image)

    def _paint_time(self, painter: QPainter, row: MessageRow, right: float, center: float) -> float:
        """Paint when it was written; return where the room for the name ends."""
        text, small = list_time(row.shown_at_ms), font(12)
        painter.setFont(small)
        width = painter.fontMetrics().horizontalAdvance(text) + 2
        draw_elided(
            painter,
            text,
            left=right - width,
            right=right + 2,
            center=center,
            font=small,
            ink=tokens().text_3,
        )
        return right - width - 8
