"""The parts of a composer, where they stand, and how they grow with the text."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui.composer_strip import ComposerStrip, strip_height
from desktop.ui.controls import IconButton, Label
from desktop.ui.editor import Editor
from desktop.ui.fonts import fonts
from desktop.ui.theme import tokens
from desktop.ui.translate import translate
from shared import limits

__all__ = ["HEIGHT_MAX", "HEIGHT_MIN", "ComposerFrame"]

HEIGHT_MIN, HEIGHT_MAX = 58, 224
EDGE, GAP = 12, 8


class ComposerFrame(QWidget):
    """Editor and buttons; above them a strip, below them a line for what is wrong."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._complaint = ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.strip = ComposerStrip(self)
        self.editor = Editor(self)
        self.attach_button = IconButton("paperclip", icon_side=22, parent=self)
        self.emoji_button = IconButton("smile", icon_side=22, parent=self)
        self.send_button = IconButton("send-horizontal", is_filled=True, icon_side=18, parent=self)
        self.warning = Label(12, ink=lambda colors: colors.danger, wraps=True, parent=self)
        self.warning.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.warning.setContentsMargins(16, 0, 16, 6)
        self.warning.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_MIN)
        self.editor.document().documentLayout().documentSizeChanged.connect(self._grow)
        fonts().changed.connect(self._grow)

    @property
    def text(self) -> str:
        """What was typed."""
        return self.editor.text

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.editor.setPlaceholderText(translate("composer.placeholder"))
        self.editor.setAccessibleName(translate("composer.name"))
        self.attach_button.set_name(translate("composer.attach"))
        self.emoji_button.set_name(translate("composer.emoji"))
        self.send_button.set_name(translate("composer.send"))
        self.strip.retranslate()
        self._update_state()

    def complain(self, sentence: str) -> None:
        """Say what went wrong until something is typed."""
        self._complaint = sentence
        self._update_state()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """The keyboard belongs to the editor."""
        super().focusInEvent(event)
        self.editor.setFocus()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its upper edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, 0, self.width(), 1, tokens().border)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the parts in their places; in a narrow window more lines are needed."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._grow()
        self._place()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as the text needs."""
        return QSize(300, self.height())

    def _update_state(self) -> None:
        text = self.text.strip()
        excess = len(text) - limits.TEXT_LENGTH_MAX
        sentence = translate("composer.too_long", count=excess) if excess > 0 else self._complaint
        self.warning.setText(sentence)
        self.warning.setVisible(bool(sentence))
        self.send_button.setEnabled(bool(text) and excess <= 0)
        self._grow()

    def _grow(self) -> None:
        """Fit the height to the text; one line sits in the middle, between the buttons."""
        height = min(max(HEIGHT_MIN, self._text_height() + 30), HEIGHT_MAX)
        self.setFixedHeight(height + self._strip_height() + self._warning_height())
        self._place()

    def _place(self) -> None:
        """Give every part its place.

        No layout of Qt's does it: the editor, once it has its width, asks for another height, and
        a layout that is asked for that in its midst leaves parts where they were.
        """
        strip, warning, width = self._strip_height(), self._warning_height(), self.width()
        self.strip.setGeometry(0, 1, width, strip_height())
        self.warning.setGeometry(0, self.height() - warning, width, warning)
        top, bottom = strip + 1, self.height() - warning
        side, y = self.attach_button.width(), bottom - 11 - self.attach_button.height()
        send = width - EDGE - side
        emoji = send - GAP - side
        left = EDGE + side + 6
        self.attach_button.move(EDGE, y)
        self.emoji_button.move(emoji, y)
        self.send_button.move(send, y)
        is_full = bottom - top >= HEIGHT_MAX - 1
        pad = 12 if is_full else max(0, (bottom - top - self._text_height()) // 2)
        self.editor.setViewportMargins(0, pad, 0, 12 if is_full else 0)
        self.editor.setGeometry(left, top, emoji - GAP - left, bottom - top)

    def _text_height(self) -> int:
        return round(self.editor.document().documentLayout().documentSize().height())

    def _strip_height(self) -> int:
        return strip_height() if self.strip.isVisibleTo(self) else 0

    def _warning_height(self) -> int:
        if not self.warning.isVisibleTo(self):
            return 0
        return max(26, self.warning.heightForWidth(max(1, self.width())))
