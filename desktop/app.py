"""The desktop app: ``python -m desktop.app --server URL --home DIR``.

The composition root: it makes the engine, the bridge, the models and the windows, and ends them
in order. The first window is on the screen before anything heavy is imported; the engine's
libraries are imported on the engine's own thread.

A home holds profiles, ``profile-1``, ``profile-2`` …, one account each. A profile that another
process has open is passed over, so starting the app again opens a window for another account.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import qasync  # type: ignore[import-untyped]  # It ships no types.
    from PySide6.QtWidgets import QApplication

    from desktop.bridge.bridge import Bridge, EngineLike
    from desktop.ui.shell import Shell

__all__ = ["Desktop", "default_home", "main"]

PROFILES_MAX = 100  # More are not opened at once by one person.
SIGNAL_POLL_MS = 200

MakeEngine = Callable[[str, Path], "EngineLike"]

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desktop app until its last window is closed; return the exit status."""
    options = _parse(arguments)
    if options.picture_worker:
        from desktop import picture_worker

        return picture_worker.main(options.picture_worker, sys.stdin.buffer, sys.stdout.buffer)
    if options.version:
        sys.stdout.write(f"mim {version()}\n")
        return 0
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    home = Path(options.home) if options.home else default_home()
    _use_input_method()
    application, loop = _make_application()
    desktop = Desktop(
        application, loop, home=home, server_url=options.server, is_second=options.second
    )
    _end_on_signals(desktop)
    try:
        return desktop.run()
    finally:
        loop.close()


def version() -> str:
    """Return the version that is installed, or that of a checkout."""
    try:
        return metadata.version("mim")
    except metadata.PackageNotFoundError:
        return "0.1.0"


