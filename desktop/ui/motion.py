"""Whether things may move; whoever animates asks here, and Qt's own effects are told."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

__all__ = ["is_motion_reduced", "reduce_motion"]

# Menus, lists and tool tips that fade or roll in, where the system wants it.
_EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
)

_is_reduced: list[bool] = [False]
_stopped: set[Qt.UIEffect] = set()  # What the system had on, to be given back.


def reduce_motion(is_wanted: bool) -> None:
    """Let everything change at once from now on, or move again."""
    _is_reduced[0] = is_wanted
    for effect in _EFFECTS:
        if is_wanted and QApplication.isEffectEnabled(effect):
            _stopped.add(effect)
            QApplication.setEffectEnabled(effect, enable=False)
        elif not is_wanted and effect in _stopped:
            _stopped.remove(effect)
            QApplication.setEffectEnabled(effect, enable=True)


def is_motion_reduced() -> bool:
    """Whether the person wants nothing to move."""
    return _is_reduced[0]
