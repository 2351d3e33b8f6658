from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from desktop.events import MessageKind, Quote
from desktop.ui.timeline_menu import make_menu
from desktop.ui.timeline_selection import Place, TextSelection
from desktop.ui.timeline_view import TimelineView
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.timelines import make_conversation, make_view


def choose(view: TimelineView, index: int, words: str) -> None:
    menu = make_menu(view, view.model.rows[index])
    next(each for each in menu.actions() if each.text() == words).trigger()
    menu.close()


def test_the_menu_copies_what_is_selected(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, *(f"message {n}" for n in range(3))))
    first, second = view.model.rows[:2]
    view.select(TextSelection(Place(first.local_id, 0), Place(first.local_id, 4)))

    texts = []
    for row in (first, second):
        menu = make_menu(view, row)
        next(each for each in menu.actions() if each.text() == "Copy text").trigger()
        texts.append(QGuiApplication.clipboard().text())
        menu.close()

    assert texts == ["mess", "message 1"]


def test_the_quoted_message_is_reached_without_a_mouse(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, "question", "answer"))
    first, second = view.model.rows
    quote = Quote(
        local_id=first.local_id,
        order=first.order,
        sender=first.sender,
        kind=MessageKind.TEXT,
        text="question",
    )
    port.change(second, reply_to=first.message_id, quote=quote)

    choose(view, 1, "Go to the message answered")

    assert view.current == first.local_id


def test_times_and_choosing_are_offered(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, "one", "two"))

    choose(view, 1, "Show times")
    choose(view, 1, "Select messages")

    assert QToolTip.text().startswith("Sent 2026")
    assert view.choice.rows() == [view.model.rows[1]]


def test_a_grey_line_offers_only_what_can_be_done_with_it(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, "one"))
    port.change(view.model.rows[0], kind=MessageKind.UNREADABLE, text="")

    menu = make_menu(view, view.model.rows[0])
    texts = [each.text() for each in menu.actions() if each.text()]
    menu.close()

    assert texts == ["Copy text", "Show times", "Jump to date…"]
