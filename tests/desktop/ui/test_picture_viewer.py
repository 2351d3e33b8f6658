from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop.commands import CancelMessage, Download, LoadPicture, LoadTimeline
from desktop.events import FileRow, FileState, MessageKind, MessageRow, TransferProgress
from desktop.ui.picture_viewer import PictureViewer
from desktop.ui.theme import Appearance, set_appearance
from desktop.ui.translate import Language, set_language
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.pictures import picture_bytes
from tests.desktop.ui.hands import press
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def rows(port: FakePort) -> list[MessageRow]:
    """Three pictures with words between; the second is not here yet."""
    conversation_id = port.add_conversation(profile(2, "wang", "Wang"))
    for number in range(3):
        state = FileState.REMOTE if number == 1 else FileState.HERE
        file = FileRow(
            name=f"p{number}.png",
            size=9,
            width=400,
            height=200,
            thumbnail=picture_bytes(320, 160),
            state=state,
        )
        row = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
        port.add_message(conversation_id, "words")
        port.pictures[row.local_id] = QImage(400, 200, QImage.Format.Format_RGB32)
        port.pictures[row.local_id].fill(QColor("blue"))
    return [row for row in port.rows[ConversationId(conversation_id)] if row.file is not None]


@pytest.fixture
def viewer(port: FakePort, rows: list[MessageRow], qtbot: QtBot) -> Iterator[PictureViewer]:
    timeline = port.session.timeline(rows[0].conversation_id)
    made = PictureViewer(rows[2], timeline, port, port.session.pictures, lambda _: "Wang")
    made.resize(600, 500)
    made.show()
    qtbot.waitUntil(lambda: not made.canvas.words)
    yield made
    if isValid(made):
        made.close()


def color_of(viewer: PictureViewer) -> QColor:
    """A place in the picture, above the words over its middle."""
    image = viewer.canvas.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2 - 50)


def wait_until_gone(viewer: PictureViewer, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not isValid(viewer))


def test_the_small_picture_is_there_until_the_whole_one_has_come(
    port: FakePort, rows: list[MessageRow], qtbot: QtBot
) -> None:
    timeline = port.session.timeline(rows[0].conversation_id)
    made = PictureViewer(rows[0], timeline, port, port.session.pictures, lambda _: "Wang")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.resize(600, 500)
    words, first = made.canvas.words, color_of(made)

    qtbot.waitUntil(lambda: not made.canvas.words)

    assert words == "Loading…"
    assert first.red() > 150
    assert color_of(made) == QColor("blue")
    assert port.of(LoadPicture)[-1].width == 4096


def test_everything_has_a_name_in_both_languages(viewer: PictureViewer) -> None:
    names = []
    for language in (Language.CHINESE, Language.ENGLISH):
        set_language(language)
        assert not unnamed_controls(viewer)
        names.append(viewer.next_button.accessibleName())

    assert names == ["下一张", "Next picture"]
    assert viewer.canvas.accessibleName() == "Picture p2.png from Wang, 2026-11-23 14:32:00"
    assert viewer.windowTitle() == "p2.png – Mim"


def test_arrows_go_to_the_pictures_beside(
    viewer: PictureViewer, rows: list[MessageRow], qtbot: QtBot
) -> None:
    QTest.keyClick(viewer, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: viewer.roll.row.local_id == rows[1].local_id)
    QTest.keyClick(viewer, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: viewer.roll.row.local_id == rows[0].local_id)
    qtbot.waitUntil(lambda: not viewer._is_searching)
    QTest.keyClick(viewer, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: not viewer.previous_button.isEnabled())
    QTest.keyClick(viewer, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: viewer.roll.row.local_id == rows[1].local_id)

    assert viewer.previous_button.isEnabled()


def test_a_picture_that_is_not_here_is_fetched(
    viewer: PictureViewer, port: FakePort, rows: list[MessageRow], qtbot: QtBot
) -> None:
    viewer.step(-1)
    qtbot.waitUntil(lambda: bool(port.of(Download)))
    row = next(r for r in port.rows[rows[1].conversation_id] if r.local_id == rows[1].local_id)
    port.session.apply(
        TransferProgress(
            conversation_id=row.conversation_id, local_id=row.local_id, done=1, total=2
        )
    )
    words = viewer.canvas.words
    file = row.file
    assert file is not None
    here = FileRow(name=file.name, size=9, width=400, height=200, state=FileState.HERE)
    port.change(row, file=here)
    qtbot.waitUntil(lambda: not viewer.canvas.words)

    assert words.startswith("4 / 9 B")
    assert color_of(viewer) == QColor("blue")


def test_a_picture_that_cannot_be_decoded_says_so(
    viewer: PictureViewer, port: FakePort, rows: list[MessageRow], qtbot: QtBot
) -> None:
    port.pictures.clear()

    viewer.step(-1)
    qtbot.waitUntil(lambda: not viewer._is_searching)
    viewer.step(-1)
    qtbot.waitUntil(lambda: "cannot be shown" in viewer.canvas.words)

    assert not viewer.copy_button.isEnabled()


def test_keys_change_the_size(viewer: PictureViewer) -> None:
    sizes = []
    for which in (Qt.Key.Key_1, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0):
        QTest.keyClick(viewer, which)
        sizes.append(viewer.canvas.zoom)

    assert sizes == [1.0, 1.25, 1.0, 0.0]


def test_a_button_changes_between_whole_and_own_size(viewer: PictureViewer) -> None:
    names = []
    for _ in range(2):
        names.append((viewer.canvas.zoom, viewer.fit_button.accessibleName()))
        press(viewer.fit_button)

    assert names == [(0.0, "Actual size"), (1.0, "Fit to window")]


def test_shift_with_arrows_moves_a_large_picture(viewer: PictureViewer) -> None:
    viewer.canvas.set_zoom(4.0)
    before = viewer.canvas.picture_rect().left()

    QTest.keyClick(viewer, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)

    assert viewer.canvas.picture_rect().left() == before - 60


def test_the_picture_is_copied_and_saved(viewer: PictureViewer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewer.said):
        QTest.keyClick(viewer, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(viewer.save_requested) as told:
        press(viewer.save_button)

    assert QGuiApplication.clipboard().image().size() == QSize(400, 200)
    assert told.args == [viewer.roll.row]


def test_escape_closes(viewer: PictureViewer, qtbot: QtBot) -> None:
    QTest.keyClick(viewer, Qt.Key.Key_Escape)

    wait_until_gone(viewer, qtbot)


def test_a_picture_that_is_taken_back_closes_the_window(
    viewer: PictureViewer, port: FakePort, qtbot: QtBot
) -> None:
    row = viewer.roll.row

    port.send(CancelMessage(conversation_id=row.conversation_id, local_id=row.local_id))

    wait_until_gone(viewer, qtbot)


def test_what_cannot_be_searched_is_said(
    viewer: PictureViewer, port: FakePort, qtbot: QtBot
) -> None:
    port.refusals[LoadTimeline] = "local"

    with qtbot.waitSignal(viewer.said):
        viewer.step(-1)


def test_the_ground_is_dark_in_both_themes(viewer: PictureViewer) -> None:
    for appearance in (Appearance.DARK, Appearance.LIGHT):
        set_appearance(appearance)
        corner = viewer.canvas.grab().toImage().pixelColor(2, 2)
        assert corner.lightness() < 20
