from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from pytestqt.qtbot import QtBot

from desktop.commands import CancelMessage
from desktop.events import FileRow, FileState, MessageKind, MessageRow, MessageState
from desktop.ui.timeline_access import install_timeline_access
from desktop.ui.timeline_view import TimelineView
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import interface_of, names

BEN = ConversationId(1002)


@pytest.fixture
def view(port: FakePort, qtbot: QtBot) -> TimelineView:
    ben = profile(2, "ben", "Ben")
    port.add_contact(ben)
    port.add_conversation(ben)
    port.add_message(BEN, "hello", minutes_ago=3)
    port.add_message(BEN, "", minutes_ago=2, kind=MessageKind.UNREADABLE)
    port.add_message(BEN, "my answer", minutes_ago=1, is_own=True, state=MessageState.WAITING)
    port.announce()
    made = TimelineView(port.session.timeline(BEN), "Ben")
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    made.model.open(port.session.conversations.find(BEN))
    qtbot.waitUntil(lambda: made.model.window.is_loaded)
    return made


def name_of(entry: QAccessibleInterface) -> str:
    return entry.text(QAccessible.Text.Name)


def test_a_timeline_is_a_list_of_its_messages_without_the_ornaments(view: TimelineView) -> None:
    assert interface_of(view).role() is QAccessible.Role.List
    said = names(view)
    assert len(said) == 3
    assert said[0].startswith("Ben: hello")
    assert said[1] == "This message cannot be opened on this device."
    assert said[2].startswith("You: my answer")


def test_an_entry_can_be_read_but_not_changed(view: TimelineView) -> None:
    entry = interface_of(view).child(0)

    assert entry.role() is QAccessible.Role.ListItem
    assert entry.state().readOnly
    assert entry.text(QAccessible.Text.Value) == ""
    assert entry.childCount() == 0


def test_an_entry_is_found_where_it_is_painted(view: TimelineView) -> None:
    timeline = interface_of(view)
    middle = view.item_on_screen(view.row_items()[2]).center()

    entry = timeline.childAt(middle.x(), middle.y())

    assert name_of(entry).startswith("You: my answer")
    assert entry.rect().contains(middle)
    assert timeline.indexOfChild(entry) == 2


def test_beside_the_messages_there_is_no_entry(view: TimelineView) -> None:
    timeline = interface_of(view)

    assert timeline.childAt(-500, -500) is None
    assert timeline.child(3) is None
    assert timeline.child(-1) is None


def test_an_entry_says_a_new_state_of_its_message(view: TimelineView, port: FakePort) -> None:
    entry = interface_of(view).child(2)
    row: MessageRow = port.rows[BEN][2]

    port.change(row, state=MessageState.DELIVERED)

    assert name_of(entry).endswith("delivered")


def test_the_entry_of_a_message_that_is_gone_says_nothing(
    view: TimelineView, port: FakePort
) -> None:
    timeline = interface_of(view)
    entry = timeline.child(2)

    port.send(CancelMessage(conversation_id=BEN, local_id=port.rows[BEN][2].local_id))

    assert timeline.childCount() == 2
    assert not entry.isValid()
    assert name_of(entry) == ""
    assert entry.rect().isNull()


def test_installing_twice_changes_nothing(view: TimelineView) -> None:
    install_timeline_access()

    assert len(names(view)) == 3


def test_screen_readers_follow_the_keyboard(view: TimelineView) -> None:
    timeline = interface_of(view)
    view.activateWindow()
    view.setFocus()

    view.step(-1)
    focused = timeline.focusChild()

    assert focused is not None
    assert name_of(focused) == "This message cannot be opened on this device."
    assert focused.state().focused
    assert focused.state().focusable
    assert not timeline.child(0).state().focused


def test_a_chosen_message_says_so(view: TimelineView) -> None:
    view.choice.begin(view.model.rows[0])
    entry = interface_of(view).child(0)

    assert entry.state().selected
    assert name_of(entry).endswith("selected")


def test_a_file_says_its_state(view: TimelineView, port: FakePort) -> None:
    file = FileRow(name="a.pdf", size=2000, state=FileState.PAUSED)

    port.change(port.rows[BEN][0], kind=MessageKind.FILE, file=file)

    assert "File: a.pdf" in names(view)[0]
    assert "2.0 kB, paused" in names(view)[0]
