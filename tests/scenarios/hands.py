"""Two ways to use a window: by mouse alone, by keyboard alone. A story can be told with either."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from tests.scenarios.desk import ENTRIES, POLL_S, App

__all__ = ["Hands", "KeyboardHands", "MouseHands"]

LETTER_MS = "6"
TABS_MAX = 90
STEPS_MAX = 60
ARROWS_MAX = 6
HEARD_S = 2.0
CROSS = 10  # Openbox: how far its middle is from the corner, both ways.
LISTS = ("list", "tree", "table")
TICKED = ("check box", "radio button", "toggle button")


class Hands(Protocol):
    """What a person does."""

    app: App

    def press(self, name: str) -> None:
        """Press a button."""

    def fill(self, name: str, text: str) -> None:
        """Write into a field, instead of what is there."""

    def pick(self, where: str, *parts: str) -> None:
        """Choose an entry of the list with a name; of the menu that is open if it has none."""

    def tick(self, where: str, *parts: str) -> None:
        """Tick an entry of a list of things to choose from."""

    def choose_file(self, path: Path) -> None:
        """Choose a file of the folder that the app was started in."""

    def send(self) -> None:
        """Send what is in the composer."""

    def leave(self) -> int:
        """Close the only window; return the exit status."""


class MouseHands:
    """Everything is chosen by the mouse; letters come into the field that was clicked.

    No key but letters is pressed: no Tab, no Enter, no shortcut.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def press(self, name: str) -> None:
        """Click it."""
        self._click(*self.app.control(name).center)

    def fill(self, name: str, text: str) -> None:
        """Click three times, which selects what is there, then type."""
        x, y = self.app.control(name).center
        self.app.hand("mousemove", "--sync", str(x), str(y), "click", "--repeat", "3", "1")
        self.app.hand("type", "--delay", LETTER_MS, "--", text)

    def pick(self, where: str, *parts: str) -> None:
        """Click the entry, a little in from its left, where nothing else is."""
        if not where:
            self._find_menu()
        entry = self.app.entry(*parts)
        self._click(entry.x + min(60, entry.width // 2), entry.y + min(20, entry.height // 2))

    def tick(self, where: str, *parts: str) -> None:
        """Click the entry."""
        self.pick(where, *parts)

    def choose_file(self, path: Path) -> None:
        """Click its entry twice."""
        x, y = self.app.entry(path.name).center
        self.app.hand("mousemove", "--sync", str(x), str(y), "click", "--repeat", "2", "1")

    def send(self) -> None:
        """Click the button."""
        self.press("Send")

    def leave(self) -> int:
        """Click the cross that the window manager has put above the window's corner."""
        window = self.app.waits(lambda node: node.depth == 0, "a window")
        self._click(window.x + window.width - CROSS, window.y - CROSS)
        return self.app.wait()

    def _find_menu(self) -> None:
        """Move to the menu that has opened, below the button or above: it is read from there."""
        for place in (("12", "34"), ("0", "-68")):
            self.app.hand("mousemove_relative", "--sync", "--", *place)
            self.app.hand("mousemove_relative", "--sync", "2", "0")
            deadline = time.monotonic() + HEARD_S
            while time.monotonic() < deadline:
                if any("menu item" in node.role for node in self.app.read()):
                    return
                time.sleep(POLL_S)

    def _click(self, x: int, y: int) -> None:
        self.app.hand("mousemove", "--sync", str(x), str(y), "click", "1")


class KeyboardHands:
    """The mouse stays where it is: Tab, arrows, Enter, Space and letters."""

    def __init__(self, app: App) -> None:
        self.app = app

    def press(self, name: str) -> None:
        """Go there and press Space."""
        self.go_to(name)
        self.app.hand("key", "space")

    def fill(self, name: str, text: str) -> None:
        """Go there, select what is there, type."""
        self.go_to(name)
        self.app.hand("key", "ctrl+a")
        self.app.hand("type", "--delay", LETTER_MS, "--", text)

    def pick(self, where: str, *parts: str) -> None:
        """Go to the list, down to the entry, and press Enter."""
        self._step_to(where, parts)
        self.app.hand("key", "Return")

    def tick(self, where: str, *parts: str) -> None:
        """Go to the list, down to the entry, and press Space."""
        self._step_to(where, parts)
        self.app.hand("key", "space")

    def choose_file(self, path: Path) -> None:
        """Type where it is."""
        self.fill("File name:", str(path))
        self.press("Open")

    def _step_to(self, where: str, parts: tuple[str, ...]) -> None:
        if where:
            self.app.entry(*parts)
            self.go_to(where, LISTS)
            self.app.hand("key", "Home")
        for _ in range(STEPS_MAX):
            if self._is_at_entry(parts):
                return
            self.app.hand("key", "Down")
            time.sleep(POLL_S)
        raise AssertionError(f"no way to {parts} by the arrow keys; the keyboard: {self._where()}")

    def send(self) -> None:
        """Press Enter in the composer, where the keyboard still is."""
        self.app.hand("key", "Return")

    def leave(self) -> int:
        """Press the keys by which window managers close a window."""
        self.app.waits(lambda node: node.depth == 0, "a window")
        self.app.hand("key", "alt+F4")
        return self.app.wait()

    def go_to(self, name: str, roles: tuple[str, ...] = ()) -> None:
        """Press Tab until the keyboard is at what has this name, and one of these roles."""
        role = self.app.control(name, roles).role
        arrows = ARROWS_MAX
        for _ in range(TABS_MAX):
            focused = [node for node in self.app.read() if node.is_focused]
            if any(node.name == name and (not roles or node.role in roles) for node in focused):
                return
            # Of choices that exclude each other Tab goes to one; arrows go to the others.
            is_among = role in TICKED and any(node.role == role for node in focused)
            arrows -= is_among
            arrow = "Up" if arrows >= ARROWS_MAX // 2 else "Down"
            self.app.hand("key", arrow if is_among and arrows >= 0 else "Tab")
            self._until_moved([node.name for node in focused])
        raise AssertionError(f"no way to {name} by Tab; the keyboard is at {self._where()}")

    def _is_at_entry(self, parts: tuple[str, ...]) -> bool:
        return any(
            node.is_focused and node.role in ENTRIES and all(part in node.name for part in parts)
            for node in self.app.read()
        )

    def _where(self) -> list[str]:
        return [node.name for node in self.app.read() if node.is_focused]

    def _until_moved(self, before: list[str]) -> None:
        """Wait for the key to take effect; where there is one stop only, it has none."""
        deadline = time.monotonic() + HEARD_S / 10
        while self._where() == before and time.monotonic() < deadline:
            time.sleep(POLL_S / 5)
