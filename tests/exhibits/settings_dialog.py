"""The settings with all pages: ``python -m tests.exhibits.settings_dialog``."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    settings = SettingsStore(Path(mkdtemp()) / "windows.json")
    show(SettingsDialog(port.session, port, settings, version="0.1.0", has_passcode=True), loop)


if __name__ == "__main__":
    main()
