"""The emoji panel over a window: ``python -m tests.exhibits.emoji_picker``."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.settings import SettingsStore
from tests.exhibits.stage import make_application, show


def main() -> None:
    _, loop = make_application()
    window = QWidget()
    window.resize(420, 520)
    settings = SettingsStore()
    settings.change(recent_emoji=("👍🏽", "😂", "🎉", "❤️"), skin_tone=3)
    picker = EmojiPicker(window, settings)
    window.show()
    picker.pop_up(window.mapToGlobal(QPoint(410, 510)))
    show(window, loop)


if __name__ == "__main__":
    main()
