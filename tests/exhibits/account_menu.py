"""The menu at the own picture: ``python -m tests.exhibits.account_menu``."""

from __future__ import annotations

from PySide6.QtGui import QImage

from desktop.ui.account_menu import AccountEntry, AccountMenu
from desktop.ui.controls import Button
from tests.desktop.fake_port import profile
from tests.exhibits.stage import make_application, make_picture, show


def make() -> AccountMenu:
    entries = [
        AccountEntry(number=1, profile=profile(1, "linxiao", "林晓"), is_shown=True),
        AccountEntry(
            number=2,
            profile=profile(2, "xiao.work", "Lin Xiao (work)"),
            picture=QImage.fromData(make_picture()),
            unread=12,
        ),
        AccountEntry(number=3, profile=None, is_locked=True),
    ]
    return AccountMenu(entries, can_lock=True)


def main() -> None:
    _, loop = make_application()
    button = Button()
    button.setText("…")
    button.clicked.connect(lambda: make().open_at(button))
    show(button, loop)


if __name__ == "__main__":
    main()
