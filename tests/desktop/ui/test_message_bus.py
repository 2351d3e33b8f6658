from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.message_bus import DAEMON, Bus, BusSignal
from desktop.ui.tasks import create_task
from tests.desktop.ui.notification_server import NotificationServer, message_bus

NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFIER = (NOTIFICATIONS, "/org/freedesktop/Notifications", NOTIFICATIONS)


@pytest.fixture
def address(windows: None) -> Iterator[str]:
    with message_bus() as found:
        yield found


class Client:
    """A connection, with what it heard."""

    def __init__(self, address: str, qtbot: QtBot) -> None:
        self.heard: list[BusSignal] = []
        self.losses = 0
        self._qtbot = qtbot
        self.bus = Bus(address, self.heard.append, self._lose)
        self.is_open = self.run(self.bus.open())

    def run(self, work: Any) -> Any:
        """Let the windows' loop do it, and return its result."""
        results: list[Any] = []

        async def keep() -> None:
            results.append(await work)

        create_task(keep(), name="test")
        self._qtbot.waitUntil(lambda: bool(results), timeout=20_000)
        return results[0]

    def _lose(self) -> None:
        self.losses += 1


def test_calls_are_answered_and_errors_are_none(address: str, qtbot: QtBot) -> None:
    client = Client(address, qtbot)

    names = client.run(client.bus.call(DAEMON, "ListNames"))
    refused = client.run(client.bus.call(DAEMON, "NoSuchThing"))

    assert client.is_open
    assert "org.freedesktop.DBus" in names[0]
    assert refused is None
    client.run(client.bus.close())


def test_signals_are_heard_once_they_were_asked_for(address: str, qtbot: QtBot) -> None:
    server = NotificationServer(address)
    client = Client(address, qtbot)
    client.run(client.bus.listen(interface=NOTIFICATIONS, path=NOTIFIER[1]))

    server.signal("ActionInvoked", "us", 7, "default")

    expected = (NOTIFICATIONS, "ActionInvoked", (7, "default"))
    qtbot.waitUntil(lambda: expected in client.heard)
    client.run(client.bus.close())
    server.stop()


@pytest.mark.parametrize("address", ["unix:path=/nowhere/at/all", "nonsense", ""])
def test_without_a_bus_it_is_quietly_off(windows: None, qtbot: QtBot, address: str) -> None:
    client = Client(address or "unix:", qtbot)

    assert not client.is_open
    assert client.run(client.bus.call(DAEMON, "ListNames")) is None
    client.run(client.bus.close())
    assert client.losses == 0


def test_a_bus_that_ends_is_noticed(windows: None, qtbot: QtBot) -> None:
    with message_bus() as address:
        client = Client(address, qtbot)
        assert client.is_open

    qtbot.waitUntil(lambda: client.losses == 1)
    assert not client.bus.is_open
    assert client.run(client.bus.call(DAEMON, "ListNames")) is None
