"""What all dialogs have in common: title, form, a sentence for what went wrong, buttons.

Dialogs are `open`ed and never `exec`uted: a nested loop would hold up every other coroutine.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.models.port import CommandFailedError
from desktop.ui.busy_bar import BusyBar
from desktop.ui.controls import Button, ButtonKind, Field, Label, PasswordField, ScrollBar
from desktop.ui.fonts import fonts, scaled
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import error_sentence, language, translate

__all__ = ["ConfirmDialog", "Dialog"]

HEIGHT_MIN = 320
SCREEN_EDGE = 60  # Of the screen's height, left to the title of the window.


class Dialog(QDialog):
    """A form with a heading, an error line and a row of buttons.

    Subclasses fill `form`, add buttons and say everything in `retranslate`.
    """

    def __init__(self, parent: QWidget | None = None, *, width: int = 400) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._width = width
        self.setFixedWidth(scaled(width))
        self.heading = Label(18, 600, parent=self, wraps=True)
        self.error = Label(13, ink=lambda colors: colors.danger, wraps=True, parent=self)
        self.error.hide()
        self._content = QWidget(self)
        self.form = QVBoxLayout(self._content)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setSpacing(6)
        self._area = ContentArea(self._content, self)
        self.busy_bar = BusyBar(self)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 24)
        layout.setSpacing(14)
        layout.addWidget(self.heading)
        layout.addWidget(self._area, 1)
        layout.addWidget(self.error)
        layout.addSpacing(2)
        layout.addLayout(self.buttons)
        self._is_busy = False
        self._focused: QWidget | None = None
        theme().changed.connect(self.update)
        fonts().changed.connect(self._on_fonts)
        language().changed.connect(self.retranslate)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""

    def add_field(self, field: Field) -> Label:
        """Put a field and the label above it into the form; return the label."""
        label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        label.setBuddy(field)
        self.form.addWidget(label)
        self.form.addWidget(field)
        self.form.addSpacing(6)
        return label

    def say_fields(self, *fields: tuple[Label, Field, str]) -> None:
        """Give fields and the labels above them their words, by keys of the translations."""
        for label, field, key in fields:
            label.setText(translate(key))
            field.set_name(translate(key))
            if isinstance(field, PasswordField):
                field.set_eye_name(translate("login.show_password"))

    def add_button(self, kind: ButtonKind) -> Button:
        """Put a button into the row."""
        button = Button(kind, parent=self)
        self.buttons.addWidget(button)
        return button

    def show_error(self, sentence: str) -> None:
        """Say what went wrong; an empty sentence takes it back."""
        self.error.setText(sentence)
        self.error.setAccessibleName(sentence)
        self.error.setVisible(bool(sentence))
        self._fit()

    def set_busy(self, is_busy: bool) -> None:
        """Keep the form from being sent twice while the engine works."""
        if is_busy and not self._is_busy:
            self._focused = self.focusWidget()
        self._is_busy = is_busy
        if is_busy:
            self.busy_bar.start()
        else:
            self.busy_bar.stop()
        for button in self.findChildren(Button):
            # Dialogs in front of this one are its children too.
            if button.window() is self:
                button.setEnabled(not is_busy)
        if not is_busy and self._focused is not None and self._focused.isVisible():
            # A button that is disabled loses the keyboard; the person goes on where they were.
            self._focused.setFocus()
            self._focused = None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a flow of this dialog; what the engine refuses is said in the dialog."""
        if self._is_busy:
            work.close()
            return
        self.show_error("")
        self.set_busy(True)
        task = create_task(self._guarded(work), name=type(self).__name__, owner=self)
        # Closed before its first step, the flow would count as forgotten.
        task.add_done_callback(lambda _: work.close())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Open just as high as the form needs."""
        self._fit()
        super().showEvent(event)

    def _on_fonts(self) -> None:
        self.setFixedWidth(scaled(self._width))
        self._fit()

    def _fit(self) -> None:
        """Be just as high as everything needs; on a screen that is too low, the form scrolls."""
        layout = self.layout()
        assert layout is not None
        margins = layout.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        for inner in reversed(self._content.findChildren(QLayout)):
            inner.activate()  # Parts of the form that changed just now have not told it yet.
        needed = _height_at(self.form, width)
        self._area.setFixedHeight(needed)
        layout.activate()
        height = _height_at(layout, self.width())
        room = max(HEIGHT_MIN, self.screen().availableGeometry().height() - SCREEN_EDGE)
        if height > room:
            self._area.setFixedHeight(max(HEIGHT_MIN // 2, needed - (height - room)))
            layout.activate()
            height = _height_at(layout, self.width())
        self.setFixedHeight(height)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), tokens().list)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CommandFailedError as error:
            self.set_busy(False)
            self.show_error(error_sentence(error.code))
        else:
            self.set_busy(False)


class ContentArea(QScrollArea):
    """Holds the form of a dialog, and scrolls it where the screen is too low."""

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        # The dialog paints the ground below both; Qt lets what is scrolled fill its own.
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows are the dialog's; the control that has the keyboard is kept in sight anyway."""
        event.ignore()


def _height_at(layout: QLayout, width: int) -> int:
    layout.activate()
    height = layout.totalHeightForWidth(width)
    # Without a line that wraps a layout knows only one height.
    return height if height > 0 else layout.totalSizeHint().height()


class ConfirmDialog(Dialog):
    """Asks before something is done that cannot be undone; `accepted` says yes.

    Args:
        title: The question.
        words: What will happen.
        yes: What the button says that does it.
        no: What the button says that does not.
    """

    def __init__(
        self, parent: QWidget | None, *, title: str, words: str, yes: str, no: str
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.heading.setText(title)
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.words.setText(words)
        self.form.addWidget(self.words)
        self.buttons.addStretch(1)
        self.no_button = self.add_button(ButtonKind.PLAIN)
        self.no_button.setText(no)
        self.no_button.clicked.connect(self.reject)
        self.yes_button = self.add_button(ButtonKind.DANGER)
        self.yes_button.setText(yes)
        self.yes_button.clicked.connect(self.accept)
        self.no_button.setFocus()
