from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import LoadMembers
from desktop.events import Member, PresenceState
from desktop.ui.info_people import GROUPS_ASKED_MAX, MEMBERS_SHOWN, GroupMembers, SharedGroups
from desktop.ui.translate import Language, set_language
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import DESIGN, OPS, add_variety


@pytest.fixture
def full(world: FakePort) -> FakePort:
    add_variety(world)
    world.announce()
    return world


@pytest.fixture
def pane(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    return made


@pytest.fixture
def members(full: FakePort, pane: QWidget) -> GroupMembers:
    made = GroupMembers(full.session, full, pane)
    made.resize(300, 500)
    return made


@pytest.fixture
def shared(full: FakePort, pane: QWidget) -> SharedGroups:
    made = SharedGroups(full.session, full, pane)
    made.resize(300, 500)
    return made


def said(lines: GroupMembers | SharedGroups) -> list[str]:
    return [line.accessibleName() for line in lines.lines]


def test_members_are_said_with_role_and_presence(members: GroupMembers, qtbot: QtBot) -> None:
    members.show_group(DESIGN)

    qtbot.waitUntil(lambda: len(said(members)) == 4)
    assert said(members) == [
        "You, owner",
        "王芳, admin, online",
        "张伟, last seen 12:57",
        "Alice Chen, online",
    ]
    assert members.title.text() == "4 members"


def test_who_goes_offline_is_shown_so_and_the_keyboard_stays(
    full: FakePort, members: GroupMembers, qtbot: QtBot
) -> None:
    members.show_group(DESIGN)
    qtbot.waitUntil(lambda: len(members.lines) == 4)
    members.lines[1].setFocus()

    full.session.apply(
        events.PresenceChanged(account=AccountId(2), presence=PresenceState.OFFLINE, last_seen_ms=0)
    )

    assert said(members)[1] == "王芳, admin, offline"
    assert members.lines[1].hasFocus()


def test_nobody_is_called_online_while_there_is_no_link(
    full: FakePort, members: GroupMembers, qtbot: QtBot
) -> None:
    members.show_group(DESIGN)
    qtbot.waitUntil(lambda: len(said(members)) == 4)

    full.session.apply(events.LinkChanged(state=events.LinkState.OFFLINE))

    assert said(members)[1] == "王芳, admin"


def test_members_are_said_in_the_language_that_holds_now(
    members: GroupMembers, qtbot: QtBot
) -> None:
    members.show_group(DESIGN)
    qtbot.waitUntil(lambda: len(said(members)) == 4)

    set_language(Language.CHINESE)

    assert said(members)[1] == "王芳, 管理员, 在线"
    assert members.title.text() == "4 位成员"


def test_of_many_members_the_first_are_shown(
    full: FakePort, members: GroupMembers, qtbot: QtBot
) -> None:
    full.members = [
        Member(profile=profile(100 + number, f"u{number}", f"U {number}"), role=1)
        for number in range(50)
    ]

    members.show_group(DESIGN)

    qtbot.waitUntil(lambda: len(members.lines) == MEMBERS_SHOWN)
    assert members.title.text() == "50 members"


def test_a_member_that_is_pressed_is_told(members: GroupMembers, qtbot: QtBot) -> None:
    members.show_group(DESIGN)
    qtbot.waitUntil(lambda: len(members.lines) == 4)

    with qtbot.waitSignal(members.chosen) as told:
        QTest.mouseClick(members.lines[1], Qt.MouseButton.LeftButton)

    assert told.args == [AccountId(2)]
    assert not members.lines[0].isEnabled()  # Oneself.


def test_a_group_that_cannot_be_looked_at_shows_nobody(
    full: FakePort, members: GroupMembers, qtbot: QtBot
) -> None:
    full.refusals[LoadMembers] = "not_member"

    members.show_group(DESIGN)

    qtbot.waitUntil(lambda: bool(full.of(LoadMembers)))
    assert members.isHidden()


def test_groups_in_common_are_shown(shared: SharedGroups, qtbot: QtBot) -> None:
    shared.show_account(AccountId(2))

    qtbot.waitUntil(lambda: len(said(shared)) == 2)
    assert said(shared) == ["产品设计组, 4 members", "Ops on-call, 4 members"]
    with qtbot.waitSignal(shared.chosen) as told:
        QTest.mouseClick(shared.lines[1], Qt.MouseButton.LeftButton)
    assert told.args == [OPS]


def test_who_shares_no_group_has_none(full: FakePort, shared: SharedGroups, qtbot: QtBot) -> None:
    shared.show_account(AccountId(5))

    qtbot.waitUntil(lambda: len(full.of(LoadMembers)) == 2)
    assert shared.isHidden()


def test_no_more_groups_are_looked_at_than_the_bound(
    full: FakePort, shared: SharedGroups, qtbot: QtBot
) -> None:
    for number in range(GROUPS_ASKED_MAX + 10):
        full.add_conversation(profile(300 + number, "", ""), kind=2, title=f"G {number}")
    full.announce()

    shared.show_account(AccountId(5))

    qtbot.waitUntil(lambda: len(full.of(LoadMembers)) == GROUPS_ASKED_MAX)


def test_the_answer_about_somebody_else_is_dropped(
    full: FakePort, shared: SharedGroups, qtbot: QtBot
) -> None:
    shared.show_account(AccountId(2))
    shared.show_account(None)

    qtbot.waitUntil(lambda: bool(full.of(LoadMembers)))

    assert said(shared) == []
