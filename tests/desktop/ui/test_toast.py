from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.toast import Toast
from tests.desktop.ui.hands import press


def test_a_sentence_is_shown_inside_the_window_and_goes(windows: None, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    toast = Toast(window)

    toast.say("a sentence that is longer than the window is wide " * 3)

    assert toast.isVisible()
    assert window.rect().contains(toast.geometry())
    window.resize(400, 300)
    assert window.rect().contains(toast.geometry())
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def _shown_toast(qtbot: QtBot) -> tuple[QWidget, Toast]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    return window, Toast(window)


def test_an_action_is_carried_out_once_and_ends_the_toast(windows: None, qtbot: QtBot) -> None:
    window, toast = _shown_toast(qtbot)
    undone: list[str] = []

    toast.say("Deleted.", action="Undo", on_action=lambda: undone.append("one"))
    place = toast.button.mapTo(window, toast.button.rect().center())
    press(toast.button)

    assert undone == ["one"]
    assert not toast.isVisible()
    press(window, place)
    assert undone == ["one"]


def test_enter_presses_the_action(windows: None, qtbot: QtBot) -> None:
    _window, toast = _shown_toast(qtbot)
    undone: list[str] = []

    toast.say("Deleted.", action="Undo", on_action=lambda: undone.append("one"))
    assert toast.button.accessibleName() == "Undo"
    assert toast.button.focusPolicy() & Qt.FocusPolicy.TabFocus
    QTest.keyClick(toast.button, Qt.Key.Key_Return)

    assert undone == ["one"]


def test_an_action_that_was_replaced_is_never_carried_out(windows: None, qtbot: QtBot) -> None:
    window, toast = _shown_toast(qtbot)
    undone: list[str] = []
    toast.say("Deleted.", action="Undo", on_action=lambda: undone.append("one"))
    place = toast.button.mapTo(window, toast.button.rect().center())

    toast.say("Something else.")
    press(window, place)

    assert undone == []
    assert not toast.button.isVisible()


def test_only_a_toast_with_an_action_takes_the_mouse(windows: None, qtbot: QtBot) -> None:
    _window, toast = _shown_toast(qtbot)
    see_through = Qt.WidgetAttribute.WA_TransparentForMouseEvents

    toast.say("A sentence.")
    assert toast.testAttribute(see_through)
    toast.say("Deleted.", action="Undo", on_action=lambda: None)

    assert not toast.testAttribute(see_through)
    assert toast.button.geometry().height() == 32
    assert toast.rect().contains(toast.button.geometry())
