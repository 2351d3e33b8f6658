"""Says that Caps Lock is on where a password is typed.

Qt does not tell the state of the key; it is known from the first letter that is typed.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.controls import Label, PasswordField
from desktop.ui.translate import language, translate

__all__ = ["CapsLockHint", "shows_caps_lock"]


def shows_caps_lock(text: str, *, has_shift: bool) -> bool | None:
    """Return what a key press tells of Caps Lock; ``None``: nothing."""
    if len(text) != 1 or text.lower() == text.upper():
        return None
    return text.isupper() != has_shift


class CapsLockHint(Label):
    """A line below password fields, hidden unless Caps Lock is known to be on."""

    changed = Signal()  # It came or went: the form has another height.

    def __init__(self, *fields: PasswordField, parent: QWidget) -> None:
        super().__init__(12, 500, ink=lambda colors: colors.warn, wraps=True, parent=parent)
        self._is_on = False
        self._fields = fields
        for field in fields:
            field.installEventFilter(self)
        language().changed.connect(self._say)
        self._say()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Watch what is typed; nothing is kept back."""
        match event.type():
            case QEvent.Type.KeyPress:
                assert isinstance(event, QKeyEvent)
                self._see(event)
            case QEvent.Type.FocusIn:
                self._show(self._is_on)
            case QEvent.Type.FocusOut:
                self._show(False)
        return super().eventFilter(watched, event)

    def _see(self, event: QKeyEvent) -> None:
        has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        told = shows_caps_lock(event.text(), has_shift=has_shift)
        if event.key() == Qt.Key.Key_CapsLock and self._is_on:
            # Pressed while it was on, it goes off; while it was off, nobody knows: it may be
            # remapped. The next letter tells.
            told = False
        if told is not None and told != self._is_on:
            self._is_on = told
            self._show(told)

    def _show(self, is_wanted: bool) -> None:
        if is_wanted == self.isHidden():
            self.setVisible(is_wanted)
            self.changed.emit()

    def _say(self) -> None:
        self.setText(translate("login.caps_lock"))
