"""One page of the settings: what the pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.models.port import CommandFailedError
from desktop.ui.controls import Label, ScrollBar
from desktop.ui.setting_rows import ActionRow, Choice, SwitchRow
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import error_sentence, language, translate

__all__ = ["SettingsPage"]

SIDE = 12  # Beside rows, whose words stand as far in again.


class Ground(QWidget):
    """What the rows stand on."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), tokens().list)


class SettingsPage(QScrollArea):
    """Rows below each other that scroll where they do not fit.

    Subclasses add rows and put what they say into `say` or `retranslate`.

    Args:
        title: Key of what the page is called.
        icon_name: Stands before the title in the list of pages.
        settings: What is changed here is kept there at once.
    """

    def __init__(
        self, title: str, icon_name: str, settings: SettingsStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.icon_name = icon_name
        self._settings = settings
        self._sayers: list[Callable[[], None]] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.ground = Ground(self)
        self.body = QVBoxLayout(self.ground)
        self.body.setContentsMargins(SIDE, 4, SIDE, 2 * SIDE)
        self.body.setSpacing(2)
        self.error = Label(13, ink=lambda colors: colors.danger, wraps=True, parent=self.ground)
        self.error.setContentsMargins(SIDE, 0, SIDE, 6)
        self.error.hide()
        self.body.addWidget(self.error)
        self.body.addStretch(1)
        self.setWidget(self.ground)
        theme().changed.connect(self.ground.update)
        language().changed.connect(self.retranslate)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate(self.title))
        for say in self._sayers:
            say()

    def say(self, words: Callable[[], None]) -> None:
        """Call this now and whenever the language changes."""
        self._sayers.append(words)
        words()

    def shown(self) -> None:
        """The page came to the front; pages that ask the engine do it here."""

    # Rows.

    def add(self, widget: QWidget, *, gap: int = 0, is_short: bool = False) -> None:
        """Put a widget below the others, in line with the words of rows.

        Args:
            widget: It.
            gap: Below it.
            is_short: It is as wide as it has to be, not as wide as the page.
        """
        line = QHBoxLayout()
        side = 0 if isinstance(widget, SwitchRow | ActionRow) else SIDE
        line.setContentsMargins(side, 0, side, 0)
        line.addWidget(widget)
        if is_short:
            line.addStretch(1)
        self.body.insertLayout(self.body.count() - 2, line)
        if gap:
            self.body.insertSpacing(self.body.count() - 2, gap)

    def add_title(self, key: str) -> Label:
        """Put the title of a section."""
        label = Label(13, 600, ink=lambda colors: colors.text_2, parent=self.ground)
        if self.body.count() > 2:
            self.body.insertSpacing(self.body.count() - 2, 14)
        self.add(label, gap=4)
        self.say(lambda: label.setText(translate(key)))
        return label

    def add_words(self, key: str = "") -> Label:
        """Put a line that explains something; without a key the page says it."""
        label = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self.ground)
        label.setContentsMargins(0, 4, 0, 0)
        self.add(label, gap=6)
        if key:
            self.say(lambda: label.setText(translate(key)))
        return label

    def add_switch(self, title: str, words: str, field: str) -> SwitchRow:
        """Put a switch that keeps a field of the settings."""
        row = SwitchRow(self.ground)
        row.setChecked(bool(getattr(self._settings.settings, field)))
        row.toggled.connect(lambda is_on: self._settings.change(**{field: is_on}))
        self.add(row)
        self.say(lambda: row.say(translate(title), translate(words)))
        return row

    def add_choice(self, title: str, words: Sequence[str | Callable[[], str]]) -> Choice:
        """Put a choice under a title; words are keys, or say themselves."""
        self.add_title(title)
        choice = Choice(len(words), self.ground)
        self.add(choice)

        def say() -> None:
            spoken = [translate(each) if isinstance(each, str) else each() for each in words]
            choice.name(translate(title), spoken)

        self.say(say)
        return choice

    def add_action(
        self, icon_name: str, key: str, wanted: SignalInstance, *, is_danger: bool = False
    ) -> ActionRow:
        """Put a row that asks for another dialog."""
        row = ActionRow(icon_name, self.ground, is_danger=is_danger)
        row.clicked.connect(lambda: wanted.emit())
        self.add(row)
        self.say(lambda: row.say(translate(key)))
        return row

    # Work.

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Ask the engine; what it refuses is said on the page."""
        self.show_error("")
        task = create_task(self._guarded(work), name=type(self).__name__, owner=self)
        task.add_done_callback(lambda _: work.close())

    def show_error(self, sentence: str) -> None:
        """Say what went wrong; an empty sentence takes it back."""
        self.error.setText(sentence)
        self.error.setAccessibleName(sentence)
        self.error.setVisible(bool(sentence))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CommandFailedError as error:
            self.show_error(error_sentence(error.code))
            self.undo()

    def undo(self) -> None:
        """Show again what holds, after a refusal."""
