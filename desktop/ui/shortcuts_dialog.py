"""All shortcuts with what they do, as a dialog and as a page of the settings."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop.ui.controls import ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.shortcuts import SHORTCUTS, Group, Shortcut, keys_of
from desktop.ui.theme import tokens
from desktop.ui.translate import language, translate

__all__ = ["ShortcutsDialog", "ShortcutsTable"]


class KeyCap(Label):
    """Keys, as if printed on a cap."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(13, 500, ink=lambda colors: colors.text_2, parent=parent)
        self.setContentsMargins(9, 3, 9, 3)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the cap below the letters."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.end()
        super().paintEvent(event)


class ShortcutsTable(QWidget):
    """Groups of shortcuts: what is done on the left, the keys on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self.titles: dict[Group, Label] = {}
        self.words: dict[Shortcut, Label] = {}
        self.caps: dict[Shortcut, KeyCap] = {}
        for group in Group:
            self._add_group(group)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("shortcuts.title"))
        for group, title in self.titles.items():
            title.setText(translate(f"shortcuts.group_{group.value}"))
        for shortcut, words in self.words.items():
            words.setText(translate(f"shortcut.{shortcut.value}"))
            self.caps[shortcut].setText(keys_of(shortcut))

    def _add_group(self, group: Group) -> None:
        title = Label(12, 600, ink=lambda colors: colors.text_2, parent=self)
        self.titles[group] = title
        if self._grid.count():
            self._grid.setRowMinimumHeight(self._grid.rowCount(), 8)
        self._grid.addWidget(title, self._grid.rowCount(), 0, 1, 2)
        for shortcut, (of, _) in SHORTCUTS.items():
            if of is group:
                row = self._grid.rowCount()
                words = Label(14, wraps=True, parent=self)
                self.words[shortcut] = words
                self.caps[shortcut] = KeyCap(self)
                self._grid.addWidget(words, row, 0)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                self._grid.addWidget(self.caps[shortcut], row, 1, right)


class ShortcutsDialog(Dialog):
    """Shows the table; Escape or Enter closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=520)
        self.table = ShortcutsTable(self)
        self.form.addWidget(self.table)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PRIMARY)
        self.close_button.clicked.connect(self.accept)
        self.retranslate()
        self.close_button.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("shortcuts.title"))
        self.heading.setText(translate("shortcuts.title"))
        self.close_button.setText(translate("dialog.close"))
