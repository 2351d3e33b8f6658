from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.ui.flow import Flow


def stage(*widths: int) -> tuple[QWidget, list[QWidget]]:
    ground = QWidget()
    flow = Flow(ground, gap=10)
    boxes = []
    for width in widths:
        box = QWidget(ground)
        box.setFixedSize(width, 20)
        flow.addWidget(box)
        boxes.append(box)
    return ground, boxes


def test_what_does_not_fit_goes_into_another_line(windows: None) -> None:
    ground, boxes = stage(60, 60, 60)
    ground.resize(135, 100)
    ground.show()

    assert [(box.x(), box.y()) for box in boxes] == [(0, 0), (70, 0), (0, 30)]


def test_what_is_hidden_takes_no_room(windows: None) -> None:
    ground, boxes = stage(60, 60, 60)
    boxes[0].hide()
    ground.resize(135, 100)
    ground.show()

    assert [(box.x(), box.y()) for box in boxes[1:]] == [(0, 0), (70, 0)]


def test_the_height_follows_the_width(windows: None) -> None:
    ground, _ = stage(60, 60, 60)
    layout = ground.layout()
    assert layout is not None

    assert layout.heightForWidth(300) == 20
    assert layout.heightForWidth(135) == 50
    assert layout.heightForWidth(10) == 80
    assert layout.minimumSize().width() == 60


def test_items_are_given_away_and_there_are_no_others(windows: None) -> None:
    ground, _ = stage(60)
    layout = ground.layout()
    assert isinstance(layout, Flow)

    assert layout.itemAt(1) is None
    assert layout.takeAt(0) is not None
    assert layout.takeAt(0) is None
    assert layout.count() == 0
