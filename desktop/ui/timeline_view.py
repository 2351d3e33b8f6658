"""The scrolling timeline of one conversation, with all that can be done in it.

What is where is in `timeline_layout` and `timeline_hits`, how it scrolls in `timeline_scroll`, how
it looks in `timeline_paint`, what mouse and keys do in `timeline_mouse` and `timeline_keys`, what
floats over it in `timeline_overlay`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.events import FileState, MessageRow, Quote
from desktop.models.name_finder import named_in
from desktop.models.pictures import PictureStore, is_picture
from desktop.models.timeline import TimelineModel
from desktop.ui.bubble import Chip, Deed, People
from desktop.ui.calendar_popup import CalendarPopup
from desktop.ui.file_acts import FileAct, main_act
from desktop.ui.timeline_access import install_timeline_access
from desktop.ui.timeline_choice import TimelineChoice
from desktop.ui.timeline_hits import Hit, HitKind
from desktop.ui.timeline_keys import press_key
from desktop.ui.timeline_layout import ItemKind
from desktop.ui.timeline_menu import make_menu
from desktop.ui.timeline_mouse import TimelineMouse
from desktop.ui.timeline_overlay import TimelineOverlay
from desktop.ui.timeline_scroll import TimelineScroll
from desktop.ui.timeline_selection import TextSelection, copied_rows, copied_text, spread
from desktop.ui.timeline_words import describe_row
from desktop.ui.times import day_label, moment, now
from desktop.ui.translate import language, translate
from shared import limits
from shared.identifiers import AccountId

__all__ = ["TimelineView"]

FLASH_MS = 1_200


class TimelineView(TimelineScroll):
    """Shows a `TimelineModel`.

    Args:
        model: Whose rows to show.
        peer_name: How the conversation is called for screen readers.
        pictures: Where the pictures of messages come from; without it none are shown.
    """

    cancel_requested = Signal(object)  # MessageRow
    retry_requested = Signal(object)  # MessageRow
    reply_requested = Signal(object)  # MessageRow
    edit_requested = Signal(object)  # MessageRow
    edit_last_requested = Signal()
    recall_requested = Signal(object)  # MessageRow; the person is sure.
    recall_asked = Signal(object)  # list[MessageRow]; whether they are sure is to be asked.
    reaction_requested = Signal(object, str, bool)  # MessageRow, emoji, whether it goes
    any_reaction_requested = Signal(object)  # MessageRow, to choose from all emoji
    file_requested = Signal(object, object)  # MessageRow, FileAct
    pictures_wanted = Signal(object)  # list[MessageRow]: they have come into sight.
    link_requested = Signal(object)  # Span
    profile_requested = Signal(object)  # AccountId

    def __init__(
        self,
        model: TimelineModel,
        peer_name: str,
        parent: QWidget | None = None,
        *,
        pictures: PictureStore | None = None,
    ) -> None:
        super().__init__(model, parent)
        install_timeline_access()
        self.peer_name = peer_name
        self.is_admin = False
        self.selection: TextSelection | None = None
        self._current: int | None = None
        self._names: dict[AccountId, tuple[str, ...]] = {}
        self._first_mention = 0
        self._asked: set[int] = set()  # Pictures in sight that were asked for.
        self._ended: set[int] = set()
        self.fetches_pictures: Callable[[], bool] = lambda: True  # Without being asked.
        self._mouse = TimelineMouse(self)
        self.overlay = TimelineOverlay(self)
        self.choice = TimelineChoice(self)
        self._flash_timer = QTimer(self)
        self._flash_timer.setSingleShot(True)
        self._flash_timer.setInterval(FLASH_MS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._connect(pictures)
        self.retranslate()

    # What others may ask and tell.

    @property
    def me(self) -> AccountId:
        """The own account."""
        return self.scene.me

    @property
    def current(self) -> int | None:
        """The ``local_id`` of the message the keyboard is at."""
        return self._current

    @property
    def current_row(self) -> MessageRow | None:
        """The message the keyboard is at."""
        return self.row_of(self._current)

    def set_people(self, people: People, me: AccountId) -> None:
        """Say who is who; names may be others than before."""
        if me != self.scene.me:
            self.scene.me = me
            self.refresh()
        is_other = people.is_group != self.people.is_group
        self.people = people
        named = self._named()
        # Most of the time somebody has only come or gone, and nothing moves.
        if is_other or any(self._names.get(each, now) != now for each, now in named.items()):
            self._names = named
            self.forget_layout()

    def set_counts(self, *, unread: int, mentions: int, first_mention: int) -> None:
        """Show how many messages are unread, and how to reach the first that names the person."""
        self._first_mention = first_mention
        self.overlay.set_counts(unread=unread, mentions=mentions)
        self._place_overlay()

    def show_found(self, words: str) -> None:
        """Mark what was searched for in all messages; empty words mark nothing."""
        self.scene.found = words
        self.refresh()

    def describe(self, row: MessageRow) -> str:
        """Say a row in words: who, what, when, and how far it is."""
        words = describe_row(row, self.who(row), self.model.progress(row))
        if self.scene.chosen is not None and row.local_id in self.scene.chosen:
            words += ", " + translate("timeline.is_chosen")
        return words

    def who(self, row: MessageRow) -> str:
        """Say who wrote a message."""
        if row.is_own:
            return translate("timeline.you")
        return (self.people.name_of(row.sender) or "?") if self.people.is_group else self.peer_name

    def names_of(self, chip: Chip) -> str:
        """Say who reacted so."""
        names = [self.people.name_of(account) or "?" for account in chip.accounts]
        return f"{chip.emoji} {', '.join(names)}"

    def selected_text(self) -> str:
        """Return what is selected, the chosen messages, or the current message."""
        if self.scene.chosen is not None:
            return copied_rows(self.choice.rows(), self.who)
        if self.scene.selected:
            return copied_text(self.items, self.scene.selected, self.who)
        row = self.current_row
        return copied_rows([row], self.who) if row is not None else ""

    def copy(self) -> None:
        """Copy the selected text, the chosen messages, or the current message."""
        text = self.selected_text()
        if text:
            QGuiApplication.clipboard().setText(text)

    def go_to_end(self) -> None:
        """Show the newest messages."""
        if self.model.window.has_newer:
            self.model.load_newest()
        else:
            self._is_at_end = True
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def go_to(self, row: MessageRow | Quote) -> None:
        """Show a message in the middle, and make it stand out for a moment."""
        if self.item_of(row.local_id) is not None:
            self._jump_to(row.local_id)
        else:
            self.model.load_around(row)

    def go_to_mention(self) -> None:
        """Show the first unread message that names the person."""
        for item in self.row_items():
            if item.row is not None and item.row.sequence == self._first_mention:
                self._jump_to(item.row.local_id)
                return
        if self._first_mention:
            self.model.load_sequence(self._first_mention)

    def pick_date(self) -> None:
        """Let a day be chosen to go to, beginning with the one in sight."""
        first = self.first_visible()
        row = first.row if first is not None else None
        today = now().date()
        day = moment(row.shown_at_ms).date() if row is not None else today
        popup = CalendarPopup(day, today, self)
        popup.chosen.connect(self._go_to_day)
        popup.pop_up(self.mapToGlobal(QPoint(self.viewport().width() // 2, 12)))

    def mark_visible_read(self) -> None:
        """Tell the newest sequence that the person can see, if they are looking at all."""
        if not self.isVisible() or not self.window().isActiveWindow():
            return
        bottom = self.verticalScrollBar().value() + self.viewport().height()
        seen = [
            item.row.sequence
            for item in self.visible_items()
            if item.row is not None and not item.row.is_own and item.rect.bottom() - 8 <= bottom
        ]
        if seen:
            self.model.mark_read(max(seen))

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("timeline.name", name=self.peer_name))
        self.overlay.retranslate()
        self.forget_layout()

    # Selecting.

    def select(self, selection: TextSelection | None) -> None:
        """Select text from one place to another, across messages."""
        if selection != self.selection:
            self.selection = selection
            self.scene.selected = spread(self.model.rows, selection)
            self.refresh()

    # Doing.

    def do(self, hit: Hit) -> None:
        """Do what pressing a part of a message does."""
        row = hit.item.row if hit.item is not None else None
        if hit.kind is HitKind.DATE:
            self.pick_date()
        if row is None:
            return
        match hit.kind:
            case HitKind.AVATAR | HitKind.NAME:
                self.profile_requested.emit(row.sender)
            case HitKind.QUOTE if row.quote is not None:
                self.go_to(row.quote)
            case HitKind.FILE if row.file is not None:
                self.file_requested.emit(row, main_act(row.file))
            case HitKind.CANCEL:
                self.file_requested.emit(row, FileAct.CANCEL)
            case HitKind.LINK:
                self.link_requested.emit(hit.span)
            case HitKind.MENTION if hit.span is not None:
                self.profile_requested.emit(AccountId(hit.span.account))
            case HitKind.CHIP if hit.chip is not None:
                is_mine = self.me in hit.chip.accounts
                self.reaction_requested.emit(row, hit.chip.emoji, is_mine)
            case HitKind.BUTTON if hit.button is not None:
                is_again = hit.button.deed is Deed.EDIT_AGAIN
                (self.retry_requested if is_again else self.cancel_requested).emit(row)

    def open_menu(self, row: MessageRow, at: QPoint | None = None) -> None:
        """Open the menu of a message, at a place of the screen or in its middle."""
        self.set_current(row.local_id)
        item = self.item_of(row.local_id)
        if item is not None:
            make_menu(self, row).popup(at or self.seen_on_screen(item).center())

    def set_current(self, local_id: int) -> None:
        """Put the keyboard at a message; screen readers are told."""
        self._current = local_id
        self._show_current()
        if self.hasFocus():
            self._tell_focus()

    def step(self, direction: int) -> None:
        """Go to the message above (-1) or below (1)."""
        rows = self.model.rows
        if not rows:
            return
        at = self.model.window.find(self._current) if self._current is not None else len(rows)
        at = min(max(at + direction, 0), len(rows) - 1)
        self.set_current(rows[at].local_id)
        item = self.item_of(rows[at].local_id)
        if item is not None:
            self.show_whole(item)

    def make_room(self, height: int) -> None:
        """Leave room under the messages for something of this height."""
        self.setViewportMargins(0, 0, 0, height)
        self._place_overlay()
        self.refresh()

    def show_target(self, words: str) -> None:
        """Show where the link under the mouse leads."""
        size = self.viewport().size()
        self.overlay.target.show_target(words, width=size.width(), bottom=size.height())

    # Events.

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out for the new width; what floats keeps its corner."""
        super().resizeEvent(event)
        self._place_overlay()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """What is in sight now was not before."""
        super().showEvent(event)
        self._fetch_pictures()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show what is under the mouse; hide it when the mouse leaves."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._mouse.show_tip(event)
            return True
        if event.type() is QEvent.Type.Leave:
            self.show_target("")
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to select, or press."""
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select, or show what can be pressed."""
        self._mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Do what was pressed."""
        self._mouse.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select a word."""
        self._mouse.double_press(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with a message."""
        is_by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        item = self._mouse.hit(QPointF(event.pos())).item
        row = item.row if item is not None else None
        if is_by_key:
            row = self.current_row
        if row is not None:
            self.open_menu(row, None if is_by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Walk through messages, scroll, copy, act."""
        if not press_key(self, event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show where the keyboard is."""
        super().focusInEvent(event)
        if self.current_row is None and self.model.rows:
            self._current = self.model.rows[-1].local_id
        self._show_current()
        self._tell_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Hide where the keyboard was."""
        super().focusOutEvent(event)
        self._show_current()

    # Details.

    def _connect(self, pictures: PictureStore | None) -> None:
        if pictures is not None:
            self.scene.image_of = pictures.image
            pictures.loaded.connect(self.repaint_row)
        language().changed.connect(self.retranslate)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.overlay.end_button.clicked.connect(self.go_to_end)
        self.overlay.mention_button.clicked.connect(self.go_to_mention)
        self.overlay.day.clicked.connect(self.pick_date)
        self._flash_timer.timeout.connect(self._end_flash)
        self.file_requested.connect(self._note_end)

    def _named(self) -> dict[AccountId, tuple[str, ...]]:
        """Return the names that stand in what is laid out."""
        people = self.people
        return {
            each: (people.name_of(each), *people.names_of(each))
            for each in named_in(self.model.rows)
        }

    def _after_layout(self) -> None:
        named = self._named()
        self._names = {each: self._names.get(each, names) for each, names in named.items()}
        if self.selection is not None:
            self.scene.selected = spread(self.model.rows, self.selection)
        self.choice.drop_gone()

    def _after_move(self) -> None:
        super()._after_move()
        self._place_overlay()
        self._fetch_pictures()
        self.mark_visible_read()

    def _on_scrolled(self) -> None:
        if not self._is_settling:
            self._after_move()
            self._show_day()

    def _jump_to(self, local_id: int) -> None:
        super()._jump_to(local_id)
        self.set_current(local_id)
        self.scene.flashed = local_id
        self._flash_timer.start()

    def _end_flash(self) -> None:
        self.scene.flashed = None
        self.refresh()

    def _go_to_day(self, day: date) -> None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=now().tzinfo)
        self.model.load_at(round(midnight.timestamp() * 1000))

    def _show_current(self) -> None:
        """Show where the keyboard is, while it is here."""
        self.scene.current = self._current if self.hasFocus() else None
        self.refresh()

    def _tell_focus(self) -> None:
        for index, item in enumerate(self.row_items()):
            if item.row is not None and item.row.local_id == self._current:
                event = QAccessibleEvent(self, QAccessible.Event.Focus)
                event.setChild(index)
                QAccessible.updateAccessibility(event)

    def _fetch_pictures(self) -> None:
        """Ask for the pictures that have come into sight and are not too large."""
        if not self.isVisible() or not self.fetches_pictures():
            return
        rows = (item.row for item in self.visible_items())
        in_sight = {row.local_id: row for row in rows if row is not None and _is_fetched(row)}
        known = self._asked | self._ended
        come = [row for each, row in in_sight.items() if each not in known]
        self._asked = set(in_sight)
        if come:
            self.pictures_wanted.emit(come)

    def _note_end(self, row: MessageRow, act: FileAct) -> None:
        """A picture whose download was ended by hand is not fetched again by itself."""
        if act is FileAct.CANCEL:
            self._ended.add(row.local_id)

    def _show_day(self) -> None:
        """Name the day of what is in sight, unless its pill between the messages is there."""
        first = self.first_visible()
        if first is None or first.row is None or self._height <= self.viewport().height():
            return
        dates = [item for item in self.visible_items() if item.kind is ItemKind.DATE]
        tops = [item.rect.top() + self.offset() for item in dates]
        is_there = bool(dates) and dates[0].rect.top() < first.rect.top()
        words = "" if is_there else day_label(first.row.shown_at_ms)
        self.overlay.show_day(words, below=next((top for top in tops if top > 0), None))

    def _place_overlay(self) -> None:
        size = self.viewport().size()
        self.overlay.place(width=size.width(), height=size.height(), is_far=self.is_far)
        self.choice.place()


def _is_fetched(row: MessageRow) -> bool:
    """Whether this is a picture that is brought without being asked for."""
    file = row.file
    return (
        file is not None
        and file.state is FileState.REMOTE
        and file.size <= limits.PICTURE_FETCH_BYTES_MAX
        and is_picture(file)
    )
