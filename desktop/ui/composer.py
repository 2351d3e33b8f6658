"""Where a message is typed: grows with the text, keeps drafts, tells that the person types."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from desktop.commands import EditMessage, SaveDraft, SendText, SetTyping
from desktop.events import MessageRow
from desktop.models.port import Port
from desktop.ui.composer_strip import HEIGHT as STRIP_HEIGHT
from desktop.ui.composer_strip import ComposerStrip
from desktop.ui.controls import IconButton, Label, ScrollBar
from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.fonts import font
from desktop.ui.theme import theme, tokens
from desktop.ui.timeline_layout import row_words
from desktop.ui.translate import language, translate
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["Composer", "Editor"]

HEIGHT_MIN, HEIGHT_MAX = 58, 224
DRAFT_DELAY_MS = 700
TYPING_END_MS = 5_000


class Editor(QTextEdit):
    """Plain text; Enter sends, Shift+Enter breaks the line."""

    submitted = Signal()
    escaped = Signal()
    up_pressed = Signal()  # While there is nothing typed.

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(font(15))
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        theme().changed.connect(self.recolor)
        self.recolor()

    def recolor(self) -> None:
        """Take the colours of the theme that holds now."""
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        palette.setColor(QPalette.ColorRole.Text, tokens().text)
        palette.setColor(QPalette.ColorRole.PlaceholderText, tokens().text_3)
        palette.setColor(QPalette.ColorRole.Highlight, tokens().selection)
        palette.setColor(QPalette.ColorRole.HighlightedText, tokens().text)
        self.setPalette(palette)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter sends unless Shift is held."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            event.ignore()
        elif event.key() == Qt.Key.Key_Up and self.document().isEmpty():
            self.up_pressed.emit()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        """Paste text without its looks."""
        self.insertPlainText(source.text())


class Composer(QWidget):
    """Editor, emoji and send button of one conversation; above them what is answered or edited."""

    sent = Signal()
    edit_last_requested = Signal()

    def __init__(
        self,
        conversation_id: ConversationId,
        port: Port,
        *,
        draft: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._conversation_id = conversation_id
        self._port = port
        self._saved_draft = draft
        self._is_typing = False
        self._picker: EmojiPicker | None = None
        self._answered: MessageRow | None = None
        self._edited: MessageRow | None = None
        self._kept = ""  # What was typed before an edit began.
        self.strip = ComposerStrip(self)
        self.editor = Editor(self)
        self.emoji_button = IconButton("smile", icon_side=22, parent=self)
        self.send_button = IconButton("send-horizontal", is_filled=True, icon_side=18, parent=self)
        self.warning = Label(12, ink=lambda colors: colors.danger, parent=self)
        self.warning.hide()
        self._build()
        self._draft_timer = self._timer(DRAFT_DELAY_MS, self.flush_draft)
        self._typing_pause = self._timer(limits.TYPING_REPEAT_MS, lambda: None)
        self._typing_end = self._timer(TYPING_END_MS, self._stop_typing)
        self.editor.setPlainText(draft)
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self.editor.textChanged.connect(self._on_text_changed)
        self.editor.document().documentLayout().documentSizeChanged.connect(self._grow)
        self.editor.submitted.connect(self.send)
        self.editor.escaped.connect(self.stop_changing)
        self.editor.up_pressed.connect(self.edit_last_requested)
        self.strip.closed.connect(self.stop_changing)
        self.send_button.clicked.connect(self.send)
        self.emoji_button.clicked.connect(self._pick_emoji)
        language().changed.connect(self.retranslate)
        self.retranslate()
        self._update_state()

    @property
    def text(self) -> str:
        """What was typed."""
        return self.editor.toPlainText()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.editor.setPlaceholderText(translate("composer.placeholder"))
        self.editor.setAccessibleName(translate("composer.name"))
        self.emoji_button.set_name(translate("composer.emoji"))
        self.send_button.set_name(translate("composer.send"))
        self.strip.retranslate()
        self.warning.setText(translate("composer.too_long", count=limits.TEXT_LENGTH_MAX))

    def send(self) -> None:
        """Put what was typed into the outbox, unless it is blank or too long."""
        text = self.text.strip()
        if not text or len(text) > limits.TEXT_LENGTH_MAX:
            return
        self._port.send(self._command(text))
        if self._edited is not None:
            self.stop_changing()
            return
        self.stop_changing()
        self.editor.clear()
        self.flush_draft()
        self._stop_typing()
        self.sent.emit()

    def answer(self, row: MessageRow, who: str) -> None:
        """Let the next message answer this one."""
        self.stop_changing()
        self._answered = row
        self.strip.show_message(translate("composer.answering", name=who), row_words(row))
        self._begin_changing()

    def edit(self, row: MessageRow) -> None:
        """Let the text of a message be written anew; what was typed comes back afterwards."""
        self.stop_changing()
        self._kept = self.text
        self._edited = row
        self.strip.show_message(translate("composer.editing"), row_words(row))
        self.editor.setPlainText(row.text)
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self._begin_changing()

    def stop_changing(self) -> None:
        """Answer and edit nothing."""
        was_edited, self._answered, self._edited = self._edited, None, None
        self.strip.hide()
        if was_edited is not None:
            self.editor.setPlainText(self._kept)
            self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self._grow()

    def _begin_changing(self) -> None:
        self._grow()
        self.editor.setFocus()

    def _command(self, text: str) -> SendText | EditMessage:
        if self._edited is not None:
            return EditMessage(
                conversation_id=self._conversation_id,
                message_id=self._edited.message_id,
                text=text,
            )
        reply_to = "" if self._answered is None else self._answered.message_id
        return SendText(conversation_id=self._conversation_id, text=text, reply_to=reply_to)

    def flush_draft(self) -> None:
        """Store what is typed and not sent, if it is not stored yet."""
        self._draft_timer.stop()
        if self._edited is not None:
            return  # It belongs to a message that was sent.
        text = self.text[: limits.DRAFT_LENGTH_MAX]
        draft = text if text.strip() else ""
        if draft != self._saved_draft:
            self._saved_draft = draft
            self._port.send(SaveDraft(conversation_id=self._conversation_id, text=draft))

    def leave(self) -> None:
        """Store the draft and end typing: the conversation is left or the window closes."""
        self.stop_changing()
        self.flush_draft()
        self._stop_typing()

    def restore(self, text: str) -> None:
        """Put a refused message back for another try, behind what is typed."""
        typed = self.text.rstrip()
        self.editor.setPlainText(f"{typed}\n{text}" if typed else text)
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self.editor.setFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """The keyboard belongs to the editor."""
        super().focusInEvent(event)
        self.editor.setFocus()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its upper edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, 0, self.width(), 1, tokens().border)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as the text needs."""
        return QSize(300, self.height())

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(18, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.editor, 1)
        for button in (self.emoji_button, self.send_button):
            column = QVBoxLayout()
            column.setContentsMargins(0, 0, 0, 10)
            column.addStretch(1)
            column.addWidget(button)
            row.addLayout(column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        layout.addLayout(row, 1)
        layout.addWidget(self.warning, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_MIN)

    def _timer(self, delay_ms: int, done: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(delay_ms)
        timer.timeout.connect(done)
        return timer

    def _on_text_changed(self) -> None:
        self._update_state()
        self._draft_timer.start()
        if self.text.strip():
            self._tell_typing()
        else:
            self._stop_typing()

    def _update_state(self) -> None:
        text = self.text.strip()
        is_too_long = len(text) > limits.TEXT_LENGTH_MAX
        self.warning.setVisible(is_too_long)
        self.send_button.setEnabled(bool(text) and not is_too_long)
        self._grow()

    def _grow(self) -> None:
        """Fit the height to the text; one line sits in the middle, between the buttons."""
        text_height = self.editor.document().documentLayout().documentSize().height()
        extra = 20 if self.warning.isVisibleTo(self) else 0
        extra += STRIP_HEIGHT if self.strip.isVisibleTo(self) else 0
        height = min(max(HEIGHT_MIN, round(text_height) + 30), HEIGHT_MAX)
        pad = max(0, (height - 1 - round(text_height)) // 2) if height < HEIGHT_MAX else 12
        self.editor.setViewportMargins(0, pad, 0, 0)
        self.setFixedHeight(height + extra)

    def _tell_typing(self) -> None:
        self._typing_end.start()
        if not self._typing_pause.isActive():
            self._typing_pause.start()
            self._is_typing = True
            self._port.send(SetTyping(conversation_id=self._conversation_id, is_typing=True))

    def _stop_typing(self) -> None:
        self._typing_end.stop()
        self._typing_pause.stop()
        if self._is_typing:
            self._is_typing = False
            self._port.send(SetTyping(conversation_id=self._conversation_id, is_typing=False))

    def _pick_emoji(self) -> None:
        picker = EmojiPicker(self)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.picked.connect(self.editor.insertPlainText)
        self._picker = picker
        corner = self.emoji_button.mapToGlobal(self.emoji_button.rect().topRight())
        picker.pop_up(corner)
