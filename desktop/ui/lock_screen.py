"""The only window there is while the app is locked: it asks for the passcode."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.clock import wall_ms
from desktop.ui.controls import Button, ButtonKind, Label, PasswordField
from desktop.ui.fonts import fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import error_sentence, language, translate
from desktop.ui.window_access import be_window

__all__ = ["LockScreen"]

FORM_WIDTH, FORM_WIDTH_MAX = 300, 350


class LockSign(QWidget):
    """A lock on a round ground."""

    def __init__(self, side: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().selected)
        rect = QRectF(self.rect())
        painter.drawEllipse(rect)
        inset = rect.width() * 0.3
        paint_icon(painter, "lock", rect.adjusted(inset, inset, -inset, -inset), tokens().accent)


class LockScreen(QWidget):
    """Asks for the passcode; says nothing of what it covers.

    Args:
        wall_ms: The wall clock, in ms.
    """

    tried = Signal(str)
    forgotten = Signal()
    closed = Signal()  # The person closed the window; the app stays locked.

    def __init__(self, wall_ms: Callable[[], int] = wall_ms) -> None:
        super().__init__()
        be_window(self)
        self._wall_ms = wall_ms
        self._retry_at_ms = 0
        self._is_busy = False
        self._is_leaving = False
        self._code = ""
        self.sign = LockSign(72, self)
        self.title = Label(22, 600, parent=self)
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.passcode = PasswordField(self)
        self.error = Label(13, ink=lambda colors: colors.danger, wraps=True, parent=self)
        self.unlock_button = Button(ButtonKind.PRIMARY, height=42, parent=self)
        self.forgot_button = Button(ButtonKind.LINK, height=36, parent=self)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000)
        self._clock.timeout.connect(self._refresh)
        self._build()
        self.passcode.returnPressed.connect(self._try)
        self.passcode.textChanged.connect(self._on_typed)
        self.unlock_button.clicked.connect(self._try)
        self.forgot_button.clicked.connect(self.forgotten)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        fonts().changed.connect(self._fit)
        self.setMinimumSize(380, 480)
        self.resize(480, 560)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle("Mim")
        self.setAccessibleName(translate("lock.title"))
        self.title.setText(translate("lock.title"))
        self.words.setText(translate("lock.words"))
        self.passcode.set_name(translate("lock.passcode"))
        self.passcode.setPlaceholderText(translate("lock.passcode"))
        self.passcode.set_eye_name(translate("login.show_password"))
        self.unlock_button.setText(translate("lock.unlock"))
        self.forgot_button.setText(translate("lock.forgot"))
        self._refresh()

    def begin(self, retry_at_ms: int = 0) -> None:
        """Ask, with nothing typed yet."""
        self.passcode.clear()
        self._code = ""
        self.set_busy(False)
        self.set_retry(retry_at_ms)
        self.passcode.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_busy(self, is_busy: bool) -> None:
        """Take nothing while a passcode is tried."""
        self._is_busy = is_busy
        self._refresh()

    def set_retry(self, retry_at_ms: int) -> None:
        """No passcode is tried before this time of the wall clock."""
        self._retry_at_ms = retry_at_ms
        self._refresh()

    def refuse(self, code: str) -> None:
        """Say why it did not open, and let it be typed again."""
        self.passcode.clear()
        self._code = code
        self.set_busy(False)
        self.passcode.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Close without telling: it is open."""
        self._is_leaving = True
        self._clock.stop()
        self.passcode.clear()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Whoever listens decides what closing means."""
        super().closeEvent(event)
        if not self._is_leaving:
            self.hide()
            self.closed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), tokens().list)

    @property
    def wait_s(self) -> int:
        """For how many seconds no passcode is tried."""
        return max(0, -(-(self._retry_at_ms - self._wall_ms()) // 1_000))

    def _build(self) -> None:
        form = QVBoxLayout()
        form.setSpacing(8)
        center = Qt.AlignmentFlag.AlignHCenter
        form.addStretch(2)
        form.addWidget(self.sign, 0, center)
        form.addSpacing(10)
        form.addWidget(self.title, 0, center)
        form.addWidget(self.words)
        self.words.setAlignment(center)
        form.addSpacing(10)
        form.addWidget(self.passcode)
        self.error.setAlignment(center)
        form.addWidget(self.error)
        form.addWidget(self.unlock_button)
        form.addWidget(self.forgot_button, 0, center)
        form.addStretch(3)
        self._fit()
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(form)
        layout.addStretch(1)

    def _fit(self) -> None:
        """Give words the width that they have room in."""
        for widget in (self.passcode, self.unlock_button, self.words, self.error):
            widget.setFixedWidth(min(scaled(FORM_WIDTH), FORM_WIDTH_MAX))
        self.error.setMinimumHeight(scaled(36))

    def _try(self) -> None:
        if self.unlock_button.isEnabled():
            self.set_busy(True)
            self.tried.emit(self.passcode.text())

    def _on_typed(self, text: str) -> None:
        if text:
            self._code = ""
        self._refresh()

    def _refresh(self) -> None:
        """Say what holds now; while there is a wait, once a second."""
        wait_s = self.wait_s
        if wait_s:
            sentence = translate("lock.wait", seconds=wait_s)
            if self._code:
                first = error_sentence(self._code)
                sentence = translate("lock.both", first=first, second=sentence)
        else:
            sentence = error_sentence(self._code) if self._code else ""
        self.error.setText(sentence)
        self.error.setAccessibleName(sentence)
        if wait_s and not self._clock.isActive():
            self._clock.start()
        elif not wait_s:
            self._clock.stop()
        can_try = bool(self.passcode.text()) and not self._is_busy and not wait_s
        self.unlock_button.setEnabled(can_try)
        self.passcode.setReadOnly(self._is_busy)
