"""Every window of the app on the exhibits' world: the one table that pictures and walks go by.

`tests/screenshots.py` takes pictures of them for people, `tests/golden` compares pictures of them
pixel by pixel, `tests/desktop/walk` reads them as a screen reader does and
in a language of brackets. A new window is a new line of `SCENES`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QAbstractAnimation, QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from desktop import events
from desktop.events import DeviceRow, LinkChanged, LinkState, Member
from desktop.ui.login_window import LoginWindow
from desktop.ui.main_window import MainWindow
from desktop.ui.settings import SettingsStore
from desktop.ui.shell import Shell
from shared.identifiers import AccountId, ConversationId
from shared.roster import Role
from tests.desktop.fake_port import FakePort, at, profile
from tests.exhibits.stage import WANG, make_world

__all__ = ["SCENES", "Scene", "Stage", "close", "settle"]

NARROW, WIDE = (400, 700), (1440, 860)
CALM_S = 0.02  # Without a painted change or a task: nothing moves any more.
SETTLE_S_MAX = 3.0
ROUNDS_MIN = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene that is set up: the windows' owner and the window to look at."""

    port: FakePort
    shell: Shell
    window: QWidget


@dataclass(frozen=True, slots=True)
class Scene:
    """One line of the table.

    Attributes:
        name: Of its pictures.
        make: Sets it up; asyncio's loop and Qt's are the same one and running.
        size: Of the window in logical pixels, if not its own.
        has_pictures: Whether its pictures stand in the documents too.
    """

    name: str
    make: Callable[[], Stage]
    size: tuple[int, int] | None = None
    has_pictures: bool = True

    def set_up(self) -> Stage:
        """Open the windows and let them come to rest."""
        stage = self.make()
        if self.size is not None:
            stage.window.resize(*self.size)
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


def _open(port: FakePort, *, server_url: str = "https://mim.example.org") -> Shell:
    settings = SettingsStore(Path("/nonexistent/mim"))
    settings.change = lambda **_changes: None  # type: ignore[method-assign]
    shell = Shell(port.session, port, settings, server_url=server_url, use_server=_nowhere)
    shell.start()
    port.announce()
    settle()
    return shell


def _main(shell: Shell) -> MainWindow:
    assert shell.main_window is not None
    return shell.main_window


def main_with(
    act: Callable[[FakePort, Shell], object], *, world: Callable[[], FakePort] = make_world
) -> Callable[[], Stage]:
    """Return what makes the main window and does something in it."""

    def make() -> Stage:
        port = world()
        shell = _open(port)
        act(port, shell)
        return Stage(port, shell, _main(shell))

    return make


def dialog_of(
    act: Callable[[FakePort, Shell], object], *, world: Callable[[], FakePort] = make_world
) -> Callable[[], Stage]:
    """Return what makes the main window and opens a dialog on it; the dialog is the scene."""

    def make() -> Stage:
        port = world()
        shell = _open(port)
        act(port, shell)
        settle()
        assert shell.dialog is not None
        return Stage(port, shell, shell.dialog)

    return make


def login_dialog_of(act: Callable[[LoginWindow], object]) -> Callable[[], Stage]:
    """Return what makes the log-in window and opens a dialog on it."""

    def make() -> Stage:
        port = make_world(is_logged_in=False)
        shell = _open(port)
        assert shell.login_window is not None
        act(shell.login_window)
        settle()
        assert shell.dialog is not None
        return Stage(port, shell, shell.dialog)

    return make


def menu_of(act: Callable[[FakePort, Shell], object]) -> Callable[[], Stage]:
    """Return what makes the main window and opens a menu in it; the menu is the scene."""

    def make() -> Stage:
        port = make_world()
        shell = _open(port)
        act(port, shell)
        settle()
        menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu)]
        shown = [menu for menu in menus if menu.isVisible()]
        assert shown
        return Stage(port, shell, shown[0])

    return make


def nobody() -> FakePort:
    """Return the world of somebody who has just registered."""
    return FakePort()


GROUP = ConversationId(1050)


def grouped() -> FakePort:
    """Return the world with a group in it, several devices and a request to join."""
    port = make_world()
    nobody_ = profile(0, "", "")
    port.add_conversation(
        profile(50, "", ""), kind=2, title="周三读书会 Book club", own_role=3, member_count=5
    )
    port.conversations[GROUP] = _with_peer(port, nobody_)
    people = [port.own, *(contact.profile for contact in port.contacts.values())][:5]
    roles = [Role.OWNER, Role.ADMIN, Role.MEMBER, Role.MEMBER, Role.MEMBER]
    port.members = [
        Member(profile=person, role=role) for person, role in zip(people, roles, strict=True)
    ]
    port.joining = [profile(11, "alina", "Alina Novak")]
    port.add_message(GROUP, "Chapter seven by Wednesday, 别忘了带书", minutes_ago=50)
    port.devices = [
        DeviceRow(
            device_id=number,
            name=name,
            created_ms=at(days * 1440),
            last_seen_ms=at(minutes),
            is_current=number == 1,
            is_revoked=False,
            has_session=True,
        )
        for number, (name, days, minutes) in enumerate(
            (("书房电脑", 40, 0), ("Laptop", 3, 95)), start=1
        )
    ]
    return port


