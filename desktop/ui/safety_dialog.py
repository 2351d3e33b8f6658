"""The safety number with somebody: compare it, and say that it is the same."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.commands import AcknowledgeRoot, Command, LoadSafety, SetVerified
from desktop.events import SafetyLoaded
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Label
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared.identifiers import AccountId

__all__ = ["SafetyDialog"]

_GROUPS_PER_LINE = 4


class SafetyDialog(Dialog):
    """Shows 60 digits that both sides see alike if nobody stands between them."""

    def __init__(
        self, port: Port, account: AccountId, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=420)
        self._port = port
        self._account = account
        self._name = name
        self._loaded: SafetyLoaded | None = None
        self.words = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.number = Label(20, 600, wraps=True, parent=self)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.state = Label(14, 600, ink=lambda colors: colors.accent, wraps=True, parent=self)
        for label in (self.words, self.number, self.state):
            self.form.addWidget(label)
            self.form.addSpacing(6)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.main_button = self.add_button(ButtonKind.PRIMARY)
        self.close_button.clicked.connect(self.reject)
        self.main_button.clicked.connect(self._on_main)
        self.retranslate()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        title = translate("safety.title", name=self._name)
        self.setWindowTitle(title)
        self.heading.setText(title)
        self.words.setText(translate("safety.words", name=self._name))
        self.close_button.setText(translate("dialog.close"))
        self._show()

    def _show(self) -> None:
        loaded = self._loaded
        self.main_button.setVisible(loaded is not None)
        if loaded is None:
            return
        self.number.setText(_in_lines(loaded.number))
        self.number.setAccessibleName(loaded.number)
        if loaded.has_changed:
            self.state.setText(translate("safety.changed", name=self._name))
            self.state.set_ink(lambda colors: colors.danger)
            self.main_button.setText(translate("safety.accept"))
        else:
            is_verified = loaded.is_verified
            self.state.setText(translate("safety.verified" if is_verified else "safety.unverified"))
            self.state.set_ink(lambda colors: colors.accent if is_verified else colors.text_2)
            self.main_button.setText(translate("safety.undo" if is_verified else "safety.verify"))
        self.main_button.updateGeometry()
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
        loaded = await self._port.ask(LoadSafety(account=self._account))
        assert isinstance(loaded, SafetyLoaded)
        self._loaded = loaded
        self._show()


def _in_lines(number: str) -> str:
    """Four groups of five digits to a line."""
    groups = number.split()
    lines = [
        "  ".join(groups[start : start + _GROUPS_PER_LINE])
        for start in range(0, len(groups), _GROUPS_PER_LINE)
    ]
    return "\n".join(lines)
