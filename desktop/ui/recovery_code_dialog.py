"""Shows the recovery code this once: save it, print it, and say that it is kept."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QTextDocument,
)
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QWidget

from desktop.ui.controls import Button, ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.options import CheckOption
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["RecoveryCodeDialog"]


class CodeBox(QWidget):
    """The code, large, on a quiet ground; it can be selected."""

    def __init__(self, code: str, parent: QWidget) -> None:
        super().__init__(parent)
        label = Label(17, 600, wraps=True, parent=self)
        label.setText(_in_two_lines(code))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setAccessibleName(code)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(label)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(self.rect(), 10, 10)


class RecoveryCodeDialog(Dialog):
    """Closes only once the person says that the code is kept."""

    def __init__(self, code: str, user_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=460)
        self._code = code
        self._user_name = user_name
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.form.addWidget(CodeBox(code, self))
        self.form.addSpacing(6)
        self.copy_button = Button(ButtonKind.PLAIN, parent=self)
        self.save_button = Button(ButtonKind.PLAIN, parent=self)
        self.print_button = Button(ButtonKind.PLAIN, parent=self)
        self.print_button.setVisible(importlib.util.find_spec("PySide6.QtPrintSupport") is not None)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        row.addWidget(self.print_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.form.addSpacing(8)
        self.kept = CheckOption(self)
        self.form.addWidget(self.kept)
        self.buttons.addStretch(1)
        self.done_button = self.add_button(ButtonKind.PRIMARY)
        self.done_button.setEnabled(False)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._choose_file)
        self.print_button.clicked.connect(self._print)
        self.kept.toggled.connect(self.done_button.setEnabled)
        self.done_button.clicked.connect(self.accept)
        self.retranslate()
        self.kept.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("recovery.title"))
        self.heading.setText(translate("recovery.title"))
        self.words.setText(translate("recovery.words"))
        self.copy_button.setText(translate("recovery.copy"))
        self.save_button.setText(translate("recovery.save"))
        self.print_button.setText(translate("recovery.print"))
        self.kept.setText(translate("recovery.kept"))
        self.done_button.setText(translate("recovery.done"))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code)
        self.copy_button.setText(translate("recovery.copied"))
        self.copy_button.updateGeometry()

    def save_to(self, path: str) -> None:
        """Write the code into a file that only its owner can read."""
        target = Path(path)
        try:
            target.touch(mode=0o600)
            target.write_text(self._page(), encoding="utf-8")
        except OSError:
            self.show_error(translate("recovery.not_saved"))
        else:
            self.show_error("")
            self.save_button.setText(translate("recovery.saved"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape does not lose the code."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """The window's own cross does not lose the code either."""
        if self.kept.isChecked():
            super().closeEvent(event)
        else:
            event.ignore()

    def _page(self) -> str:
        return translate("recovery.page", user_name=self._user_name, code=self._code) + "\n"

    def _choose_file(self) -> None:
        place = QStandardPaths.StandardLocation.DocumentsLocation
        folder = Path(QStandardPaths.writableLocation(place))
        dialog = QFileDialog(self, translate("recovery.save"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDirectory(str(folder))
        dialog.selectFile(f"mim-{self._user_name}.txt")
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    def _print(self) -> None:
        # Imported late: only this button needs it.
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter()
        dialog = QPrintDialog(printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        document = QTextDocument(self._page(), self)
        dialog.accepted.connect(lambda: document.print_(printer))
        # The print dialog's own ``open`` wants a receiver; the plain one is meant.
        QDialog.open(dialog)


def _in_two_lines(code: str) -> str:
    """Eight groups of four characters, four to a line."""
    groups = code.split("-")
    half = len(groups) // 2
    return "-".join(groups[:half]) + "\n" + "-".join(groups[half:])
