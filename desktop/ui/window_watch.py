"""Keys that work in every window of the app, and whether the person does anything.

Windows are found as they get the focus. Each gets the keys as its own shortcuts and is listened to
as a system window: a filter on the whole application would run for every event there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QWindow
from PySide6.QtWidgets import QApplication, QWidget

from desktop.ui.shortcuts import SHORTCUTS, Shortcut

__all__ = ["WindowWatch"]

_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
    }
)
_MARK = "has_app_keys"


class WindowWatch(QObject):
    """Watches the windows of this process.

    Args:
        acts: What each key of a shortcut does.
    """

    touched = Signal()

    def __init__(self, acts: Mapping[Shortcut, Sequence[Callable[[], object]]]) -> None:
        super().__init__()
        self._keys = [
            (name, act)
            for shortcut, each in acts.items()
            for name, act in zip(SHORTCUTS[shortcut][1], each, strict=True)
        ]
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        self._application = application
        application.focusWindowChanged.connect(self._on_focus)

    def stop(self) -> None:
        """Watch no more."""
        self._application.focusWindowChanged.disconnect(self._on_focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Note input; everything goes on its way."""
        if event.type() in _INPUT:
            self.touched.emit()
        return super().eventFilter(watched, event)

    def _on_focus(self, window: QWindow | None) -> None:
        if window is None:
            return
        widget = _widget_of(window)
        if widget is None or widget.property(_MARK):
            return
        widget.setProperty(_MARK, True)
        window.installEventFilter(self)
        for name, act in self._keys:
            QShortcut(QKeySequence(name), widget).activated.connect(act)


def _widget_of(window: QWindow) -> QWidget | None:
    found = (each for each in QApplication.topLevelWidgets() if each.windowHandle() is window)
    return next(found, None)
