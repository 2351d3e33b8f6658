from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.commands import ApproveJoin, DeclineJoin, RemoveMember, SetRole
from desktop.events import Member
from desktop.ui.group_people import MembersPage, RequestsPage
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, open_menu, press, press_key, press_row, retype
from tests.desktop.ui.spoken import names, unnamed_controls

GROUP = ConversationId(9)
DORA, EMIL = profile(77, "dora", "Dora"), profile(78, "emil", "Emil")


# In the app a dialog owns the page; a page that Python let go of would end under its open menu.
KEPT: list[MembersPage] = []


def members_page(world: FakePort, *, role: int = 3, more: int = 0) -> MembersPage:
    page = MembersPage(world.session, GROUP)
    members = [
        Member(profile=world.own, role=role),
        Member(profile=DORA, role=1, is_verified=True),
        Member(profile=EMIL, role=2),
        *(Member(profile=profile(1000 + n, f"u{n}", f"User {n}"), role=1) for n in range(more)),
    ]
    page.show_members(members, own_role=role)
    page.show()
    KEPT.append(page)
    return page


def actions(page: MembersPage, row: int) -> list[str]:
    menu = menu_of_row(page, row)
    texts = [action.text() for action in menu.actions() if action.text()]
    press_key(menu, Qt.Key.Key_Escape)
    return texts


def menu_of_row(page: MembersPage, row: int) -> QMenu:
    press_row(page.list, page.list.people.index(row))
    return open_menu(page.more_button)


def test_roles_and_marks_are_spoken(world: FakePort) -> None:
    page = members_page(world)

    assert names(page.list) == ["林晓, owner", "Dora, verified", "Emil, admin"]
    assert unnamed_controls(page) == []


@pytest.mark.parametrize(
    ("role", "row", "offered"),
    [
        (3, 0, ["Show profile"]),
        (
            3,
            1,
            ["Show profile", "Make an admin", "Make an owner", "Remove from the group"],
        ),
        (2, 1, ["Show profile", "Remove from the group"]),
        (2, 2, ["Show profile"]),
        (1, 1, ["Show profile"]),
    ],
)
def test_only_what_one_may_do_is_offered(
    world: FakePort, role: int, row: int, offered: list[str]
) -> None:
    assert actions(members_page(world, role=role), row) == offered


def test_giving_a_role_comes_with_a_question(world: FakePort, qtbot: QtBot) -> None:
    page = members_page(world)

    with qtbot.waitSignal(page.asked) as told:
        choose(menu_of_row(page, 1), "Make an owner")

    command, title, words, yes = told.args
    assert command == SetRole(conversation_id=GROUP, account=DORA.account, role=3)
    assert title == "Make Dora an owner?"
    assert "also you" in words
    assert yes == "Make an owner"


def test_removing_comes_with_a_question(world: FakePort, qtbot: QtBot) -> None:
    page = members_page(world)

    with qtbot.waitSignal(page.asked) as told:
        choose(menu_of_row(page, 1), "Remove from the group")

    assert told.args[0] == RemoveMember(conversation_id=GROUP, account=DORA.account)
    assert told.args[1] == "Remove Dora?"


def test_a_double_click_shows_a_profile(world: FakePort, qtbot: QtBot) -> None:
    page = members_page(world)
    at = page.list.visualRect(page.list.people.index(1)).center()
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=at)

    with qtbot.waitSignal(page.profile_requested) as told:
        QTest.mouseDClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=at)

    assert told.args == [DORA.account]


def test_few_members_need_no_search_and_many_are_searched(world: FakePort) -> None:
    assert not members_page(world).search.isVisible()
    page = members_page(world, more=497)
    assert page.list.people.rowCount() == 500

    retype(page.search, "user 49")

    assert names(page.list) == ["User 49", *(f"User {n}" for n in range(490, 497))]
    retype(page.search, "zzz")
    assert page.nobody.isVisible()


def test_who_is_the_only_owner_is_known(world: FakePort) -> None:
    assert members_page(world).is_only_owner
    assert not members_page(world, role=1).is_only_owner


@pytest.mark.parametrize("is_wanted", [True, False])
def test_who_asks_is_answered_without_choosing_first(
    world: FakePort, qtbot: QtBot, is_wanted: bool
) -> None:
    page = RequestsPage(world.session, GROUP)
    page.show_requests([EMIL])
    page.show()

    with qtbot.waitSignal(page.asked) as told:
        button = page.approve_button if is_wanted else page.decline_button
        press(button)

    kind = ApproveJoin if is_wanted else DeclineJoin
    assert told.args == [kind(conversation_id=GROUP, account=EMIL.account)]


def test_nobody_waiting_is_said(world: FakePort) -> None:
    page = RequestsPage(world.session, GROUP)
    page.show()

    assert "Nobody is waiting" in page.nobody.text()
    assert not page.approve_button.isVisible()
