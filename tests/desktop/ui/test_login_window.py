from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import LogIn
from desktop.events import LinkChanged, LinkState
from desktop.ui.login_window import LoginWindow
from desktop.ui.settings import SettingsStore
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, retype, type_into


class Servers:
    """Notes which servers were asked for."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def use(self, url: str) -> None:
        self.urls.append(url)


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def login(windows: None, tmp_path: Path, servers: Servers, qtbot: QtBot) -> LoginWindow:
    port = FakePort(is_logged_in=False)
    made = LoginWindow(
        port.session,
        port,
        SettingsStore(tmp_path / "windows.json"),
        server_url="https://one.example",
        use_server=servers.use,
    )
    made.port = port  # type: ignore[attr-defined]  # Lives as long as the window.
    qtbot.addWidget(made)
    made.show()
    return made


def fill(login: LoginWindow, server: str) -> None:
    retype(login.server, server)
    type_into(login.user_name, "anna")
    type_into(login.password, "a good password")
    press(login.log_in_button)


def test_another_server_is_used_before_logging_in(
    login: LoginWindow, servers: Servers, qtbot: QtBot
) -> None:
    fill(login, "https://two.example/")

    qtbot.waitUntil(lambda: login.password.text() == "")
    assert servers.urls == ["https://two.example"]


def test_the_same_server_is_left_alone(login: LoginWindow, servers: Servers, qtbot: QtBot) -> None:
    fill(login, "https://one.example")

    qtbot.waitUntil(lambda: login.password.text() == "")
    assert servers.urls == []


def test_a_session_the_server_ended_is_told(login: LoginWindow) -> None:
    login._session.apply(LinkChanged(state=LinkState.REFUSED, code="unauthenticated"))

    assert "log in again" in login.error.text()


def test_the_language_is_switched_here_too(login: LoginWindow) -> None:
    press(login.language_button)

    assert login.title.text() == "欢迎使用 Mim"
    assert login.language_button.text() == "English"
    set_language(Language.ENGLISH)


def test_the_password_is_not_in_a_command_that_is_printed() -> None:
    assert "secret" not in repr(LogIn(user_name="anna", password="secret"))


def test_an_address_is_written_out_and_checked_when_one_leaves_it(login: LoginWindow) -> None:
    retype(login.server, "mim.example.org")
    press(login.user_name)
    assert login.server.text() == "https://mim.example.org"
    assert login.error.text() == ""

    retype(login.server, "http://mim.example.org")
    press(login.user_name)
    assert "Without encryption" in login.error.text()
    retype(login.server, "m")

    assert login.error.text() == ""


def test_caps_lock_is_told_below_the_password(login: LoginWindow) -> None:
    QTest.keyClicks(login.password, "A")

    assert login.caps_lock.isVisible()
