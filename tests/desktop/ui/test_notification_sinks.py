from __future__ import annotations

import pytest
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from desktop.ui.notification_sinks import NotificationSink, TraySink
from desktop.ui.notification_words import Notification


class Tray(QSystemTrayIcon):
    """A tray icon that keeps what it was to show; there is no tray offscreen."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, str]] = []

    def showMessage(self, title: str, words: str, *_more: object) -> None:  # noqa: N802
        self.messages.append((title, words))


def test_pressing_the_message_leads_to_what_was_shown_last(windows: None, qtbot: QtBot) -> None:
    tray = Tray()
    sink = TraySink(tray)
    sink.show(Notification(key="1/a", title="Anna", body="hi"))
    sink.show(Notification(key="1/b", title="Ben", body="hello"))

    with qtbot.waitSignal(sink.activated) as pressed:
        tray.messageClicked.emit()

    assert tray.messages == [("Anna", "hi"), ("Ben", "hello")]
    assert pressed.args == ["1/b"]


def test_what_was_taken_back_leads_nowhere(windows: None, qtbot: QtBot) -> None:
    tray = Tray()
    sink = TraySink(tray)
    sink.show(Notification(key="1/a", title="Anna", body="hi"))
    sink.withdraw("1/a")

    with qtbot.assertNotEmitted(sink.activated):
        tray.messageClicked.emit()


def test_without_a_tray_it_is_not_ready(windows: None) -> None:
    assert not TraySink(Tray()).is_ready


def test_every_place_says_what_it_can(windows: None) -> None:
    bare = NotificationSink()

    with pytest.raises(NotImplementedError):
        bare.show(Notification(key="k", title="", body=""))
    with pytest.raises(NotImplementedError):
        bare.withdraw("k")
    with pytest.raises(NotImplementedError):
        assert bare.is_ready
