"""Reads other programs' windows over AT-SPI, as Orca does: names, roles and places, no more.

The programs run on a session bus of their own, so nobody else's windows are seen.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

__all__ = ["Bus", "Node", "ScreenReader"]

ACCESSIBLE = "org.a11y.atspi.Accessible"
COMPONENT = "org.a11y.atspi.Component"
PROPERTIES = "org.freedesktop.DBus.Properties"
ROOT = "/org/a11y/atspi/accessible/root"
REGISTRY = "org.a11y.atspi.Registry"
EVENTS = "org.a11y.atspi.Event.Object"
EVENTS_MAX = 500
PATIENCE_S = 20.0
DEPTH_MAX = 30
# Bits of AT-SPI's state, https://gnome.pages.gitlab.gnome.org/at-spi2-core/libatspi/enum.StateType.html
ENABLED, FOCUSED, SHOWING, VISIBLE = 8, 12, 25, 30
SCREEN = 0  # Places are told in pixels of the screen.


class Bus:
    """A session bus with accessibility, for as long as it is open."""

    def __init__(self) -> None:
        command = ["dbus-daemon", "--session", "--print-address", "--nofork"]
        # The service behind it puts its socket there: two of them take each other's away.
        self._folder = tempfile.TemporaryDirectory(prefix="mim-bus-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            command,
            env=os.environ | {"XDG_RUNTIME_DIR": self._folder.name},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def environ(self) -> dict[str, str]:
        """Return what programs need to be read."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "QT_ACCESSIBILITY": "1",
        }

    def close(self) -> None:
        """End the bus and what it has started."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()


@dataclass(frozen=True, slots=True)
class Node:
    """What can be read: a window, a control, an entry of a list."""

    name: str
    role: str
    x: int
    y: int
    width: int
    height: int
    is_enabled: bool
    is_focused: bool
    depth: int

    @property
    def center(self) -> tuple[int, int]:
        """The middle of it, in pixels of the screen."""
        return self.x + self.width // 2, self.y + self.height // 2


class ScreenReader:
    """Reads all windows on a bus."""

    def __init__(self, bus: Bus) -> None:
        address = _accessibility_address(bus.address)
        self._connection: DBusConnection = open_dbus_connection(address)
        self._focused: tuple[str, str] | None = None
        self._events: deque[Message] = deque(maxlen=EVENTS_MAX)
        self._listen()

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def read(self, pid: int) -> list[Node]:
        """Return everything that is shown by the windows of a process, from top to bottom."""
        found: list[Node] = []
        for name, path in self._children(REGISTRY, ROOT):
            if self._pid(name) == pid:
                for window in self._children(name, path):
                    found += self._walk(*window, 0)
                found += self._menu(name)
        return found

    def _listen(self) -> None:
        """Hear where the keyboard goes."""
        rule = MatchRule(type="signal", interface=EVENTS, member="StateChanged")
        self._ask(message_bus.AddMatch(rule))
        self._connection.filter(rule, queue=self._events).__enter__()
        registry = "/org/a11y/atspi/registry"
        for kind in ("object:state-changed:focused", "object:state-changed"):
            self._call(REGISTRY, registry, REGISTRY, "RegisterEvent", "s", (kind,))

    def _menu(self, program: str) -> list[Node]:
        """Return the entries of an open menu: no window has it, its focused entry leads to it."""
        while self._events:
            event = self._events.popleft()
            kind, is_so = event.body[0], event.body[1]
            if kind == "focused" and is_so:
                sender = event.header.fields[HeaderFields.sender]
                self._focused = sender, event.header.fields[HeaderFields.path]
        if self._focused is None or self._focused[0] != program:
            return []
        with contextlib.suppress(_GoneError):
            role = self._call(*self._focused, ACCESSIBLE, "GetRoleName")[0]
            if "menu item" in role:
                got = self._call(*self._focused, PROPERTIES, "Get", "ss", (ACCESSIBLE, "Parent"))
                parent: tuple[str, str] = got[0][1]
                return list(self._walk(parent[0], parent[1], 0))
        return []

    def _walk(self, name: str, path: str, depth: int) -> Iterator[Node]:
        with contextlib.suppress(_GoneError):
            states = self._states(name, path)
            if not states >> SHOWING & 1 or not states >> VISIBLE & 1:
                return
            x, y, width, height = self._call(name, path, COMPONENT, "GetExtents", "u", (SCREEN,))[0]
            yield Node(
                name=self._property(name, path, "Name"),
                role=self._call(name, path, ACCESSIBLE, "GetRoleName")[0],
                x=x,
                y=y,
                width=width,
                height=height,
                is_enabled=bool(states >> ENABLED & 1),
                is_focused=bool(states >> FOCUSED & 1),
                depth=depth,
            )
            if depth < DEPTH_MAX:
                for child in self._children(name, path):
                    yield from self._walk(*child, depth + 1)

    def _children(self, name: str, path: str) -> list[tuple[str, str]]:
        try:
            children: list[tuple[str, str]] = self._call(name, path, ACCESSIBLE, "GetChildren")[0]
        except _GoneError:
            return []
        return children

    def _states(self, name: str, path: str) -> int:
        low, high = self._call(name, path, ACCESSIBLE, "GetState")[0]
        return int(low) | int(high) << 32

    def _property(self, name: str, path: str, what: str) -> str:
        (value,) = self._call(name, path, PROPERTIES, "Get", "ss", (ACCESSIBLE, what))
        return str(value[1])

    def _pid(self, name: str) -> int:
        bus = DBusAddress(
            "/org/freedesktop/DBus", "org.freedesktop.DBus", interface="org.freedesktop.DBus"
        )
        message = new_method_call(bus, "GetConnectionUnixProcessID", "s", (name,))
        return int(self._ask(message)[0])

    def _call(
        self,
        name: str,
        path: str,
        interface: str,
        method: str,
        signature: str = "",
        body: tuple[Any, ...] = (),
    ) -> tuple[Any, ...]:
        address = DBusAddress(path, bus_name=name, interface=interface)
        return self._ask(new_method_call(address, method, signature, body))

    def _ask(self, message: Message) -> tuple[Any, ...]:
        answer = self._connection.send_and_get_reply(message, timeout=PATIENCE_S)
        if answer.header.message_type is MessageType.error:
            raise _GoneError(str(answer.body))
        return tuple(answer.body)


class _GoneError(Exception):
    """What was asked about has gone meanwhile."""


def _accessibility_address(session: str) -> str:
    with open_dbus_connection(session) as connection:
        bus = DBusAddress("/org/a11y/bus", "org.a11y.Bus", interface="org.a11y.Bus")
        answer = connection.send_and_get_reply(
            new_method_call(bus, "GetAddress"), timeout=PATIENCE_S
        )
        if answer.header.message_type is MessageType.error:
            raise RuntimeError(f"no accessibility bus: {answer.body}")
        return str(answer.body[0])


def is_possible() -> bool:
    """Whether this machine has what is needed: a bus, and the service behind it."""
    folders = os.get_exec_path()
    has_daemon = any(os.access(os.path.join(f, "dbus-daemon"), os.X_OK) for f in folders)  # noqa: PTH118
    return has_daemon and os.path.exists("/usr/share/dbus-1/services/org.a11y.Bus.service")  # noqa: PTH110
