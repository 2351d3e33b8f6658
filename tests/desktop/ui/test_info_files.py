from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import SearchMessages
from desktop.events import FileRow, MessageKind, MessageRow
from desktop.ui.info_files import FILES_FIRST, InfoFiles
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import MOM, WANG


def add_files(port: FakePort, count: int) -> list[MessageRow]:
    made = []
    for number in range(count):
        row = port.add_message(WANG, "", kind=MessageKind.FILE)
        file = FileRow(name=f"file{number}.pdf", size=1_500_000, width=9 * (number % 2))
        made.append(msgspec.structs.replace(row, file=file))
        port.rows[WANG][-1] = made[-1]
    return made


@pytest.fixture
def files(world: FakePort, qtbot: QtBot) -> InfoFiles:
    pane = QWidget()
    made = InfoFiles(world, pane)
    made.setParent(None)
    qtbot.addWidget(made)
    made.resize(300, 400)
    return made


def said(files: InfoFiles) -> list[str]:
    return [line.accessibleName() for line in files.lines]


def test_the_newest_files_are_shown(world: FakePort, files: InfoFiles, qtbot: QtBot) -> None:
    add_files(world, 3)

    files.show_conversation(WANG)

    qtbot.waitUntil(lambda: len(said(files)) == 3)
    assert said(files)[0].startswith("file2.pdf, 1.5 MB")
    assert files.more.isHidden()


def test_more_are_loaded_when_wanted(world: FakePort, files: InfoFiles, qtbot: QtBot) -> None:
    add_files(world, FILES_FIRST + 5)
    files.show_conversation(WANG)
    files.show()
    qtbot.waitUntil(files.more.isVisible)
    assert len(files.lines) == FILES_FIRST

    QTest.mouseClick(files.more, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: len(files.lines) == FILES_FIRST + 5)
    assert files.more.isHidden()
    assert len(set(said(files))) == FILES_FIRST + 5
    assert world.of(SearchMessages)[-1].before_local_id > 0


def test_a_file_that_is_pressed_is_told(world: FakePort, files: InfoFiles, qtbot: QtBot) -> None:
    row = add_files(world, 1)[0]
    files.show_conversation(WANG)
    files.show()
    qtbot.waitUntil(lambda: len(files.lines) == 1)

    with qtbot.waitSignal(files.chosen) as told:
        QTest.mouseClick(files.lines[0], Qt.MouseButton.LeftButton)

    assert told.args == [row]


def test_without_files_there_is_nothing(world: FakePort, files: InfoFiles, qtbot: QtBot) -> None:
    files.show_conversation(MOM)

    qtbot.waitUntil(lambda: bool(world.of(SearchMessages)))
    assert files.isHidden()


def test_the_answer_for_another_conversation_is_dropped(
    world: FakePort, files: InfoFiles, qtbot: QtBot
) -> None:
    add_files(world, 2)

    files.show_conversation(WANG)
    files.show_conversation(MOM)
    qtbot.waitUntil(lambda: len(world.of(SearchMessages)) == 2)
    qtbot.wait(1)

    assert said(files) == []


def test_that_files_cannot_be_looked_for_is_said(
    world: FakePort, files: InfoFiles, qtbot: QtBot
) -> None:
    world.refusals[SearchMessages] = "local"

    files.show_conversation(WANG)

    qtbot.waitUntil(lambda: "database" in files.title.text())


def test_it_changes_its_language(world: FakePort, files: InfoFiles) -> None:
    set_language(Language.CHINESE)
    files.retranslate()

    assert files.more.text() == "查看更多"
