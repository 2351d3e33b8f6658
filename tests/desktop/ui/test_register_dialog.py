from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import Register
from desktop.models.port import CommandFailedError
from desktop.ui.register_dialog import RegisterDialog
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort

PASSWORD = "a good password"


async def nothing_to_prepare() -> None:
    """The engine talks to the right server already."""


def make_dialog(port: FakePort) -> RegisterDialog:
    dialog = RegisterDialog(port, nothing_to_prepare)
    dialog.open()
    return dialog


@pytest.fixture
def stranger(windows: None) -> FakePort:
    return FakePort(is_logged_in=False)


def fill(
    dialog: RegisterDialog,
    *,
    user_name: str = "anna",
    nickname: str = "Anna",
    password: str = PASSWORD,
    repeated: str = PASSWORD,
) -> None:
    QTest.keyClicks(dialog.user_name, user_name)
    QTest.keyClicks(dialog.nickname, nickname)
    QTest.keyClicks(dialog.password, password)
    QTest.keyClicks(dialog.repeated, repeated)


def test_an_account_is_made_and_its_recovery_code_is_told(stranger: FakePort, qtbot: QtBot) -> None:
    dialog = make_dialog(stranger)
    fill(dialog)

    with qtbot.waitSignals([dialog.registered, dialog.accepted]):
        QTest.keyClick(dialog.repeated, Qt.Key.Key_Return)

    assert stranger.of(Register) == [Register(user_name="anna", password=PASSWORD, nickname="Anna")]


@pytest.mark.parametrize("empty", ["user_name", "nickname", "password", "repeated"])
def test_every_field_has_to_be_filled_in(stranger: FakePort, empty: str) -> None:
    dialog = make_dialog(stranger)
    fill(dialog, **{empty: ""})

    QTest.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)

    assert dialog.error.text() == "Please fill in every field."
    assert not stranger.of(Register)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"user_name": "a b"},
            "A user name has 3 to 32 letters, digits or the signs _ . - Choose another one.",
        ),
        ({"nickname": "x" * 65}, "A nickname has 1 to 64 visible characters. Choose another one."),
        (
            {"password": "short", "repeated": "short"},
            "A password has at least 8 characters. Choose a longer one.",
        ),
        ({"repeated": "another password"}, "The two passwords differ. Type the same one twice."),
    ],
)
def test_each_mistake_has_its_sentence_and_stays_here(
    stranger: FakePort, wrong: dict[str, str], sentence: str
) -> None:
    dialog = make_dialog(stranger)
    fill(dialog, **wrong)

    QTest.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)

    assert dialog.error.text() == sentence
    assert not stranger.of(Register)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("user_exists", "This user name is taken. Choose another one."),
        ("offline", "The server cannot be reached. Check its address and your network."),
    ],
)
def test_a_refusal_is_said_and_the_form_can_be_sent_again(
    stranger: FakePort, qtbot: QtBot, code: str, sentence: str
) -> None:
    stranger.refusals[Register] = code
    dialog = make_dialog(stranger)
    fill(dialog)
    QTest.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.error.text() == sentence)
    assert dialog.register_button.text() == "Register"

    stranger.refusals.clear()
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)


def test_a_server_that_cannot_be_used_is_said_before_anything_is_asked(
    stranger: FakePort, qtbot: QtBot
) -> None:
    async def refuse() -> None:
        raise CommandFailedError("insecure_address", "http")

    dialog = RegisterDialog(stranger, refuse)
    dialog.open()
    fill(dialog)

    QTest.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: "Without encryption" in dialog.error.text())
    assert not stranger.of(Register)


def test_the_form_changes_its_language_while_it_is_open(stranger: FakePort) -> None:
    dialog = make_dialog(stranger)
    before = dialog.user_name.accessibleName()

    set_language(Language.CHINESE)

    assert dialog.user_name.accessibleName() != before
    assert dialog.windowTitle() == dialog.heading.text() != "Make an account"
