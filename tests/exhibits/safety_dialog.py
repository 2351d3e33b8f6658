"""A safety number with its code: ``python -m tests.exhibits.safety_dialog``."""

from __future__ import annotations

from desktop.ui.safety_dialog import SafetyDialog
from shared.identifiers import AccountId
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    show(SafetyDialog(port, AccountId(3), "Alice Chen"), loop)


if __name__ == "__main__":
    main()
