"""A window that shows the pictures of a conversation, one at a time.

Keys: Left and Right go to the older and the newer picture, plus and minus change the size, 0 fits
it into the window, 1 shows it in its own size, Shift with arrows moves it, Ctrl+S saves, Ctrl+C
copies, Escape closes. Nothing is decoded here but the small picture that came with the message.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import Download, LoadPicture
from desktop.events import FileState, MessageRow, PictureLoaded
from desktop.models.picture_roll import PictureRoll
from desktop.models.pictures import PictureStore, image_of
from desktop.models.port import CommandFailedError, Port
from desktop.models.timeline import TimelineModel
from desktop.ui.controls import IconButton, Label, paint_focus_ring
from desktop.ui.file_words import name_words, status_words
from desktop.ui.icons import paint_icon
from desktop.ui.picture_canvas import PictureCanvas
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.times import full_time
from desktop.ui.translate import error_sentence, language, translate
from desktop.ui.window_access import be_window
from shared import limits

__all__ = ["PictureViewer"]

BAR_HEIGHT = 52
MOVE_PIXELS = 60.0


class ViewerButton(IconButton):
    """A button on the viewer's dark ground, in both themes."""

    def __init__(self, icon_name: str, parent: QWidget) -> None:
        super().__init__(icon_name, side=36, icon_side=20, parent=parent)
        self._sign = icon_name
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, icon and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = tokens()
        rect = QRectF(self.rect())
        if self._is_hovered and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.viewer_hover)
            painter.drawRoundedRect(rect, 10, 10)
        ink = QColor(colors.on_viewer)
        ink.setAlphaF(1.0 if self.isEnabled() else 0.35)
        center = rect.center()
        painter.setOpacity(ink.alphaF())
        at = QRectF(center.x() - 10, center.y() - 10, 20, 20)
        paint_icon(painter, self._sign, at, colors.on_viewer)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)


