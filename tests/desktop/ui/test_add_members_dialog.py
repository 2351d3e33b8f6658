from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.commands import AddMembers
from desktop.ui.add_members_dialog import AddMembersDialog
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, press_row
from tests.desktop.ui.spoken import names, unnamed_controls

GROUP = ConversationId(9)


def opened(world: FakePort) -> AddMembersDialog:
    dialog = AddMembersDialog(world.session, world, GROUP, {AccountId(2), AccountId(3)})
    dialog.open()
    return dialog


def test_only_contacts_outside_are_offered_and_nobody_is_chosen(world: FakePort) -> None:
    dialog = opened(world)

    assert not any("Alice" in name or "王芳" in name for name in names(dialog.chooser.list))
    assert len(names(dialog.chooser.list)) == 4
    assert not dialog.choose_button.isEnabled()
    assert unnamed_controls(dialog) == []


def test_who_is_chosen_is_added(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world)
    for row in (0, 1):
        press_row(dialog.chooser.list, dialog.chooser.list.people.index(row))

    with qtbot.waitSignal(dialog.added) as told:
        press(dialog.choose_button)

    assert told.args == [2]
    assert world.of(AddMembers)[0].accounts == tuple(dialog.chooser.chosen())


def test_a_refusal_is_said_and_the_choice_kept(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[AddMembers] = "no_key_package"
    dialog = opened(world)
    press_row(dialog.chooser.list, dialog.chooser.list.people.index(0))

    press(dialog.choose_button)

    qtbot.waitUntil(dialog.error.isVisible)
    assert len(dialog.chooser.chosen()) == 1
    assert dialog.choose_button.isEnabled()
