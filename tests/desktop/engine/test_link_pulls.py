from __future__ import annotations

import itertools

import pytest

from desktop.engine import link_pulls as module
from desktop.engine.link_pulls import LinkPulls
from shared.frames import Pull
from shared.protocol.sync import ConversationSync, SendFrame


class Link:
    """Conversations 1, 2, 3 …, all of them empty here."""

    def __init__(self, count: int) -> None:
        pull_ids = itertools.count(1)
        self.syncs = {n: ConversationSync(n, now_ms=0, pull_ids=pull_ids) for n in range(count)}
        self.to_open: set[int] = set()
        self.pulls = LinkPulls(
            sync=self.syncs.get, will_open=self.to_open.__contains__, now_ms=lambda: 0
        )

    def pulled(self) -> list[int]:
        """Return what was asked for since the last time."""
        commands = [command for sync in self.syncs.values() for command in sync.commands()]
        return [
            command.frame.conversation_id
            for command in commands
            if isinstance(command, SendFrame) and isinstance(command.frame, Pull)
        ]


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)


def test_a_few_are_pulled_and_the_next_when_these_can_be_read() -> None:
    link = Link(4)

    for number in range(4):
        link.pulls.bring_up(number, 5)
    first = link.pulled()
    link.to_open.add(0)
    link.pulls.note_answer(0)
    while_opening = link.pulled()
    link.to_open.clear()
    link.pulls.note_opened(0)
    link.pulls.go_on()

    assert (first, while_opening, link.pulled()) == ([0, 1], [], [2])
    assert link.pulls.has_waiting
    assert not link.syncs[3].is_complete


def test_what_will_never_be_opened_keeps_nobody_waiting() -> None:
    link = Link(4)
    for number in range(4):
        link.pulls.bring_up(number, 5)

    for number in range(4):
        link.pulls.note_answer(number)

    assert link.pulled() == [0, 1, 2, 3]
    assert link.pulls.is_done


def test_what_is_here_is_not_pulled() -> None:
    link = Link(1)

    link.pulls.bring_up(0, 0)

    assert link.pulled() == []
    assert link.pulls.is_done
    assert link.syncs[0].deadline_ms() is not None


def test_a_conversation_that_is_gone_takes_no_turn() -> None:
    link = Link(4)
    for number in range(4):
        link.pulls.bring_up(number, 5)
    link.pulled()
    del link.syncs[2]

    link.pulls.note_answer(0)

    assert link.pulled() == [3]
    assert not link.pulls.has_waiting


def test_what_was_pushed_before_its_turn_takes_none() -> None:
    link = Link(4)
    for number in range(4):
        link.pulls.bring_up(number, 5)
    link.pulled()
    link.syncs[2].have = 5

    link.pulls.note_answer(0)

    assert link.pulled() == [3]
    assert link.syncs[2].deadline_ms() is not None
