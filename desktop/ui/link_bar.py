"""One line that says in plain words how the app stands with the server."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.events import LinkChanged, LinkState
from desktop.models.session import Session
from desktop.ui.fonts import font
from desktop.ui.row_paint import draw_elided
from desktop.ui.theme import tokens
from desktop.ui.times import clock_time
from desktop.ui.translate import error_sentence, language, translate

__all__ = ["LinkBar", "link_words"]


def link_words(link: LinkChanged, *, now_ms: int) -> str:
    """Say how the link stands; nothing to say while all is well."""
    match link.state:
        case LinkState.ONLINE if link.complete_up_to_ms:
            return translate("link.complete_up_to", time=clock_time(link.complete_up_to_ms))
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


class LinkBar(QWidget):
    """Shown above the conversations while there is something to say."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # The seconds until the next try count down while one looks.
        self._countdown = QTimer(self)
        self._countdown.setInterval(1000)
        self._countdown.timeout.connect(self.retranslate)
        session.link_changed.connect(self.retranslate)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say how the link stands now."""
        link = self._session.link
        self.words = link_words(link, now_ms=round(time.time() * 1000))
        self.setVisible(bool(self.words))
        self.setAccessibleName(self.words)
        if link.state is LinkState.OFFLINE and self.words:
            self._countdown.start()
        else:
            self._countdown.stop()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A slim line."""
        return QSize(100, 30)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """A slim line."""
        return QSize(0, 30)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint a dot and the words."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colors.warn_ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.warn)
        middle = self.height() / 2
        painter.drawEllipse(QRectF(16, middle - 4, 8, 8))
        draw_elided(
            painter,
            self.words,
            left=34,
            right=self.width() - 12,
            center=middle,
            font=font(13),
            ink=colors.warn,
        )
