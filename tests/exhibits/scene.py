"""What a scene is, and how one is set up, comes to rest, and is taken down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractAnimation, QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from desktop.ui.login_window import LoginWindow
from desktop.ui.main_window import MainWindow
from desktop.ui.settings import SettingsStore
from desktop.ui.shell import Shell
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import make_world

__all__ = [
    "NARROW",
    "SMALL",
    "WIDE",
    "Act",
    "Scene",
    "Stage",
    "close",
    "dialog_of",
    "login_dialog_of",
    "main_of",
    "main_with",
    "menu_of",
    "open_shell",
    "over",
    "settle",
]

Act = Callable[[FakePort, Shell], object]
NARROW, SMALL, WIDE = (380, 700), (860, 520), (1500, 860)
CALM_S = 0.004  # Without a painted change or a task: nothing moves any more.
SETTLE_S_MAX = 3.0
ROUNDS_MIN = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene that is set up: the windows' owner and the window to look at."""

    port: FakePort
    shell: Shell
    window: QWidget
    owner: object = None  # Of the window, where no widget is; it lives as long as the stage.


@dataclass(frozen=True, slots=True)
class Scene:
    """One line of the table.

    Attributes:
        name: Of its pictures.
        make: Sets it up; asyncio's loop and Qt's are the same one and running.
        size: Of the window in logical pixels, if not its own.
    """

    name: str
    make: Callable[[], Stage]
    size: tuple[int, int] | None = None

    def set_up(self) -> Stage:
        """Open the windows and let them come to rest."""
        stage = self.make()
        if self.size is not None:
            stage.window.resize(*self.size)
        if not stage.window.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus:
            stage.window.activateWindow()
        settle()
        return stage


def settle() -> None:
    """Let everything that waits in the loop happen, until nothing does any more."""
    last = time.monotonic() + SETTLE_S_MAX
    calm = time.monotonic() + CALM_S
    rounds = 0
    while time.monotonic() < last:
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        rounds += 1
        if _is_moving():
            calm = time.monotonic() + CALM_S
        elif rounds >= ROUNDS_MIN and time.monotonic() >= calm:
            return


def close(stage: Stage) -> None:
    """Take the windows down, so that the next scene starts on an empty stage."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMenu):
            widget.close()
    stage.shell.close_all()
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    settle()


def _is_moving() -> bool:
    running = QAbstractAnimation.State.Running
    for widget in QApplication.topLevelWidgets():
        for animation in widget.findChildren(QAbstractAnimation):
            if animation.state() == running and animation.totalDuration() >= 0:
                return True
    loop = asyncio.get_event_loop_policy().get_event_loop()
    return bool(asyncio.all_tasks(loop))


async def _nowhere(_url: str) -> None:
    return None


def open_shell(port: FakePort, **remembered: object) -> Shell:
    """Open the windows on a world.

    Args:
        port: Of the world.
        remembered: Settings that are not the defaults.
    """
    settings = SettingsStore()
    settings.change(was_logged_in=port.is_logged_in, **remembered)
    shell = Shell(
        port.session,
        port,
        settings,
        server_url="https://mim.example.org",
        use_server=_nowhere,
        version=lambda: "1.0.0",
    )
    shell.start()
    port.announce()
    settle()
    return shell


def main_of(shell: Shell) -> MainWindow:
    """Return the main window, which is open."""
    assert shell.main_window is not None
    return shell.main_window


def main_with(
    act: Act, *, world: Callable[[], FakePort] = make_world, **remembered: object
) -> Callable[[], Stage]:
    """Return what makes the main window and does something in it."""

    def make() -> Stage:
        port = world()
        shell = open_shell(port, **remembered)
        act(port, shell)
        return Stage(port, shell, main_of(shell))

    return make


def dialog_of(act: Act, *, world: Callable[[], FakePort] = make_world) -> Callable[[], Stage]:
    """Return what makes the main window and opens a dialog on it; the dialog is the scene."""

    def make() -> Stage:
        port = world()
        shell = open_shell(port)
        act(port, shell)
        settle()
        assert shell.dialog is not None
        return Stage(port, shell, shell.dialog)

    return make


def over(
    show: Callable[[FakePort, Shell], QWidget | None],
    *,
    world: Callable[[], FakePort] = make_world,
) -> Callable[[], Stage]:
    """Return what makes the main window, and something else that is the scene.

    Args:
        show: Opens it and returns it; `None` for the dialog or the window that is active then.
        world: Where it happens.
    """

    def make() -> Stage:
        port = world()
        shell = open_shell(port)
        window = show(port, shell)
        settle()
        window = window or QApplication.activeWindow()
        assert window is not None
        return Stage(port, shell, window)

    return make


def login_dialog_of(act: Callable[[LoginWindow], object]) -> Callable[[], Stage]:
    """Return what makes the log-in window and opens a dialog on it."""

    def make() -> Stage:
        port = make_world(is_logged_in=False)
        shell = open_shell(port)
        assert shell.login_window is not None
        act(shell.login_window)
        settle()
        assert shell.dialog is not None
        return Stage(port, shell, shell.dialog)

    return make


def menu_of(act: Act, *, world: Callable[[], FakePort] = make_world) -> Callable[[], Stage]:
    """Return what makes the main window and opens a menu in it; the menu is the scene."""

    def make() -> Stage:
        port = world()
        shell = open_shell(port)
        act(port, shell)
        settle()
        menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu)]
        shown = [menu for menu in menus if menu.isVisible()]
        assert shown
        return Stage(port, shell, shown[0])

    return make