class PictureViewer(QWidget):
    """Shows one picture and finds the others.

    Args:
        row: The message whose picture is shown first.
        timeline: Of its conversation.
        port: Where commands go.
        pictures: Where small pictures come from.
        who: Says who sent a message.
    """

    save_requested = Signal(object)  # MessageRow
    said = Signal(str)

    def __init__(
        self,
        row: MessageRow,
        timeline: TimelineModel,
        port: Port,
        pictures: PictureStore,
        who: Callable[[MessageRow], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        be_window(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.roll = PictureRoll(timeline, port, row)
        self.canvas = PictureCanvas(self)
        self.title = Label(14, 500, ink=lambda colors: colors.on_viewer, parent=self)
        self.previous_button = ViewerButton("chevron-left", self)
        self.next_button = ViewerButton("chevron-right", self)
        self.out_button = ViewerButton("minus", self)
        self.in_button = ViewerButton("plus", self)
        self.fit_button = ViewerButton("maximize", self)
        self.save_button = ViewerButton("download", self)
        self.copy_button = ViewerButton("copy", self)
        self.close_button = ViewerButton("x", self)
        self._timeline = timeline
        self._port = port
        self._pictures = pictures
        self._who = who
        self._image = QImage()
        self._shown = 0  # The local_id of `_image`.
        self._asked = 0  # The local_id that is being loaded.
        self._trouble = ""
        self._is_searching = False
        self._build()
        self._connect()
        self.resize(960, 720)
        self.setMinimumSize(380, 320)
        self.retranslate()
        self._show_row()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        for button, key in (
            (self.previous_button, "picture.previous"),
            (self.next_button, "picture.next"),
            (self.out_button, "picture.zoom_out"),
            (self.in_button, "picture.zoom_in"),
            (self.fit_button, "picture.fit" if self.canvas.zoom else "picture.whole"),
            (self.save_button, "picture.save"),
            (self.copy_button, "picture.copy"),
            (self.close_button, "picture.close"),
        ):
            button.set_name(translate(key))
        self._name_row()

    def step(self, direction: int) -> None:
        """Go to the older (-1) or the newer (1) picture, if there is one."""
        if not self._is_searching:
            self._is_searching = True
            self._start(self._step(direction))

    def copy(self) -> None:
        """Put the picture into the clipboard."""
        if not self._image.isNull():
            QGuiApplication.clipboard().setImage(self._image)
            self.said.emit(translate("picture.copied"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """See the table at the top."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        if event.matches(QKeySequence.StandardKey.Save):
            self.save_requested.emit(self.roll.row)
            return
        is_moving = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Escape:
                self.close()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.canvas.zoom_by(1)
            case Qt.Key.Key_Minus:
                self.canvas.zoom_by(-1)
            case Qt.Key.Key_0:
                self.canvas.set_zoom(0.0)
            case Qt.Key.Key_1:
                self.canvas.set_zoom(1.0)
            case Qt.Key.Key_Up | Qt.Key.Key_Down | Qt.Key.Key_Left | Qt.Key.Key_Right if (
                is_moving or event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
            ):
                across, down = _WAYS[Qt.Key(event.key())]
                self.canvas.move_by(QPointF(across * MOVE_PIXELS, down * MOVE_PIXELS))
            case Qt.Key.Key_Left:
                self.step(-1)
            case Qt.Key.Key_Right:
                self.step(1)
            case _:
                super().keyPressEvent(event)

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 8, 8)
        bar.setSpacing(4)
        bar.addWidget(self.title, 1)
        for button in (
            self.previous_button,
            self.next_button,
            self.out_button,
            self.in_button,
            self.fit_button,
            self.copy_button,
            self.save_button,
            self.close_button,
        ):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.canvas, 1)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._recolor()

    def _connect(self) -> None:
        self.previous_button.clicked.connect(lambda: self.step(-1))
        self.next_button.clicked.connect(lambda: self.step(1))
        self.out_button.clicked.connect(lambda: self.canvas.zoom_by(-1))
        self.in_button.clicked.connect(lambda: self.canvas.zoom_by(1))
        self.fit_button.clicked.connect(self._toggle_fit)
        self.save_button.clicked.connect(lambda: self.save_requested.emit(self.roll.row))
        self.copy_button.clicked.connect(self.copy)
        self.close_button.clicked.connect(self.close)
        self.canvas.zoomed.connect(self.retranslate)
        self.roll.changed.connect(self._show_row)
        self.roll.gone.connect(self.close)
        self._timeline.progressed.connect(self._on_progress)
        theme().changed.connect(self._recolor)
        language().changed.connect(self.retranslate)

    def _recolor(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Window, tokens().viewer)
        self.setPalette(palette)
        self.update()

    def _name_row(self) -> None:
        row = self.roll.row
        assert row.file is not None
        who, time = self._who(row), full_time(row.shown_at_ms)
        self.title.setText(f"{who} · {time}")
        name = name_words(row.file.name)
        words = translate("picture.name", name=name, who=who, time=time)
        self.canvas.setAccessibleName(words)
        self.setWindowTitle(f"{name} – Mim")

    def _show_row(self) -> None:
        """Show what there is of the picture, and ask for the rest."""
        row = self.roll.row
        assert row.file is not None
        self._name_row()
        if self._shown != row.local_id:
            self._image = QImage()
            self._trouble = ""
        if self._image.isNull() and not self._trouble:
            self._fetch(row)
        self._paint_row()

    def _paint_row(self) -> None:
        row = self.roll.row
        assert row.file is not None
        size = QSizeF(row.file.width, row.file.height)
        is_whole = not self._image.isNull()
        image = self._image if is_whole else self._pictures.thumbnail(row)
        words = "" if is_whole else self._trouble or self._waiting_words(row)
        self.canvas.show_picture(image, size, words)
        self.copy_button.setEnabled(is_whole)
        self.save_button.setEnabled(row.file.state is FileState.HERE)

    def _waiting_words(self, row: MessageRow) -> str:
        assert row.file is not None
        if row.file.state is FileState.HERE:
            return translate("picture.loading")
        return status_words(row.file, self._timeline.progress(row))

    def _fetch(self, row: MessageRow) -> None:
        assert row.file is not None
        if row.file.state is FileState.REMOTE:
            self._port.send(Download(conversation_id=row.conversation_id, local_id=row.local_id))
        elif row.file.state is FileState.HERE and self._asked != row.local_id:
            self._asked = row.local_id
            self._start(self._load(row))

    async def _load(self, row: MessageRow) -> None:
        side = limits.PICTURE_SHOWN_SIDE_MAX
        try:
            answer = await self._port.ask(
                LoadPicture(
                    conversation_id=row.conversation_id,
                    local_id=row.local_id,
                    width=side,
                    height=side,
                )
            )
        except CommandFailedError as error:
            if self.roll.row.local_id == row.local_id:
                self._trouble = error_sentence(error.code)
                self._paint_row()
            return
        finally:
            self._asked = 0
        assert isinstance(answer, PictureLoaded)
        if self.roll.row.local_id == row.local_id:  # Else they have gone on meanwhile.
            self._image, self._shown = image_of(answer), row.local_id
            if self._image.isNull():
                self._trouble = translate("picture.failed")
            self._paint_row()

    async def _step(self, direction: int) -> None:
        try:
            found = await self.roll.step(direction)
        except CommandFailedError as error:
            self.said.emit(error_sentence(error.code))
            return
        finally:
            self._is_searching = False
        # What has no neighbour says so until another picture is shown.
        self.previous_button.setEnabled(found or direction > 0)
        self.next_button.setEnabled(found or direction < 0)

    def _on_progress(self, local_id: int) -> None:
        if local_id == self.roll.row.local_id and self._image.isNull():
            self._paint_row()

    def _toggle_fit(self) -> None:
        self.canvas.set_zoom(0.0 if self.canvas.zoom else 1.0)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        create_task(work, name="picture viewer", owner=self)


_WAYS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
