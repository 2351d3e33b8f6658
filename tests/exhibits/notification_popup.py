"""Notifications in windows of our own: ``python -m tests.exhibits.notification_popup``."""

from __future__ import annotations

from PySide6.QtGui import QImage

from desktop.ui.controls import Label
from desktop.ui.notification_popup import PopupSink
from desktop.ui.notification_words import Notification
from desktop.ui.translate import translate
from tests.exhibits.stage import make_application, make_picture, show


def make() -> PopupSink:
    sink = PopupSink()
    picture = QImage.fromData(make_picture())
    for key, title, body, image in (
        ("1/a", "王芳", "新版图标我传上来了，大家看看 🎨", picture),
        (
            "1/b",
            "Alice Chen (3)",
            "The time stamp sits inside the last line when it fits. " * 4,
            None,
        ),
        ("1/c", "Mim", translate("alert.bundle", count=12, chats=3), None),
    ):
        sink.show(Notification(key=key, title=title, body=body, picture=image))
    return sink


def main() -> None:
    _, loop = make_application()
    sink = make()
    label = Label()
    label.setText(f"{len(sink.windows)} notifications")
    show(label, loop)


if __name__ == "__main__":
    main()
