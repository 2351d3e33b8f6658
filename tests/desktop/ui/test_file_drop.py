from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.file_drop import FileDrop

NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
ANY = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class Place:
    """A pane with a child over all of it, which files fall through."""

    def __init__(self) -> None:
        self.is_open = True
        self.pane = QWidget()
        self.pane.resize(400, 300)
        self.child = QWidget(self.pane)
        self.child.resize(400, 300)
        self.drop = FileDrop(self.pane, lambda: self.is_open)
        self.pane.show()

    def enter(self, data: QMimeData) -> bool:
        event = QDragEnterEvent(QPoint(20, 20), ANY, data, LEFT, NONE)
        QApplication.sendEvent(self.pane, event)
        return event.isAccepted()

    def let_go(self, data: QMimeData) -> QDropEvent:
        event = QDropEvent(QPointF(20, 20), ANY, data, LEFT, NONE)
        QApplication.sendEvent(self.pane, event)
        return event


@pytest.fixture
def place(windows: None, qtbot: QtBot) -> Iterator[Place]:
    made = Place()
    qtbot.addWidget(made.pane)
    yield made
    made.pane.close()


def files() -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a.txt"), QUrl.fromLocalFile("/tmp/b.txt")])
    return data


def test_over_the_pane_files_are_welcome_and_it_is_said(place: Place) -> None:
    is_taken = place.enter(files())

    assert is_taken
    assert place.drop.veil.isVisible()
    assert place.drop.veil.geometry() == place.pane.rect()


def test_what_is_dropped_is_told_and_stays_where_it_came_from(place: Place, qtbot: QtBot) -> None:
    data = files()
    place.enter(data)

    with qtbot.waitSignal(place.drop.dropped) as told:
        event = place.let_go(data)

    assert told.args == [["/tmp/a.txt", "/tmp/b.txt"]]
    assert event.dropAction() is Qt.DropAction.CopyAction
    assert place.drop.veil.isHidden()


def test_a_picture_without_a_file_is_told(place: Place, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))
    place.enter(data)

    with qtbot.waitSignal(place.drop.image_dropped) as told:
        place.let_go(data)

    assert isinstance(told.args[0], QImage)


def test_leaving_takes_the_veil_away(place: Place) -> None:
    place.enter(files())

    QApplication.sendEvent(place.pane, QDragLeaveEvent())

    assert place.drop.veil.isHidden()


@pytest.mark.parametrize("case", ["words", "web", "closed"])
def test_what_cannot_be_sent_is_not_taken(place: Place, case: str) -> None:
    data = QMimeData()
    match case:
        case "words":
            data.setText("words")
        case "web":
            data.setUrls([QUrl("https://example.org/a.png")])
        case _:
            data = files()
            place.is_open = False
    told: list[object] = []
    place.drop.dropped.connect(told.append)

    is_taken = place.enter(data)
    place.let_go(data)

    assert not is_taken
    assert place.drop.veil.isHidden()
    assert not told


def test_the_veil_keeps_up_with_the_pane(place: Place) -> None:
    place.enter(files())

    place.pane.resize(500, 200)

    assert place.drop.veil.geometry() == place.pane.rect()
