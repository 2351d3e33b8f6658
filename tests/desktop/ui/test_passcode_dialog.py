from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SetPasscode, Unlock
from desktop.events import PasscodeChanged
from desktop.models.session import Session
from desktop.ui.controls import PasswordField
from desktop.ui.passcode_dialog import PasscodeDialog, PasscodeTask
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.spoken import unnamed_controls


class Account:
    def __init__(self, *, is_set: bool, is_locked: bool = False) -> None:
        self.port = FakePort()
        self.session: Session = self.port.session
        self.session.apply(PasscodeChanged(is_set=is_set, is_locked=is_locked))

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(each.passcode, each.new_passcode) for each in self.port.of(SetPasscode)]


def opened(*accounts: Account) -> PasscodeDialog:
    dialog = PasscodeDialog(accounts)
    dialog.open()
    return dialog


def fill(dialog: PasscodeDialog, *texts: str) -> None:
    fields: list[PasswordField] = [field for _, field, _ in dialog.labels]
    for field, text in zip(fields, texts, strict=True):
        QTest.keyClicks(field, text)


def test_a_first_passcode_is_set_for_all_accounts(windows: None, qtbot: QtBot) -> None:
    one, two = Account(is_set=False), Account(is_set=False)
    dialog = opened(one, two)
    fill(dialog, "a passcode", "a passcode")

    with qtbot.waitSignal(dialog.said) as said:
        QTest.keyClick(dialog.repeated, Qt.Key.Key_Return)

    assert dialog.task is PasscodeTask.SET
    assert one.changes == two.changes == [("", "a passcode")]
    assert "is set" in said.args[0]


def test_it_is_changed_with_the_one_of_now(windows: None, qtbot: QtBot) -> None:
    account = Account(is_set=True)
    dialog = opened(account)
    fill(dialog, "a passcode", "a new one", "a new one")

    with qtbot.waitSignal(dialog.said):
        QTest.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)

    assert account.changes == [("a passcode", "a new one")]


def test_it_is_removed_with_the_one_of_now(windows: None, qtbot: QtBot) -> None:
    account = Account(is_set=True)
    dialog = opened(account)
    QTest.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)
    assert dialog.error.text()
    QTest.keyClicks(dialog.now, "a passcode")

    with qtbot.waitSignal(dialog.said):
        QTest.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)

    assert account.changes == [("a passcode", "")]


def test_a_later_account_joins_with_the_passcode_of_the_others(windows: None, qtbot: QtBot) -> None:
    old, new = Account(is_set=True), Account(is_set=False)
    dialog = opened(old, new)
    fill(dialog, "a passcode")

    with qtbot.waitSignal(dialog.said):
        QTest.keyClick(dialog.now, Qt.Key.Key_Return)

    assert dialog.task is PasscodeTask.JOIN
    assert old.port.of(Unlock)[0].passcode == "a passcode"
    assert old.changes == []
    assert new.changes == [("", "a passcode")]


def test_a_wrong_one_does_not_join(windows: None, qtbot: QtBot) -> None:
    old, new = Account(is_set=True), Account(is_set=False)
    old.port.refusals[Unlock] = "wrong_passcode"
    dialog = opened(old, new)
    fill(dialog, "another one")

    QTest.keyClick(dialog.now, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: dialog.error.text() == "This is not the passcode.")
    assert new.changes == []


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (("", ""), "Please fill in every field."),
        (("12345", "12345"), "A passcode has 6 to 128 characters."),
        (("a passcode", "a passkode"), "The two passcodes differ."),
    ],
)
def test_what_cannot_be_one_is_said_at_once(
    windows: None, texts: tuple[str, str], sentence: str
) -> None:
    account = Account(is_set=False)
    dialog = opened(account)
    fill(dialog, *texts)

    QTest.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)

    assert dialog.error.text() == sentence
    assert not account.port.sent


def test_a_locked_account_is_left_as_it_is(windows: None) -> None:
    dialog = opened(Account(is_set=False), Account(is_set=True, is_locked=True))

    assert dialog.task is PasscodeTask.SET


@pytest.mark.parametrize("states", [(False,), (True,), (True, False)])
def test_it_is_said_in_both_languages(windows: None, states: tuple[bool, ...]) -> None:
    dialog = opened(*(Account(is_set=state) for state in states))

    assert unnamed_controls(dialog) == []
    english = dialog.heading.text()
    set_language(Language.CHINESE)
    assert dialog.heading.text() != english
    assert "锁屏密码" in dialog.words.text()
