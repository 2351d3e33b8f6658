"""The own devices below each other: name, which one this is, when the others were last here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.events import DeviceRow
from desktop.ui.controls import ScrollBar
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.theme import theme, tokens
from desktop.ui.times import list_time
from desktop.ui.translate import language, translate

__all__ = ["DeviceList", "device_words"]

Index = QModelIndex | QPersistentModelIndex
DEVICE_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 56
LINES_MAX = 5


def device_words(device: DeviceRow) -> str:
    """Say where a device stands: this one, logged out, or when it was last seen."""
    if device.is_current:
        return translate("devices.this")
    if not device.has_session:
        return translate("devices.logged_out")
    return translate("devices.seen", time=list_time(device.last_seen_ms))


class DevicesModel(QAbstractListModel):
    """The devices that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[DeviceRow] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many devices."""
        return 0 if parent.isValid() else len(self.devices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The device, and in words."""
        device = self.devices[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{device.name}, {device_words(device)}"
        return device if role == DEVICE_ROLE else None

    def show(self, devices: Sequence[DeviceRow]) -> None:
        """Show exactly these."""
        self.beginResetModel()
        self.devices = list(devices)
        self.endResetModel()


class DeviceList(QListView):
    """Shows devices; `current_changed` says that another one is chosen."""

    current_changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.devices = DevicesModel()
        self.setModel(self.devices)
        self.setItemDelegate(DeviceDelegate(self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit())
        fonts().changed.connect(self._follow_fonts)
        language().changed.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)
        self._follow_fonts()

    def show_devices(self, devices: Sequence[DeviceRow]) -> None:
        """Show exactly these; who was current stays so, else this device is."""
        kept = self.current()
        self.devices.show(devices)
        wanted = kept.device_id if kept is not None else None
        for row, device in enumerate(devices):
            if device.device_id == wanted or (wanted is None and device.is_current):
                self.setCurrentIndex(self.devices.index(row))
        self._follow_fonts()
        self.current_changed.emit()

    def current(self) -> DeviceRow | None:
        """Return the device that is chosen."""
        index = self.currentIndex()
        return self.devices.devices[index.row()] if index.isValid() else None

    def _follow_fonts(self) -> None:
        lines = min(LINES_MAX, max(1, len(self.devices.devices)))
        self.setFixedHeight(lines * scaled(ROW_HEIGHT))
        self.scheduleDelayedItemsLayout()


class DeviceDelegate(QStyledItemDelegate):
    """Paints a sign and two lines."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        """All rows are equally high."""
        return QSize(100, scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one device."""
        device: DeviceRow = index.data(DEVICE_ROLE)
        painter.save()
        paint_ground(painter, option, radius=8)
        rect = QRectF(option.rect)
        center = rect.center().y()
        ink = tokens().accent if device.is_current else tokens().text_2
        paint_icon(
            painter, "monitor-smartphone", QRectF(rect.left() + 18, center - 12, 24, 24), ink
        )
        left, right = rect.left() + 58, rect.right() - 16
        for words, offset, used, color in (
            (device.name, -10, font(14, 500), tokens().text),
            (device_words(device), 10, font(12), ink),
        ):
            draw_elided(
                painter,
                words,
                left=left,
                right=right,
                center=center + scaled(offset),
                font=used,
                ink=color,
            )
        painter.restore()
