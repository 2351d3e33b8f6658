from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import MarkRead, SetArchived, SetMuted, SetPinned
from desktop.events import ConversationRow
from desktop.ui.conversation_actions import ConversationActions
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose
from tests.exhibits.stage import DESIGN, WANG, ZHANG, add_variety

NOW_MS = 1_000_000


@pytest.fixture
def full(world: FakePort) -> FakePort:
    add_variety(world)
    world.announce()
    return world


@pytest.fixture
def actions(full: FakePort) -> ConversationActions:
    return ConversationActions(full.session, full, now_ms=lambda: NOW_MS)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def row_of(port: FakePort, conversation_id: ConversationId) -> ConversationRow:
    row = port.session.conversations.find(conversation_id)
    assert row is not None
    return row


def menu_of(
    port: FakePort, actions: ConversationActions, conversation_id: ConversationId, window: QWidget
) -> QMenu:
    menu = actions.menu_of(row_of(port, conversation_id), window)
    menu.popup(QPoint(0, 0))
    return menu


def words_of(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_a_persons_conversation_offers_what_concerns_them(
    full: FakePort, actions: ConversationActions, window: QWidget
) -> None:
    menu = menu_of(full, actions, ZHANG, window)

    assert words_of(menu) == [
        "Open in a window of its own",
        "Mark as read",
        "Pin to top",
        "Mute",
        "Archive",
        "Show profile",
        "Delete contact",
    ]


def test_a_group_offers_itself_and_the_way_out(
    full: FakePort, actions: ConversationActions, window: QWidget
) -> None:
    menu = menu_of(full, actions, DESIGN, window)

    assert words_of(menu)[2:] == ["Unpin", "Mute", "Archive", "Group", "Leave group"]


@pytest.mark.parametrize(
    ("words", "signal", "told"),
    [
        ("Open in a window of its own", "detach_requested", ZHANG),
        ("Show profile", "profile_requested", AccountId(4)),
        ("Delete contact", "remove_requested", AccountId(4)),
    ],
)
def test_what_needs_windows_is_asked_for(
    full: FakePort,
    actions: ConversationActions,
    qtbot: QtBot,
    window: QWidget,
    words: str,
    signal: str,
    told: int,
) -> None:
    menu = menu_of(full, actions, ZHANG, window)

    with qtbot.waitSignal(getattr(actions, signal)) as heard:
        choose(menu, words)

    assert heard.args == [told]


@pytest.mark.parametrize(
    ("words", "signal"), [("Group", "group_requested"), ("Leave group", "leave_requested")]
)
def test_what_concerns_a_group_is_asked_for(
    full: FakePort,
    actions: ConversationActions,
    qtbot: QtBot,
    window: QWidget,
    words: str,
    signal: str,
) -> None:
    menu = menu_of(full, actions, DESIGN, window)

    with qtbot.waitSignal(getattr(actions, signal)) as heard:
        choose(menu, words)

    assert heard.args == [DESIGN]


def test_a_group_that_was_left_cannot_be_left(
    full: FakePort, actions: ConversationActions, window: QWidget
) -> None:
    full.keep(DESIGN, own_role=0)
    full.announce()

    assert "Leave group" not in words_of(menu_of(full, actions, DESIGN, window))


@pytest.mark.parametrize(
    ("words", "until_ms"),
    [
        ("For 1 hour", NOW_MS + 3_600_000),
        ("For 8 hours", NOW_MS + 28_800_000),
        ("For 1 day", NOW_MS + 86_400_000),
        ("For ever", 0),
    ],
)
def test_a_conversation_is_muted_for_a_while(
    full: FakePort, actions: ConversationActions, window: QWidget, words: str, until_ms: int
) -> None:
    menu = menu_of(full, actions, WANG, window)

    choose(menu, "Mute", words)

    assert full.of(SetMuted)[-1].until_ms == until_ms


def test_a_mute_is_taken_back(
    full: FakePort, actions: ConversationActions, window: QWidget
) -> None:
    full.keep(WANG, muted_until_ms=0)
    full.announce()
    menu = menu_of(full, actions, WANG, window)

    was_offered = words_of(menu)

    choose(menu, "Unmute")

    assert full.of(SetMuted)[-1].until_ms == -1
    assert "Mute" not in was_offered


def test_a_conversation_is_pinned_and_marked_read(
    full: FakePort, actions: ConversationActions, window: QWidget
) -> None:
    choose(menu_of(full, actions, ZHANG, window), "Pin to top")
    choose(menu_of(full, actions, ZHANG, window), "Mark as read")

    assert full.of(SetPinned)[-1].is_pinned
    assert full.of(MarkRead)[-1].sequence == row_of(full, ZHANG).head
    assert row_of(full, ZHANG).unread == 0


def test_what_was_archived_can_be_taken_back(
    full: FakePort, actions: ConversationActions, qtbot: QtBot, window: QWidget
) -> None:
    menu = menu_of(full, actions, WANG, window)
    with qtbot.waitSignal(actions.said) as heard:
        choose(menu, "Archive")
    sentence, action, undo = heard.args[0]
    was_archived = row_of(full, WANG).is_archived

    undo()

    assert (sentence, action) == ("王芳 is in the archive.", "Undo")
    assert was_archived
    assert not row_of(full, WANG).is_archived


def test_out_of_the_archive_nothing_is_said(
    full: FakePort, actions: ConversationActions, qtbot: QtBot, window: QWidget
) -> None:
    full.keep(WANG, is_archived=True)
    full.announce()
    menu = menu_of(full, actions, WANG, window)

    with qtbot.assertNotEmitted(actions.said):
        choose(menu, "Take out of the archive")

    assert not full.of(SetArchived)[-1].is_archived


def test_what_was_pinned_is_pinned_again_when_archiving_is_taken_back(
    full: FakePort, actions: ConversationActions, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(actions.said) as heard:
        actions.archive(row_of(full, DESIGN))
    full.send(SetPinned(conversation_id=DESIGN, is_pinned=False))  # As the engine does.
    _, _, undo = heard.args[0]

    undo()

    assert row_of(full, DESIGN).is_pinned
    assert not row_of(full, DESIGN).is_archived
