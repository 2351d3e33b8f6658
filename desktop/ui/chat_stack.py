"""The conversations that are open in the main window, one of them shown."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.chat_pane import ChatPane
from desktop.ui.empty_state import EmptyState
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from shared.identifiers import ConversationId

__all__ = ["PANES_KEPT_MAX", "ChatStack"]

PANES_KEPT_MAX = 8  # More: the one not looked at the longest is closed; its draft is kept.


class ChatStack(QStackedWidget):
    """Keeps the panes that were looked at last, so that going back is at once.

    Args:
        session: The models.
        port: Where commands go.
        settings: What the panes go by.
        places: Where somebody stopped reading.
        parent: The main window.
    """

    pane_made = Signal(object)  # ChatPane, to connect what it asks for.

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        places: ReadingPlaces,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._settings = settings
        self._places = places
        self._panes: OrderedDict[ConversationId, ChatPane] = OrderedDict()
        self.empty = EmptyState("empty.chat", "message-circle", ground=lambda colors: colors.chat)
        self.addWidget(self.empty)

    def __len__(self) -> int:
        return len(self._panes)

    @property
    def open_pane(self) -> ChatPane | None:
        """The conversation that is shown, if there is one."""
        pane = self.currentWidget()
        return pane if isinstance(pane, ChatPane) else None

    def open(self, conversation_id: ConversationId) -> ChatPane:
        """Show a conversation; it keeps its place and draft while others are looked at."""
        before = self.open_pane
        if before is not None and before.conversation_id != conversation_id:
            before.leave()
        pane = self._panes.get(conversation_id) or self._make(conversation_id)
        self._panes.move_to_end(conversation_id)
        self._drop_oldest()
        self.setCurrentWidget(pane)
        return pane

    def leave(self) -> None:
        """Show none; the one that was shown is kept."""
        pane = self.open_pane
        if pane is not None:
            pane.leave()
        self.setCurrentWidget(self.empty)

    def drop(self, conversation_id: ConversationId) -> None:
        """Keep a conversation no more; if it was shown, none is now."""
        pane = self._panes.pop(conversation_id, None)
        if pane is not None:
            if pane is self.open_pane:
                self.setCurrentWidget(self.empty)
            self._remove(pane)

    def drop_all(self) -> None:
        """Keep none."""
        for conversation_id in list(self._panes):
            self.drop(conversation_id)

    def flush(self) -> None:
        """Store what was typed."""
        for pane in self._panes.values():
            pane.leave()

    def remember(self) -> None:
        """Note where is read in each."""
        for pane in self._panes.values():
            self._places.keep(pane.conversation_id, pane.place)

    def _make(self, conversation_id: ConversationId) -> ChatPane:
        place = self._places.find(conversation_id)
        pane = ChatPane(
            self._session,
            self._port,
            conversation_id,
            self,
            place=place,
            settings=self._settings,
        )
        self._panes[conversation_id] = pane
        self.addWidget(pane)
        self.pane_made.emit(pane)
        return pane

    def _drop_oldest(self) -> None:
        while len(self._panes) > PANES_KEPT_MAX:
            _, pane = self._panes.popitem(last=False)
            self._remove(pane)

    def _remove(self, pane: ChatPane) -> None:
        pane.leave()
        self._places.keep(pane.conversation_id, pane.place)
        self.removeWidget(pane)
        pane.deleteLater()
