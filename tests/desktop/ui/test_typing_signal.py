from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from desktop.commands import SetTyping
from desktop.ui.typing_signal import TypingSignal
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort


@pytest.fixture
def signal(port: FakePort) -> Iterator[TypingSignal]:
    owner = QObject()
    yield TypingSignal(ConversationId(5), port, owner)
    owner.deleteLater()


def told(port: FakePort) -> list[bool]:
    return [command.is_typing for command in port.of(SetTyping)]


def test_many_keys_are_told_once(signal: TypingSignal, port: FakePort) -> None:
    for _ in range(5):
        signal.note_key()

    assert told(port) == [True]


def test_the_end_is_told_once_and_only_after_a_beginning(
    signal: TypingSignal, port: FakePort
) -> None:
    signal.stop()
    signal.note_key()
    signal.stop()
    signal.stop()

    assert told(port) == [True, False]


def test_it_ends_by_itself(signal: TypingSignal, port: FakePort) -> None:
    signal.note_key()

    signal._end.timeout.emit()

    assert told(port) == [True, False]
