from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.ui.controls import ScrollBar
from desktop.ui.fonts import set_fonts
from desktop.ui.list_view import ROW_ROLE, ListView, RowDelegate, RowsModel
from tests.desktop.ui.spoken import names


def test_rows_are_said_and_given(windows: None) -> None:
    view, model = ListView(), RowsModel(lambda number: f"number {number}")
    view.setModel(model)

    model.show([4, 7])

    assert names(view) == ["number 4", "number 7"]
    assert model.index(1).data(ROW_ROLE) == 7
    assert model.index(1).data(Qt.ItemDataRole.DecorationRole) is None
    assert model.rowCount(model.index(0)) == 0


def test_it_scrolls_by_pixels_and_never_sideways(windows: None) -> None:
    view = ListView()

    assert isinstance(view.verticalScrollBar(), ScrollBar)
    assert view.verticalScrollMode() is ListView.ScrollMode.ScrollPerPixel
    assert view.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff


def test_rows_are_equally_high_and_grow_with_the_letters(windows: None) -> None:
    view, model = ListView(), RowsModel(str)
    view.setModel(model)
    view.setItemDelegate(RowDelegate(40, view))
    model.show([1, 2])
    assert view.sizeHintForRow(1) == 40
    try:
        set_fonts(scale_percent=150)

        assert view.sizeHintForRow(1) == 60
    finally:
        set_fonts()
