"""The dialog behind Ctrl+K: ``python -m tests.exhibits.quick_switcher``."""

from __future__ import annotations

from desktop.ui.quick_switcher import QuickSwitcher
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    show(QuickSwitcher(port.session), loop)


if __name__ == "__main__":
    main()
