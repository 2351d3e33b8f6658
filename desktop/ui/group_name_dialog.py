"""Asks what a group of friends is to be called."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.events import FriendGroup
from desktop.models.friend_groups import is_free
from desktop.ui.controls import ButtonKind, Field
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["GroupNameDialog"]


class GroupNameDialog(Dialog):
    """Takes a name that no other group has; `named` tells it.

    Args:
        groups: All there are.
        parent: The window.
        name: Of the group that gets another name; empty for a new one.
    """

    named = Signal(str)

    def __init__(
        self, groups: Sequence[FriendGroup], parent: QWidget | None, *, name: str = ""
    ) -> None:
        super().__init__(parent, width=360)
        self._groups = tuple(groups)
        self._name = name
        self.field = Field(parent=self)
        self.field.setMaxLength(limits.FRIEND_GROUP_NAME_LENGTH_MAX)
        self.field.setText(name)
        self.field.selectAll()
        self.label = self.add_field(self.field)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.save_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.save_button.clicked.connect(self._save)
        self.field.returnPressed.connect(self._save)
        self.field.textChanged.connect(lambda _: self.show_error(""))
        self.retranslate()
        self.field.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        title = translate("friends.rename" if self._name else "friends.new")
        self.setWindowTitle(title)
        self.heading.setText(title)
        self.label.setText(translate("friends.name"))
        self.field.set_name(translate("friends.name"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.save_button.setText(translate("dialog.save" if self._name else "friends.create"))

    def _save(self) -> None:
        name = self.field.text().strip()
        if not name:
            self.show_error(translate("friends.bad"))
        elif not is_free(self._groups, name, but=self._name):
            self.show_error(translate("friends.taken"))
        else:
            self.named.emit(name)
            self.accept()
