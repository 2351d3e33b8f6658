"""The settings: a list of pages on the left, the chosen page on the right; narrow, one of both."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.account_pages import AboutPage, AccountPage, PrivacyPage, StoragePage
from desktop.ui.controls import UNBOUNDED, IconButton, Label, Pressable, paint_focus_ring
from desktop.ui.dialog import Dialog
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_page import SettingsPage
from desktop.ui.settings_pages import (
    AppearancePage,
    ChatsPage,
    NotificationsPage,
    ShortcutsPage,
)
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["SettingsDialog"]

PAGES = 8
NARROW_WIDTH = 600
LIST_WIDTH = 212
WIDTH, HEIGHT = 760, 560
WIDTH_MIN, HEIGHT_MIN = 360, 440


class PageRow(Pressable):
    """A page in the list of pages."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.icon_name = ""
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Icon and words."""
        width = QFontMetrics(font(14, 500)).horizontalAdvance(self.text())
        return QSize(width + 62, scaled(40))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Words are never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, icon and words."""
        painter, colors = QPainter(self), tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self._is_hovered:
            painter.setBrush(colors.selected if self.isChecked() else colors.pressed)
            painter.drawRoundedRect(rect, 10, 10)
        ink = colors.accent if self.isChecked() else colors.text_2
        paint_icon(painter, self.icon_name, QRectF(12, rect.center().y() - 10, 20, 20), ink)
        painter.setFont(font(14, 500))
        painter.setPen(colors.text)
        words = rect.adjusted(44, 0, -12, 0)
        painter.drawText(
            words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text()
        )
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)


