from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import (
    ApproveJoin,
    LeaveGroup,
    LoadJoinRequests,
    RemoveMember,
    SetGroupProfile,
    SetHistory,
)
from desktop.events import Member
from desktop.ui.add_members_dialog import AddMembersDialog
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.group_dialog import GroupDialog
from desktop.ui.invite_dialog import InviteDialog
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, open_menu, press, press_row, retype
from tests.desktop.ui.spoken import names, unnamed_controls

MEMBER, STRANGER = profile(77, "dora", "Dora"), profile(78, "emil", "Emil")


# In the app a window owns the dialog; one that Python let go of would end under its question.
KEPT: list[GroupDialog] = []


def opened(world: FakePort, qtbot: QtBot, *, role: int = 3, member_count: int = 2) -> GroupDialog:
    world.members = [
        Member(profile=world.own, role=role),
        Member(profile=MEMBER, role=1, is_verified=True),
    ]
    world.joining = [STRANGER]
    group = world.add_conversation(
        profile(0, "", ""), kind=2, title="Chess", own_role=role, member_count=member_count
    )
    world.announce()
    dialog = GroupDialog(world.session, world, group)
    dialog.open()
    KEPT.append(dialog)
    qtbot.waitUntil(lambda: dialog.members.list.people.rowCount() == 2)
    qtbot.waitUntil(dialog.close_button.isEnabled)
    return dialog


def answer(dialog: GroupDialog, *, is_yes: bool) -> ConfirmDialog:
    question = next(each for each in dialog.findChildren(ConfirmDialog) if each.isVisible())
    assert question.focusWidget() is question.no_button
    press(question.yes_button if is_yes else question.no_button)
    return question


def test_members_are_shown_first_and_requests_are_counted(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    assert dialog.heading.text() == "Chess"
    assert names(dialog.members.list) == ["林晓, owner", "Dora, verified"]
    assert dialog.choice.segments[2].text() == "Requests (1)"
    for place in range(3):
        dialog.show_page(place)
        assert unnamed_controls(dialog) == []


def test_a_plain_member_is_offered_nothing_they_may_not(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot, role=1)

    assert not dialog.choice.segments[2].isVisible()
    assert not dialog.members.add_button.isVisible()
    assert not world.of(LoadJoinRequests)
    assert dialog.leave_button.isVisible()


@pytest.mark.parametrize("is_yes", [True, False])
def test_a_member_is_removed_only_after_a_question(
    world: FakePort, qtbot: QtBot, is_yes: bool
) -> None:
    dialog = opened(world, qtbot)
    press_row(dialog.members.list, dialog.members.list.people.index(1))
    choose(open_menu(dialog.members.more_button), "Remove from the group")

    answer(dialog, is_yes=is_yes)

    if is_yes:
        qtbot.waitUntil(lambda: bool(world.of(RemoveMember)))
    assert [each.account for each in world.of(RemoveMember)] == [MEMBER.account] * is_yes


def test_adding_and_inviting_have_dialogs_of_their_own(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    press(dialog.members.add_button)
    (adding,) = dialog.findChildren(AddMembersDialog)
    assert "Dora" not in names(adding.chooser.list)
    adding.reject()
    press(dialog.members.invite_button)

    assert dialog.findChildren(InviteDialog)[0].isVisible()


def test_who_asks_is_let_in(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)
    press(dialog.choice.segments[2])

    press(dialog.requests.approve_button)

    qtbot.waitUntil(lambda: bool(world.of(ApproveJoin)))
    qtbot.waitUntil(dialog.requests.nobody.isVisible)
    assert dialog.choice.segments[2].text() == "Requests"


def test_name_and_history_are_changed(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)
    press(dialog.choice.segments[1])
    press(dialog.about.history)
    qtbot.waitUntil(lambda: bool(world.of(SetHistory)))
    qtbot.waitUntil(lambda: not dialog._is_busy)
    retype(dialog.about.name, "Go")

    with qtbot.waitSignal(dialog.said):
        press(dialog.about.save_button)

    assert not world.of(SetHistory)[0].has_history
    assert world.of(SetGroupProfile)[0].name == "Go"


@pytest.mark.parametrize(
    ("role", "member_count", "words"),
    [(3, 2, "becomes the owner"), (1, 2, "stop getting messages"), (3, 1, "only member")],
)
def test_leaving_says_what_becomes_of_the_group(
    world: FakePort, qtbot: QtBot, role: int, member_count: int, words: str
) -> None:
    dialog = opened(world, qtbot, role=role, member_count=member_count)

    press(dialog.leave_button)
    question = next(each for each in dialog.findChildren(ConfirmDialog) if each.isVisible())
    assert words in question.words.text()
    with qtbot.waitSignal(dialog.said):
        answer(dialog, is_yes=True)

    assert world.of(LeaveGroup)


def test_offline_the_members_are_shown_all_the_same(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LoadJoinRequests] = "offline"

    dialog = opened(world, qtbot)

    assert not dialog.error.isVisible()
    assert dialog.members.add_button.isEnabled()