def default_home() -> Path:
    """Return the folder of this person's profiles."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mim", appauthor=False)) / "desktop"


class Desktop:
    """One running app: a profile, its engine, its windows.

    Args:
        application: Qt's.
        loop: The windows' asyncio loop.
        home: The folder of the profiles.
        server_url: Offered in the log-in window.
        is_second: Another window is open already, so the first profile is most likely in use;
            nothing is shown until the engine has a profile.
        make_engine: Makes the engine of a profile's folder; called on the engine's thread.
    """

    def __init__(
        self,
        application: QApplication,
        loop: qasync.QEventLoop,
        *,
        home: Path,
        server_url: str,
        is_second: bool = False,
        make_engine: MakeEngine | None = None,
    ) -> None:
        self.shell: Shell | None = None
        self._application = application
        self._loop = loop
        self._home = home
        self._server_url = server_url
        self._is_second = is_second
        self._make_engine = make_engine or _make_engine
        self._bridge: Bridge | None = None
        self._ended = loop.create_future()
        self._is_stopping = False
        self._is_changing_server = False

    def run(self) -> int:
        """Show the windows and serve them until the last one is closed."""
        with self._loop:
            return int(self._loop.run_until_complete(self.serve()))

    async def serve(self) -> int:
        """Open the first profile that is free, and wait until the windows are closed."""
        from desktop.ui import tasks

        await self._open_profile(1)
        status = int(await self._ended)
        await self._stop_engine()
        await tasks.cancel_all()
        return status

    def close(self) -> None:
        """Close every window; the app ends once what was typed is stored."""
        if self.shell is not None:
            self.shell.close_all()
        self._end(0)

    async def use_server(self, url: str) -> None:
        """Talk to another server: only before logging in, so nothing is lost."""
        assert self._bridge is not None
        assert self.shell is not None
        self._is_changing_server = True
        try:
            await self._bridge.stop()
            folder = self._folder
            self._bridge.start(lambda: self._make_engine(url, folder))
        finally:
            self._is_changing_server = False

    async def _open_profile(self, number: int) -> None:
        from desktop.bridge.bridge import Bridge
        from desktop.models.session import Session
        from desktop.ui import tasks
        from desktop.ui.describe import WordDescriber
        from desktop.ui.fonts import set_fonts
        from desktop.ui.motion import reduce_motion
        from desktop.ui.settings import SettingsStore
        from desktop.ui.shell import Shell
        from desktop.ui.theme import set_appearance
        from desktop.ui.translate import set_language

        self._number = number
        self._folder = self._home / f"profile-{number}"
        settings = SettingsStore(self._folder / "windows.json")
        set_language(settings.settings.language)
        set_appearance(settings.settings.appearance)
        reduce_motion(settings.settings.reduces_motion)
        set_fonts(
            scale_percent=settings.settings.scale_percent, family=settings.settings.font_family
        )
        bridge = self._bridge = Bridge()
        session = Session(bridge, tasks.spawn, WordDescriber())
        bridge.feed(session)
        bridge.stopped.connect(self._on_stopped)
        self.shell = Shell(
            session,
            bridge,
            settings,
            server_url=self._server_url,
            use_server=self.use_server,
            version=version(),
        )
        self.shell.last_window_closed.connect(lambda: self._end(0))
        if number == 1 and not self._is_second:
            self.shell.start()
        folder, url = self._folder, self._server_url
        bridge.start(lambda: self._make_engine(url, folder))

    def _on_stopped(self, error: BaseException | None) -> None:
        """The engine ended: because it was told to, or the profile is in use, or it failed."""
        if self._is_stopping or self._is_changing_server:
            return
        if getattr(error, "code", "") == "profile_in_use" and self._number < PROFILES_MAX:
            self._open_next()
        elif error is not None:
            assert self.shell is not None
            self.shell.show_trouble(getattr(error, "code", "local"))

    def _open_next(self) -> None:
        from desktop.ui import tasks

        if self.shell is not None:
            self.shell.dismiss()
        tasks.create_task(self._open_profile(self._number + 1), name="open profile")

    def _end(self, status: int) -> None:
        self._is_stopping = True
        if not self._ended.done():
            self._ended.set_result(status)

    async def _stop_engine(self) -> None:
        if self._bridge is not None:
            await self._bridge.stop()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mim", description="Private instant messaging.")
    parser.add_argument("--server", default="", help="the server's address")
    parser.add_argument("--home", default="", help="the folder of the profiles")
    parser.add_argument(
        "--second", action="store_true", help="another window is open: show none before it is sure"
    )
    parser.add_argument("--version", action="store_true", help="say the version and end")
    # How a frozen app, which has no Python to start, decodes a picture in another process.
    parser.add_argument("--picture-worker", nargs="+", default=(), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _make_application() -> tuple[QApplication, qasync.QEventLoop]:
    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop.ui.fonts import install_fonts
    from desktop.ui.theme import follow_system

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Mim")
    application.setStyle("Fusion")
    # The last window to close is not the end: the engine stores first.
    application.setQuitOnLastWindowClosed(False)
    install_fonts()
    follow_system()
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    return application, loop


def _make_engine(server_url: str, folder: Path) -> EngineLike:
    """Make the real engine; called on its own thread, where its imports hold up nobody."""
    from desktop.config import EngineConfig
    from desktop.engine import Engine

    return Engine(EngineConfig(server_url=server_url, home=folder))


def _end_on_signals(desktop: Desktop) -> None:
    """Close the windows on Ctrl-C and on the wish of the program that started this one."""
    from PySide6.QtCore import QTimer

    def close(_number: int, _frame: object) -> None:
        desktop.close()

    signal.signal(signal.SIGINT, close)
    signal.signal(signal.SIGTERM, close)
    # Python looks at signals only while it runs; Qt's loop alone would keep it waiting.
    timer = QTimer(desktop._application)
    timer.timeout.connect(lambda: None)
    timer.start(SIGNAL_POLL_MS)


def _use_input_method() -> None:
    """Qt's wheels ship no fcitx plugin; fcitx also answers to ibus."""
    if "fcitx" in os.environ.get("XMODIFIERS", "") and "QT_IM_MODULE" not in os.environ:
        os.environ["QT_IM_MODULE"] = "ibus"


if __name__ == "__main__":
    sys.exit(main())
