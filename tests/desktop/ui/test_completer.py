from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.events import Member
from desktop.ui.completer import Completer
from desktop.ui.editor import Editor
from desktop.ui.settings import SettingsStore
from shared.identifiers import AccountId
from tests.desktop.fake_port import profile
from tests.desktop.ui.hands import press_key, press_row, type_into

ALICE, WANG, AL, ME = (AccountId(number) for number in (2, 3, 4, 1))
MEMBERS = [
    Member(profile=profile(1, "me", "Me"), role=1),
    Member(profile=profile(2, "alice.chen", "Alice Chen"), role=1),
    Member(profile=profile(3, "wangfang", "王芳"), role=1),
    Member(profile=profile(4, "al_t", "Al"), role=1),
]


class Desk:
    """An editor in a window, in a group of four."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.window.resize(420, 420)
        bar = QWidget(self.window)
        bar.setGeometry(0, 380, 420, 40)
        self.editor = Editor(bar)
        self.editor.resize(420, 40)
        self.settings = SettingsStore()
        self.completer = Completer(self.editor, self.settings)
        self.completer.offers_people = True
        self.completer.me = ME
        self.completer.remark_of = lambda account: "芳姐" if account == WANG else ""
        self.asked = 0
        self.completer.members_wanted.connect(self._answer)
        self.submitted: list[int] = []
        self.editor.submitted.connect(lambda: self.submitted.append(1))

    def _answer(self) -> None:
        self.asked += 1
        self.completer.set_members(MEMBERS)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.editor, text)

    def put(self, text: str) -> None:
        type_into(self.editor, text)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.editor, key)

    @property
    def offered(self) -> list[str]:
        shown = self.completer.shown
        if shown is None or not shown.is_open:
            return []
        return [choice.title for choice in shown.model.choices]


@pytest.fixture
def desk(windows: None, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.window)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitActive(made.window)
    other = QLineEdit(made.window)  # Where the Tab key would lead.
    other.show()
    made.editor.setFocus()
    yield made
    made.window.close()


def test_an_at_sign_offers_the_others_and_asks_once_who_they_are(desk: Desk) -> None:
    desk.type("@")
    everybody = desk.offered
    desk.type("al")

    assert everybody == ["Alice Chen", "芳姐", "Al"]
    assert desk.offered == ["Alice Chen", "Al"]
    assert desk.asked == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Enter])
def test_a_key_takes_what_is_marked_and_does_not_send(desk: Desk, key: Qt.Key) -> None:
    desk.put("😀 hello ")
    desk.type("@al")
    desk.press(Qt.Key.Key_Down)
    desk.press(key)

    assert desk.editor.text == "😀 hello @Al "
    assert desk.completer.mentions(desk.editor.text) == (AL,)
    assert not desk.submitted
    assert desk.editor.hasFocus()
    assert desk.offered == []


def test_somebody_found_by_remark_is_named_by_nickname(desk: Desk) -> None:
    desk.put("@芳姐")

    desk.press(Qt.Key.Key_Return)

    assert desk.editor.text == "@王芳 "
    assert desk.completer.mentions("@王芳 你好") == (WANG,)


def test_after_a_name_enter_sends_though_a_longer_name_begins_so(desk: Desk) -> None:
    desk.type("@al")
    desk.press(Qt.Key.Key_Down)
    desk.press(Qt.Key.Key_Return)
    desk.press(Qt.Key.Key_Backspace)

    desk.press(Qt.Key.Key_Return)

    assert desk.editor.text == "@Al"
    assert desk.submitted == [1]


def test_whose_name_is_deleted_is_not_named(desk: Desk) -> None:
    desk.type("@alice")
    desk.press(Qt.Key.Key_Return)
    named = desk.completer.mentions(desk.editor.text)

    press_key(desk.editor, Qt.Key.Key_Backspace, times=len(" Chen "))

    assert desk.editor.text == "@Alice"
    assert named == (ALICE,)
    assert desk.completer.mentions(desk.editor.text) == ()


def test_escape_leaves_what_is_typed_as_it_is(desk: Desk) -> None:
    desk.type("@al")
    desk.press(Qt.Key.Key_Escape)
    closed = desk.offered
    desk.type("i")

    assert closed == []
    assert desk.offered == []
    assert desk.editor.text == "@ali"


def test_between_two_nobody_is_offered(desk: Desk) -> None:
    desk.completer.offers_people = False

    desk.type("@al")

    assert desk.offered == []
    assert desk.asked == 0


def test_names_in_a_draft_are_names_again(desk: Desk) -> None:
    desk.editor.set_text("@Alice Chen and @nobody")

    desk.completer.read_names()

    assert desk.completer.mentions(desk.editor.text) == (ALICE,)


def test_a_message_that_changes_names_whom_it_named_though_two_are_called_so(desk: Desk) -> None:
    other = Member(profile=profile(9, "al_second", "Al"), role=1)
    desk.completer.members_wanted.disconnect()
    desk.editor.set_text("@Al tea?")

    desk.completer.read_names([AccountId(9)])
    desk.completer.set_members([*MEMBERS, other])

    assert desk.completer.mentions(desk.editor.text) == (AccountId(9),)


def test_a_text_that_was_sent_names_nobody_any_more(desk: Desk) -> None:
    desk.type("@alice")
    desk.press(Qt.Key.Key_Return)

    desk.completer.forget()

    assert desk.completer.mentions("@Alice Chen") == ()


def test_a_colon_and_two_letters_offer_emoji(desk: Desk) -> None:
    desk.type(":s")
    early = desk.offered
    desk.type("mile")
    offered = desk.offered
    desk.press(Qt.Key.Key_Return)

    assert early == []
    assert offered[0] == ":smile:"
    assert desk.editor.text == "😄"
    assert desk.settings.settings.recent_emoji == ("😄",)


def test_a_finished_short_name_becomes_its_sign_and_can_be_undone(desk: Desk) -> None:
    desk.settings.change(skin_tone=3)

    desk.type("ok :thumbsup:")
    replaced = desk.editor.text
    press_key(desk.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert replaced == "ok 👍🏽"
    assert desk.editor.text.startswith("ok :thumbsup")


def test_an_unknown_short_name_stays(desk: Desk) -> None:
    desk.type("a :nonsense: b 12:30:45")

    assert desk.editor.text == "a :nonsense: b 12:30:45"


def test_in_the_middle_of_a_word_of_an_input_method_nothing_is_taken(desk: Desk) -> None:
    desk.type("@")
    QApplication.sendEvent(desk.editor, QInputMethodEvent("wang", []))
    composing = desk.offered
    event = QInputMethodEvent("", [])
    event.setCommitString("王")
    QApplication.sendEvent(desk.editor, event)

    assert composing == []
    assert desk.offered == ["芳姐"]


def test_the_list_goes_with_the_focus_of_the_line(desk: Desk) -> None:
    desk.type("@al")
    desk.editor.moveCursor(desk.editor.textCursor().MoveOperation.Start)

    assert desk.offered == []


def test_a_click_takes_a_line_too(desk: Desk) -> None:
    desk.type("@")
    shown = desk.completer.shown
    assert shown is not None

    press_row(shown.view, shown.model.index(0))

    assert desk.editor.text == "@Alice Chen "
    assert desk.editor.hasFocus()
