from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from desktop.events import FileRow, FileState, MessageKind, MessageState, ReactionCount
from desktop.ui.bubble import People
from desktop.ui.file_acts import FileAct
from desktop.ui.timeline_view import TimelineView
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose, drag, menu_of, press
from tests.desktop.ui.timelines import (
    bubble_of,
    letter_place,
    make_conversation,
    make_view,
    part_place,
)


@pytest.fixture
def view(port: FakePort, qtbot: QtBot) -> TimelineView:
    texts = ("first message", "see https://a.example/x now", "third message")
    return make_view(port, qtbot, make_conversation(port, *texts))


def tip_at(view: TimelineView, at: QPoint) -> str:
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    document = QTextDocument()
    document.setHtml(QToolTip.text())
    return document.toPlainText()


def test_dragging_selects_across_messages(view: TimelineView) -> None:
    drag(view.viewport(), letter_place(view, 0, 6), letter_place(view, 2, 5))

    text = view.selected_text()

    assert [part.split("\n")[1] for part in text.split("\n\n")] == [
        "message",
        "see https://a.example/x now",
        "third",
    ]


def test_dragging_upwards_selects_the_same(view: TimelineView) -> None:
    drag(view.viewport(), letter_place(view, 2, 5), letter_place(view, 0, 6))

    assert view.selected_text().startswith("Wang, [")
    assert "message\n\n" in view.selected_text()


def test_dragging_in_one_message_selects_a_part(view: TimelineView) -> None:
    drag(view.viewport(), letter_place(view, 0, 0), letter_place(view, 0, 5))
    view.copy()

    assert QGuiApplication.clipboard().text() == "first"


def test_a_press_beside_takes_the_selection_away(view: TimelineView) -> None:
    drag(view.viewport(), letter_place(view, 0, 0), letter_place(view, 0, 5))

    press(view.viewport(), QPoint(view.viewport().width() - 20, 3))

    assert view.selection is None


def test_a_double_press_selects_a_word(view: TimelineView) -> None:
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=letter_place(view, 0, 8))

    assert view.selected_text() == "message"


def test_a_press_on_a_link_follows_it(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.link_requested) as told:
        press(view.viewport(), letter_place(view, 1, 8))

    assert told.args is not None
    assert told.args[0].target.url == "https://a.example/x"


def test_dragging_over_a_link_does_not_follow_it(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.link_requested):
        drag(view.viewport(), letter_place(view, 1, 6), letter_place(view, 1, 14))

    assert view.selected_text() == "tps://a."


def test_the_target_of_a_link_is_shown_while_the_mouse_is_on_it(view: TimelineView) -> None:
    QTest.mouseMove(view.viewport(), letter_place(view, 1, 8))
    on_link = view.overlay.target.words
    cursor = view.viewport().cursor().shape()
    QTest.mouseMove(view.viewport(), letter_place(view, 0, 2))

    assert on_link == "https://a.example/x"
    assert cursor is Qt.CursorShape.PointingHandCursor
    assert view.overlay.target.words == ""
    assert view.viewport().cursor().shape() is Qt.CursorShape.IBeamCursor


def test_tips_say_targets_times_and_who_reacted(view: TimelineView, port: FakePort) -> None:
    view.set_people(People(name_of=lambda _: "Ben"), AccountId(1))
    row = view.model.rows[0]
    port.change(row, reactions=(ReactionCount("👍", (AccountId(2),)),))

    assert tip_at(view, letter_place(view, 1, 8)) == "https://a.example/x"
    assert tip_at(view, letter_place(view, 2, 3)).startswith("Sent 2026")
    assert tip_at(view, part_place(view, 0, bubble_of(view, 0).chips[0].rect)) == "👍 Ben"


def test_a_press_on_a_file_asks_for_what_comes_next(
    view: TimelineView, port: FakePort, qtbot: QtBot
) -> None:
    file = FileRow(name="a.zip", size=9, state=FileState.RUNNING)
    port.change(view.model.rows[0], kind=MessageKind.FILE, file=file, text="")
    bubble = bubble_of(view, 0)
    assert bubble.circle is not None
    assert bubble.cancel is not None
    told: list[FileAct] = []
    view.file_requested.connect(lambda _row, act: told.append(act))

    press(view.viewport(), part_place(view, 0, bubble.circle))
    press(view.viewport(), part_place(view, 0, bubble.cancel))

    assert told == [FileAct.PAUSE, FileAct.CANCEL]


def test_the_buttons_of_a_refused_message_work(
    view: TimelineView, port: FakePort, qtbot: QtBot
) -> None:
    row = port.change(
        view.model.rows[0], is_own=True, state=MessageState.REFUSED, refusal="not_contact"
    )
    told: list[object] = []
    view.retry_requested.connect(lambda row: told.append(("again", row)))
    view.cancel_requested.connect(lambda row: told.append(("delete", row)))

    for button in bubble_of(view, 0).buttons:
        press(view.viewport(), part_place(view, 0, button.rect))

    assert told == [("again", row), ("delete", row)]


def test_while_choosing_a_press_anywhere_beside_a_message_ticks_it(view: TimelineView) -> None:
    rows = view.model.rows
    place, right = letter_place(view, 0, 0), Qt.MouseButton.RightButton
    choose(menu_of(lambda: press(view.viewport(), place, button=right)), "Select messages")
    rect = view.row_items()[2].rect.translated(0, view.offset())

    press(view.viewport(), QPoint(view.viewport().width() - 12, round(rect.center().y())))
    chosen = view.choice.rows()
    press(view.viewport(), letter_place(view, 1, 8))

    assert chosen == [rows[0], rows[2]]
    assert view.choice.rows() == rows


def test_holding_the_mouse_beyond_the_edge_scrolls_on(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, *(f"message {n}" for n in range(60))))
    view.go_to_end()
    place = view.verticalScrollBar().value()
    start = letter_place(view, 59, 3)

    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view.viewport(), QPoint(start.x(), -60))
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() < place - 100)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(start.x(), -60))

    assert len(view.scene.selected) > 10


def test_what_is_selected_stays_when_a_message_comes(view: TimelineView, port: FakePort) -> None:
    drag(view.viewport(), letter_place(view, 0, 0), letter_place(view, 0, 5))

    port.receive(view.model.conversation_id, "news")

    assert view.selected_text() == "first"
    changed = msgspec.structs.replace(view.model.rows[0], is_edited=True)
    assert changed.local_id in view.scene.selected


def test_a_name_of_a_file_is_never_taken_for_html(view: TimelineView, port: FakePort) -> None:
    name = "<img src='http://a.example/x.png'><b>a</b>\u202egpj.exe"
    file = FileRow(name=name, size=9)
    port.change(view.model.rows[0], kind=MessageKind.FILE, file=file, text="")
    bubble = bubble_of(view, 0)
    assert bubble.file is not None

    tip = tip_at(view, part_place(view, 0, bubble.file))

    assert tip == "<img src='http://a.example/x.png'><b>a</b>gpj.exe"
