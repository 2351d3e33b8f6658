"""A real app that locks itself and has two accounts, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.test_two_windows import Server, Window
from tests.scenarios.window_process import Command

PASSCODE = "four words are good"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def open_app(folder: Path) -> Iterator[Callable[[], Window]]:
    """Return a function that starts the app in one home, again and again."""
    server = Server(folder / "server")
    server.start()
    opened: list[Window] = []

    def open_one() -> Window:
        opened.append(Window(server, folder / "home"))
        return opened[-1]

    yield open_one
    for window in opened:
        window.end()
    server.kill()


def keys(app: Window, name: str) -> None:
    app.do(Command(do="keys", key=name))


def choose(app: Window, text: str) -> None:
    """Choose from the menu at the own picture."""
    app.click("My profile")
    app.do(Command(do="menu", text=text))


def unlock(app: Window, passcode: str) -> None:
    app.type("Passcode", passcode)
    app.click("Unlock")


@pytest.mark.timeout(300)
def test_a_passcode_locks_the_app_and_what_it_stores(
    open_app: Callable[[], Window], folder: Path
) -> None:
    app = open_app()
    app.register("anna", "Anna")
    choose(app, "Passcode")
    app.type("New passcode", PASSCODE)
    app.type("Repeat the new passcode", PASSCODE)
    app.click("Set passcode")
    app.sees("The passcode is set.")

    # Locked, nothing on the screen says whose it is.
    keys(app, "Ctrl+L")
    app.sees("Mim is locked")
    assert not any("Anna" in text or "anna" in text for text in app.read())
    unlock(app, "not that one")
    app.sees("This is not the passcode.")
    unlock(app, PASSCODE)
    app.sees("window: Anna")

    # Started again, it opens with the passcode alone.
    app.close()
    profile = folder / "home" / "profile-1"
    assert (profile / "passcode").exists()
    assert not (profile / "key").exists()
    app = open_app()
    app.sees("Mim is locked")
    assert not any("Anna" in text for text in app.read())
    unlock(app, PASSCODE)
    app.sees("window: Anna")
    app.close()


@pytest.mark.timeout(300)
def test_two_accounts_live_in_one_window(open_app: Callable[[], Window], folder: Path) -> None:
    app = open_app()
    app.register("anna", "Anna")
    choose(app, "Add account")
    app.register("work", "Work")
    assert not any(text.startswith("window: Anna") for text in app.read())

    choose(app, "Anna")
    app.sees("window: Anna")
    app.sees_no_more("window: Work")
    app.close()

    # Both are there at the next start, and are switched by keys.
    app = open_app()
    app.sees("window: Anna")
    app.click("My profile")
    app.do(Command(do="menu", text="Work"))
    app.sees("window: Work")
    keys(app, "Ctrl+Shift+1")
    app.sees("window: Anna")
    app.close()
    assert not (folder / "home" / "profile-3").exists()