class PageList(QWidget):
    """The pages one can go to."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), tokens().rail)


class SettingsDialog(Dialog):
    """Changes hold at once and are kept."""

    log_out_requested = Signal()
    devices_requested = Signal()
    password_requested = Signal()
    code_requested = Signal()
    profile_requested = Signal()
    passcode_requested = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        parent: QWidget | None = None,
        *,
        version: str = "",
        has_passcode: bool = False,
    ) -> None:
        super().__init__(parent)
        # The Tab key goes the way they are made: list, top of the page, page.
        self.list = PageList(self)
        self.list_title = Label(18, 600, parent=self.list)
        self.list_close_button = IconButton("x", parent=self.list)
        self.page_rows = [PageRow(self.list) for _ in range(PAGES)]
        self.page = QWidget(self)
        self.page_title = Label(18, 600, parent=self.page)
        self.back_button = IconButton("arrow-left", parent=self.page)
        self.close_button = IconButton("x", parent=self.page)
        self.account = AccountPage(session, settings, self)
        self.privacy = PrivacyPage(session, port, settings, self, has_passcode=has_passcode)
        self.notifications = NotificationsPage(settings, self)
        self.appearance = AppearancePage(settings, self)
        self.chats = ChatsPage(settings, self)
        self.storage = StoragePage(port, settings, self)
        self.shortcuts = ShortcutsPage(settings, self)
        self.about = AboutPage(session, port, settings, self, version=version)
        self.pages: list[SettingsPage] = [
            self.account,
            self.privacy,
            self.notifications,
            self.appearance,
            self.chats,
            self.storage,
            self.shortcuts,
            self.about,
        ]
        self.stack = QStackedWidget(self)
        self._is_list_shown = True
        self._build()
        self._connect()
        self._choose(0)
        self._is_list_shown = True
        self.retranslate()
        self._resize_for(parent)
        self.page_rows[0].setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("settings.title"))
        self.list_title.setText(translate("settings.title"))
        self.list.setAccessibleName(translate("settings.pages"))
        for row, page in zip(self.page_rows, self.pages, strict=True):
            row.setText(translate(page.title))
            row.setAccessibleName(translate(page.title))
            row.updateGeometry()
        self.page_title.setText(translate(self.pages[self.stack.currentIndex()].title))
        self.back_button.set_name(translate("settings.back"))
        for button in (self.close_button, self.list_close_button):
            button.set_name(translate("dialog.close"))

    def show_page(self, page: SettingsPage) -> None:
        """Go to one of `pages`."""
        self._choose(self.pages.index(page))

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for the list or the page, not both."""
        return self.width() < scaled(NARROW_WIDTH)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold, or unfold."""
        super().resizeEvent(event)
        self._fold()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground of the page."""
        QPainter(self).fillRect(self.rect(), tokens().list)

    def _build(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.heading.hide()
        rows = QVBoxLayout(self.list)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.setSpacing(2)
        self.list_title.setContentsMargins(12, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(self.list_title, 1)
        head.addWidget(self.list_close_button)
        rows.addLayout(head)
        rows.addSpacing(8)
        group = QButtonGroup(self)
        for place, row in enumerate(self.page_rows):
            row.icon_name = self.pages[place].icon_name
            group.addButton(row, place)
            rows.addWidget(row)
            self.stack.addWidget(self.pages[place])
        group.idClicked.connect(self._choose)
        rows.addStretch(1)
        top = QHBoxLayout()
        top.setContentsMargins(14, 12, 12, 6)
        top.addWidget(self.back_button)
        self.page_title.setContentsMargins(10, 0, 0, 0)
        top.addWidget(self.page_title, 1)
        top.addWidget(self.close_button)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.stack, 1)
        panes = QHBoxLayout()
        panes.setSpacing(0)
        panes.addWidget(self.list)
        panes.addWidget(self.page, 1)
        self.form.addLayout(panes, 1)

    def _connect(self) -> None:
        self.back_button.clicked.connect(self._go_back)
        self.close_button.clicked.connect(self.accept)
        self.list_close_button.clicked.connect(self.accept)
        for of_page, request in (
            (self.account.log_out_requested, self.log_out_requested),
            (self.account.devices_requested, self.devices_requested),
            (self.account.password_requested, self.password_requested),
            (self.account.code_requested, self.code_requested),
            (self.account.profile_requested, self.profile_requested),
            (self.privacy.passcode_requested, self.passcode_requested),
        ):
            of_page.connect(self._leaver(request))
        fonts().changed.connect(self._fold)

    def _leaver(self, request: SignalInstance) -> Callable[[], None]:
        """Close, and say which dialog comes next."""

        def leave() -> None:
            self.accept()
            request.emit()

        return leave

    def _choose(self, place: int) -> None:
        self.page_rows[place].setChecked(True)
        self.stack.setCurrentIndex(place)
        self.page_title.setText(translate(self.pages[place].title))
        self._is_list_shown = False
        self._fold()
        self.pages[place].shown()

    def _go_back(self) -> None:
        self._is_list_shown = True
        self._fold()
        self.page_rows[self.stack.currentIndex()].setFocus()

    def _fold(self) -> None:
        is_narrow = self.is_narrow
        self.list.setVisible(not is_narrow or self._is_list_shown)
        self.page.setVisible(not is_narrow or not self._is_list_shown)
        self.back_button.setVisible(is_narrow)
        self.list_close_button.setVisible(is_narrow)
        if is_narrow:
            self.list.setMinimumWidth(0)
            self.list.setMaximumWidth(UNBOUNDED)
        else:
            widest = max(row.sizeHint().width() for row in self.page_rows)
            self.list.setFixedWidth(max(scaled(LIST_WIDTH), widest + 24))

    def _resize_for(self, parent: QWidget | None) -> None:
        self.setMinimumSize(WIDTH_MIN, HEIGHT_MIN)
        self.setMaximumSize(UNBOUNDED, UNBOUNDED)
        room = parent.size() if parent is not None else QSize(WIDTH + 40, HEIGHT + 40)
        width = max(WIDTH_MIN, min(scaled(WIDTH), room.width() - 20))
        self.resize(width, max(HEIGHT_MIN, min(scaled(HEIGHT), room.height() - 20)))

    def _on_fonts(self) -> None:
        """It has the size that it was given; only what is in it changes."""

    def _fit(self) -> None:
        """Pages scroll where they do not fit."""
