"""The bar under a timeline while messages are chosen: how many, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.controls import Button, ButtonKind, IconButton, Label
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate

__all__ = ["BAR_HEIGHT", "ChoiceBar"]

BAR_HEIGHT = 52


class ChoiceBar(QWidget):
    """Copy, take back, or stop."""

    copy_requested = Signal()
    recall_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.close_button = IconButton("x", icon_side=20, parent=self)
        self.count = Label(14, 600, parent=self)
        self.copy_button = Button(ButtonKind.LINK, height=36, parent=self)
        self.recall_button = Button(ButtonKind.DANGER_LINK, height=36, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 1, 12, 0)
        layout.setSpacing(8)
        layout.addWidget(self.close_button)
        layout.addWidget(self.count, 1)
        layout.addWidget(self.copy_button)
        layout.addWidget(self.recall_button)
        self.setFixedHeight(BAR_HEIGHT)
        self._chosen = 0
        self.close_button.clicked.connect(self.closed)
        self.copy_button.clicked.connect(self.copy_requested)
        self.recall_button.clicked.connect(self.recall_requested)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        self.retranslate()
        self.hide()

    def show_chosen(self, count: int, *, can_recall: bool) -> None:
        """Say how many are chosen; only what can be done with all of them is offered."""
        self._chosen = count
        self.copy_button.setEnabled(count > 0)
        self.recall_button.setEnabled(count > 0 and can_recall)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.count.setText(translate("timeline.chosen", count=self._chosen))
        self.copy_button.setText(translate("timeline.copy"))
        self.recall_button.setText(translate("timeline.recall"))
        self.close_button.set_name(translate("timeline.end_choosing"))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its upper edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, 0, self.width(), 1, tokens().border)
