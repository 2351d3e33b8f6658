"""The table of shortcuts: ``python -m tests.exhibits.shortcuts_dialog``."""

from __future__ import annotations

from desktop.ui.shortcuts_dialog import ShortcutsDialog
from tests.exhibits.stage import make_application, show


def main() -> None:
    _, loop = make_application()
    show(ShortcutsDialog(), loop)


if __name__ == "__main__":
    main()
