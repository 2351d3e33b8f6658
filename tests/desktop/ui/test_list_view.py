from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.ui.controls import ScrollBar
from desktop.ui.list_view import ROW_ROLE, ListView, RowsModel
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
