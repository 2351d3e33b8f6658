"""The whole app on a small world: ``python -m tests.exhibits.main_window``."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from desktop.ui.settings import SettingsStore
from desktop.ui.shell import Shell
from desktop.ui.theme import Appearance, follow_system, set_appearance
from tests.exhibits.stage import add_variety, make_application, make_world


async def _nowhere(_url: str) -> None:
    return None


def main() -> None:
    _, loop = make_application()
    follow_system()
    set_appearance(Appearance.SYSTEM)
    port = make_world()
    add_variety(port)
    settings = SettingsStore(Path(mkdtemp()) / "windows.json")
    shell = Shell(
        port.session, port, settings, server_url="http://127.0.0.1:8080", use_server=_nowhere
    )
    shell.last_window_closed.connect(loop.stop)
    shell.start()
    port.announce()
    with loop:
        loop.run_forever()


if __name__ == "__main__":
    main()
