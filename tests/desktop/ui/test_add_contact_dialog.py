from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import RequestContact
from desktop.ui.add_contact_dialog import AddContactDialog
from shared import limits
from tests.desktop.fake_port import FakePort


@pytest.fixture
def dialog(world: FakePort) -> AddContactDialog:
    made = AddContactDialog(world)
    made.open()
    return made


def test_a_request_is_sent_with_the_keyboard_alone(
    dialog: AddContactDialog, world: FakePort, qtbot: QtBot
) -> None:
    QTest.keyClicks(dialog.user_name, "  @alina ")
    QTest.keyClick(dialog.user_name, Qt.Key.Key_Return)
    QTest.keyClicks(dialog.greeting, "Hello!")

    with qtbot.waitSignal(dialog.requested) as requested:
        QTest.keyClick(dialog.greeting, Qt.Key.Key_Return)

    assert requested.args == ["alina"]
    assert world.of(RequestContact) == [RequestContact(user_name="alina", greeting="Hello!")]


def test_without_a_name_nothing_is_asked(dialog: AddContactDialog, world: FakePort) -> None:
    QTest.keyClicks(dialog.user_name, "   ")

    QTest.mouseClick(dialog.add_contact_button, Qt.MouseButton.LeftButton)

    assert dialog.error.text() == "Please fill in every field."
    assert not world.of(RequestContact)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("already_contact", "You are contacts already. Look for them under Contacts."),
        ("already_requested", "You have asked this person already. Wait for the answer."),
        ("oneself", "This is you. To write to yourself, open My notes."),
        ("unknown_user", "There is nobody with this user name. Check how it is written."),
    ],
)
def test_a_refusal_keeps_the_dialog_and_what_was_typed(
    dialog: AddContactDialog, world: FakePort, qtbot: QtBot, code: str, sentence: str
) -> None:
    world.refusals[RequestContact] = code
    QTest.keyClicks(dialog.user_name, "somebody")

    QTest.mouseClick(dialog.add_contact_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: dialog.error.text() == sentence)
    assert dialog.isVisible()
    assert dialog.user_name.text() == "somebody"
    assert dialog.add_contact_button.isEnabled()


def test_a_name_a_search_found_is_filled_in_and_the_greeting_comes_next(
    world: FakePort, qtbot: QtBot
) -> None:
    dialog = AddContactDialog(world, user_name="alina")
    dialog.open()

    assert dialog.user_name.text() == "alina"
    qtbot.waitUntil(lambda: dialog.focusWidget() is dialog.greeting)


def test_a_greeting_has_a_bound(dialog: AddContactDialog) -> None:
    dialog.greeting.insert("x" * (limits.GREETING_LENGTH_MAX + 1))

    assert len(dialog.greeting.text()) == limits.GREETING_LENGTH_MAX
