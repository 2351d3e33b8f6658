"""The desktop app: ``python -m desktop.app --server URL --home DIR``.

The composition root: it makes the accounts' seats, what all of them share (notifications, tray,
lock), and ends everything in order. The first window is on the screen before anything heavy is
imported; the engine's libraries are imported on the engine's own thread.

One process serves a home: a second start shows the windows of the first (`desktop.instance`),
unless it is told to be a window for another account (``--second``).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.version import version

if TYPE_CHECKING:
    import qasync  # type: ignore[import-untyped]  # It ships no types.
    from PySide6.QtWidgets import QApplication

    from desktop.bridge.bridge import EngineLike
    from desktop.household import Household
    from desktop.instance import Instance
    from desktop.seats import MakeEngine, Seats
    from desktop.ui.shell import Shell

__all__ = ["Desktop", "default_home", "input_modules", "main"]

LISTEN_AFTER_MS = 300
# How long a thread that computes keeps the interpreter when another one wants it. An engine that
# takes in a flood would hold up the windows for Python's 5 ms at every step of theirs.
SWITCH_S = 0.0005

_SIGNALS_MAX = 64  # Taken in at once.

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
    # What is imported is not worth looking through; later `desktop.ui.collector` does it.
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    home = Path(options.home) if options.home else default_home()
    if options.second:
        return _run(options, home, None)
    from desktop.instance import Instance, show_running

    instance = Instance(home)
    if not instance.claim():
        if show_running(home):
            return 0
        sys.stderr.write(f"Mim is running with {home} but does not answer. End it first.\n")
        return 1
    try:
        return _run(options, home, instance)
    finally:
        instance.release()


def _run(options: argparse.Namespace, home: Path, instance: Instance | None) -> int:
    os.environ.update(input_modules(os.environ))
    application, loop = _make_application()
    desktop = Desktop(
        application, loop, home=home, server_url=options.server, is_second=options.second
    )
    if instance is not None:
        _listen_soon(instance, desktop)
    _end_on_signals(desktop)
    try:
        return desktop.run()
    finally:
        loop.close()


def _listen_soon(instance: Instance, desktop: Desktop) -> None:
    """Hear of later starts, a moment after the first window is on the screen."""
    from PySide6.QtCore import QTimer

    def listen() -> None:
        if not instance.listen(desktop.present):
            logger.warning("a second start cannot be heard")

    QTimer.singleShot(LISTEN_AFTER_MS, listen)


def default_home() -> Path:
    """Return the folder of this person's profiles."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mim", appauthor=False)) / "desktop"


class Desktop:
    """One running app: its accounts and what they share.

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
        self._application = application
        self._loop = loop
        self._home = home
        self._server_url = server_url
        self._is_second = is_second
        self._make_engine = make_engine or _make_engine
        self.seats: Seats | None = None
        self.household: Household | None = None
        self._ended = loop.create_future()
        self._is_stopping = False

    @property
    def shell(self) -> Shell | None:
        """The windows of the account that is shown."""
        seat = self.seats.shown if self.seats is not None else None
        return seat.shell if seat is not None else None

    def run(self) -> int:
        """Show the windows and serve them until the last one is closed."""
        with self._loop:
            return int(self._loop.run_until_complete(self.serve()))

    async def serve(self) -> int:
        """Open the first profile that is free, and wait until the windows are closed."""
        from desktop.household import Household
        from desktop.seats import Seats
        from desktop.ui import tasks

        self.seats = seats = Seats(
            self._home,
            server_url=self._server_url,
            is_second=self._is_second,
            make_engine=self._make_engine,
        )
        self.household = household = Household(seats, self._application)
        household.quit_requested.connect(self.close)
        household.open()
        status = int(await self._ended)
        await household.close()
        await seats.stop()
        await tasks.cancel_all()
        return status

    def present(self) -> None:
        """Bring the windows to the front, as a second start asks for."""
        if self.household is not None and not self._is_stopping:
            self.household.present()

    def close(self) -> None:
        """Close every window; the app ends once what was typed is stored."""
        if self._is_stopping:
            return
        self._is_stopping = True
        if self.household is not None:
            self.household.close_windows()
        if not self._ended.done():
            self._ended.set_result(0)


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

    from desktop.ui.application import Application
    from desktop.ui.collector import Collector
    from desktop.ui.fonts import install_fonts
    from desktop.ui.theme import follow_system

    application = Application(sys.argv[:1])
    application.setApplicationName("Mim")
    application.setDesktopFileName("mim")
    application.setStyle("Fusion")
    # The last window to close is not the end: the engine stores first.
    application.setQuitOnLastWindowClosed(False)
    install_fonts()
    follow_system()
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    Collector(application).start()
    return application, loop


def _make_engine(server_url: str, folder: Path) -> EngineLike:
    """Make the real engine; called on its own thread, where its imports hold up nobody."""
    from desktop.config import EngineConfig
    from desktop.engine import Engine

    return Engine(EngineConfig(server_url=server_url, home=folder))


def _end_on_signals(desktop: Desktop) -> None:
    """Close the windows on Ctrl-C and on the wish of the program that started this one."""
    from PySide6.QtCore import QSocketNotifier

    def close(_number: int, _frame: object) -> None:
        desktop.close()

    signal.signal(signal.SIGINT, close)
    signal.signal(signal.SIGTERM, close)
    # Python looks at signals only while it runs, so each wakes Qt's loop with a byte.
    heard, told = socket.socketpair()
    heard.setblocking(False)
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(heard.fileno(), QSocketNotifier.Type.Read, desktop._application)
    notifier.activated.connect(lambda: heard.recv(_SIGNALS_MAX))


def input_modules(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that let Qt find the input method; those that are right are left out.

    Qt's wheels ship no plugin for fcitx, which desktops ask for by name; it also answers to ibus.
    """
    changed = {}
    if "fcitx" in environment.get("QT_IM_MODULE", environment.get("XMODIFIERS", "")):
        changed["QT_IM_MODULE"] = "ibus"
    modules = environment.get("QT_IM_MODULES", "")
    if "fcitx" in modules:
        named = ("ibus" if "fcitx" in each else each for each in modules.split(";"))
        changed["QT_IM_MODULES"] = ";".join(named)
    return changed


if __name__ == "__main__":
    sys.exit(main())
