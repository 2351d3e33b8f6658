from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import LoadSafety
from desktop.ui.qr_code import qr_modules
from desktop.ui.safety_dialog import SafetyDialog, is_same_number
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import paste_into, press
from tests.desktop.ui.spoken import unnamed_controls

SOMEBODY = AccountId(2)
NUMBER = " ".join(f"{number:05}" for number in range(12345, 12357))


def opened(world: FakePort, qtbot: QtBot) -> SafetyDialog:
    dialog = SafetyDialog(world, SOMEBODY, "Alina")
    dialog.open()
    qtbot.waitUntil(dialog.number.isVisible)
    qtbot.waitUntil(dialog.main_button.isEnabled)
    return dialog


def test_the_number_stands_in_twelve_groups_and_is_spoken(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    assert " ".join(cell.text() for cell in dialog.number.cells) == NUMBER
    assert dialog.number.accessibleName() == NUMBER
    assert dialog.state.text() == "Not compared yet."
    assert unnamed_controls(dialog) == []


def test_it_is_marked_as_compared_and_not_any_more(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    press(dialog.main_button)
    qtbot.waitUntil(lambda: dialog.state.text() == "You have compared it with Alina.")
    assert SOMEBODY in world.verified
    qtbot.waitUntil(dialog.main_button.isEnabled)
    press(dialog.main_button)

    qtbot.waitUntil(lambda: dialog.state.text() == "Not compared yet.")


def test_a_changed_key_has_to_be_accepted_first(world: FakePort, qtbot: QtBot) -> None:
    world.changed.add(SOMEBODY)
    dialog = opened(world, qtbot)
    assert "has changed" in dialog.state.text()

    press(dialog.main_button)

    qtbot.waitUntil(lambda: dialog.state.text() == "Not compared yet.")
    assert SOMEBODY not in world.verified


@pytest.mark.parametrize(
    ("pasted", "is_same"),
    [
        (NUMBER, True),
        (NUMBER.replace(" ", ""), True),
        (f"  {NUMBER.replace(' ', chr(10))}. ", True),
        (NUMBER[:-1] + "0", False),
        (NUMBER[:-1], None),
        (NUMBER + "1", None),
        ("", None),
        ("hello", None),
        ("१" * 60, None),
    ],
)
def test_what_is_pasted_is_compared_by_its_digits(pasted: str, is_same: bool | None) -> None:
    assert is_same_number(pasted, NUMBER) is is_same


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [(NUMBER, "the same"), ("9" * 60, "differ"), ("12", "no safety number")],
)
def test_comparing_is_answered_in_words(
    world: FakePort, qtbot: QtBot, pasted: str, sentence: str
) -> None:
    dialog = opened(world, qtbot)
    paste_into(dialog.pasted, pasted)

    QTest.keyClick(dialog.pasted, Qt.Key.Key_Return)

    assert sentence in dialog.outcome.text()
    assert dialog.outcome.isVisible()


def test_the_code_to_be_scanned_is_shown_instead_of_the_number(
    world: FakePort, qtbot: QtBot
) -> None:
    dialog = opened(world, qtbot)

    press(dialog.code_button)

    assert dialog.code.isVisible()
    assert not dialog.number.isVisible()
    assert dialog.code.modules == qr_modules(b"MIM1" + bytes(range(64)))
    press(dialog.code_button)
    assert dialog.number.isVisible()


def test_the_number_is_copied(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world, qtbot)

    press(dialog.copy_button)

    assert QGuiApplication.clipboard().text() == NUMBER


def test_a_number_that_cannot_be_had_is_told(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LoadSafety] = "offline"
    dialog = SafetyDialog(world, SOMEBODY, "Alina")
    dialog.open()

    qtbot.waitUntil(dialog.error.isVisible)

    assert dialog.state.text() == ""
    assert not dialog.main_button.isVisible()
