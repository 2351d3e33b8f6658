"""The safety number with somebody: compare it, and say that it is the same."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from desktop.commands import AcknowledgeRoot, Command, LoadSafety, SetVerified
from desktop.events import SafetyLoaded
from desktop.models.port import CommandFailedError, Port
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.qr_code import QrCode
from desktop.ui.theme import tokens
from desktop.ui.translate import translate
from shared.identifiers import AccountId

__all__ = ["SafetyDialog", "is_same_number"]

_GROUPS_PER_LINE = 4
_DIGITS = 60
_QR_PIXELS = 196


def is_same_number(pasted: str, number: str) -> bool | None:
    """Compare what was pasted with a safety number, whatever stands between its digits.

    Returns:
        ``None`` if it has not 60 digits and so is no safety number.
    """
    digits = "".join(sign for sign in pasted if sign.isdecimal() and sign.isascii())
    if len(digits) != _DIGITS:
        return None
    return digits == number.replace(" ", "")


class NumberGrid(QWidget):
    """12 groups of digits, four to a line, each in its own cell."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setHorizontalSpacing(14)
        layout.setVerticalSpacing(8)
        self.cells = [Label(18, 600, parent=self) for _ in range(12)]
        for place, cell in enumerate(self.cells):
            cell.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(cell, place // _GROUPS_PER_LINE, place % _GROUPS_PER_LINE)

    def show_number(self, number: str) -> None:
        """Show the groups; a screen reader says them one after the other."""
        self.setAccessibleName(number)
        for cell, group in zip(self.cells, number.split(), strict=True):
            cell.setText(group)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)


class SafetyDialog(Dialog):
    """Shows 60 digits that both sides see alike if nobody stands between them."""

    def __init__(
        self, port: Port, account: AccountId, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=440)
        self._port = port
        self._account = account
        self._name = name
        self._loaded: SafetyLoaded | None = None
        self.state = Label(14, 600, ink=lambda colors: colors.accent, wraps=True, parent=self)
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.number = NumberGrid(self)
        self.number.hide()
        self.code = QrCode(_QR_PIXELS, self)
        self.code.hide()
        self.code_words = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.copy_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.code_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.pasted = Field(parent=self)
        self.compare_button = Button(ButtonKind.PLAIN, parent=self)
        self.outcome = Label(13, 500, wraps=True, parent=self)
        self.outcome.hide()
        self._build()
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.main_button = self.add_button(ButtonKind.PRIMARY)
        self._connect()
        self.retranslate()
        self.close_button.setFocus()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        title = translate("safety.title", name=self._name)
        self.setWindowTitle(title)
        self.heading.setText(title)
        self.words.setText(translate("safety.words", name=self._name))
        self.code.setAccessibleName(translate("safety.code"))
        self.code_words.setText(translate("safety.code_words"))
        self.copy_button.setText(translate("safety.copy"))
        self.pasted_label.setText(translate("safety.pasted"))
        self.pasted.set_name(translate("safety.pasted"))
        self.pasted.setPlaceholderText(translate("safety.pasted_hint"))
        self.compare_button.setText(translate("safety.compare"))
        self.close_button.setText(translate("dialog.close"))
        self._show()

    def compare(self) -> None:
        """Say whether what was pasted is the same number."""
        if self._loaded is None:
            return
        is_same = is_same_number(self.pasted.text(), self._loaded.number)
        if is_same is None:
            self._say_outcome("safety.no_number", is_good=False)
        elif is_same:
            self._say_outcome("safety.same", is_good=True)
        else:
            self._say_outcome("safety.different", is_good=False)

    def toggle_code(self) -> None:
        """Show the code to be scanned, or the number to be read."""
        is_shown = self.code.isHidden()
        self.code.setVisible(is_shown)
        self.code_words.setVisible(is_shown)
        self.number.setVisible(not is_shown)
        self._name_code_button()
        self._fit()

    def _build(self) -> None:
        center = Qt.AlignmentFlag.AlignHCenter
        self.form.addWidget(self.state)
        self.form.addSpacing(2)
        self.form.addWidget(self.words)
        self.form.addSpacing(10)
        self.form.addWidget(self.number)
        self.form.addWidget(self.code, 0, center)
        self.code_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.code_words.hide()
        self.form.addWidget(self.code_words)
        self.form.addSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.code_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.form.addSpacing(10)
        self.pasted_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.pasted_label.setBuddy(self.pasted)
        self.form.addWidget(self.pasted_label)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.pasted, 1)
        line.addWidget(self.compare_button)
        self.form.addLayout(line)
        self.form.addWidget(self.outcome)

    def _connect(self) -> None:
        self.copy_button.clicked.connect(self._copy)
        self.code_button.clicked.connect(self.toggle_code)
        self.compare_button.clicked.connect(self.compare)
        self.pasted.returnPressed.connect(self.compare)
        self.close_button.clicked.connect(self.reject)
        self.main_button.clicked.connect(self._on_main)

    def _show(self) -> None:
        loaded = self._loaded
        self._name_code_button()
        self.main_button.setVisible(loaded is not None)
        self.number.setVisible(loaded is not None and self.code.isHidden())
        if loaded is None:
            self.state.setText(translate("safety.loading"))
            return
        self.number.show_number(loaded.number)
        self.code.show_content(loaded.qr_data)
        self.code_button.setVisible(bool(loaded.qr_data))
        if loaded.has_changed:
            self.state.setText(translate("safety.changed", name=self._name))
            self.state.set_ink(lambda colors: colors.danger)
            self.main_button.setText(translate("safety.accept"))
        else:
            is_verified = loaded.is_verified
            key = "safety.is_verified" if is_verified else "safety.unverified"
            self.state.setText(translate(key, name=self._name))
            self.state.set_ink(lambda colors: colors.accent if is_verified else colors.text)
            self.main_button.setText(translate("safety.undo" if is_verified else "safety.verify"))
        self.main_button.updateGeometry()
        self._fit()

    def _name_code_button(self) -> None:
        key = "safety.show_code" if self.code.isHidden() else "safety.show_number"
        self.code_button.setText(translate(key))
        self.code_button.updateGeometry()

    def _copy(self) -> None:
        if self._loaded is not None:
            QGuiApplication.clipboard().setText(self._loaded.number)
            self._say_outcome("safety.copied", is_good=True)

    def _say_outcome(self, key: str, *, is_good: bool) -> None:
        self.outcome.setText(translate(key, name=self._name))
        self.outcome.set_ink(lambda colors: colors.accent if is_good else colors.danger)
        self.outcome.setAccessibleName(self.outcome.text())
        self.outcome.show()
        self._fit()

    def _on_main(self) -> None:
        loaded = self._loaded
        assert loaded is not None
        command: Command
        if loaded.has_changed:
            command = AcknowledgeRoot(account=self._account)
        else:
            command = SetVerified(account=self._account, is_verified=not loaded.is_verified)
        self.start(self._do(command))

    async def _do(self, command: Command) -> None:
        await self._port.ask(command)
        await self._load()

    async def _load(self) -> None:
        try:
            loaded = await self._port.ask(LoadSafety(account=self._account))
        except CommandFailedError:
            # Nothing is being worked out any more; the dialog says why.
            self.state.clear()
            raise
        assert isinstance(loaded, SafetyLoaded)
        self._loaded = loaded
        self._show()
