"""Chips that narrow a search: which chat, from whom, when, only files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.events import Profile
from desktop.models.conversations import ConversationRole
from desktop.models.session import Session
from desktop.ui.controls import Pressable, paint_focus_ring
from desktop.ui.date_range_dialog import DateRangeDialog
from desktop.ui.describe import face_of
from desktop.ui.flow import Flow
from desktop.ui.fonts import scaled, use_font
from desktop.ui.icons import paint_icon
from desktop.ui.menu import Menu
from desktop.ui.message_search import Query
from desktop.ui.pick_dialog import Pick, PickDialog
from desktop.ui.theme import tokens
from desktop.ui.times import moment, now
from desktop.ui.translate import language, translate
from shared.identifiers import AccountId, ConversationId

__all__ = ["Chip", "SearchFilters"]

NAMES_MAX = 10  # In a menu; more are picked by their letters.
NAME_LENGTH_MAX = 18
SPANS_DAYS = (1, 7, 30, 365)


class Chip(Pressable):
    """A filter: its name, or what it is set to."""

    def __init__(self, parent: QWidget, *, has_menu: bool = True) -> None:
        super().__init__(parent)
        self._has_menu = has_menu
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        use_font(self, 12, 500)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def say(self, words: str, *, name: str, is_set: bool) -> None:
        """Show words; ``name`` is what a screen reader says."""
        self.setText(words)
        self.setAccessibleName(name)
        self.setChecked(is_set)
        self.updateGeometry()
        self.update()

    def nextCheckState(self) -> None:  # noqa: N802
        """A press opens a menu; only what is chosen there sets the chip."""
        if not self._has_menu:
            super().nextCheckState()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Words, and an arrow if there is a menu."""
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + (38 if self._has_menu else 24), scaled(32))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Enter presses it as the space bar does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, words and arrow; the ground is lower than what can be hit."""
        painter, colors = QPainter(self), tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0, 2, 0, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = colors.selected if self.isChecked() else colors.field
        painter.setBrush(colors.pressed if self._is_hovered else ground)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        ink = colors.accent if self.isChecked() else colors.text_2
        painter.setPen(ink)
        painter.setFont(self.font())
        words = rect.adjusted(12, 0, -26 if self._has_menu else -12, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, left, self.text())
        if self._has_menu:
            arrow = QRectF(rect.right() - 23, rect.center().y() - 7, 14, 14)
            paint_icon(painter, "chevron-down", arrow, ink)
        if self._shows_focus:
            paint_focus_ring(painter, rect, rect.height() / 2)


class SearchFilters(QWidget):
    """Knows how a search is narrowed, and tells when that changes.

    Args:
        session: Has conversations and people.
        parent: What shows the results.
        within: Only in this conversation: there is no chip for the chat then.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        *,
        within: ConversationId | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._within = within
        self._empty = Query(conversation_id=within)
        self._query = self._empty
        self._span_days = 0  # 0: none of those in the menu.
        self._members: Sequence[Profile] | None = None
        self.chat, self.writer, self.date = Chip(self), Chip(self), Chip(self)
        self.files = Chip(self, has_menu=False)
        self.chat.setVisible(within is None)
        layout = Flow(self, gap=6)
        for chip in (self.chat, self.writer, self.date, self.files):
            layout.addWidget(chip)
        self.chat.clicked.connect(self._open_chats)
        self.writer.clicked.connect(self._open_senders)
        self.date.clicked.connect(self._open_dates)
        self.files.toggled.connect(self._on_files)
        language().changed.connect(self.retranslate)
        self.retranslate()

    @property
    def is_set(self) -> bool:
        """Whether anything is narrowed."""
        return self._query != self._empty

    def query(self, text: str) -> Query:
        """Return the search for a text, narrowed."""
        return replace(self._query, text=text)

    def clear(self) -> None:
        """Narrow nothing."""
        self._span_days = 0
        self._set(self._empty)

    def use_members(self, profiles: Sequence[Profile]) -> None:
        """Offer these as senders, instead of oneself and one's contacts."""
        self._members = profiles

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("filter.name"))
        query = self._query
        self._say(self.chat, "filter.chat", self._chat_words(), is_set=self._is_chat_set())
        self._say(
            self.writer, "filter.sender", self._sender_words(), is_set=query.sender is not None
        )
        is_dated = bool(query.since_ms or query.until_ms)
        self._say(self.date, "filter.date", self._date_words(), is_set=is_dated)
        files = translate("filter.files")
        self.files.say(files, name=files, is_set=query.only_files)

    def _say(self, chip: Chip, key: str, words: str, *, is_set: bool) -> None:
        title = translate(key)
        chip.say(words if is_set else title, name=f"{title}: {words}", is_set=is_set)

    def _set(self, query: Query) -> None:
        is_new = query != self._query
        self._query = query
        self.retranslate()
        if is_new:
            self.changed.emit()

    def _with(self, **changes: object) -> Query:
        return replace(self._query, **changes)  # type: ignore[arg-type]

    # In which chat.

    def _is_chat_set(self) -> bool:
        return self._within is None and self._query.conversation_id is not None

    def _chat_words(self) -> str:
        conversation_id = self._query.conversation_id
        row = self._session.conversations.find(conversation_id) if conversation_id else None
        return _short(face_of(row).nickname) if row is not None else translate("filter.any_chat")

    def _open_chats(self) -> None:
        model = self._session.conversations
        rows = [model.index(at).data(ConversationRole.ROW) for at in range(model.rowCount())]
        picks = [Pick(face_of(row), row.conversation_id) for row in rows]
        self._offer(
            self.chat,
            "filter.chat",
            "filter.any_chat",
            picks,
            lambda value: self._set(self._with(conversation_id=value)),
        )

    # From whom.

    def _sender_words(self) -> str:
        sender = self._query.sender
        if sender is None:
            return translate("filter.anybody")
        if sender == self._session.own_account:
            return translate("timeline.you")
        known = [each for each in self._members or () if each.account == sender]
        profile = known[0] if known else self._session.profile(sender)
        return _short(profile.nickname) if profile is not None else str(sender)

    def _open_senders(self) -> None:
        self._offer(
            self.writer,
            "filter.sender",
            "filter.anybody",
            [Pick(profile, profile.account) for profile in self._senders()],
            lambda value: self._set(self._with(sender=None if value is None else AccountId(value))),
        )

    def _senders(self) -> list[Profile]:
        if self._members is not None:
            return list(self._members)
        account = self._session.account
        own = [account.profile] if account is not None else []
        return own + [contact.profile for contact in self._session.contacts.contacts]

    def _offer(
        self,
        chip: Chip,
        title: str,
        anything: str,
        picks: Sequence[Pick],
        choose: Callable[[int | None], None],
    ) -> None:
        """Open a menu with the first names, and a dialog behind it for the others."""
        menu = self._menu()
        menu.addAction(translate(anything), lambda: choose(None))
        menu.addSeparator()
        for pick in picks[:NAMES_MAX]:
            menu.addAction(_in_menu(pick.face.nickname), _chooser(choose, pick.value))
        if len(picks) > NAMES_MAX:
            menu.addSeparator()
            menu.addAction(
                translate("filter.more"), lambda: self._pick(translate(title), picks, choose)
            )
        self._popup(menu, chip)

    def _pick(
        self, title: str, picks: Sequence[Pick], choose: Callable[[int | None], None]
    ) -> None:
        dialog = PickDialog(self._session, title, picks, self.window())
        dialog.picked.connect(choose)
        dialog.open()

    # When.

    def _date_words(self) -> str:
        query = self._query
        if not query.since_ms and not query.until_ms:
            return translate("filter.any_time")
        if self._span_days:
            return translate(f"filter.days_{self._span_days}")
        return f"{_day(query.since_ms)} – {_day(query.until_ms - 1)}"

    def _open_dates(self) -> None:
        menu = self._menu()
        menu.addAction(translate("filter.any_time"), lambda: self._use_span(0))
        menu.addSeparator()
        for days in SPANS_DAYS:
            menu.addAction(translate(f"filter.days_{days}"), _chooser(self._use_span, days))
        menu.addSeparator()
        menu.addAction(translate("filter.choose_dates"), self._ask_dates)
        self._popup(menu, self.date)

    def _use_span(self, days: int) -> None:
        since_ms = 0
        if days:
            midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
            since_ms = round((midnight - timedelta(days=days - 1)).timestamp() * 1000)
        self._span_days = days
        self._set(self._with(since_ms=since_ms, until_ms=0))

    def _ask_dates(self) -> None:
        dialog = DateRangeDialog(self.window())
        dialog.chosen.connect(self._use_dates)
        dialog.open()

    def _use_dates(self, since_ms: int, until_ms: int) -> None:
        self._span_days = 0
        self._set(self._with(since_ms=since_ms, until_ms=until_ms))

    # Files.

    def _on_files(self, is_on: bool) -> None:
        if is_on != self._query.only_files:
            self._set(self._with(only_files=is_on))

    def _menu(self) -> Menu:
        menu = Menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _popup(self, menu: Menu, chip: Chip) -> None:
        menu.popup(chip.mapToGlobal(chip.rect().bottomLeft()))


def _chooser(choose: Callable[[int], None], value: int) -> Callable[[], None]:
    return lambda: choose(value)


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH_MAX else name[: NAME_LENGTH_MAX - 1] + "…"


def _in_menu(name: str) -> str:
    """A menu takes an ampersand as the mark of a key."""
    return name.replace("&", "&&")


def _day(at_ms: int) -> str:
    return f"{moment(at_ms):%Y-%m-%d}"
