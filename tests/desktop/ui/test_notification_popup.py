from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.notification_popup import AT_ONCE_MAX, LINES_MAX, PopupSink, PopupWindow
from desktop.ui.notification_words import Notification
from desktop.ui.translate import Language, set_language
from tests.desktop.ui.spoken import unnamed_controls


def words(key: str, title: str = "Alice Chen", body: str = "See you at 3") -> Notification:
    return Notification(key=key, title=title, body=body)


@pytest.fixture
def sink(windows: None) -> PopupSink:
    return PopupSink()


def shown(sink: PopupSink, key: str) -> PopupWindow:
    return sink.windows[key]


def test_it_shows_without_taking_the_focus(sink: PopupSink) -> None:
    sink.show(words("1/a"))

    window = shown(sink, "1/a")
    assert window.isVisible()
    assert window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert (window.title.text(), window.body.text()) == ("Alice Chen", "See you at 3")
    assert window.accessibleName() == "Alice Chen: See you at 3"


def test_pressing_it_opens_and_the_cross_dismisses(sink: PopupSink, qtbot: QtBot) -> None:
    sink.show(words("1/a"))
    sink.show(words("1/b"))

    with qtbot.waitSignal(sink.activated) as opened:
        QTest.mouseClick(shown(sink, "1/a"), Qt.MouseButton.LeftButton, pos=QPoint(150, 30))
    with qtbot.waitSignal(sink.dismissed) as dismissed:
        QTest.mouseClick(shown(sink, "1/b").close_button, Qt.MouseButton.LeftButton)

    assert (opened.args, dismissed.args) == (["1/a"], ["1/b"])
    assert not sink.windows


def test_the_same_key_is_the_same_window(sink: PopupSink) -> None:
    sink.show(words("1/a"))
    window = shown(sink, "1/a")

    sink.show(words("1/a", body="Or at 4?"))

    assert shown(sink, "1/a") is window
    assert window.body.text() == "Or at 4?"


def test_they_are_stacked_and_the_oldest_goes(sink: PopupSink) -> None:
    for number in range(AT_ONCE_MAX + 1):
        sink.show(words(f"1/{number}"))

    places = [window.geometry() for window in sink.windows.values()]
    assert list(sink.windows) == [f"1/{number}" for number in range(1, AT_ONCE_MAX + 1)]
    assert not any(one.intersects(two) for one, two in pairwise(places))
    assert places == sorted(places, key=lambda place: place.y())


def test_taken_back_it_is_gone(sink: PopupSink) -> None:
    sink.show(words("1/a"))

    sink.withdraw("1/a")
    sink.withdraw("1/a")
    sink.show(words("1/b"))
    sink.close_all()

    assert not sink.windows


def test_it_goes_by_itself_unless_the_mouse_is_on_it(sink: PopupSink, qtbot: QtBot) -> None:
    sink.show(words("1/a"))
    window = shown(sink, "1/a")
    window._timer.setInterval(1)
    QTest.mouseMove(window, QPoint(100, 30))
    window._timer.stop()
    window.enterEvent(_enter())
    assert not window._timer.isActive()

    with qtbot.waitSignal(sink.dismissed):
        window.leaveEvent(_enter())


def _enter() -> QEnterEvent:
    return QEnterEvent(QPointF(), QPointF(), QPointF())


@pytest.mark.parametrize("text", ["word " * 300, "字" * 1_500, "x" * 2_000])
def test_long_words_are_cut_where_the_window_ends(sink: PopupSink, text: str) -> None:
    sink.show(words("1/a", title="A very long name of a group " * 5, body=text))

    window = shown(sink, "1/a")
    line = window.body.fontMetrics().lineSpacing()
    assert window.body.text().endswith("…")
    assert window.title.text().endswith("…")
    assert window.body.heightForWidth(window.body.width()) <= line * LINES_MAX + 4
    assert window.accessibleName().endswith(text)


def test_its_cross_has_a_name_in_both_languages(sink: PopupSink) -> None:
    sink.show(words("1/a"))
    window = shown(sink, "1/a")

    assert unnamed_controls(window) == []
    set_language(Language.CHINESE)
    assert window.close_button.accessibleName() == "关闭通知"
