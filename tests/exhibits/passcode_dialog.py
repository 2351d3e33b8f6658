"""Setting and changing the passcode: ``python -m tests.exhibits.passcode_dialog``."""

from __future__ import annotations

from desktop.events import PasscodeChanged
from desktop.ui.passcode_dialog import PasscodeDialog
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import make_application, show


class Account:
    """An account with or without a passcode."""

    def __init__(self, *, is_set: bool) -> None:
        self.port = FakePort()
        self.session = self.port.session
        self.session.apply(PasscodeChanged(is_set=is_set, is_locked=False))


def make(*states: bool) -> PasscodeDialog:
    return PasscodeDialog([Account(is_set=state) for state in states])


def main() -> None:
    _, loop = make_application()
    other = make(True)
    other.show()
    show(make(False), loop)


if __name__ == "__main__":
    main()
