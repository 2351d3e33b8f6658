from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.setting_rows import ActionRow, Choice, SwitchRow


def on_stage(*widgets: QWidget, width: int = 400) -> QWidget:
    stage = QWidget()
    layout = QVBoxLayout(stage)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    stage.resize(width, 300)
    stage.show()
    return stage


def test_a_switch_is_pressed_anywhere_on_its_row(windows: None) -> None:
    row = SwitchRow()
    row.say("Send receipts", "Others see when you have read.")
    stage = on_stage(row)

    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect().center())

    assert row.isChecked()
    assert stage.isVisible()


def test_a_switch_is_spoken_with_what_it_means(windows: None) -> None:
    row = SwitchRow()
    row.say("Send receipts", "Others see when you have read.")

    found = QAccessible.queryAccessibleInterface(row)

    assert found.role() is QAccessible.Role.CheckBox
    assert found.text(QAccessible.Text.Name) == "Send receipts"
    assert found.text(QAccessible.Text.Description) == "Others see when you have read."


def test_a_switch_grows_with_its_lines(windows: None) -> None:
    row = SwitchRow()
    row.say("Send receipts", "Others see when you have read their messages. " * 4)
    stage = on_stage(row, width=600)
    wide = row.height()

    stage.resize(260, 300)
    QTest.qWait(0)

    assert row.height() > wide
    assert row.height() >= row.heightForWidth(row.width())


def test_a_choice_turns_into_a_column_where_it_is_too_wide(windows: None) -> None:
    choice = Choice(3)
    choice.name("Colors", ["As the system has it", "Always light", "Always dark"])
    stage = on_stage(choice, width=600)
    row_height = choice.height()

    stage.resize(260, 300)
    QTest.qWait(0)

    assert choice.height() > 2 * row_height
    for segment in choice.segments:
        assert segment.width() >= segment.sizeHint().width()


def test_a_choice_tells_what_was_pressed(windows: None, qtbot: QtBot) -> None:
    choice = Choice(2)
    choice.name("Font", ["Inter", "System"])
    stage = on_stage(choice)
    assert stage.isVisible()

    with qtbot.waitSignal(choice.chosen) as told:
        QTest.mouseClick(choice.segments[1], Qt.MouseButton.LeftButton)

    assert told.args == [1]


def test_enter_opens_what_a_row_leads_to(windows: None, qtbot: QtBot) -> None:
    row = ActionRow("lock")
    row.say("Password", "changed today")
    stage = on_stage(row)
    assert stage.isVisible()

    with qtbot.waitSignal(row.clicked):
        QTest.keyClick(row, Qt.Key.Key_Return)
