from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.models.port import CommandFailedError
from desktop.ui.controls import ButtonKind, Field
from desktop.ui.dialog import ConfirmDialog, Dialog
from tests.desktop.ui.hands import press_key


@pytest.fixture
def dialog(windows: None) -> Dialog:
    made = Dialog()
    made.heading.setText("A question")
    made.add_button(ButtonKind.PRIMARY)
    made.open()
    return made


async def refuse() -> None:
    raise CommandFailedError("offline", "no network")


def test_a_refusal_is_said_and_the_dialog_grows_for_it(dialog: Dialog, qtbot: QtBot) -> None:
    height = dialog.height()

    dialog.start(refuse())

    qtbot.waitUntil(dialog.error.isVisible)
    assert "cannot be reached" in dialog.error.accessibleName()
    assert dialog.height() > height


def test_a_dialog_without_a_line_that_wraps_is_as_high_as_its_parts(windows: None) -> None:
    dialog = Dialog()
    dialog.heading.hide()
    dialog.form.addWidget(Field(parent=dialog))

    dialog.open()

    layout = dialog.layout()
    assert layout is not None
    assert not layout.hasHeightForWidth()
    assert dialog.height() >= layout.totalSizeHint().height() > 40


def test_a_form_is_not_sent_twice_while_the_engine_works(dialog: Dialog, qtbot: QtBot) -> None:
    go_on = asyncio.Event()
    sent: list[str] = []

    async def work(name: str) -> None:
        sent.append(name)
        await go_on.wait()

    button = dialog.add_button(ButtonKind.PLAIN)
    dialog.start(work("first"))
    qtbot.waitUntil(lambda: bool(sent))

    dialog.start(work("second"))

    assert not button.isEnabled()
    go_on.set()
    qtbot.waitUntil(button.isEnabled)
    assert sent == ["first"]


def test_a_second_attempt_takes_the_first_ones_error_back(dialog: Dialog, qtbot: QtBot) -> None:
    async def succeed() -> None:
        dialog.accept()

    dialog.start(refuse())
    qtbot.waitUntil(dialog.error.isVisible)

    with qtbot.waitSignal(dialog.accepted):
        dialog.start(succeed())

    assert dialog.error.text() == ""


def test_the_work_of_a_dialog_that_goes_is_given_up(dialog: Dialog, qtbot: QtBot) -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            steps.append("begun")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            steps.append("cancelled")
            raise

    dialog.start(work())
    qtbot.waitUntil(lambda: steps == ["begun"])

    dialog.reject()

    qtbot.waitUntil(lambda: steps == ["begun", "cancelled"])


def test_a_label_leads_to_its_field(dialog: Dialog) -> None:
    field = Field(parent=dialog)

    label = dialog.add_field(field)

    assert label.buddy() is field


def make_question(parent: QWidget) -> ConfirmDialog:
    question = ConfirmDialog(parent, title="Delete?", words="It goes.", yes="Delete", no="Cancel")
    question.open()
    return question


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_a_question_answered_in_haste_does_nothing(
    windows: None, qtbot: QtBot, key: Qt.Key
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    question = make_question(parent)
    focused = question.focusWidget()
    assert focused is question.no_button

    with qtbot.waitSignal(question.rejected):
        QTest.keyClick(focused, key)


def test_a_question_is_answered_with_yes(windows: None, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    question = make_question(parent)

    with qtbot.waitSignal(question.accepted):
        QTest.mouseClick(question.yes_button, Qt.MouseButton.LeftButton)


def test_a_form_that_is_higher_than_the_screen_scrolls_and_keeps_its_buttons(
    windows: None,
) -> None:
    dialog = Dialog()
    fields = [Field() for _ in range(40)]
    for field in fields:
        dialog.form.addWidget(field)
    button = dialog.add_button(ButtonKind.PRIMARY)
    dialog.open()
    QTest.qWait(0)

    assert dialog.height() <= dialog.screen().availableGeometry().height()
    assert button.geometry().bottom() < dialog.height()
    press_key(fields[0], Qt.Key.Key_Tab, times=len(fields) - 1)
    assert dialog.focusWidget() is fields[-1]
    assert dialog.rect().contains(fields[-1].mapTo(dialog, fields[-1].rect().center()))


def test_the_keyboard_comes_back_after_work(windows: None) -> None:
    dialog = Dialog()
    first, second = dialog.add_button(ButtonKind.PLAIN), dialog.add_button(ButtonKind.PLAIN)
    dialog.open()
    second.setFocus()

    dialog.set_busy(True)
    assert not first.isEnabled()
    dialog.set_busy(False)

    assert dialog.focusWidget() is second


def test_work_of_a_dialog_leaves_those_in_front_of_it_alone(windows: None) -> None:
    dialog = Dialog()
    question = ConfirmDialog(dialog, title="a", words="b", yes="c", no="d")
    dialog.open()
    question.open()

    dialog.set_busy(True)

    assert question.yes_button.isEnabled()
