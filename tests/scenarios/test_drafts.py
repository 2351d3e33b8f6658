"""What was typed outlives the app's being killed: real windows, a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.test_two_windows import Server, Window
from tests.scenarios.window_process import Command


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def open_window(server: Server, tmp_path: Path) -> Iterator[Callable[[], Window]]:
    opened: list[Window] = []

    def open_one() -> Window:
        opened.append(Window(server, tmp_path / "anna"))
        return opened[-1]

    yield open_one
    for window in opened:
        window.end()


@pytest.mark.timeout(300)
def test_a_draft_and_an_edit_outlive_the_app(open_window: Callable[[], Window]) -> None:
    anna = open_window()
    anna.register("anna", "Anna")
    anna.click("New")
    anna.do(Command(do="menu", text="My notes"))
    anna.write("remember :tada: milk")
    anna.sees("You: remember 🎉 milk", "sent")

    # Killed while something is typed: the list shows the draft as soon as it is stored.
    anna.type("Message", "half a thought")
    anna.sees("Draft", "half a thought")
    anna.end()
    anna = open_window()
    anna.row("half a thought")
    anna.key("Return")
    anna.sees("You: half a thought", "sent")

    # Closed while a message is edited: what was typed is there again, and Escape ends it.
    anna.key("Up")
    anna.sees("Edit message: half a thought")
    anna.type("Message", ", and more")
    anna.close()
    anna = open_window()
    anna.row("half a thought")
    anna.sees("Edit message: half a thought")
    anna.key("Return")
    anna.sees("You: half a thought, and more", "edited")
    anna.close()
