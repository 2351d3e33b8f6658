"""The main window: rail, lists, and the conversation that is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QStackedWidget,
    QWidget,
)

from desktop.models.conversations import Part
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.chat_pane import ChatPane
from desktop.ui.chat_stack import ChatStack
from desktop.ui.controls import UNBOUNDED
from desktop.ui.conversation_actions import Said
from desktop.ui.info_pane import InfoPane
from desktop.ui.rail import Page, Rail
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from desktop.ui.shortcuts import Shortcut, register
from desktop.ui.side_pane import SidePane
from desktop.ui.splitter import ThinSplitter
from desktop.ui.theme import theme
from desktop.ui.toast import Toast
from desktop.ui.translate import language, translate
from desktop.ui.window_access import be_window
from desktop.ui.window_place import place_of, put_window
from shared.identifiers import ConversationId

__all__ = ["MainWindow"]

ONE_COLUMN_WIDTH = 640
INFO_FROM_WIDTH = 1000
WIDTH_MIN, HEIGHT_MIN = 380, 520
REMEMBER_MS = 10_000
LIST_WIDTH_MIN, LIST_WIDTH_MAX = 260, 480
LIST_WIDTH_FOLDED, FOLD_BELOW_WIDTH = 72, 130


class MainWindow(QWidget):
    """Three panes and a fourth; what goes beyond them (dialogs, windows) leaves by signals.

    Args:
        session: The models.
        port: Where commands go.
        settings: What the window remembers of itself.
        places: Where somebody stopped reading; shared with the chats in windows of their own.
    """

    closed = Signal()
    pane_made = Signal(object)  # ChatPane, to connect what it asks for.
    switch_requested = Signal()
    shortcuts_requested = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        places: ReadingPlaces | None = None,
    ) -> None:
        super().__init__()
        be_window(self)
        self._session = session
        self._port = port
        self._settings = settings
        self._places = places if places is not None else ReadingPlaces(settings)
        self._is_narrow = False
        self._is_info_page = False
        self._is_restored = False
        self._list_width = LIST_WIDTH_MIN
        self.is_detached: Callable[[ConversationId], bool] = lambda _: False
        self.rail = Rail(session, self)
        self.side = SidePane(session, port, self)
        self.info = InfoPane(session, port, self)
        self.chats = ChatStack(session, port, settings, self._places, self)
        self._build()
        self.toast = Toast(self)
        # What a crash would lose is never older than this.
        self._remembering = QTimer(self)
        self._remembering.setSingleShot(True)
        self._remembering.setInterval(REMEMBER_MS)
        self._remembering.timeout.connect(self.remember)
        self.setMinimumSize(WIDTH_MIN, HEIGHT_MIN)
        self._restore_size()
        self._connect()
        self.retranslate()
        self.side.list.setFocus()

    @property
    def open_pane(self) -> ChatPane | None:
        """The conversation that is shown, if there is one."""
        return self.chats.open_pane

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self._refresh_title()

    def show_conversation(self, conversation_id: ConversationId) -> ChatPane:
        """Open a conversation; it keeps its place and draft while others are looked at."""
        self._is_info_page = False
        pane = self.chats.open(conversation_id)
        self.info.show_conversation(conversation_id)
        self._fold()
        pane.resume()
        pane.composer.editor.setFocus()
        self.side.mark_open(conversation_id)
        self._remember_soon()
        return pane

    def close_conversation(self, conversation_id: ConversationId | None = None) -> None:
        """Show none, or stop showing this one because it has a window of its own now."""
        if conversation_id is None:
            self.chats.leave()
        else:
            self.chats.drop(conversation_id)
        if self.open_pane is None:
            self.info.show_conversation(None)
            self.side.mark_open(None)
        self._fold()
        if self._is_narrow and self.open_pane is None:
            self.side.focus_shown()

    def close_all(self) -> None:
        """Drop every conversation, at log-out."""
        self.chats.drop_all()
        self.close_conversation()

    def show_page(self, page: Page) -> None:
        """Show chats or contacts."""
        self.rail.choose(page)

    def show_info(self, is_wanted: bool) -> None:
        """Show what is known of the other side: beside the conversation, or in its place."""
        if self.width() >= INFO_FROM_WIDTH:
            self._settings.change(is_info_open=is_wanted)
        else:
            self._is_info_page = is_wanted
        self._fold()
        pane = self.open_pane
        if self._is_info_page:
            self.info.close_button.setFocus(Qt.FocusReason.OtherFocusReason)
        elif pane is not None and not is_wanted:
            pane.header.info_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        """Say a sentence that goes by itself, perhaps with a button (`Toast.say`)."""
        self.toast.say(sentence, action=action, on_action=on_action)

    def flush(self) -> None:
        """Store what was typed, where was read, and how the window stands."""
        self.chats.flush()
        self.remember()

    def remember(self) -> None:
        """Store where was read, and how the window stands."""
        self.chats.remember()
        self._places.store()
        place = place_of(self)
        self._settings.change(
            width=place.width,
            height=place.height,
            is_maximized=place.is_maximized,
            place=place,
            list_width=self._list_width,
        )
        pane = self.open_pane
        if pane is not None or self._is_restored:
            # Before, the app is left again so soon that what was open is not even open yet.
            open_now = None if pane is None else pane.conversation_id
            self._settings.change(open_conversation=open_now)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Store, then tell the shell, which decides whether the program ends."""
        self.flush()
        super().closeEvent(event)
        self.hide()
        self.closed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Below a width there is room for one pane only."""
        super().resizeEvent(event)
        self._fold()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """When the window becomes active, what it shows is seen."""
        super().changeEvent(event)
        pane = self.open_pane
        if event.type() is QEvent.Type.ActivationChange and pane is not None:
            pane.view.mark_visible_read()

    # Parts.

    def _build(self) -> None:
        self._info_page = QWidget(self)
        page = QHBoxLayout(self._info_page)
        page.setContentsMargins(0, 0, 0, 0)
        self._right = QStackedWidget(self)
        self._right.addWidget(self.chats)
        self._right.addWidget(self._info_page)
        self._splitter = ThinSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.side)
        self._splitter.addWidget(self._right)
        self._splitter.setStretchFactor(1, 1)
        self.side.setMinimumWidth(LIST_WIDTH_FOLDED)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.info)

    def _connect(self) -> None:
        self.rail.page_chosen.connect(self._on_page)
        self.chats.pane_made.connect(self._wire_pane)
        self.side.room_changed.connect(self._share_room)
        self.side.actions_of_rows.said.connect(self._say)
        self.info.close_requested.connect(lambda: self.show_info(False))
        self.info.actions_of_rows.said.connect(self._say)
        self._splitter.splitterMoved.connect(self._on_splitter)
        self._session.conversations.unread_changed.connect(self._refresh_title)
        self._session.account_changed.connect(self._refresh_title)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        for shortcut, wanted in (
            (Shortcut.SWITCH, self.switch_requested.emit),
            (Shortcut.SHORTCUTS, self.shortcuts_requested.emit),
            (Shortcut.SETTINGS, self.rail.settings_requested.emit),
            (Shortcut.SEARCH_EVERYWHERE, self._focus_search),
            (Shortcut.CHATS, lambda: self.rail.choose(Page.CHATS)),
            (Shortcut.CONTACTS, lambda: self.rail.choose(Page.CONTACTS)),
            (Shortcut.NOTES, self.rail.notes_requested.emit),
            (Shortcut.NEXT_CHAT, lambda: self._step(1)),
            (Shortcut.PREVIOUS_CHAT, lambda: self._step(-1)),
            (Shortcut.NEXT_PANE, lambda: self._cycle_panes(1)),
            (Shortcut.PREVIOUS_PANE, lambda: self._cycle_panes(-1)),
            (Shortcut.FOLD, self._toggle_fold),
            (Shortcut.CLOSE, self._escape),
            (Shortcut.ADD_CONTACT, self.side.add_requested.emit),
        ):
            register(self, shortcut, wanted)

    def _wire_pane(self, pane: ChatPane) -> None:
        pane.info_requested.connect(self.show_info)
        pane.undo_offered.connect(self._say)
        pane.view.verticalScrollBar().valueChanged.connect(self._remember_soon)
        self.pane_made.emit(pane)

    def _remember_soon(self, *_: object) -> None:
        if not self._remembering.isActive():
            self._remembering.start()

    def _say(self, said: Said) -> None:
        sentence, action, on_action = said
        self.say(sentence, action=action, on_action=on_action)

    # Keys.

    def _on_page(self, page: Page) -> None:
        self.side.show_page(page)
        if self._is_narrow:
            self.close_conversation()

    def _focus_search(self) -> None:
        if self._is_narrow:
            self.close_conversation()
        self.side.begin_search()

    def _step(self, step: int) -> None:
        """Open the next or the previous conversation of the list."""
        conversation_id = self.side.next_conversation(step, self.is_detached)
        if conversation_id is not None:
            self.side.chat_chosen.emit(conversation_id)

    def _escape(self) -> None:
        """Leave what was entered last."""
        if self.side.search.text():
            self.side.search.clear()
        elif self._is_info_page:
            self.show_info(False)
        elif self.open_pane is None and self.side.part is Part.ARCHIVE:
            self.side.show_part(Part.ALL)
        else:
            self.close_conversation()
            self.side.focus_shown()

    def _cycle_panes(self, step: int) -> None:
        """Give the keyboard to the next part of the window that is there."""
        stops = [
            (part, into) for part, into in self._stops() if part.isVisible() and into.isVisible()
        ]
        focus = QApplication.focusWidget()
        here = next(
            (at for at, (part, _) in enumerate(stops) if focus and part.isAncestorOf(focus)), -1
        )
        if stops:
            at = (here + step) % len(stops) if here >= 0 else 0
            stops[at][1].setFocus(Qt.FocusReason.TabFocusReason)

    def _stops(self) -> list[tuple[QWidget, QWidget]]:
        """Return the parts of the window, and where the keyboard enters each."""
        found: list[tuple[QWidget, QWidget]] = [
            (self.rail, self.rail.chats_button),
            (self.side, self.side.entry),
        ]
        pane = self.open_pane
        if pane is not None:
            found += [(pane.view, pane.view), (pane.composer, pane.composer.editor)]
        return [*found, (self.info, self.info.close_button)]

    # Room.

    def _fold(self) -> None:
        """One pane in a narrow window, two in a wide one, all in a very wide one."""
        self._is_narrow = self.width() < ONE_COLUMN_WIDTH
        pane = self.open_pane
        if pane is None or self.width() >= INFO_FROM_WIDTH:
            self._is_info_page = False
        self.side.setVisible(not self._is_narrow or pane is None)
        self._right.setVisible(not self._is_narrow or pane is not None)
        self.rail.setVisible(not self._is_narrow or pane is None)
        self._place_info(pane)
        if pane is not None:
            pane.header.back_button.setVisible(self._is_narrow)
            pane.header.detach_button.setVisible(not self._is_narrow)
            pane.header.info_button.setChecked(self.info.isVisibleTo(self))
        self.side.setMaximumWidth(UNBOUNDED if self._is_narrow else LIST_WIDTH_MAX)
        self.side.fold(is_wanted=self._settings.settings.is_list_folded and not self._is_narrow)
        self._share_room()

    def _place_info(self, pane: ChatPane | None) -> None:
        """Put what is known of the other side beside the conversation, or in its place."""
        if self._is_info_page:
            page = self._info_page.layout()
            assert page is not None
            page.addWidget(self.info)
            self.info.stand(is_beside=False)
            self._right.setCurrentWidget(self._info_page)
            self.info.show()
            return
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.info)
        self.info.stand(is_beside=True)
        self._right.setCurrentWidget(self.chats)
        is_wide = self.width() >= INFO_FROM_WIDTH
        is_wanted = self._settings.settings.is_info_open
        self.info.setVisible(is_wide and is_wanted and pane is not None)

    def _share_room(self) -> None:
        """Give the list the width that it needs, and the conversation the rest."""
        if self._is_narrow:
            return
        width = LIST_WIDTH_FOLDED if self.side.is_folded else self._list_width
        rest = max(1, self._splitter.width() - width - self._splitter.handleWidth())
        if self._splitter.sizes() != [width, rest]:
            self._splitter.setSizes([width, rest])

    def _on_splitter(self, position: int, _index: int) -> None:
        """Follow the mouse: between its bounds, and far to the left into the folded list."""
        is_folded = position < FOLD_BELOW_WIDTH
        if not is_folded:
            self._list_width = min(LIST_WIDTH_MAX, max(LIST_WIDTH_MIN, position))
        self._set_folded(is_folded)

    def _toggle_fold(self) -> None:
        if not self._is_narrow:
            self._set_folded(not self._settings.settings.is_list_folded)

    def _set_folded(self, is_folded: bool) -> None:
        self._settings.change(is_list_folded=is_folded)
        self.side.fold(is_wanted=is_folded)
        self._share_room()

    # What is remembered.

    def _restore_size(self) -> None:
        settings = self._settings.settings
        self._list_width = min(LIST_WIDTH_MAX, max(LIST_WIDTH_MIN, settings.list_width))
        if settings.place is not None:
            put_window(self, settings.place)
        else:
            self.resize(max(WIDTH_MIN, settings.width), max(HEIGHT_MIN, settings.height))
            if settings.is_maximized:
                self.setWindowState(Qt.WindowState.WindowMaximized)

    def restore_conversation(self) -> None:
        """Open what was open when the app was left, once it is known; the first time only."""
        if self._is_restored or not self._session.conversations.rowCount():
            return
        self._is_restored = True
        wanted = self._settings.settings.open_conversation
        is_known = wanted is not None and self._session.conversations.find(wanted) is not None
        if wanted is not None and is_known and self.open_pane is None:
            self.side.chat_chosen.emit(wanted)

    def _refresh_title(self, *_: object) -> None:
        unread = self._session.conversations.unread
        account = self._session.account
        name = f"{account.profile.nickname} – Mim" if account is not None else "Mim"
        self.setWindowTitle(f"({unread}) {name}" if unread else name)
        self.setAccessibleName(translate("main.name"))
