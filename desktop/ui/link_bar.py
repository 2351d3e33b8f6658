"""One line that says in plain words how the app stands with the server, and what to do."""

from __future__ import annotations

import time

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.commands import Reconnect
from desktop.events import LinkChanged, LinkState
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.controls import WordButton
from desktop.ui.fonts import font
from desktop.ui.row_paint import draw_elided
from desktop.ui.theme import tokens
from desktop.ui.times import clock_time
from desktop.ui.translate import error_sentence, language, translate
from shared.errors import Code

__all__ = ["CONNECTING_PATIENCE_MS", "LinkBar", "link_button", "link_words"]

# A link that is there at once is not worth a flash of yellow.
CONNECTING_PATIENCE_MS = 400

_LINE = 34
_AIR = 16  # Above and below words that take more than one line.
_LEFT = 34


def link_words(link: LinkChanged, *, now_ms: int) -> str:
    """Say how the link stands; nothing to say while all is well. ``now_ms`` is the local clock."""
    match link.state:
        case LinkState.ONLINE if link.complete_up_to_ms > 1:
            return translate("link.complete_up_to", time=clock_time(link.complete_up_to_ms))
        case LinkState.ONLINE if link.complete_up_to_ms:
            return translate("link.loading")
        case LinkState.ONLINE:
            return ""
        case LinkState.CONNECTING:
            return translate("link.connecting")
        case LinkState.REFUSED:
            return error_sentence(link.code)
        case LinkState.OFFLINE:
            seconds = round((link.retry_at_ms - now_ms) / 1000)
            if link.retry_at_ms and seconds > 1:
                return translate("link.offline_retry", seconds=seconds)
            return translate("link.offline")


def link_button(link: LinkChanged) -> str:
    """Return the words of the button that tries now; empty where trying changes nothing."""
    if link.state is LinkState.OFFLINE and link.retry_at_ms:
        return translate("link.retry")
    if link.state is LinkState.REFUSED and link.code == Code.REPLACED.value:
        return translate("link.here")
    if link.state is LinkState.REFUSED and link.code == Code.SERVER_TOO_OLD.value:
        return translate("link.retry")
    return ""


class LinkBar(QWidget):
    """Shown above the conversations while there is something to say."""

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._missing_max = 0
        self._is_folded = False
        self.words = ""
        self.progress = -1.0  # 0 … 1 while what was missed is being loaded, else -1.
        self.retry_button = WordButton(lambda colors: colors.warn, self)
        self.retry_button.clicked.connect(lambda: port.send(Reconnect()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # The seconds until the next try count down while one looks.
        self._countdown = QTimer(self)
        self._countdown.setInterval(1000)
        self._countdown.timeout.connect(self.retranslate)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(CONNECTING_PATIENCE_MS)
        self._patience.timeout.connect(self.retranslate)
        session.link_changed.connect(self._on_link)
        language().changed.connect(self.retranslate)
        self._on_link()

    def retranslate(self) -> None:
        """Say how the link stands now."""
        link = self._session.link
        self.words = link_words(link, now_ms=round(time.time() * 1000))
        is_patient = link.state is LinkState.CONNECTING and self._patience.isActive()
        self.setVisible(bool(self.words) and not is_patient)
        self.setAccessibleName(self.words)
        self.setToolTip(self.words)
        label = "" if self._is_folded else link_button(link)
        self.retry_button.set_words(label)
        self._place()
        if link.state is LinkState.OFFLINE and self.words:
            self._countdown.start()
        else:
            self._countdown.stop()
        self.update()

    def fold(self, *, is_folded: bool) -> None:
        """Show a dot only, whose tool tip says the rest, or the words."""
        if is_folded != self._is_folded:
            self._is_folded = is_folded
            self.retranslate()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A slim line, or more where the words need them."""
        return QSize(60, self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as it has to be, however narrow."""
        return QSize(0, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Words that no longer fit take more lines."""
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint a dot, the words, and how far loading has come."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self._colors()
        painter.fillRect(self.rect(), ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        middle = self.height() / 2
        left = self.width() / 2 if self._is_folded else 20.0
        painter.drawEllipse(QRectF(left - 4, middle - 4, 8, 8))
        if not self._is_folded:
            painter.setPen(ink)
            painter.setFont(font(13))
            self._paint_words(painter, ink)
        if self.progress >= 0:
            done = round(self.width() * self.progress)
            painter.fillRect(0, self.height() - 2, done, 2, ink)

    def _paint_words(self, painter: QPainter, ink: QColor) -> None:
        if self._height() > _LINE:
            rect = QRectF(_LEFT, 0, self._room(), self.height())
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(rect, flags, self.words)
            return
        draw_elided(
            painter,
            self.words,
            left=_LEFT,
            right=_LEFT + self._room(),
            center=self.height() / 2,
            font=font(13),
            ink=ink,
        )

    def _on_link(self) -> None:
        link = self._session.link
        if link.state is LinkState.CONNECTING and self.isHidden():
            self._patience.start()
        self._missing_max = max(self._missing_max, link.missing) if link.missing else 0
        self.progress = 1 - link.missing / self._missing_max if self._missing_max else -1.0
        self.retranslate()

    def _colors(self) -> tuple[QColor, QColor]:
        """Trouble is yellow; being online and catching up is none."""
        if self._session.link.state is LinkState.ONLINE:
            return tokens().field, tokens().text_2
        return tokens().warn_ground, tokens().warn

    def _room(self) -> float:
        """How wide the words may be."""
        end = self.retry_button.width() + 6 if self.retry_button.text() else 12
        return max(0.0, float(self.width() - _LEFT - end))

    def _height(self) -> int:
        if self._is_folded:
            return _LINE
        metrics, room = QFontMetrics(font(13)), round(self._room())
        if metrics.horizontalAdvance(self.words) <= room or room <= 0:
            return _LINE
        wrapped = metrics.boundingRect(
            QRect(0, 0, room, 1000), Qt.TextFlag.TextWordWrap, self.words
        )
        return wrapped.height() + _AIR

    def _place(self) -> None:
        button = self.retry_button
        height = self._height()
        if height != self.height():
            self.setFixedHeight(height)
        button.move(self.width() - button.width() - 4, (height - button.height()) // 2)
