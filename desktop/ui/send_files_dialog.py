"""Shows files before they are sent: what they are, a caption, and what is in the way of any."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop.commands import LookAtFile, SendFile
from desktop.events import FileLookedAt
from desktop.models.port import CommandFailedError, Port
from desktop.ui.attachments import gather
from desktop.ui.controls import ButtonKind, Ink, ScrollBar, paint_focus_ring
from desktop.ui.dialog import Dialog
from desktop.ui.editor import Editor
from desktop.ui.file_item import FileItem, item_height
from desktop.ui.tasks import create_task
from desktop.ui.theme import tokens
from desktop.ui.translate import error_sentence, translate
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["SendFilesDialog"]

ROWS_SHOWN = 5
CAPTION_HEIGHT_MIN, CAPTION_HEIGHT_MAX = 40, 112


class SendFilesDialog(Dialog):
    """Each file becomes a message; the caption and what is answered go with the first.

    Args:
        port: Where commands go.
        conversation_id: Where the files go.
        caption: What was typed already.
        reply_to: Hex ``message_id`` of the message answered.
        parent: The window.
    """

    caption_used = Signal()  # The first file is queued, and the caption with it.
    caption_returned = Signal(str)  # Closed before: what stands in the caption now.
    left_out = Signal(object)  # list[str]: paths that were not sent after all.

    def __init__(
        self,
        port: Port,
        conversation_id: ConversationId,
        *,
        caption: str = "",
        reply_to: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, width=min(420, parent.width() - 20) if parent else 420)
        self._port = port
        self._conversation_id = conversation_id
        self._reply_to = reply_to
        self._is_caption_used = False
        self._has_tried = False
        self.items: list[FileItem] = []
        self.list = ItemList(self)
        self.caption = Caption(self)
        self.form.setSpacing(10)
        self.form.addWidget(self.list)
        self.form.addWidget(self.caption)
        self.caption.editor.set_text(caption)
        self.caption.editor.submitted.connect(self.send)
        self.caption.editor.files_offered.connect(self.add)
        self.caption.editor.textChanged.connect(self._refresh)
        self.caption.resized.connect(self._fit)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.buttons.addStretch(1)
        self.send_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.send_button.clicked.connect(self.send)
        self.finished.connect(self._on_finished)
        self.retranslate()
        self.caption.editor.setFocus()

    @property
    def caption_left(self) -> str | None:
        """The caption, as long as it has not gone with a file."""
        return None if self._is_caption_used else self.caption.editor.text

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.caption.editor.setPlaceholderText(translate("attach.caption"))
        self.caption.editor.setAccessibleName(translate("attach.caption"))
        self.list.setAccessibleName(translate("attach.list"))
        self.cancel_button.setText(translate("dialog.cancel"))
        for item in self.items:
            item.retranslate()
        self._refresh()

    def add(self, paths: Sequence[str]) -> None:
        """Look at more files, and list them."""
        create_task(self._add(paths), name="look at files", owner=self)

    def send(self) -> None:
        """Send what can be sent; where nothing can, look at it again."""
        if any(item.can_be_sent for item in self.items):
            if not self._is_too_long():
                self.start(self._send())
        elif self.items:
            self.start(self._look([item for item in self.items if item.path]))

    def reject(self) -> None:
        """Close, unless files are being handed over right now."""
        if not self._is_busy:
            super().reject()

    def set_busy(self, is_busy: bool) -> None:
        """Keep everything as it is while files are handed over."""
        super().set_busy(is_busy)
        for item in self.items:
            item.remove_button.setEnabled(not is_busy)
        if not is_busy:
            self._refresh()

    # Files.

    async def _add(self, paths: Sequence[str]) -> None:
        have = [item.path for item in self.items]
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, lambda: gather(paths, have=have))
        new = [self._put(FileItem(path, Path(path).name, self.list.inner)) for path in found.paths]
        for refusal in found.refusals:
            reason = partial(
                translate,
                refusal.key,
                count=refusal.count or None,
                max=limits.FILES_AT_ONCE_MAX,
            )
            name = refusal.name or translate("attach.more_files")
            self._put(FileItem("", name, self.list.inner, reason=reason))
        self._refresh()
        await self._look(new)

    async def _look(self, items: Sequence[FileItem]) -> None:
        """Ask what the files are, one after the other: each picture costs a process."""
        for item in items:
            if item not in self.items:
                continue  # Sent or taken out meanwhile.
            try:
                seen = await self._port.ask(LookAtFile(path=item.path))
            except CommandFailedError as error:
                if item in self.items:
                    self._fail(item, error.code)
            else:
                assert isinstance(seen, FileLookedAt)
                if item in self.items:
                    item.show_seen(seen)
            self._refresh()

    async def _send(self) -> None:
        for item in [item for item in self.items if item.can_be_sent]:
            command = SendFile(
                conversation_id=self._conversation_id,
                path=item.path,
                text="" if self._is_caption_used else self.caption.editor.text.strip(),
                reply_to="" if self._is_caption_used else self._reply_to,
            )
            try:
                await self._port.ask(command)
            except CommandFailedError as error:
                self._fail(item, error.code)
            else:
                self._use_caption()
                self._take(item)
        self._has_tried = True
        if not any(item.path for item in self.items):
            self.accept()
            return
        self._refresh()

    def _use_caption(self) -> None:
        if not self._is_caption_used:
            self._is_caption_used = True
            self.caption.editor.clear()
            self.caption_used.emit()

    def _put(self, item: FileItem) -> FileItem:
        item.removed.connect(self._remove)
        self.items.append(item)
        self.list.rows.addWidget(item)
        if item.reason:
            self.list.raise_item(item)
        return item

    def _fail(self, item: FileItem, code: str) -> None:
        """Say what is in the way of a file, where it is seen without scrolling."""
        item.fail(partial(_reason, code))
        self.list.raise_item(item)

    def _take(self, item: FileItem) -> None:
        self.items.remove(item)
        self.list.rows.removeWidget(item)
        item.hide()
        item.deleteLater()

    def _remove(self, item: FileItem) -> None:
        """Take one out; without any there is nothing to send."""
        self._take(item)
        self.left_out.emit([item.path])
        if self.items:
            self._refresh()
            self.caption.editor.setFocus()
        else:
            self.reject()

    def _on_finished(self) -> None:
        self.left_out.emit([item.path for item in self.items if item.path])
        if not self._is_caption_used:
            self.caption_returned.emit(self.caption.editor.text)

    # What is shown.

    def _refresh(self) -> None:
        count = sum(item.can_be_sent for item in self.items)
        for item in self.items:
            item.set_large(len(self.items) == 1)
        self.list.fit()
        self._say_title(count)
        is_left = bool(self.items) and not count
        if not is_left:
            one = translate("composer.send")
            self.send_button.setText(one if count == 1 else translate("attach.send", count=count))
        else:
            self.send_button.setText(translate("attach.again"))
        can_do = bool(count) or any(item.path for item in self.items)
        self.send_button.setEnabled(can_do and not self._is_busy and not self._is_too_long())
        self.caption.setVisible(not (self._is_caption_used and is_left))
        self.show_error(self._complaint())

    def _say_title(self, count: int) -> None:
        if self._has_tried and self.items:
            title = translate("attach.not_sent", count=len(self.items))
        elif count == 1 and any(item.is_picture and item.can_be_sent for item in self.items):
            title = translate("attach.title_picture")
        else:
            title = translate("attach.title", count=count)
        self.setWindowTitle(title)
        self.heading.setText(title)

    def _is_too_long(self) -> bool:
        return self._excess() > 0

    def _excess(self) -> int:
        return len(self.caption.editor.text.strip()) - limits.TEXT_LENGTH_MAX

    def _complaint(self) -> str:
        excess = self._excess()
        return translate("composer.too_long", count=excess) if excess > 0 else ""


class ItemList(QScrollArea):
    """The files; scrolls when there are many."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.inner = QWidget()
        self.rows = QVBoxLayout(self.inner)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(0)
        self.setWidget(self.inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.inner.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def raise_item(self, item: QWidget) -> None:
        """Put one to the top."""
        self.rows.removeWidget(item)
        self.rows.insertWidget(0, item)
        self.verticalScrollBar().setValue(0)

    def fit(self) -> None:
        """Be as high as the files, up to a bound."""
        places = [self.rows.itemAt(place) for place in range(self.rows.count())]
        widgets = [place.widget() for place in places if place is not None]
        height = sum(widget.height() for widget in widgets if widget is not None)
        self.setFixedHeight(min(height, round((ROWS_SHOWN + 0.5) * item_height())))


class Caption(QWidget):
    """An editor on a rounded ground that grows with the text."""

    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.editor = Editor(self, pixels=14)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 6, 8)
        layout.addWidget(self.editor)
        self.editor.document().documentLayout().documentSizeChanged.connect(self._grow)
        ground: Ink = lambda colors: colors.field  # noqa: E731 # It is shared by both.
        bar = self.editor.verticalScrollBar()
        assert isinstance(bar, ScrollBar)
        bar.set_ground(ground)
        self.setFixedHeight(CAPTION_HEIGHT_MIN)
        self.editor.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as the text needs."""
        return QSize(300, self.height())

    def eventFilter(self, watched, event) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """The ring comes and goes with the focus."""
        if event.type() in (event.Type.FocusIn, event.Type.FocusOut):
            self.update()
        return bool(super().eventFilter(watched, event))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground, and the ring while one types."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(self.rect(), 10, 10)
        if self.editor.hasFocus():
            paint_focus_ring(painter, self.rect().toRectF(), 10)

    def _grow(self) -> None:
        height = round(self.editor.document().documentLayout().documentSize().height()) + 20
        height = min(max(CAPTION_HEIGHT_MIN, height), CAPTION_HEIGHT_MAX)
        if height != self.height():
            self.setFixedHeight(height)
            self.resized.emit()


def _reason(code: str) -> str:
    """Say why a file is not sent, where a file's own words are plainer than the general ones."""
    if code == "too_large":
        return translate("attach.too_large")
    if code == "no_file":
        return translate("attach.unreadable")
    return error_sentence(code)
