from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop.ui.bus_notifications import BusNotifications
from desktop.ui.notification_words import Notification
from desktop.ui.tasks import create_task
from tests.desktop.ui.notification_server import NotificationServer, message_bus

EVERYTHING = ("actions", "body", "body-markup", "inline-reply", "sound")


class Desk:
    """A desktop with a notification server, and the app's side of it."""

    def __init__(self, address: str, qtbot: QtBot) -> None:
        self.address = address
        self.qtbot = qtbot
        self.servers: list[NotificationServer] = []
        self.sink = BusNotifications(address)
        self.failed: list[object] = []
        self.sink.failed.connect(self.failed.append)

    def serve(self, *capabilities: str) -> NotificationServer:
        server = NotificationServer(self.address, *capabilities)
        self.servers.append(server)
        return server

    def do(self, work: Any) -> None:
        done: list[bool] = []

        async def keep() -> None:
            await work
            done.append(True)

        create_task(keep(), name="test")
        self.qtbot.waitUntil(lambda: bool(done), timeout=20_000)

    def calls(self, server: NotificationServer, method: str, count: int) -> list[dict[str, Any]]:
        self.qtbot.waitUntil(lambda: len(server.calls(method)) >= count, timeout=20_000)
        return server.calls(method)


@pytest.fixture
def desk(windows: None, qtbot: QtBot) -> Iterator[Desk]:
    with message_bus() as address:
        made = Desk(address, qtbot)
        yield made
        made.do(made.sink.close())
        for server in made.servers:
            server.stop()


def words(key: str = "1/a", **more: Any) -> Notification:
    wanted: dict[str, Any] = {"key": key, "title": "Alice", "body": "1 < 2 & 3", "can_answer": True}
    return Notification(**(wanted | more))


def test_a_message_is_shown_with_its_buttons_and_words_as_they_are(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    picture = QImage(200, 200, QImage.Format.Format_RGB888)
    picture.fill(QColor("red"))

    desk.sink.show(words(plays_sound=True, picture=picture))

    [shown] = desk.calls(server, "Notify", 1)
    assert desk.sink.is_ready
    assert (shown["title"], shown["body"]) == ("Alice", "1 &lt; 2 &amp; 3")
    assert shown["actions"][::2] == ["default", "inline-reply", "mark-read"]
    assert shown["hints"]["sound-file"].endswith("message.wav")
    assert shown["has_picture"]


def test_a_plain_server_gets_plain_words(desk: Desk) -> None:
    server = desk.serve("body")
    desk.do(desk.sink.open())

    desk.sink.show(words(is_urgent=True))

    [shown] = desk.calls(server, "Notify", 1)
    assert shown["body"] == "1 < 2 & 3"
    assert shown["actions"] == []
    assert shown["hints"]["suppress-sound"]
    assert shown["hints"]["urgency"] == 2
    assert not desk.sink.plays_sounds


def test_where_one_may_not_answer_it_can_only_be_opened(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())

    desk.sink.show(words(can_answer=False))

    [shown] = desk.calls(server, "Notify", 1)
    assert shown["actions"][::2] == ["default"]


def test_the_next_one_of_a_key_replaces_it_and_reading_takes_it_back(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    desk.sink.show(words())
    [first] = desk.calls(server, "Notify", 1)

    desk.sink.show(words(body="two"))
    second = desk.calls(server, "Notify", 2)[-1]
    desk.sink.withdraw("1/a")
    [closed] = desk.calls(server, "CloseNotification", 1)

    assert second["replaces"] == first["id"]
    assert closed["id"] == first["id"]


def test_what_is_taken_back_before_it_was_shown_is_never_shown(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())

    desk.sink.show(words())
    desk.sink.withdraw("1/a")
    desk.sink.show(words("1/b"))

    shown = desk.calls(server, "Notify", 1)
    assert len(shown) == 1
    assert server.calls("CloseNotification") == []


@pytest.mark.parametrize(
    ("member", "signature", "value", "signal", "args"),
    [
        ("ActionInvoked", "us", "default", "activated", ["1/a"]),
        ("ActionInvoked", "us", "mark-read", "read", ["1/a"]),
        ("NotificationReplied", "us", "on my way", "replied", ["1/a", "on my way"]),
        ("NotificationClosed", "uu", 2, "dismissed", ["1/a"]),
    ],
)
def test_what_the_person_does_there_is_told(
    desk: Desk, member: str, signature: str, value: object, signal: str, args: list[str]
) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    desk.sink.show(words())
    [shown] = desk.calls(server, "Notify", 1)
    desk.qtbot.waitUntil(lambda: not desk.sink._is_working)

    with desk.qtbot.waitSignal(getattr(desk.sink, signal)) as told:
        server.signal(member, signature, shown["id"] + 1, value)
        server.signal(member, signature, shown["id"], value)

    assert told.args == args


def test_a_token_to_come_to_the_front_is_kept_for_the_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.delenv("XDG_ACTIVATION_TOKEN", raising=False)
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    desk.sink.show(words())
    [shown] = desk.calls(server, "Notify", 1)
    desk.qtbot.waitUntil(lambda: not desk.sink._is_working)

    with desk.qtbot.waitSignal(desk.sink.activated):
        server.signal("ActivationToken", "us", shown["id"], "token-1")
        server.signal("ActionInvoked", "us", shown["id"], "default")

    assert os.environ["XDG_ACTIVATION_TOKEN"] == "token-1"


def test_without_a_server_it_is_not_ready_until_one_comes(desk: Desk) -> None:
    desk.do(desk.sink.open())
    assert not desk.sink.is_ready

    desk.serve(*EVERYTHING)

    desk.qtbot.waitUntil(lambda: desk.sink.is_ready)
    assert desk.sink.has_replies


def test_a_server_that_goes_away_is_noticed(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    assert desk.sink.is_ready

    server.stop()
    desk.servers.clear()

    desk.qtbot.waitUntil(lambda: not desk.sink.is_ready)


def test_what_could_not_be_shown_is_given_back(desk: Desk) -> None:
    desk.do(desk.sink.open())
    notification = words()

    desk.sink.show(notification)

    desk.qtbot.waitUntil(lambda: desk.failed == [notification], timeout=20_000)


def test_the_end_takes_back_what_is_shown(desk: Desk) -> None:
    server = desk.serve(*EVERYTHING)
    desk.do(desk.sink.open())
    desk.sink.show(words())
    desk.sink.show(words("1/b"))
    desk.calls(server, "Notify", 2)
    desk.qtbot.waitUntil(lambda: not desk.sink._is_working)

    desk.do(desk.sink.close())

    assert {each["id"] for each in desk.calls(server, "CloseNotification", 2)} == {1, 2}
    assert not desk.sink.is_ready


def test_a_bus_that_ends_is_survived(windows: None, qtbot: QtBot) -> None:
    with message_bus() as address:
        made = Desk(address, qtbot)
        server = made.serve(*EVERYTHING)
        made.do(made.sink.open())
        assert made.sink.is_ready

    qtbot.waitUntil(lambda: not made.sink.is_ready)
    made.sink.show(words())
    qtbot.waitUntil(lambda: len(made.failed) == 1)
    server.stop()
