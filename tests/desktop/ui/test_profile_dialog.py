from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import BlockAccount, LoadMembers, LoadProfile, SetRemark, UnblockAccount
from desktop.events import Member
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.profile_dialog import ProfileDialog
from desktop.ui.remark_dialog import RemarkDialog
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import press
from tests.desktop.ui.spoken import names, unnamed_controls

WANG, ALICE, STRANGER = AccountId(2), AccountId(3), AccountId(11)


# In the app a window owns the dialog; one that Python let go of would end under its question.
KEPT: list[ProfileDialog] = []


def opened(world: FakePort, account: AccountId) -> ProfileDialog:
    dialog = ProfileDialog(world.session, world, account)
    dialog.open()
    KEPT.append(dialog)
    return dialog


def add_group(world: FakePort, title: str, number: int) -> ConversationId:
    face = profile(number, "", "")
    return world.add_conversation(face, kind=2, title=title, own_role=1, member_count=3)


def test_a_friend_can_be_written_to_and_a_stranger_added(world: FakePort, qtbot: QtBot) -> None:
    friend = opened(world, WANG)
    stranger = opened(world, STRANGER)
    qtbot.waitUntil(lambda: stranger.name.text() == "Alina Novak")

    with qtbot.waitSignal(friend.chat_requested):
        press(friend.main_button)
    with qtbot.waitSignal(stranger.add_requested) as told:
        press(stranger.main_button)

    assert told.args == ["alina"]


def test_a_stranger_has_no_remark_and_cannot_be_deleted(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, STRANGER)
    qtbot.waitUntil(dialog.block_row.isVisible)

    assert not dialog.remark_row.isVisible()
    assert not dialog.remove_row.isVisible()
    assert not dialog.presence.isVisible()


def test_offline_what_is_known_is_shown(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LoadProfile] = "offline"

    dialog = opened(world, WANG)

    qtbot.waitUntil(lambda: bool(world.of(LoadProfile)))
    assert dialog.name.text() == "王芳"
    assert dialog.presence.text() == "online"
    assert unnamed_controls(dialog) == []


def test_a_remark_is_edited_from_here_and_shown_instead_of_the_nickname(
    world: FakePort, qtbot: QtBot
) -> None:
    dialog = opened(world, ALICE)
    press(dialog.remark_row)
    (editor,) = dialog.findChildren(RemarkDialog)
    QTest.keyClicks(editor.remark, "Coffee")

    QTest.keyClick(editor.remark, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: dialog.name.text() == "Coffee")
    assert dialog.user_name.text() == "Alice Chen · @alice.chen"
    assert world.of(SetRemark)


def test_blocking_is_asked_and_taken_back_without_a_question(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, ALICE)
    press(dialog.block_row)
    (question,) = dialog.findChildren(ConfirmDialog)
    assert question.focusWidget() is question.no_button

    with qtbot.waitSignal(dialog.said):
        press(question.yes_button)
    assert world.of(BlockAccount)[0].account == ALICE
    assert dialog.block_row.text() == "Unblock"
    assert not dialog.main_button.isVisible()
    qtbot.waitUntil(lambda: not dialog._is_busy)
    with qtbot.waitSignal(dialog.said):
        press(dialog.block_row)

    assert world.of(UnblockAccount)[0].account == ALICE
    assert dialog.main_button.isVisible()


def test_a_question_that_is_left_blocks_nobody(world: FakePort) -> None:
    dialog = opened(world, ALICE)
    press(dialog.block_row)
    (question,) = dialog.findChildren(ConfirmDialog)

    QTest.keyClick(question.no_button, Qt.Key.Key_Return)

    assert not world.of(BlockAccount)


def test_groups_in_common_are_listed_and_opened(world: FakePort, qtbot: QtBot) -> None:
    chess = add_group(world, "Chess", 70)
    world.members = [Member(profile=profile(3, "alice.chen", "Alice Chen"), role=1)]
    world.announce()
    dialog = opened(world, ALICE)
    qtbot.waitUntil(dialog.groups.isVisible)
    assert names(dialog.groups) == ["Chess, 3 members"]

    with qtbot.waitSignal(dialog.group_chosen) as told:
        at = dialog.groups.visualRect(dialog.groups.people.index(0)).center()
        QTest.mouseClick(dialog.groups.viewport(), Qt.MouseButton.LeftButton, pos=at)

    assert told.args == [chess]


def test_groups_of_others_are_not_in_common(world: FakePort, qtbot: QtBot) -> None:
    add_group(world, "Chess", 70)
    world.members = [Member(profile=profile(2, "wangfang", "王芳"), role=1)]
    world.announce()
    dialog = opened(world, ALICE)

    qtbot.waitUntil(lambda: bool(world.of(LoadMembers)))

    assert not dialog.groups.isVisible()


def test_safety_number_and_deleting_are_asked_for_from_here(world: FakePort, qtbot: QtBot) -> None:
    for name in ("safety", "remove"):
        dialog = opened(world, ALICE)
        with qtbot.waitSignal(getattr(dialog, f"{name}_requested")) as told:
            press(getattr(dialog, f"{name}_row"))
        assert told.args == [ALICE]
