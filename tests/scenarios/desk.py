"""A person at a desk: a screen with a window manager, a mouse, a keyboard, and eyes.

The app is a process like any other, from this checkout or packed. What it shows is read as a
screen reader reads it, over AT-SPI; hands are real X events by xdotool. Nothing reaches into it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from tests.scenarios.screen_reader import Bus, Node, ScreenReader, is_possible
from tests.screen import Screen, has_screen
from tests.server_process import ROOT

__all__ = ["App", "Desk", "needed"]

WAIT_S = 60.0
POLL_S = 0.05
STILL = 3  # Looks in a row that found it in the same place: windows move while they open.
NO_CONTROLS = ("label", "filler", "frame", "dialog", "window")
ENTRIES = ("list item", "tree item", "table cell", "menu item", "check menu item")


def needed() -> str:
    """Return what is missing on this machine for a desk; nothing if all is there."""
    programs = [name for name in ("Xvfb", "openbox", "xdotool") if shutil.which(name) is None]
    if not has_screen() or not is_possible():
        programs.append("at-spi2-core")
    return ", ".join(programs)


class Desk:
    """Screen, window manager and bus; apps are started on it."""

    def __init__(self) -> None:
        self.screen = Screen(window_manager="openbox")
        self._apps: list[App] = []

    def __enter__(self) -> Desk:
        """Set it up."""
        self.screen.__enter__()
        self.bus = Bus()
        self.reader = ScreenReader(self.bus)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear it."""
        for app in self._apps:
            app.end()
        self.reader.close()
        self.bus.close()
        self.screen.__exit__(kind, error, trace)

    def start(self, home: Path, *, server: str, command: Sequence[str] = ()) -> App:
        """Start the app."""
        program = command or (sys.executable, "-P", "-m", "desktop.app")
        app = App(self, [*program, "--server", server, "--home", str(home)], home)
        self._apps.append(app)
        return app

    def environ(self) -> dict[str, str]:
        """Return what programs on this desk see of it."""
        return (
            self.screen.environ()
            | self.bus.environ()
            | {
                "PYTHONPATH": str(ROOT),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                "LANGUAGE": "en",
            }
        )

    def hand(self, *arguments: str) -> None:
        """Move a finger."""
        command = ["xdotool", *arguments]
        environ = os.environ | {"DISPLAY": self.screen.name}
        subprocess.run(command, env=environ, check=True, capture_output=True, timeout=WAIT_S)


class App:
    """A running app, as the person in front of it sees and handles it."""

    def __init__(self, desk: Desk, command: Sequence[str], home: Path) -> None:
        self._desk = desk
        home.parent.mkdir(parents=True, exist_ok=True)
        self._log = home.with_name(home.name + ".log").open("ab")
        self._process = subprocess.Popen(
            command, cwd=home.parent, env=desk.environ(), stdout=self._log, stderr=self._log
        )

    # Eyes.

    def read(self) -> list[Node]:
        """Return everything that is shown."""
        assert self._process.poll() is None, f"the app has ended with {self._process.returncode}"
        return self._desk.reader.read(self._process.pid)

    def sees(self, *parts: str) -> Node:
        """Wait until something has all these parts in its name; return it."""
        return self.waits(lambda node: all(part in node.name for part in parts), parts)

    def sees_no_more(self, part: str) -> None:
        """Wait until nothing has this part in its name."""
        deadline = time.monotonic() + WAIT_S
        while any(part in node.name for node in self.read()):
            assert time.monotonic() < deadline, f"{part} is still there"
            time.sleep(POLL_S)

    def waits(self, is_it: Callable[[Node], bool], wanted: object) -> Node:
        """Wait until something is shown and stands still; return it."""
        deadline = time.monotonic() + WAIT_S
        before: list[Node | None] = []
        while True:
            nodes = self.read()
            # Windows come in the order in which they were opened: a dialog behind its parent.
            found = next((node for node in reversed(nodes) if is_it(node)), None)
            if found is not None and before[-STILL:] == [found] * STILL:
                return found
            before.append(found)
            said = [f"{node.role} {node.name}" for node in nodes if node.name]
            assert time.monotonic() < deadline, f"waited for {wanted}; on the screen: {said}"
            time.sleep(POLL_S)

    def control(self, name: str, roles: Sequence[str] = ()) -> Node:
        """Wait for an enabled control with exactly this name; the topmost window's first."""
        return self.waits(
            lambda node: (
                node.name == name
                and node.is_enabled
                and (node.role in roles if roles else node.role not in NO_CONTROLS)
            ),
            name,
        )

    def entry(self, *parts: str) -> Node:
        """Wait for an entry of a list, tree or menu with these parts in its name."""
        return self.waits(
            lambda node: node.role in ENTRIES and all(part in node.name for part in parts), parts
        )

    # Hands; `tests.scenarios.hands` uses them.

    def hand(self, *arguments: str) -> None:
        """Move a finger."""
        self._desk.hand(*arguments)

    # The end.

    def wait(self) -> int:
        """Wait until it has ended by itself."""
        return self._process.wait(WAIT_S)

    def end(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()
