"""Pictures of every window, light and dark, Chinese and English, into ``docs/screenshots``.

Run ``python -m tests.screenshots [NAME...]``; they are the same on every run where the same
Chinese font is installed. The pictures are for people to look at.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.text.font.db=false")

from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QIODevice
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop.events import LinkChanged, LinkState
from desktop.ui.settings import SettingsStore
from desktop.ui.shell import Shell
from desktop.ui.theme import Appearance
from desktop.ui.translate import Language
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import WANG, make_application, make_world, set_look

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"


def make_shell(*, is_logged_in: bool = True) -> tuple[FakePort, Shell]:
    port = make_world(is_logged_in=is_logged_in)
    settings = SettingsStore(Path("/nonexistent/mim"))
    settings.change = lambda **_changes: None  # type: ignore[method-assign]
    shell = Shell(
        port.session, port, settings, server_url="https://mim.example.org", use_server=_nowhere
    )
    shell.start()
    port.announce()
    settle()
    return port, shell


async def _nowhere(_url: str) -> None:
    return None


def settle() -> None:
    """Let everything that waits in the loop happen."""
    end = time.monotonic() + 0.12
    while time.monotonic() < end:
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def chat() -> tuple[Shell, QWidget]:
    _, shell = make_shell()
    shell.open_conversation(WANG)
    assert shell.main_window is not None
    return shell, shell.main_window


def contacts() -> tuple[Shell, QWidget]:
    _, shell = make_shell()
    assert shell.main_window is not None
    shell.main_window.rail.contacts_button.click()
    return shell, shell.main_window


def search() -> tuple[Shell, QWidget]:
    _, shell = make_shell()
    assert shell.main_window is not None
    shell.main_window.side.search.setText("al")
    results = shell.main_window.side.results
    for delay in (results._delay, results.messages._delay):
        delay.stop()
        delay.timeout.emit()
    return shell, shell.main_window


def offline() -> tuple[Shell, QWidget]:
    port, shell = make_shell()
    shell.open_conversation(WANG)
    port.session.apply(LinkChanged(state=LinkState.OFFLINE))
    assert shell.main_window is not None
    return shell, shell.main_window


def login() -> tuple[Shell, QWidget]:
    _, shell = make_shell(is_logged_in=False)
    assert shell.login_window is not None
    return shell, shell.login_window


def empty() -> tuple[Shell, QWidget]:
    port = FakePort()
    settings = SettingsStore(Path("/nonexistent/mim"))
    settings.change = lambda **_changes: None  # type: ignore[method-assign]
    shell = Shell(port.session, port, settings, server_url="", use_server=_nowhere)
    shell.start()
    port.announce()
    assert shell.main_window is not None
    return shell, shell.main_window


def narrow() -> tuple[Shell, QWidget]:
    shell, window = chat()
    window.resize(400, 700)
    return shell, window


def window() -> tuple[Shell, QWidget]:
    _, shell = make_shell()
    shell.detach(WANG)
    detached = shell.chat_windows.find(WANG)
    assert detached is not None
    return shell, detached


def _dialog(act: Callable[[Shell], None]) -> Callable[[], tuple[Shell, QWidget]]:
    def make() -> tuple[Shell, QWidget]:
        _, shell = make_shell()
        act(shell)
        settle()
        assert shell.dialog is not None
        return shell, shell.dialog

    return make


def register() -> tuple[Shell, QWidget]:
    _, shell = make_shell(is_logged_in=False)
    assert shell.login_window is not None
    shell.login_window.register_button.click()
    assert shell.dialog is not None
    return shell, shell.dialog


PICTURES: dict[str, Callable[[], tuple[Shell, QWidget]]] = {
    "chat": chat,
    "contacts": contacts,
    "search": search,
    "offline": offline,
    "empty": empty,
    "narrow": narrow,
    "window": window,
    "login": login,
    "register": register,
    "recovery": _dialog(lambda shell: shell._on_registered("K7QM-2XWP-94TF-HJ3V-RD8C-6YNB")),
    "add": _dialog(lambda shell: shell.add_contact()),
    "profile": _dialog(lambda shell: shell.show_profile(AccountId(2))),
    "own_profile": _dialog(lambda shell: shell.show_own_profile()),
    "settings": _dialog(lambda shell: shell.show_settings()),
    "shortcuts": _dialog(lambda shell: shell.show_shortcuts()),
    "switcher": _dialog(lambda shell: shell.switch()),
    "safety": _dialog(lambda shell: shell.show_safety(AccountId(3))),
    "log_out": _dialog(lambda shell: shell.ask_log_out()),
    "remove": _dialog(lambda shell: shell.remove_contact(AccountId(3))),
}


def main(names: list[str]) -> None:
    folder = Path(os.environ.get("MIM_SCREENSHOTS", str(FOLDER)))
    folder.mkdir(parents=True, exist_ok=True)
    _, loop = make_application()
    total = 0
    for appearance in (Appearance.LIGHT, Appearance.DARK):
        for language in (Language.ENGLISH, Language.CHINESE):
            for name, make in PICTURES.items():
                if names and name not in names:
                    continue
                set_look(appearance, language)
                shell, widget = make()
                settle()
                path = folder / f"{name}_{appearance.value}_{language.value}.png"
                total += save(widget, path)
                shell.close_all()
                if shell.dialog is not None:
                    shell.dialog.deleteLater()
                settle()
    sys.stdout.write(f"{folder}: {total / 1e6:.2f} MB\n")
    loop.close()


def save(widget: QWidget, path: Path) -> int:
    """Store a picture as small as it gets; return its size."""
    small = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    small.save(buffer, "PNG", 0)  # type: ignore[call-overload]
    path.write_bytes(buffer.data().data())
    return path.stat().st_size


if __name__ == "__main__":
    main(sys.argv[1:])
