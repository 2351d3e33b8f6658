"""One real app, one real server: what was open, kept and read is there after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.test_two_windows import Server, Window

NOTES = 60


@pytest.fixture
def real_server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def app(real_server: Server, tmp_path: Path) -> Iterator[Window]:
    window = Window(real_server, tmp_path / "anna")
    yield window
    window.end()


def choose(window: Window, downs: int) -> None:
    """Open the menu of the current conversation and choose the entry so far down."""
    window.key("Menu")
    for _ in range(downs):
        window.key("Down")
    window.key("Return")


@pytest.mark.timeout(300)
def test_what_was_open_kept_and_read_is_there_after_a_restart(
    real_server: Server, app: Window, tmp_path: Path
) -> None:
    app.register("anna", "Anna")
    app.click("My notes")
    app.sees("Messages with My notes")
    for number in range(NOTES):
        app.write(f"note number {number}")
    app.sees(f"You: note number {NOTES - 1}", "sent")

    # The keyboard pins it, archives it, and takes that back.
    app.key("F6")
    app.key("F6")
    choose(app, 2)
    app.sees("My notes", "pinned")
    choose(app, 4)
    app.sees("Archived (1)")
    app.click("Undo")
    app.sees_no_more("Archived (1)")

    # It is read from the beginning, and so it is again.
    app.click("Messages with My notes")
    app.key("Home")
    app.sees("Go to the newest message")
    app.close()
    again = Window(real_server, tmp_path / "anna")
    try:
        again.sees("You: note number 0")
        again.sees("Go to the newest message")
        again.sees("My notes", "pinned")
        again.close()
    finally:
        again.end()
