"""The panel of emoji: groups, search in both languages, those used lately, skin tones."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.controls import IconButton, Label, Pressable, SearchField, paint_focus_ring
from desktop.ui.emoji import TONES, Emoji, emoji_of, find_emoji, load_groups, with_recent
from desktop.ui.emoji_grid import EmojiGrid, cell_side
from desktop.ui.fonts import font, fonts
from desktop.ui.menu import Menu
from desktop.ui.popover import SHADOW, Popover
from desktop.ui.settings import SettingsStore
from desktop.ui.theme import tokens
from desktop.ui.translate import language, translate
from shared import limits

__all__ = ["EmojiPicker"]

COLUMNS, ROWS = 9, 6
RECENT = "recent"
ICONS = {
    RECENT: "clock",
    "smileys": "smile",
    "people": "hand",
    "animals": "paw-print",
    "food": "apple",
    "travel": "car",
    "activities": "trophy",
    "objects": "lightbulb",
    "symbols": "heart",
    "flags": "flag",
}
TONE_SAMPLE = "✋"


class EmojiPicker(Popover):
    """Opens above what asked for it; `picked` gives the sign.

    Args:
        parent: Any widget of the window.
        settings: Remembers skin tone and what was used lately.
        is_single: Close with the first one picked, as for a reaction; else it stays open.
    """

    picked = Signal(str)

    def __init__(
        self, parent: QWidget, settings: SettingsStore | None = None, *, is_single: bool = False
    ) -> None:
        super().__init__(parent)
        self._settings = settings or SettingsStore()
        self._is_single = is_single
        self._page = "smileys"
        self._pointed: Emoji | None = None
        self.search = SearchField(self)
        self.tone_button = ToneButton(self)
        self.tabs = {
            name: IconButton(icon, side=34, icon_side=18, parent=self)
            for name, icon in ICONS.items()
        }
        self.title = Label(12, 500, ink=lambda colors: colors.text_2, parent=self)
        self.grid = EmojiGrid(self)
        self.footer = Label(12, ink=lambda colors: colors.text_2, parent=self)
        self._build()
        self._connect()
        self.retranslate()

    def pop_up(self, corner: QPoint) -> None:
        """Open with the lower right corner there, on the screen."""
        self.search.clear()
        self.tone_button.show_tone(self._settings.settings.skin_tone)
        self._show_page(RECENT if self._settings.settings.recent_emoji else self._page)
        self.open_at(corner + QPoint(0, -8))
        self.search.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("emoji.name"))
        self.search.set_name(translate("emoji.search"))
        self.search.setPlaceholderText(translate("emoji.search"))
        self.grid.setAccessibleName(translate("emoji.grid"))
        self.tone_button.setAccessibleName(translate("emoji.tone"))
        self.tone_button.setToolTip(translate("emoji.tone"))
        for name, tab in self.tabs.items():
            tab.set_name(translate(f"emoji.group_{name}"))
        self._refresh_title()
        self._point_at(self._pointed)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape closes; down leads from the search into the grid, Ctrl+Tab to the next group."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.grid.enter()
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._turn(1 if event.key() == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        tabs = QHBoxLayout()
        tabs.setSpacing(0)
        self._group = QButtonGroup(self)
        for tab in self.tabs.values():
            tab.setCheckable(True)
            self._group.addButton(tab)
            tabs.addWidget(tab)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self.tone_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW + 10, SHADOW + 10, SHADOW + 4, SHADOW + 8)
        layout.setSpacing(6)
        for row in (top, tabs):
            row.setContentsMargins(0, 0, 6, 0)
            layout.addLayout(row)
        layout.addWidget(self.title)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.footer)
        self._layout = layout
        self._fit()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_searched)
        self.search.returnPressed.connect(self._pick_first)
        self.grid.picked.connect(self._on_picked)
        self.grid.tones_requested.connect(self._ask_tone)
        self.grid.pointed.connect(self._point_at)
        self.grid.left_upwards.connect(self.search.setFocus)
        self.grid.typed.connect(self._on_typed)
        self.tone_button.clicked.connect(self._ask_default_tone)
        for name, tab in self.tabs.items():
            tab.clicked.connect(lambda _checked=False, name=name: self._open_page(name))
        fonts().changed.connect(self._fit)
        language().changed.connect(self.retranslate)

    def _fit(self) -> None:
        """Take the room that letters and signs need now."""
        self.grid.setFixedSize(COLUMNS * cell_side() + 12, ROWS * cell_side())
        self.setFixedSize(self._layout.sizeHint())

    # What is shown.

    def _open_page(self, name: str) -> None:
        self.search.clear()
        self._show_page(name)

    def _show_page(self, name: str) -> None:
        self._page = name
        self.tabs[name].setChecked(True)
        if name == RECENT:
            found = [(emoji_of(sign), sign) for sign in self._settings.settings.recent_emoji]
            self.grid.show_signs([(emoji, sign) for emoji, sign in found if emoji is not None])
        else:
            group = next(each for each in load_groups() if each.group == name)
            self._show(list(group.items))
        self._refresh_title()

    def _show(self, emoji: list[Emoji]) -> None:
        tone = self._settings.settings.skin_tone
        self.grid.show_signs([(each, each.toned(tone)) for each in emoji])

    def _turn(self, step: int) -> None:
        names = list(self.tabs)
        self._open_page(names[(names.index(self._page) + step) % len(names)])

    def _on_searched(self, text: str) -> None:
        if not text.strip():
            self._show_page(self._page)
            return
        self._show(find_emoji(text))
        self._refresh_title()

    def _refresh_title(self) -> None:
        count = self.grid.emoji.rowCount()
        if self.search.text().strip():
            words = translate("emoji.found", count=count) if count else translate("emoji.none")
        elif count:
            words = translate(f"emoji.group_{self._page}")
        else:
            words = translate("emoji.no_recent")
        self.title.setText(words)

    def _point_at(self, emoji: object) -> None:
        """Say below the grid what the mouse or the keyboard is at."""
        self._pointed = emoji if isinstance(emoji, Emoji) else None
        name = self._pointed
        self.footer.setText(f"{name.name}  :{name.short_name}:" if name is not None else " ")

    # What is picked.

    def _on_typed(self, text: str) -> None:
        self.search.setFocus()
        self.search.insert(text)

    def _pick_first(self) -> None:
        self.grid.pick(self.grid.emoji.index(0))

    def _on_picked(self, _emoji: object, sign: str) -> None:
        recent = self._settings.settings.recent_emoji
        recent = with_recent(recent, sign, count=limits.EMOJI_RECENT_MAX)
        self._settings.change(recent_emoji=recent)
        self.picked.emit(sign)
        if self._is_single:
            self.close()

    def _ask_tone(self, emoji: Emoji, cell: QRect) -> None:
        def pick(tone: int) -> None:
            self._set_tone(tone)
            self._on_picked(emoji, emoji.toned(tone))

        at = self.grid.viewport().mapToGlobal(cell.bottomLeft())
        self._open_tones(emoji, pick, at)

    def _ask_default_tone(self) -> None:
        sample = emoji_of(TONE_SAMPLE)
        assert sample is not None
        at = self.tone_button.mapToGlobal(self.tone_button.rect().bottomLeft())
        self._open_tones(sample, self._set_tone, at)

    def _open_tones(self, emoji: Emoji, chosen: Callable[[int], None], at: QPoint) -> None:
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(translate("emoji.tone"))
        for tone in range(TONES):
            action = menu.addAction(f"{emoji.toned(tone)}  {translate(f'emoji.tone_{tone}')}")
            action.setCheckable(True)
            action.setChecked(tone == self._settings.settings.skin_tone)
            action.triggered.connect(lambda _checked=False, tone=tone: chosen(tone))
        menu.popup(at)

    def _set_tone(self, tone: int) -> None:
        """Remember a skin tone, and show it in the grid."""
        self._settings.change(skin_tone=tone)
        self.tone_button.show_tone(tone)
        if self.search.text().strip():
            self._on_searched(self.search.text())
        elif self._page != RECENT:
            self._show_page(self._page)


class ToneButton(Pressable):
    """Shows the skin tone that is used."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = TONE_SAMPLE
        self.setFixedSize(36, 36)

    def show_tone(self, tone: int) -> None:
        """Show another tone."""
        sample = emoji_of(TONE_SAMPLE)
        assert sample is not None
        self._sign = sample.toned(tone)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A square."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint a hand in the tone."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        if self._is_hovered or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().pressed)
            painter.drawRoundedRect(rect, 10, 10)
        painter.setFont(font(20))
        painter.setPen(tokens().text)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._sign)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)
