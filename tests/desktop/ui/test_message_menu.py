from __future__ import annotations

import time

import msgspec
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.events import FileRow, MessageKind, MessageRow, MessageState, ReactionCount
from desktop.ui.file_acts import FileAct
from desktop.ui.markup import parse
from desktop.ui.menu import Menu
from desktop.ui.message_menu import (
    QUICK_REACTIONS,
    add_file_actions,
    add_link_actions,
    add_message_actions,
    add_refusal_actions,
    can_answer,
    can_edit,
    can_recall,
)
from shared import limits
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, press_key

ME = AccountId(1)


class Requests(QObject):
    reply_requested = Signal(object)
    edit_requested = Signal(object)
    recall_requested = Signal(object)
    reaction_requested = Signal(object, str, bool)
    any_reaction_requested = Signal(object)
    cancel_requested = Signal(object)
    retry_requested = Signal(object)
    file_requested = Signal(object, object)
    link_requested = Signal(object)
    profile_requested = Signal(object)
    me = ME


def make_row(port: FakePort, **changes: object) -> MessageRow:
    friend = profile(2, "wang", "Wang")
    row = port.add_message(port.add_conversation(friend), "tea?", is_own=True)
    now_ms = int(time.time() * 1000)
    row = msgspec.structs.replace(row, message_id="ab" * 16, sequence=3, received_at_ms=now_ms)
    return msgspec.structs.replace(row, **changes)


def actions(menu: QMenu) -> dict[str, QAction]:
    return {each.text(): each for each in menu.actions() if each.text()}


def test_what_is_offered_depends_on_whose_it_is_and_how_old(port: FakePort) -> None:
    row = make_row(port)
    other = msgspec.structs.replace(row, is_own=False)
    old = msgspec.structs.replace(
        row, received_at_ms=row.received_at_ms - limits.EDIT_AGE_MAX_MS * 2
    )
    gone = msgspec.structs.replace(row, kind=MessageKind.RECALLED)

    assert [can_answer(each) for each in (row, other, old, gone)] == [True, True, True, False]
    assert [can_edit(each) for each in (row, other, old, gone)] == [True, False, False, False]
    recall = [can_recall(each, is_admin=False) for each in (row, other, old, gone)]
    admin = [can_recall(each, is_admin=True) for each in (row, other, old, gone)]
    assert recall == [True, False, False, False]
    assert admin == [True, True, True, False]


def test_each_choice_is_told(port: FakePort, qtbot: QtBot) -> None:
    row, requests, menu = make_row(port), Requests(), Menu()
    qtbot.addWidget(menu)
    told: list[tuple[object, ...]] = []
    requests.reply_requested.connect(lambda row: told.append(("reply", row)))
    requests.edit_requested.connect(lambda row: told.append(("edit", row)))
    requests.recall_requested.connect(lambda row: told.append(("recall", row)))
    requests.reaction_requested.connect(lambda *said: told.append(("react", *said)))

    add_message_actions(menu, row, requests, is_admin=False)
    for words in (
        ("Reply",),
        ("Edit",),
        ("Take back", "Take back for everyone"),
        ("React", QUICK_REACTIONS[1]),
    ):
        menu.popup(QPoint(0, 0))
        choose(menu, *words)

    assert told == [
        ("reply", row),
        ("edit", row),
        ("recall", row),
        ("react", row, QUICK_REACTIONS[1], False),
    ]


def test_a_reaction_of_ones_own_is_marked_and_can_be_taken_away(
    port: FakePort, qtbot: QtBot
) -> None:
    row = make_row(port, reactions=(ReactionCount("👍", (ME,)),))
    requests, menu = Requests(), Menu()
    qtbot.addWidget(menu)
    told: list[tuple[object, ...]] = []
    requests.reaction_requested.connect(lambda *said: told.append(said))

    add_message_actions(menu, row, requests, is_admin=False)
    react = actions(menu)["React"].menu()
    assert isinstance(react, QMenu)
    is_checked = react.actions()[0].isChecked()
    menu.popup(QPoint(0, 0))
    choose(menu, "React", "👍")

    assert is_checked
    assert told == [(row, "👍", True)]


def test_everything_about_a_file_is_offered(port: FakePort, qtbot: QtBot) -> None:
    row = make_row(port, kind=MessageKind.FILE, file=FileRow(name="a.pdf", size=5))
    requests, menu = Requests(), Menu()
    qtbot.addWidget(menu)
    told: list[tuple[object, ...]] = []
    requests.file_requested.connect(lambda *said: told.append(said))

    add_file_actions(menu, row, requests)
    menu.popup(QPoint(0, 0))
    choose(menu, "Download")

    assert list(actions(menu)) == ["Download", "Save as…"]
    assert told == [(row, FileAct.DOWNLOAD)]


def test_links_and_mentions_can_be_reached_by_the_keyboard(port: FakePort, qtbot: QtBot) -> None:
    marked = parse(
        "@Wang see https://a.example/x?a=1&b=2 or https://a.example/x?a=1&b=2", {"Wang": 2}
    )
    requests, menu = Requests(), Menu()
    qtbot.addWidget(menu)
    told: list[object] = []
    requests.link_requested.connect(told.append)
    requests.profile_requested.connect(told.append)

    add_link_actions(menu, marked.spans, requests)
    offered = list(actions(menu))
    for steps in range(1, len(offered) + 1):
        menu.popup(QPoint(0, 0))
        press_key(menu, Qt.Key.Key_Down, times=steps)
        press_key(menu, Qt.Key.Key_Return)

    assert [words.split()[0] for words in offered] == ["Show", "Open", "Copy"]
    assert told == [2, marked.spans[1]]
    assert QGuiApplication.clipboard().text() == "https://a.example/x?a=1&b=2"


def test_many_and_long_links_do_not_fill_the_screen(port: FakePort, qtbot: QtBot) -> None:
    text = " ".join(f"https://a.example/{number}/{'x' * 200}" for number in range(30))
    menu = Menu()
    qtbot.addWidget(menu)

    add_link_actions(menu, parse(text).spans, Requests())

    texts = [each.text() for each in menu.actions() if each.text()]
    assert len(texts) == 10
    assert all(len(each) < 80 for each in texts)


def test_a_refused_message_can_be_written_anew_or_deleted(port: FakePort, qtbot: QtBot) -> None:
    row = make_row(port, state=MessageState.REFUSED, refusal="not_contact")
    requests, menu = Requests(), Menu()
    qtbot.addWidget(menu)
    told: list[object] = []
    requests.retry_requested.connect(lambda row: told.append(("again", row)))
    requests.cancel_requested.connect(lambda row: told.append(("delete", row)))

    add_refusal_actions(menu, row, requests)
    for words in actions(menu):
        menu.popup(QPoint(0, 0))
        choose(menu, words)

    assert told == [("again", row), ("delete", row)]
