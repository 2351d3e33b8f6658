from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop import commands
from desktop.events import FileRow, FileState, MessageKind, MessageRow
from desktop.ui.file_acts import FileAct
from desktop.ui.file_desk import FileDesk, downloads_folder, free_place
from desktop.ui.opened_files import OpenedFiles
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import name_files, press


class Opened:
    """Stands for the system, which opens files with other programs."""

    def __init__(self) -> None:
        self.urls: list[QUrl] = []
        self.has_program = True

    def __call__(self, url: QUrl) -> bool:
        self.urls.append(url)
        return self.has_program

    @property
    def paths(self) -> list[Path]:
        return [Path(url.toLocalFile()) for url in self.urls]


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def desk(port: FakePort, qtbot: QtBot, tmp_path: Path, opened: Opened) -> Iterator[FileDesk]:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    folder = tmp_path / "downloads"
    folder.mkdir()
    copies = OpenedFiles(tmp_path)
    yield FileDesk(port, widget, lambda _: "Wang", copies, folder=folder, open_url=opened)
    copies.clear()


def make_row(port: FakePort, name: str = "a.pdf") -> MessageRow:
    file = FileRow(name=name, size=9, state=FileState.HERE)
    conversation_id = port.add_conversation(profile(2, "wang", "Wang"))
    row = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
    port.files[row.local_id] = b"contents"
    return row


@pytest.mark.parametrize(
    ("act", "command"),
    [
        (FileAct.DOWNLOAD, commands.Download),
        (FileAct.PAUSE, commands.PauseTransfer),
        (FileAct.RESUME, commands.ResumeTransfer),
        (FileAct.CANCEL, commands.CancelTransfer),
    ],
)
def test_transfers_are_asked_of_the_engine(
    port: FakePort, desk: FileDesk, act: FileAct, command: type[commands.Command]
) -> None:
    row = make_row(port)

    desk.do(row, act)

    assert port.of(command)[-1].local_id == row.local_id


def test_a_picture_is_handed_on(port: FakePort, desk: FileDesk, qtbot: QtBot) -> None:
    row = make_row(port)

    with qtbot.waitSignal(desk.view_requested) as told:
        desk.do(row, FileAct.VIEW)

    assert told.args == [row]


def test_a_harmless_file_is_opened_as_a_private_copy(
    port: FakePort, desk: FileDesk, opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    desk.do(make_row(port), FileAct.OPEN)
    qtbot.waitUntil(lambda: bool(opened.urls))

    (path,) = opened.paths
    assert desk.dialog is None
    assert path.name == "a.pdf"
    assert path.read_bytes() == b"contents"
    assert path.is_relative_to(tmp_path)


def test_a_program_is_opened_only_after_a_warning(
    port: FakePort, desk: FileDesk, opened: Opened, qtbot: QtBot
) -> None:
    desk.do(make_row(port, "setup.exe"), FileAct.OPEN)

    assert desk.dialog is not None
    assert "Open this file?" in desk.dialog.heading.text()
    assert port.of(commands.SaveFile) == []
    press(desk.dialog.yes_button)
    qtbot.waitUntil(lambda: bool(opened.urls))
    assert opened.paths[0].name == "setup.exe"


def test_a_warning_that_is_declined_opens_nothing(
    port: FakePort, desk: FileDesk, opened: Opened, qtbot: QtBot
) -> None:
    desk.do(make_row(port, "setup.exe"), FileAct.OPEN)
    assert desk.dialog is not None

    press(desk.dialog.no_button)
    qtbot.wait(10)

    assert opened.urls == []
    assert port.of(commands.SaveFile) == []


def test_a_file_that_no_program_opens_is_said(
    port: FakePort, desk: FileDesk, opened: Opened, qtbot: QtBot
) -> None:
    opened.has_program = False

    with qtbot.waitSignal(desk.said) as told:
        desk.do(make_row(port), FileAct.OPEN)

    assert told.args == ["No program on this computer opens this kind of file."]


def test_showing_in_the_folder_saves_once(
    port: FakePort, desk: FileDesk, opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    row = make_row(port)

    for count in (1, 2):
        desk.do(row, FileAct.SHOW)
        qtbot.waitUntil(lambda count=count: len(opened.urls) == count)  # type: ignore[misc]

    assert opened.paths == [tmp_path / "downloads"] * 2
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.pdf"]


def test_saving_asks_where(port: FakePort, desk: FileDesk, qtbot: QtBot, tmp_path: Path) -> None:
    desk.do(make_row(port), FileAct.SAVE)
    dialog, target = desk.file_dialog, tmp_path / "mine.pdf"
    assert dialog is not None

    with qtbot.waitSignal(desk.said) as told:
        name_files(dialog, target)

    assert target.read_bytes() == b"contents"
    assert told.args == ["Saved: mine.pdf"]


@pytest.mark.parametrize("act", [FileAct.OPEN, FileAct.SHOW])
def test_what_the_engine_refuses_is_said(
    port: FakePort, desk: FileDesk, qtbot: QtBot, act: FileAct
) -> None:
    port.refusals[commands.SaveFile] = "damaged"

    with qtbot.waitSignal(desk.said) as told:
        desk.do(make_row(port), act)

    assert told.args == ["The file is not as it was sent. Please fetch it again."]


def test_a_disk_that_takes_nothing_is_said(
    port: FakePort, desk: FileDesk, qtbot: QtBot, tmp_path: Path
) -> None:
    desk._opened = OpenedFiles(tmp_path / "gone")

    with qtbot.waitSignal(desk.said) as told:
        desk.do(make_row(port), FileAct.OPEN)

    assert told.args == ["The file cannot be read or written. Check its name and place."]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"")
    (tmp_path / "a (2).tar").write_bytes(b"")

    assert free_place(tmp_path, "a.tar").name == "a (3).tar"
    assert free_place(tmp_path, "../b").parent == tmp_path


def test_there_is_a_folder_for_downloads() -> None:
    assert downloads_folder().is_absolute()
