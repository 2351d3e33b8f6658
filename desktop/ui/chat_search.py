"""The bar that searches one conversation: it stands over the timeline while it is used."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import LoadMembers
from desktop.events import MembersLoaded
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.controls import Field, IconButton, Label
from desktop.ui.message_search import MessageSearch
from desktop.ui.search_filters import SearchFilters
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import error_sentence, language, translate
from shared.identifiers import ConversationId

__all__ = ["ChatSearchBar"]


class ChatSearchBar(QWidget):
    """A field, how many were found, arrows to older and newer ones, and filters.

    The newest message that fits is shown at once; Enter and the arrow up go to older ones.
    """

    message_chosen = Signal(object)  # MessageRow
    closed = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._conversation_id = conversation_id
        self._place = -1  # In what was found; -1: nothing is shown of it yet.
        self._wants_older = False  # One step further was asked for than is here.
        self.search = MessageSearch(port, self)
        self.field = Field(icon_name="search", height=36, parent=self)
        self.count = Label(13, ink=lambda colors: colors.text_2, parent=self)
        self.older_button = IconButton("chevron-up", side=32, parent=self)
        self.newer_button = IconButton("chevron-down", side=32, parent=self)
        self.close_button = IconButton("x", side=32, parent=self)
        self.filters = SearchFilters(session, self, within=conversation_id)
        self._build()
        self.field.textChanged.connect(self._look)
        self.field.returnPressed.connect(self.go_older)
        self.filters.changed.connect(self._look)
        self.search.changed.connect(self._on_found)
        self.older_button.clicked.connect(self.go_older)
        self.newer_button.clicked.connect(self.go_newer)
        self.close_button.clicked.connect(self.close_search)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        self.retranslate()
        self.hide()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("find.title"))
        self.field.setPlaceholderText(translate("find.title"))
        self.field.set_name(translate("find.title"))
        self.older_button.set_name(translate("find.older"))
        self.newer_button.set_name(translate("find.newer"))
        self.close_button.set_name(translate("find.close"))
        self._show_state()

    def open(self) -> None:
        """Show the bar; what was looked for last is still there and selected."""
        if self.isHidden():
            self.show()
            create_task(self._load_members(), name="load members", owner=self)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_search(self) -> None:
        """Hide the bar; the timeline stays where it is."""
        self.hide()
        self.closed.emit()

    def go_older(self) -> None:
        """Show the next older message that fits."""
        if self._place + 1 < len(self.search.rows):
            self._go(self._place + 1)
        elif self.search.has_more:
            self._wants_older = True
            self.search.load_more()

    def go_newer(self) -> None:
        """Show the next newer message that fits."""
        if self._place > 0:
            self._go(self._place - 1)

    def event(self, event: QEvent) -> bool:
        """Take Escape before the window closes the whole conversation with it."""
        if event.type() is QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape closes the bar; arrows and Shift+Enter go through what was found."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_search()
            case Qt.Key.Key_Up:
                self.go_older()
            case Qt.Key.Key_Down:
                self.go_newer()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if shift:
                self.go_newer()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its lower edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, self.height() - 1, self.width(), 1, tokens().border)

    def _build(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.field, 1)
        line.addSpacing(6)
        line.addWidget(self.count)
        line.addSpacing(2)
        for button in (self.older_button, self.newer_button, self.close_button):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 10, 7)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.filters)

    def _look(self) -> None:
        query = self.filters.query(self.field.text())
        self._place = -1
        self._wants_older = False
        if query.is_empty(within=self._conversation_id):
            self.search.clear()
            self._show_state()
        else:
            self.search.look(query)

    def _on_found(self) -> None:
        if self.search.is_waiting:
            self._show_state()
        elif self._place < 0 and self.search.rows:
            self._go(0)
        elif self._wants_older:
            self._wants_older = False
            self.go_older()
            self._show_state()
        else:
            self._show_state()

    def _go(self, place: int) -> None:
        self._place = place
        self._show_state()
        self.message_chosen.emit(self.search.rows[place])

    def _show_state(self) -> None:
        rows = self.search.rows
        self.older_button.setEnabled(self._place + 1 < len(rows) or self.search.has_more)
        self.newer_button.setEnabled(self._place > 0)
        self.count.setText(self._state_words())
        self.count.setAccessibleName(self.count.text())

    def _state_words(self) -> str:
        rows = self.search.rows
        if self.search.code:
            return error_sentence(self.search.code)
        if rows:
            # While there are more pages nobody knows how many there are.
            total = f"{len(rows)}+" if self.search.has_more else str(len(rows))
            return translate("find.place", place=self._place + 1, total=total)
        if self.search.is_waiting:
            return translate("find.searching")
        if self.filters.query(self.field.text()).is_empty(within=self._conversation_id):
            return ""
        return translate("find.nothing")

    async def _load_members(self) -> None:
        try:
            loaded = await self._port.ask(LoadMembers(conversation_id=self._conversation_id))
        except CommandFailedError:
            return  # Contacts are offered as senders then.
        assert isinstance(loaded, MembersLoaded)
        self.filters.use_members([member.profile for member in loaded.members])
