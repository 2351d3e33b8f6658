"""The own devices below each other: name, which one this is, when the others were last here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.events import DeviceRow
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.list_view import ROW_ROLE, Index, ListView, RowDelegate, RowsModel
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.theme import tokens
from desktop.ui.times import seen_time
from desktop.ui.translate import language, translate

__all__ = ["DeviceList", "device_words"]

ROW_HEIGHT = 56
LINES_MAX = 5


def device_words(device: DeviceRow) -> str:
    """Say where a device stands: this one, logged out, or when it was last seen."""
    if device.is_current:
        return translate("devices.this")
    if not device.has_session:
        return translate("devices.logged_out")
    return translate("devices.seen", time=seen_time(device.last_seen_ms))


class DeviceList(ListView):
    """Shows devices; `current_changed` says that another one is chosen."""

    current_changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.devices = RowsModel(lambda each: f"{each.name}, {device_words(each)}")
        self.setModel(self.devices)
        self.setItemDelegate(DeviceDelegate(ROW_HEIGHT, self))
        self.setUniformItemSizes(True)
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit())
        fonts().changed.connect(self._follow_fonts)
        language().changed.connect(self.viewport().update)
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
        device: DeviceRow | None = index.data(ROW_ROLE)
        return device

    def _follow_fonts(self) -> None:
        lines = min(LINES_MAX, max(1, len(self.devices.rows)))
        self.setFixedHeight(lines * scaled(ROW_HEIGHT))


class DeviceDelegate(RowDelegate):
    """Paints a sign and two lines."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one device."""
        device: DeviceRow = index.data(ROW_ROLE)
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