def _with_peer(port: FakePort, person: events.Profile) -> events.ConversationRow:
    return msgspec.structs.replace(port.conversations[GROUP], peer=person)


def _offline(port: FakePort, shell: Shell) -> None:
    shell.open_conversation(WANG)
    port.session.apply(LinkChanged(state=LinkState.OFFLINE))


def _search(_port: FakePort, shell: Shell) -> None:
    side = _main(shell).side
    side.search.setText("al")
    side.results._delay.timeout.emit()


def _nothing_found(_port: FakePort, shell: Shell) -> None:
    side = _main(shell).side
    side.search.setText("qqqq")
    side.results._delay.timeout.emit()


def _chat(_port: FakePort, shell: Shell) -> None:
    shell.open_conversation(WANG)


def login() -> Stage:
    port = make_world(is_logged_in=False)
    shell = _open(port)
    assert shell.login_window is not None
    return Stage(port, shell, shell.login_window)


def detached() -> Stage:
    port = make_world()
    shell = _open(port)
    shell.detach(WANG)
    window = shell.chat_windows.find(WANG)
    assert window is not None
    return Stage(port, shell, window)


_CODE = "K7QM-2XWP-94TF-HJ3V-RD8C-6YNB"

SCENES: tuple[Scene, ...] = (
    Scene("login", login),
    Scene("register", login_dialog_of(lambda window: window.register_button.click())),
    Scene(
        "recover", login_dialog_of(lambda window: window.recover_button.click()), has_pictures=False
    ),
    Scene("recovery", dialog_of(lambda _port, shell: shell.account_flows._keep_code(_CODE))),
    Scene("empty", main_with(lambda _port, _shell: None, world=nobody)),
    Scene(
        "empty_contacts",
        main_with(lambda _port, shell: _main(shell).rail.contacts_button.click(), world=nobody),
        has_pictures=False,
    ),
    Scene("chat", main_with(_chat)),
    Scene("wide", main_with(_chat), size=WIDE, has_pictures=False),
    Scene("narrow", main_with(_chat), size=NARROW),
    Scene("narrow_list", main_with(lambda _port, _shell: None), size=NARROW, has_pictures=False),
    Scene(
        "group",
        main_with(lambda _port, shell: shell.open_conversation(GROUP), world=grouped),
        has_pictures=False,
    ),
    Scene("offline", main_with(_offline)),
    Scene("contacts", main_with(lambda _port, shell: _main(shell).rail.contacts_button.click())),
    Scene("search", main_with(_search)),
    Scene("search_nothing", main_with(_nothing_found), has_pictures=False),
    Scene("window", detached),
    Scene("add", dialog_of(lambda _port, shell: shell.add_contact())),
    Scene("profile", dialog_of(lambda _port, shell: shell.show_profile(AccountId(2)))),
    Scene(
        "profile_bare",
        dialog_of(lambda _port, shell: shell.show_profile(AccountId(4))),
        has_pictures=False,
    ),
    Scene("own_profile", dialog_of(lambda _port, shell: shell.show_own_profile())),
    Scene(
        "safety",
        dialog_of(lambda _port, shell: shell.show_safety(AccountId(2))),
        has_pictures=False,
    ),
    Scene("settings", dialog_of(lambda _port, shell: shell.show_settings())),
    Scene(
        "devices",
        dialog_of(lambda _port, shell: shell.show_devices(), world=grouped),
        has_pictures=False,
    ),
    Scene("password", dialog_of(lambda _port, shell: shell.show_password()), has_pictures=False),
    Scene("new_group", dialog_of(lambda _port, shell: shell.make_group()), has_pictures=False),
    Scene("join_group", dialog_of(lambda _port, shell: shell.join_group()), has_pictures=False),
    Scene(
        "group_info",
        dialog_of(lambda _port, shell: shell.show_group(GROUP), world=grouped),
        has_pictures=False,
    ),
    Scene("log_out", dialog_of(lambda _port, shell: shell.ask_log_out())),
    Scene("remove", dialog_of(lambda _port, shell: shell.remove_contact(AccountId(3)))),
)
