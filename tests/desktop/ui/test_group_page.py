from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SetGroupProfile, SetHistory
from desktop.events import ConversationRow
from desktop.ui.group_page import GroupPage
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.pictures import picture_bytes
from tests.desktop.ui.hands import press, retype
from tests.desktop.ui.spoken import unnamed_controls


def make_row(world: FakePort, *, role: int = 3, announcement: str = "Be kind.") -> ConversationRow:
    group = world.add_conversation(
        profile(0, "", ""), kind=2, title="Chess", own_role=role, announcement=announcement
    )
    return world.conversations[group]


def opened(world: FakePort, row: ConversationRow) -> GroupPage:
    page = GroupPage(world.session, row)
    page.show()
    return page


def test_only_what_changed_is_sent(world: FakePort, qtbot: QtBot) -> None:
    row = make_row(world)
    page = opened(world, row)
    assert not page.save_button.isEnabled()
    retype(page.name, " Go ")

    with qtbot.waitSignal(page.asked) as told:
        QTest.keyClick(page.name, Qt.Key.Key_Return)

    assert told.args == [SetGroupProfile(conversation_id=row.conversation_id, name="Go")]
    assert told.args[0].announcement is None


def test_announcement_and_picture_are_sent(world: FakePort, qtbot: QtBot) -> None:
    page = opened(world, make_row(world))
    # The dialog around it lets a file be chosen and cropped.
    page.picture_requested.connect(lambda: page.take_picture(picture_bytes(256, 256)))
    retype(page.announcement, "Friday at 8")
    press(page.picture_button)

    with qtbot.waitSignal(page.asked) as told:
        press(page.save_button)

    assert told.args[0].announcement == "Friday at 8"
    assert told.args[0].avatar == picture_bytes(256, 256)
    assert told.args[0].name is None


def test_a_group_keeps_a_name(world: FakePort, qtbot: QtBot) -> None:
    page = opened(world, make_row(world))
    retype(page.name, "  ")

    with qtbot.assertNotEmitted(page.asked):
        press(page.save_button)

    assert page.error.text() == "A group has a name."


def test_what_is_typed_stays_when_the_group_changes(world: FakePort) -> None:
    row = make_row(world)
    page = opened(world, row)
    retype(page.announcement, "half a sen")

    page.show_row(msgspec.structs.replace(row, title="Go"))

    assert page.announcement.toPlainText() == "half a sen"


def test_what_others_changed_is_shown(world: FakePort) -> None:
    row = make_row(world)
    page = opened(world, row)

    page.show_row(msgspec.structs.replace(row, title="Go", announcement="New"))

    assert page.name.text() == "Go"
    assert page.announcement.toPlainText() == "New"


def test_a_plain_member_reads_and_changes_nothing(world: FakePort) -> None:
    page = opened(world, make_row(world, role=1))

    assert page.name.isReadOnly()
    assert page.announcement.isReadOnly()
    assert page.announcement.isVisible()
    assert not any(
        each.isVisible() for each in (page.save_button, page.picture_button, page.history)
    )
    assert not page.avatar.isEnabled()


def test_without_an_announcement_a_member_sees_no_empty_field(world: FakePort) -> None:
    assert not opened(world, make_row(world, role=1, announcement="")).announcement.isVisible()


def test_the_history_is_switched(world: FakePort, qtbot: QtBot) -> None:
    row = make_row(world)
    page = opened(world, row)

    with qtbot.waitSignal(page.asked) as told:
        press(page.history)

    assert told.args == [SetHistory(conversation_id=row.conversation_id, has_history=False)]
    assert unnamed_controls(page) == []
