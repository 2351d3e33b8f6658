from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.models.conversations import Part
from desktop.ui.archive_row import ArchiveRow
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.paint_count import PaintCount
from tests.exhibits.stage import HAN, LI, WANG


@pytest.fixture
def pane(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(320, 60)
    return made


@pytest.fixture
def row(world: FakePort, pane: QWidget) -> ArchiveRow:
    made = ArchiveRow(world.session.conversations, pane)
    made.resize(320, 46)
    pane.show()
    return made


def archive(world: FakePort, **changes: int) -> None:
    world.keep(HAN, is_archived=True, **changes)
    world.keep(LI, is_archived=True)
    world.announce()


def test_without_an_archive_there_is_no_way_into_it(row: ArchiveRow) -> None:
    assert not row.isVisible()


def test_it_says_how_many_conversations_wait_there(world: FakePort, row: ArchiveRow) -> None:
    archive(world, unread=5)

    assert row.isVisible()
    assert row.accessibleName() == "Archived (2), 1 with unread messages"


def test_inside_the_archive_it_leads_back(world: FakePort, row: ArchiveRow) -> None:
    archive(world)

    row.show_part(Part.ARCHIVE, is_folded=False)

    assert row.isVisible()
    assert row.accessibleName() == "Back from the archive"


@pytest.mark.parametrize("part", [Part.UNREAD, Part.GROUPS])
def test_other_parts_of_the_list_have_no_archive(
    world: FakePort, row: ArchiveRow, part: Part
) -> None:
    archive(world)

    row.show_part(part, is_folded=False)

    assert not row.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_it_is_pressed_with_the_keyboard(
    world: FakePort, row: ArchiveRow, qtbot: QtBot, key: Qt.Key
) -> None:
    archive(world)

    with qtbot.waitSignal(row.clicked):
        QTest.keyClick(row, key)


def test_folded_its_tool_tip_says_what_it_is(world: FakePort, row: ArchiveRow) -> None:
    archive(world)
    whole = row.grab().toImage()

    row.show_part(Part.ALL, is_folded=True)

    assert row.toolTip() == "Archived (2)"
    assert row.grab().toImage() != whole


def test_it_changes_its_language(world: FakePort, row: ArchiveRow) -> None:
    archive(world)

    set_language(Language.CHINESE)

    assert row.text() == "已归档（2）"


def test_news_of_another_conversation_does_not_paint_it(
    world: FakePort, row: ArchiveRow, qtbot: QtBot
) -> None:
    archive(world)
    qtbot.wait(50)
    painted = PaintCount(row)

    world.receive(WANG, "not of the archive")
    qtbot.wait(50)
    assert not painted.rects
    world.keep(HAN, unread=1, first_unread=1)
    world.announce()
    qtbot.waitUntil(lambda: bool(painted.rects))
