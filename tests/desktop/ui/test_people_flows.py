from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import BlockAccount, LogOut, RemoveContact, SetFriendGroups, UnblockAccount
from desktop.models.contacts import Section
from desktop.ui.contacts_menu import Wishes
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.group_name_dialog import GroupNameDialog
from desktop.ui.people_flows import PeopleFlows
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, retype
from tests.exhibits.stage import sort_friends

WANG, ALICE, HAN = AccountId(2), AccountId(3), AccountId(7)


class Desk:
    """The flows with what they open and say."""

    def __init__(self, world: FakePort, qtbot: QtBot) -> None:
        self.said: list[str] = []
        self.undo: Callable[[], None] | None = None
        self.dialogs: list[Dialog] = []
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.flows = PeopleFlows(
            world.session,
            world,
            open_dialog=self._open,
            say=self._say,
            parent=lambda: self.window,
        )

    def _open(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog)
        dialog.open()

    def _say(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        self.said.append(sentence)
        self.undo = on_action

    def let_pass(self, account: AccountId) -> None:
        """Let the time for taking back be over."""
        self.flows._going[account].timeout.emit()


@pytest.fixture
def desk(world: FakePort, qtbot: QtBot) -> Desk:
    sort_friends(world)
    world.announce()
    return Desk(world, qtbot)


def is_listed(world: FakePort, account: AccountId) -> bool:
    return world.session.contacts.index_of(account).isValid()


def test_a_deleted_friend_is_gone_at_once_and_deleted_later(
    desk: Desk, world: FakePort, qtbot: QtBot
) -> None:
    desk.flows.remove(ALICE)
    assert not is_listed(world, ALICE)
    assert world.of(RemoveContact) == []
    desk.let_pass(ALICE)

    qtbot.waitUntil(lambda: world.of(RemoveContact) == [RemoveContact(account=ALICE)])
    assert desk.said == ["Alice Chen is no longer a contact."]
    assert not is_listed(world, ALICE)


def test_deleting_is_taken_back(desk: Desk, world: FakePort) -> None:
    desk.flows.remove(ALICE)
    assert desk.undo is not None

    desk.undo()

    assert is_listed(world, ALICE)
    desk.flows.flush()
    assert world.of(RemoveContact) == []


def test_at_the_end_of_the_program_nothing_waits_any_more(desk: Desk, world: FakePort) -> None:
    desk.flows.remove(ALICE)
    desk.flows.remove(WANG)

    desk.flows.flush()
    desk.flows.flush()

    assert [each.account for each in world.of(RemoveContact)] == [ALICE, WANG]


def test_what_is_refused_shows_the_friend_again(desk: Desk, world: FakePort, qtbot: QtBot) -> None:
    world.refusals[RemoveContact] = "offline"

    desk.flows.remove(ALICE)
    desk.let_pass(ALICE)

    qtbot.waitUntil(lambda: is_listed(world, ALICE))
    assert len(desk.said) == 2


def test_nobody_is_deleted_of_an_account_that_has_left(desk: Desk, world: FakePort) -> None:
    desk.flows.remove(ALICE)

    world.send(LogOut(wipe=False))
    desk.flows.flush()

    assert world.of(RemoveContact) == []


def test_a_stranger_cannot_be_deleted(desk: Desk) -> None:
    desk.flows.remove(AccountId(99))

    assert desk.said == []


@pytest.mark.parametrize("is_sure", [True, False])
def test_blocking_is_asked_for_first(
    desk: Desk, world: FakePort, qtbot: QtBot, is_sure: bool
) -> None:
    desk.flows.ask_block(WANG)
    dialog = desk.dialogs[0]
    assert isinstance(dialog, ConfirmDialog)
    question = dialog.heading.text()

    press(dialog.yes_button if is_sure else dialog.no_button)

    assert question == "Block 王芳?"
    if is_sure:
        qtbot.waitUntil(lambda: desk.said == ["王芳 is blocked."])
    assert world.of(BlockAccount) == ([BlockAccount(account=WANG)] if is_sure else [])
    section = world.session.contacts.branch_index(Section.BLOCKED)
    assert section.data() == f"Blocked ({2 if is_sure else 1})"


def test_unblocking_is_asked_for_and_what_fails_is_said(
    desk: Desk, world: FakePort, qtbot: QtBot
) -> None:
    world.refusals[UnblockAccount] = "offline"

    desk.flows.ask_unblock(HAN)
    dialog = desk.dialogs[0]
    assert isinstance(dialog, ConfirmDialog)
    press(dialog.yes_button)

    qtbot.waitUntil(lambda: bool(desk.said))
    assert world.of(UnblockAccount) == [UnblockAccount(account=HAN)]


def test_a_new_group_takes_the_friends_it_was_made_for(desk: Desk, world: FakePort) -> None:
    desk.flows.new_group((ALICE,))
    dialog = desk.dialogs[0]
    assert isinstance(dialog, GroupNameDialog)

    retype(dialog.field, "School")
    press(dialog.save_button)

    assert world.session.contacts.group_of(ALICE) == "School"


def test_a_group_gets_another_name_and_keeps_its_friends(desk: Desk, world: FakePort) -> None:
    desk.flows.rename_group("同事")
    dialog = desk.dialogs[0]
    assert isinstance(dialog, GroupNameDialog)

    retype(dialog.field, "Work")
    press(dialog.save_button)

    assert world.session.contacts.group_of(WANG) == "Work"


def test_a_deleted_group_is_taken_back(desk: Desk, world: FakePort) -> None:
    before = world.friend_groups

    desk.flows.delete_group("同事")
    gone = world.session.contacts.group_of(WANG)
    assert desk.undo is not None
    desk.undo()

    assert gone is None
    assert world.friend_groups == before
    assert len(world.of(SetFriendGroups)) == 2


def test_wishes_are_done(desk: Desk, world: FakePort) -> None:
    wishes = Wishes()
    desk.flows.serve(wishes)

    wishes.remove.emit(ALICE)
    wishes.block.emit(WANG)
    wishes.unblock.emit(HAN)
    wishes.new_group.emit(())
    wishes.rename_group.emit("同事")
    wishes.delete_group.emit("Family")
    wishes.sort_friends.emit(())

    kinds = [type(dialog) for dialog in desk.dialogs]
    assert kinds == [ConfirmDialog, ConfirmDialog, GroupNameDialog, GroupNameDialog]
    assert world.friend_groups == ()
