"""The line above the conversations that leads into the archive, and out of it again."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.models.conversations import ConversationsModel, Part
from desktop.ui.controls import Pressable, paint_badge, paint_focus_ring
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate

__all__ = ["ArchiveRow"]

HEIGHT = 46


class ArchiveRow(Pressable):
    """Says how many conversations are in the archive; inside it, it leads back.

    Args:
        model: All conversations.
        parent: The pane above whose list it stands.
    """

    def __init__(self, model: ConversationsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._part = Part.ALL
        self.is_folded = False
        self.count = self.unread = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        model.modelReset.connect(self.refresh)
        model.rows_changed.connect(self._on_rows)
        theme().changed.connect(self.update)
        language().changed.connect(self.refresh)
        fonts().changed.connect(self.updateGeometry)
        self.refresh()

    def show_part(self, part: Part, *, is_folded: bool) -> None:
        """Lead into the archive from the whole list, and out of it from inside."""
        self._part, self.is_folded = part, is_folded
        self.refresh()

    def refresh(self, *_changed: object) -> None:
        """Count anew, and be there only if there is somewhere to lead."""
        self.count, self.unread = self._counted()
        is_inside = self._part is Part.ARCHIVE
        self.setVisible(is_inside or (self._part is Part.ALL and self.count > 0))
        self.setText(translate("list.archive_count", count=self.count))
        words = translate("list.archive_back") if is_inside else self.text()
        if self.unread and not is_inside:
            words += ", " + translate("list.archive_unread", count=self.unread)
        self.setAccessibleName(words)
        self.setToolTip(words if self.is_folded else "")
        self.update()

    def _on_rows(self, _changed: object) -> None:
        """Most of the time it is another conversation that has news."""
        if self._counted() != (self.count, self.unread):
            self.refresh()

    def _counted(self) -> tuple[int, int]:
        archived = [row for row in self._model.rows if row.is_archived]
        return len(archived), sum(1 for row in archived if row.unread)

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line, as wide as the list."""
        return QSize(60, scaled(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint icon, words and how many conversations in it have something unread."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, rect = tokens(), QRectF(self.rect()).adjusted(6, 1, -6, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.hover if self._is_hovered or self.isDown() else colors.list)
        painter.drawRoundedRect(rect, 10, 10)
        middle = self.height() / 2
        name = "arrow-left" if self._part is Part.ARCHIVE else "archive"
        center = self.width() / 2 if self.is_folded else 37.0
        paint_icon(painter, name, QRectF(center - 10, middle - 10, 20, 20), colors.text_2)
        if not self.is_folded:
            self._paint_words(painter, middle)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)

    def _paint_words(self, painter: QPainter, middle: float) -> None:
        right = self.width() - 16.0
        if self.unread and self._part is not Part.ARCHIVE:
            right = paint_badge(
                painter,
                right=right,
                center=middle,
                count=self.unread,
                height=scaled(20),
                fill=tokens().muted,
            )
        draw_elided(
            painter,
            self.text(),
            left=72,
            right=right - 8,
            center=middle,
            font=font(14, 500),
            ink=tokens().text,
        )
