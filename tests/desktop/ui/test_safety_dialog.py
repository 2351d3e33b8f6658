from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.ui.safety_dialog import SafetyDialog
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort

SOMEBODY = AccountId(2)


def opened(world: FakePort, qtbot: QtBot) -> SafetyDialog:
    dialog = SafetyDialog(world, SOMEBODY, "Alina")
    dialog.open()
    qtbot.waitUntil(lambda: bool(dialog.number.text()))
    return dialog


def test_the_number_stands_in_lines_of_four_groups(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    lines = dialog.number.text().splitlines()
    assert [len(line.split()) for line in lines] == [4, 4, 4]
    assert dialog.state.text() == "Not compared yet"


def test_it_is_marked_as_compared_and_not_any_more(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    dialog.main_button.click()
    qtbot.waitUntil(lambda: dialog.state.text() == "verified")
    assert SOMEBODY in world.verified
    dialog.main_button.click()
    qtbot.waitUntil(lambda: dialog.state.text() == "Not compared yet")


def test_a_changed_key_has_to_be_accepted_first(world: FakePort, qtbot: QtBot) -> None:
    world.changed.add(SOMEBODY)
    dialog = opened(world, qtbot)
    assert "has changed" in dialog.state.text()

    dialog.main_button.click()

    qtbot.waitUntil(lambda: dialog.state.text() == "Not compared yet")
    assert SOMEBODY not in world.verified
