"""Sets, changes or removes the app's passcode, for all accounts that are open."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import SetPasscode, Unlock
from desktop.ui.app_lock import Lockable
from desktop.ui.controls import Button, ButtonKind, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.translate import error_sentence, translate
from shared import limits

__all__ = ["PasscodeDialog", "PasscodeTask"]


class PasscodeTask(Enum):
    """What there is to do."""

    SET = "set"
    CHANGE = "change"
    JOIN = "join"  # Some accounts have one, the others are to get it.


class _Words(NamedTuple):
    title: str
    button: str
    done: str


_WORDS = {
    PasscodeTask.SET: _Words("passcode.title_set", "passcode.set", "passcode.done_set"),
    PasscodeTask.CHANGE: _Words(
        "passcode.title_change", "passcode.change", "passcode.done_changed"
    ),
    PasscodeTask.JOIN: _Words("passcode.title_join", "passcode.protect", "passcode.done_joined"),
}


class PasscodeDialog(Dialog):
    """Asks for the passcode of now and for the new one twice, as far as they are needed.

    Args:
        seats: The accounts; one that is locked is left as it is.
    """

    said = Signal(str)

    def __init__(self, seats: Sequence[Lockable], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usable = [seat for seat in seats if not seat.session.passcode.is_locked]
        self._with = [seat for seat in usable if seat.session.passcode.is_set]
        self._without = [seat for seat in usable if not seat.session.passcode.is_set]
        self.task = (
            PasscodeTask.SET
            if not self._with
            else PasscodeTask.JOIN
            if self._without
            else PasscodeTask.CHANGE
        )
        self.words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.now, self.new, self.repeated = (PasswordField(self) for _ in range(3))
        has_now, has_new = self.task is not PasscodeTask.SET, self.task is not PasscodeTask.JOIN
        self.labels = [
            (self.add_field(field), field, key)
            for field, key, is_asked in (
                (self.now, "passcode.now", has_now),
                (self.new, "passcode.new", has_new),
                (self.repeated, "passcode.repeated", has_new),
            )
            if is_asked
        ]
        for field in (self.now, self.new, self.repeated):
            field.setVisible(any(field is asked for _, asked, _ in self.labels))
        self.hint = Label(12, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.hint.setVisible(has_new)
        self.form.addWidget(self.hint)
        self.remove_button = Button(ButtonKind.DANGER_LINK, parent=self)
        self.remove_button.setVisible(self.task is PasscodeTask.CHANGE)
        # In a line of its own: three buttons in one have no room in every language.
        self.form.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.done_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.remove_button.clicked.connect(self.remove)
        self.done_button.clicked.connect(self.change)
        self._chain()
        self.retranslate()
        self.labels[0][1].setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        title = translate(_WORDS[self.task].title)
        self.setWindowTitle(title)
        self.heading.setText(title)
        is_join = self.task is PasscodeTask.JOIN
        self.words.setText(translate("passcode.words_join" if is_join else "passcode.words"))
        self.say_fields(*self.labels)
        self.hint.setText(translate("passcode.hint"))
        self.remove_button.setText(translate("passcode.remove"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.done_button.setText(translate(_WORDS[self.task].button))

    def change(self) -> None:
        """Do what there is to do, if what was typed can be."""
        mistake = self._mistake()
        if mistake:
            self.show_error(mistake)
            return
        self.start(self._change())

    def remove(self) -> None:
        """Have no passcode any more."""
        if not self.now.text():
            self.show_error(translate("error.empty_field"))
            self.now.setFocus()
            return
        self.start(self._remove())

    def _chain(self) -> None:
        """Enter leads from field to field, and from the last one on."""
        fields = [field for _, field, _ in self.labels]
        for field, following in pairwise(fields):
            field.returnPressed.connect(following.setFocus)
        fields[-1].returnPressed.connect(self.change)

    def _mistake(self) -> str:
        if not all(field.text() for _, field, _ in self.labels):
            return translate("error.empty_field")
        if self.task is PasscodeTask.JOIN:
            return ""
        length = len(self.new.text())
        if not limits.PASSCODE_LENGTH_MIN <= length <= limits.PASSCODE_LENGTH_MAX:
            return error_sentence("bad_passcode")
        if self.new.text() != self.repeated.text():
            return translate("passcode.differ")
        return ""

    async def _change(self) -> None:
        now, new = self.now.text(), self.new.text()
        if self.task is PasscodeTask.JOIN:
            await self._with[0].port.ask(Unlock(passcode=now))
            new, now, seats = now, "", self._without
        else:
            seats = self._with or self._without
        for seat in seats:
            await seat.port.ask(SetPasscode(passcode=now, new_passcode=new))
        self.said.emit(translate(_WORDS[self.task].done))
        self.accept()

    async def _remove(self) -> None:
        for seat in self._with:
            await seat.port.ask(SetPasscode(passcode=self.now.text(), new_passcode=""))
        self.said.emit(translate("passcode.done_removed"))
        self.accept()
