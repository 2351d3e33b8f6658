from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import LoadMembers, LoadProfile
from desktop.events import (
    Member,
    MessageKind,
    MessageRow,
    Quote,
    ReactionCount,
    SystemKind,
)
from desktop.models.name_finder import NameFinder, named_in
from desktop.ui import tasks
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile


@pytest.fixture
def group(port: FakePort) -> ConversationId:
    port.members = [Member(profile=profile(30, "gao", "Gao"), role=1)]
    port.strangers = [profile(31, "gone", "Gone")]
    return port.add_conversation(profile(0, "", ""), kind=2)


def finder_of(port: FakePort, group: ConversationId) -> NameFinder:
    session = port.session
    return NameFinder(group, port, tasks.spawn, know=session.profile, learn=session.learn)


def say(port: FakePort, group: ConversationId, sender: int) -> MessageRow:
    return port.add_message(group, "a", sender=AccountId(sender))


def name_of(port: FakePort, account: int) -> str:
    found = port.session.profile(AccountId(account))
    return found.nickname if found is not None else ""


def test_members_are_learned_together(port: FakePort, group: ConversationId, qtbot: QtBot) -> None:
    finder = finder_of(port, group)

    finder.look([say(port, group, 30)])
    qtbot.waitUntil(lambda: name_of(port, 30) == "Gao")

    assert len(port.of(LoadMembers)) == 1
    assert port.of(LoadProfile) == []


def test_who_has_left_is_asked_for_alone(
    port: FakePort, group: ConversationId, qtbot: QtBot
) -> None:
    finder_of(port, group).look([say(port, group, 31)])

    qtbot.waitUntil(lambda: bool(port.of(LoadProfile)))

    assert port.of(LoadProfile)[0].account == 31


def test_nobody_is_asked_for_twice(port: FakePort, group: ConversationId, qtbot: QtBot) -> None:
    finder = finder_of(port, group)
    row = say(port, group, 30)
    port.members = []
    port.refusals[LoadMembers] = "local"

    for _ in range(3):
        finder.look([row])
        qtbot.wait(1)

    assert len(port.of(LoadMembers)) == 1


def test_those_who_are_known_are_not_asked_for(world: FakePort) -> None:
    conversation_id = next(iter(world.conversations))

    finder_of(world, conversation_id).look(world.rows[conversation_id])

    assert world.of(LoadMembers) == []


def test_everybody_named_in_a_message_counts(port: FakePort, group: ConversationId) -> None:
    quote = Quote(local_id=1, order=1, sender=AccountId(5), kind=MessageKind.TEXT, text="a")
    row = port.add_message(
        group,
        "a",
        sender=AccountId(2),
        quote=quote,
        mentions=(AccountId(3),),
        reactions=(ReactionCount("+", (AccountId(4),)),),
        system=SystemKind.ADDED,
        subjects=(AccountId(6),),
    )

    assert named_in([row]) == {2, 3, 4, 5, 6}
