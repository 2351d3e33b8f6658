from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import Command, LookAtFile, SendFile
from desktop.events import AnyAnswer
from desktop.ui.send_files_dialog import SendFilesDialog
from desktop.ui.translate import Language, set_language, translate
from shared import limits
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import make_picture

CONVERSATION = ConversationId(1002)
Open = Callable[..., SendFilesDialog]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A picture, a text, and one that is not there."""
    (tmp_path / "sunset.png").write_bytes(make_picture())
    (tmp_path / "notes.txt").write_text("tea", encoding="utf-8")
    return [str(tmp_path / name) for name in ("sunset.png", "notes.txt", "gone.doc")]


@pytest.fixture
def open_dialog(port: FakePort, qtbot: QtBot) -> Open:
    windows: list[QWidget] = []

    def make(paths: list[str], *, caption: str = "", reply_to: str = "") -> SendFilesDialog:
        window = QWidget()
        windows.append(window)
        window.resize(600, 600)
        qtbot.addWidget(window)
        window.show()
        dialog = SendFilesDialog(
            port, CONVERSATION, caption=caption, reply_to=reply_to, parent=window
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        dialog.open()
        dialog.add(paths)
        looked = len(port.of(LookAtFile))
        qtbot.waitUntil(
            lambda: (
                bool(dialog.items)
                and len(port.of(LookAtFile)) - looked
                == sum(bool(each.path) for each in dialog.items)
            )
        )
        QApplication.processEvents()
        return dialog

    return make


def sent(port: FakePort) -> list[tuple[str, str, str]]:
    return [(Path(each.path).name, each.text, each.reply_to) for each in port.of(SendFile)]


def names(dialog: SendFilesDialog) -> list[str]:
    return [item.name for item in dialog.items]


def test_the_caption_and_what_is_answered_go_with_the_first(
    open_dialog: Open, port: FakePort, files: list[str], qtbot: QtBot
) -> None:
    dialog = open_dialog(files[:2], caption="look", reply_to="ab" * 16)
    used: list[int] = []
    dialog.caption_used.connect(lambda: used.append(1))
    QTest.keyClicks(dialog.caption.editor, "!")

    QTest.keyClick(dialog.caption.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.isHidden)

    assert sent(port) == [("sunset.png", "look!", "ab" * 16), ("notes.txt", "", "")]
    assert used == [1]


def test_what_fails_stays_with_its_reason_and_can_be_tried_again(
    open_dialog: Open, port: FakePort, files: list[str], qtbot: QtBot
) -> None:
    dialog = open_dialog(files)
    title = dialog.heading.text()
    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.items) == 1)
    left = (names(dialog), dialog.items[0].detail, dialog.heading.text(), dialog.send_button.text())

    Path(files[2]).write_text("here again", encoding="utf-8")
    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.items[0].can_be_sent and dialog.send_button.isEnabled())
    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.isHidden)

    assert title == "Send 2 files"
    assert left == (
        ["gone.doc"],
        "It cannot be read now.",
        "1 was not sent",
        "Try again",
    )
    assert [each[0] for each in sent(port)] == ["sunset.png", "notes.txt", "gone.doc"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("too_large", "Larger than 2 GB: it cannot be sent."),
        ("no_file", "It cannot be read now."),
        ("overloaded", "The server is busy. It is tried again in a moment."),
    ],
)
def test_a_refusal_is_said_beside_the_file_and_the_caption_is_kept(
    open_dialog: Open, port: FakePort, files: list[str], qtbot: QtBot, code: str, words: str
) -> None:
    dialog = open_dialog(files[:1], caption="look")
    port.refusals[SendFile] = code
    returned: list[str] = []
    dialog.caption_returned.connect(returned.append)

    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.items[0].can_be_sent)
    said = dialog.items[0].detail
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert said == words
    assert returned == ["look"]


def test_cancelling_gives_the_caption_back_and_says_what_was_left_out(
    open_dialog: Open, port: FakePort, files: list[str]
) -> None:
    dialog = open_dialog(files[:2], caption="look")
    returned: list[str] = []
    left: list[str] = []
    dialog.caption_returned.connect(returned.append)
    dialog.left_out.connect(left.extend)
    QTest.keyClicks(dialog.caption.editor, " here")

    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)

    assert returned == ["look here"]
    assert left == files[:2]
    assert not port.of(SendFile)


def test_single_files_are_taken_out_and_with_the_last_one_it_closes(
    open_dialog: Open, port: FakePort, files: list[str], qtbot: QtBot
) -> None:
    dialog = open_dialog(files[:2])
    left: list[str] = []
    dialog.left_out.connect(left.extend)

    QTest.mouseClick(dialog.items[0].remove_button, Qt.MouseButton.LeftButton)
    rest = (names(dialog), dialog.heading.text(), dialog.send_button.text())
    QTest.mouseClick(dialog.items[0].remove_button, Qt.MouseButton.LeftButton)

    assert rest == (["notes.txt"], "Send a file", "Send")
    assert dialog.isHidden()
    assert left == files[:2]


def test_folders_and_bounds_are_said_in_plain_words(
    open_dialog: Open, tmp_path: Path, files: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    trip = tmp_path / "trip"
    trip.mkdir()
    for number in range(limits.FILES_AT_ONCE_MAX + 2):
        (trip / f"{number:03}.txt").write_text("x", encoding="utf-8")

    dialog = open_dialog([files[0], str(tmp_path / "empty"), str(trip)])
    words = {item.name: item.detail for item in dialog.items if not item.path}

    assert words == {
        "empty": "The folder has no files right inside.",
        "More files": "3 left out: at most 30 at once.",
    }
    assert len(dialog.items) == limits.FILES_AT_ONCE_MAX + 2
    assert dialog.send_button.text() == "Send 30"


def test_more_files_are_pasted_into_the_caption(
    open_dialog: Open, files: list[str], qtbot: QtBot
) -> None:
    dialog = open_dialog(files[:1])
    is_large = dialog.items[0].height() > 100
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in files[:2]])
    QApplication.clipboard().setMimeData(data)

    QTest.keyClick(dialog.caption.editor, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(dialog.items) == 2)

    assert is_large
    assert names(dialog) == ["sunset.png", "notes.txt"]
    assert dialog.items[0].height() < 100


def test_a_caption_that_is_too_long_is_not_sent_and_said(
    open_dialog: Open, port: FakePort, files: list[str]
) -> None:
    dialog = open_dialog(files[:1], caption="x" * (limits.TEXT_LENGTH_MAX + 3))

    QTest.keyClick(dialog.caption.editor, Qt.Key.Key_Return)
    QApplication.processEvents()

    assert dialog.error.text().startswith("Too long by 3 characters")
    assert not dialog.send_button.isEnabled()
    assert not port.of(SendFile)


@pytest.mark.parametrize("place", [0, 1])
def test_a_file_that_is_taken_out_while_it_is_looked_at_is_forgotten(
    port: FakePort, files: list[str], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """The one that is there, and the one that is not."""
    asked, going_on = asyncio.Event(), asyncio.Event()
    ask = port.ask

    async def ask_slowly(command: Command) -> AnyAnswer:
        asked.set()
        await going_on.wait()
        return await ask(command)

    monkeypatch.setattr(port, "ask", ask_slowly)
    window = QWidget()
    window.resize(600, 600)
    qtbot.addWidget(window)
    dialog = SendFilesDialog(port, CONVERSATION, parent=window)
    dialog.open()
    dialog.add([files[2 * place], files[1]])
    qtbot.waitUntil(lambda: asked.is_set() and len(dialog.items) == 2)

    QTest.mouseClick(dialog.items[0].remove_button, Qt.MouseButton.LeftButton)
    going_on.set()
    qtbot.waitUntil(lambda: dialog.items[0].detail != "")

    assert names(dialog) == ["notes.txt"]
    assert dialog.items[0].can_be_sent
    dialog.reject()


def test_the_caption_grows_and_the_dialog_with_it(open_dialog: Open, files: list[str]) -> None:
    dialog = open_dialog(files[:2])
    low = dialog.height()

    dialog.caption.editor.setPlainText("a\n" * 30)

    assert low < dialog.height() < low + 100


def test_every_control_has_a_name(open_dialog: Open, files: list[str]) -> None:
    dialog = open_dialog(files)

    said = [
        dialog.list.accessibleName(),
        dialog.caption.editor.accessibleName(),
        *(item.accessibleName() for item in dialog.items),
        *(item.remove_button.accessibleName() for item in dialog.items),
    ]

    assert all(said)
    assert len(set(said)) == len(said)


def test_what_is_in_the_way_follows_the_language(
    open_dialog: Open, port: FakePort, files: list[str]
) -> None:
    dialog = open_dialog(files)
    dialog._fail(dialog.items[0], "too_large")
    assert dialog.items[0].detail == "Larger than 2 GB: it cannot be sent."

    set_language(Language.CHINESE)

    assert dialog.items[0].detail == translate("attach.too_large")
    assert dialog.items[0].detail in dialog.items[0].accessibleName()
    assert not dialog.items[0].detail.isascii()
