"""The lock screen, as it is after a wrong passcode: ``python -m tests.exhibits.lock_screen``."""

from __future__ import annotations

from desktop.ui.lock_screen import LockScreen
from tests.exhibits.stage import make_application, show

NOW_MS = 1_000_000


def make() -> LockScreen:
    screen = LockScreen(lambda: NOW_MS)
    screen.begin()
    screen.refuse("wrong_passcode")
    screen.set_retry(NOW_MS + 20_000)
    return screen


def main() -> None:
    _, loop = make_application()
    show(make(), loop)


if __name__ == "__main__":
    main()
