"""A notification server of our own in a process of its own, on a message bus of our own.

What it is asked it prints, one JSON value a line; what it reads, ``[member, signature, values]`` a
line, it sends as a signal. ``python -m tests.desktop.ui.notification_server CAPABILITY …``
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

__all__ = ["NotificationServer", "message_bus"]

INTERFACE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@contextmanager
def message_bus() -> Iterator[str]:
    """A bus for one test; its address."""
    program = shutil.which("dbus-daemon")
    if program is None:
        pytest.skip("no dbus-daemon on this machine (Debian: dbus-daemon)")
    process = subprocess.Popen(
        [program, "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class NotificationServer:
    """The process, as a test sees it."""

    def __init__(self, address: str, *capabilities: str) -> None:
        self.asked: list[dict[str, Any]] = []
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.desktop.ui.notification_server", *capabilities],
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": address},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def calls(self, method: str) -> list[dict[str, Any]]:
        """What was asked by this method so far."""
        while not self._lines.empty():
            self.asked.append(json.loads(self._lines.get()))
        return [each for each in self.asked if each["method"] == method]

    def signal(self, member: str, signature: str, *values: Any) -> None:
        """Tell something, as a desktop does when somebody presses a button."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([member, signature, values]) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


def _serve(capabilities: list[str]) -> None:
    from jeepney import (
        DBusAddress,
        HeaderFields,
        MessageType,
        new_method_call,
        new_method_return,
        new_signal,
    )
    from jeepney.io.blocking import (
        open_dbus_connection,
    )

    connection = open_dbus_connection("SESSION")
    bus = DBusAddress(
        "/org/freedesktop/DBus", "org.freedesktop.DBus", interface="org.freedesktop.DBus"
    )
    connection.send_and_get_reply(new_method_call(bus, "RequestName", "su", (INTERFACE, 4)))
    emitter = DBusAddress(PATH, interface=INTERFACE)

    def tell() -> None:
        for line in sys.stdin:
            member, signature, values = json.loads(line)
            connection.send(new_signal(emitter, member, signature, tuple(values)))

    threading.Thread(target=tell, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    shown = 0
    while True:
        message = connection.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        method = message.header.fields[HeaderFields.member]
        if method == "Notify":
            _app, replaces, icon, title, body, actions, hints, expire = message.body
            signature = message.header.fields[HeaderFields.signature]
            assert signature == "susssasa{sv}i", signature
            shown = replaces or shown + 1
            _print(
                method=method,
                id=shown,
                replaces=replaces,
                icon=icon,
                title=title,
                body=body,
                actions=actions,
                hints={key: value for key, (_, value) in hints.items() if key != "image-data"},
                has_picture="image-data" in hints,
                expire=expire,
            )
            connection.send(new_method_return(message, "u", (shown,)))
        elif method == "CloseNotification":
            _print(method=method, id=message.body[0])
            connection.send(new_method_return(message))
            connection.send(new_signal(emitter, "NotificationClosed", "uu", (message.body[0], 3)))
        elif method == "GetCapabilities":
            connection.send(new_method_return(message, "as", (capabilities,)))


def _print(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1:])
