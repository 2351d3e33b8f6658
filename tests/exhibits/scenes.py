"""Every window of the app on the exhibits' world: the one table that pictures and walks go by.

`tests/screenshots.py` takes pictures of some for the documents, `tests/golden` compares pictures of
all pixel by pixel, `tests/desktop/walk` reads them as a screen reader does and in a language of
brackets. A new window is a new line in `CHATS`, `DIALOGS` or `OTHERS`.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from desktop.ui.lock_screen import LockScreen
from desktop.ui.shell import Shell
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits import account_menu, lock_screen, notification_popup
from tests.exhibits.scene import Scene, Stage, close, main_of, menu_of, open_shell, over, settle
from tests.exhibits.scenes_chats import CHATS, pane_of
from tests.exhibits.scenes_dialogs import DIALOGS
from tests.exhibits.stage import make_world
from tests.exhibits.worlds import RICH, rich, varied

__all__ = ["SCENES", "Scene", "Stage", "close", "settle"]


def login() -> Stage:
    port = make_world(is_logged_in=False)
    shell = open_shell(port)
    assert shell.login_window is not None
    return Stage(port, shell, shell.login_window)


def notification() -> Stage:
    """Return the newest of three notifications in the corner."""
    port = make_world()
    shell = open_shell(port)
    sink = notification_popup.make()
    first = next(iter(sink.windows.values()))
    return Stage(port, shell, first, owner=sink)


def _lock(screen: LockScreen) -> QWidget:
    screen.resize(720, 520)
    screen.show()
    return screen


def _locked(_port: FakePort, _shell: Shell) -> QWidget:
    screen = LockScreen(lambda: lock_screen.NOW_MS)
    screen.begin()
    return _lock(screen)


def _viewer(_port: FakePort, shell: Shell) -> QWidget:
    pane = pane_of(shell, RICH)
    row = next(row for row in pane.timeline.rows if row.local_id in _port.pictures)
    pane._view_picture(row)
    settle()
    assert pane.viewer is not None
    return pane.viewer


def _row_menu(_port: FakePort, shell: Shell) -> None:
    view = main_of(shell).side.list
    view._open_menu_of(view.model().index(1, 0))


def _message_menu(_port: FakePort, shell: Shell) -> None:
    view = pane_of(shell).view
    view.open_menu(view.model.rows[-1], QPoint(600, 400))


def _account_menu(port: FakePort, shell: Shell) -> None:
    port.strangers.append(profile(2, "xiao.work", "Lin Xiao (work)"))  # The other account.
    account_menu.make().open_at(main_of(shell).rail.avatar)


OTHERS: tuple[Scene, ...] = (
    Scene("login", login),
    Scene("locked", over(_locked)),
    Scene("locked_wrong", over(lambda _port, _shell: _lock(lock_screen.make()))),
    Scene("notification", notification),
    Scene("viewer", over(_viewer, world=rich), size=(900, 640)),
    Scene("menu_account", menu_of(_account_menu)),
    Scene("menu_new", menu_of(lambda _port, shell: main_of(shell).side.add_button.click())),
    Scene("menu_row", menu_of(_row_menu, world=varied)),
    Scene("menu_chat", menu_of(lambda _port, shell: pane_of(shell).header.menu_button.click())),
    Scene("menu_message", menu_of(_message_menu)),
    Scene(
        "menu_attach", menu_of(lambda _port, shell: pane_of(shell).composer.attach_button.click())
    ),
)
SCENES: tuple[Scene, ...] = (*CHATS, *DIALOGS, *OTHERS)
