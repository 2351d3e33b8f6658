from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.commands import (
    AddMembers,
    ApproveJoin,
    DeclineJoin,
    LeaveGroup,
    RemoveMember,
    SetGroupProfile,
    SetHistory,
    SetRole,
)
from desktop.events import Member
from desktop.ui.controls import Button
from desktop.ui.group_dialog import GroupDialog
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import names, unnamed_controls

MEMBER, STRANGER = profile(77, "dora", "Dora"), profile(78, "emil", "Emil")


def opened(world: FakePort, qtbot: QtBot, *, role: int = 3) -> GroupDialog:
    world.members = [
        Member(profile=world.own, role=role),
        Member(profile=MEMBER, role=1, is_verified=True),
    ]
    world.joining = [STRANGER]
    nobody = profile(0, "", "")
    group = world.add_conversation(nobody, kind=2, title="Chess", own_role=role, member_count=2)
    world.announce()
    dialog = GroupDialog(world.session, world, group)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.members.people.rowCount() == 2)
    qtbot.waitUntil(dialog.close_button.isEnabled)
    return dialog


def choose(dialog: GroupDialog, button: Button, start: str) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    menu = next(each for each in dialog.findChildren(QMenu) if each.isVisible())
    action = next(each for each in menu.actions() if each.text().startswith(start))
    menu.setActiveAction(action)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def test_members_and_requests_are_spoken(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    assert names(dialog.members) == ["林晓, owner", "Dora, verified"]
    assert names(dialog.requests) == ["Emil"]
    assert unnamed_controls(dialog) == []


def test_a_plain_member_is_offered_nothing_they_may_not(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot, role=1)

    hidden = (dialog.add_member_button, dialog.invite_button, dialog.requests, dialog.history)
    assert not any(each.isVisible() for each in hidden)
    assert dialog.name.isReadOnly()
    assert dialog.leave_button.isVisible()


@pytest.mark.parametrize(
    ("words", "kind"), [("Make an admin", SetRole), ("Remove from", RemoveMember)]
)
def test_an_owner_changes_a_member(
    world: FakePort, qtbot: QtBot, words: str, kind: type[SetRole | RemoveMember]
) -> None:
    dialog = opened(world, qtbot)
    dialog.members.setCurrentIndex(dialog.members.people.index(1))

    choose(dialog, dialog.member_button, words)

    qtbot.waitUntil(lambda: bool(world.of(kind)))
    assert world.of(kind)[0].account == MEMBER.account


def test_contacts_are_added_and_others_invited(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)
    somebody = next(iter(world.contacts.values())).profile

    choose(dialog, dialog.add_member_button, somebody.nickname)
    qtbot.waitUntil(lambda: bool(world.of(AddMembers)))
    qtbot.waitUntil(dialog.invite_button.isEnabled)
    with qtbot.waitSignal(dialog.said):
        choose(dialog, dialog.invite_button, "Code that lets")

    assert world.of(AddMembers)[0].accounts == (somebody.account,)
    assert QGuiApplication.clipboard().text() == "CODE"


@pytest.mark.parametrize("is_wanted", [True, False])
def test_who_asks_is_answered(world: FakePort, qtbot: QtBot, is_wanted: bool) -> None:
    dialog = opened(world, qtbot)
    dialog.requests.setCurrentIndex(dialog.requests.people.index(0))

    button = dialog.approve_button if is_wanted else dialog.decline_button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    kind = ApproveJoin if is_wanted else DeclineJoin
    qtbot.waitUntil(lambda: bool(world.of(kind)))
    qtbot.waitUntil(lambda: not dialog.requests.isVisible())


def test_name_and_history_are_changed(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    QTest.mouseClick(dialog.history, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(world.of(SetHistory)))
    qtbot.waitUntil(dialog.save_button.isEnabled)
    dialog.name.setText("Go")
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert not world.of(SetHistory)[0].has_history
    assert world.of(SetGroupProfile)[0].name == "Go"


def test_nobody_leaves_by_a_slip(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    QTest.mouseClick(dialog.leave_button, Qt.MouseButton.LeftButton)
    assert not world.of(LeaveGroup)
    with qtbot.waitSignal(dialog.said):
        QTest.mouseClick(dialog.leave_button, Qt.MouseButton.LeftButton)

    assert world.of(LeaveGroup)
