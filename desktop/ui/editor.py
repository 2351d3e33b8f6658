"""Where a text is typed: plain text, with keys that send, break lines and mark words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QFocusEvent,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from desktop.ui.controls import ScrollBar, color_field
from desktop.ui.fonts import use_font
from desktop.ui.markers import Marker, mark
from desktop.ui.menu import Menu
from desktop.ui.shortcuts import SHORTCUTS, Shortcut
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import translate
from shared import limits

__all__ = ["Editor", "local_files"]

MARKER_KEYS = {
    SHORTCUTS[shortcut][1][0]: marker
    for shortcut, marker in (
        (Shortcut.MARK_BOLD, Marker.BOLD),
        (Shortcut.MARK_ITALIC, Marker.ITALIC),
        (Shortcut.MARK_STRUCK, Marker.STRUCK),
        (Shortcut.MARK_CODE, Marker.CODE),
    )
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SHIFT, _CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_PLACES = (Qt.InputMethodQuery.ImCursorRectangle, Qt.InputMethodQuery.ImAnchorRectangle)
_PARAGRAPH = "\u2029"  # What Qt has between lines of a selection.


def local_files(source: QMimeData) -> list[str]:
    """Return the paths of files on this machine that were dragged or copied."""
    paths = [url.toLocalFile() for url in source.urls() if url.isLocalFile()]
    return [path for path in paths if path]


class Editor(QTextEdit):
    """Plain text; Enter sends and Shift+Enter breaks the line, or as the settings say."""

    submitted = Signal()
    escaped = Signal()
    up_pressed = Signal()  # While there is nothing typed.
    composing = Signal()  # An input method has begun or changed a word.
    overfull = Signal(int)  # So many characters were not pasted: there is no room for all.
    files_offered = Signal(object)  # list[str], pasted.
    image_offered = Signal(object)  # QImage, pasted.

    def __init__(self, parent: QWidget, *, pixels: int = 15) -> None:
        super().__init__(parent)
        self.enter_sends: Callable[[], bool] = lambda: True
        self.wants_escape: Callable[[], bool] = lambda: False
        self.take_key: Callable[[QKeyEvent], bool] = lambda _event: False  # Of a completion.
        self.takes_files = True
        self._preedit = ""
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        use_font(self, pixels)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        theme().changed.connect(self.recolor)
        self.recolor()

    @property
    def text(self) -> str:
        """What is typed, without what an input method has not finished."""
        return self.toPlainText()

    @property
    def is_composing(self) -> bool:
        """Whether an input method is in the middle of a word."""
        return bool(self._preedit)

    def recolor(self) -> None:
        """Take the colours of the theme that holds now."""
        color_field(self)
        # Qt cuts it where a line of Latin letters ends; `paintEvent` writes it whole.
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.PlaceholderText, QColor(0, 0, 0, 0))
        self.setPalette(palette)

    def set_text(self, text: str) -> None:
        """Hold another text, with the cursor at its end."""
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def finish_composing(self) -> None:
        """Let the input method put in what it has."""
        if self.is_composing:
            QGuiApplication.inputMethod().commit()

    def mark_selection(self, marker: Marker) -> None:
        """Put signs around what is selected, or around the cursor; or take them away."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        if cursor.hasSelection():
            marked = mark(cursor.selectedText().replace(_PARAGRAPH, "\n"), marker)
            start = cursor.selectionStart()
            cursor.insertText(marked)
            end = cursor.position()
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        else:
            cursor.insertText(marker.value * 2)
            cursor.setPosition(cursor.position() - len(marker.value))
        cursor.endEditBlock()
        self.setTextCursor(cursor)

    # Events.

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the text, or in an empty editor what is to be typed."""
        super().paintEvent(event)
        if not self.document().isEmpty() or self.is_composing:
            return
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        painter.setPen(tokens().text_3)
        line = QRectF(self.cursorRect()).adjusted(0, -8, 0, 8)
        line.setRight(self.viewport().width())
        metrics = QFontMetricsF(self.font())
        words = metrics.elidedText(
            self.placeholderText(), Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, words)

    def event(self, event: QEvent) -> bool:
        """Take keys before the window's shortcuts do, where they mean something here."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_escape = event.key() == Qt.Key.Key_Escape and self.wants_escape()
            if is_escape or _marker_of(event) is not None:
                event.accept()
                return True
        # Qt moves the focus with this key before it is a key to anybody else.
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Tab
            and self.take_key(event)
        ):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Send, break the line, complete, put signs around; everything else is Qt's."""
        marker = _marker_of(event)
        if self.is_composing and event.key() in _ENTER:
            # It ends the word. Most input methods keep this key to themselves.
            self.finish_composing()
        elif self.take_key(event):
            return
        elif event.key() in _ENTER:
            self._enter(event)
        elif event.key() == Qt.Key.Key_Escape:
            is_wanted = self.wants_escape()
            self.escaped.emit()
            event.setAccepted(is_wanted)
        elif event.key() == Qt.Key.Key_Up and self.document().isEmpty() and not self.is_composing:
            self.up_pressed.emit()
        elif marker is not None:
            self.mark_selection(marker)
        elif self._is_full() and event.text().isprintable() and event.text():
            self.overfull.emit(1)
        else:
            super().keyPressEvent(event)
            # At once: what else waits, of messages that arrive, is not what somebody looks at.
            self.viewport().repaint()

    def inputMethodQuery(self, query: Qt.InputMethodQuery, *argument: object) -> object:  # noqa: N802
        """Say where the cursor is, in the margins round the text too, which Qt leaves out.

        An input method puts its candidates below this place.
        """
        answer: object = super().inputMethodQuery(query, *argument)
        if query in _PLACES and isinstance(answer, QRect | QRectF):
            return QRectF(answer).translated(self.viewport().pos())
        return answer

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:  # noqa: N802
        """Remember whether a word is in the making; it takes room and hides the placeholder."""
        self._preedit = event.preeditString()
        super().inputMethodEvent(event)
        self.viewport().update()
        self.composing.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """What an input method has not finished is put in or dropped by it."""
        super().focusOutEvent(event)
        if not self.textCursor().block().layout().preeditAreaText():
            self._preedit = ""

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802
        """Texts, and where files are taken, files and pictures."""
        is_file = self.takes_files and (bool(local_files(source)) or source.hasImage())
        return is_file or source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        """Paste a text without its looks; files and pictures are offered to be sent."""
        files = local_files(source)
        if files and self.takes_files:
            self.files_offered.emit(files)
        elif source.hasImage() and self.takes_files and not source.text().strip():
            image = source.imageData()
            if isinstance(image, QImage) and not image.isNull():
                self.image_offered.emit(image)
        else:
            self._insert(source.text())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files are for the whole conversation, which takes what is not taken here."""
        if local_files(event.mimeData()) or event.mimeData().hasImage():
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        """As `dragEnterEvent`."""
        if local_files(event.mimeData()) or event.mimeData().hasImage():
            event.ignore()
        else:
            super().dragMoveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done, in the app's language."""
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(event.globalPos())

    def fill_menu(self, menu: Menu) -> None:
        """Put into a menu what can be done with the text."""
        has_words = self.textCursor().hasSelection()
        for key, act, is_possible in (
            ("edit.undo", self.undo, self.document().isUndoAvailable()),
            ("edit.redo", self.redo, self.document().isRedoAvailable()),
            ("", None, False),
            ("edit.cut", self.cut, has_words),
            ("edit.copy", self.copy, has_words),
            ("edit.paste", self.paste, self.canPaste()),
            ("edit.select_all", self.selectAll, not self.document().isEmpty()),
            ("", None, False),
        ):
            if act is None:
                menu.addSeparator()
            else:
                menu.addAction(translate(key), act).setEnabled(is_possible)
        for keys, marker in MARKER_KEYS.items():
            action = menu.addAction(translate(f"edit.mark_{marker.name.lower()}"))
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(
                lambda _checked=False, marker=marker: self.mark_selection(marker)
            )

    def _enter(self, event: QKeyEvent) -> None:
        is_held = bool(event.modifiers() & _CONTROL)
        is_shifted = bool(event.modifiers() & _SHIFT)
        if is_held or (self.enter_sends() and not is_shifted):
            self.submitted.emit()
        else:
            self.insertPlainText("\n")
            self.ensureCursorVisible()

    def _insert(self, text: str) -> None:
        selected = len(self.textCursor().selectedText())
        if len(self.text) - selected + len(text) > limits.DRAFT_LENGTH_MAX:
            self.overfull.emit(len(text))
        else:
            self.insertPlainText(text)
            self.ensureCursorVisible()

    def _is_full(self) -> bool:
        is_long = self.document().characterCount() > limits.DRAFT_LENGTH_MAX
        return is_long and not self.textCursor().hasSelection()


def _marker_of(event: QKeyEvent) -> Marker | None:
    pressed = QKeySequence(event.keyCombination()).toString(
        QKeySequence.SequenceFormat.PortableText
    )
    return MARKER_KEYS.get(pressed)
