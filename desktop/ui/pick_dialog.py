"""Picks one out of many people or conversations by a few letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.events import Profile
from desktop.models.session import Session
from desktop.ui.controls import ButtonKind, Label, SearchField
from desktop.ui.dialog import Dialog
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.ranking import Candidate, ranked
from desktop.ui.translate import translate

__all__ = ["Pick", "PickDialog"]

SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class Pick:
    """Something to pick: how it is shown, and what it stands for."""

    face: Profile
    value: int


class PickDialog(Dialog):
    """A field and a list; `picked` has the value."""

    picked = Signal(object)

    def __init__(
        self, session: Session, title: str, picks: Sequence[Pick], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._candidates = [
            Candidate(pick, (pick.face.nickname, pick.face.user_name)) for pick in picks
        ]
        self._shown: list[Pick] = []
        self.search = SearchField(self)
        self.list = PeopleList(session, self, lines=7)
        self.nobody = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        for widget in (self.search, self.list, self.nobody):
            self.form.addWidget(widget)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.cancel_button.clicked.connect(self.reject)
        self.search.textChanged.connect(self._show)
        self.search.returnPressed.connect(lambda: self._pick(self.list.currentIndex()))
        self.list.clicked.connect(self._pick)
        self.list.activated.connect(self._pick)
        self.retranslate()
        self._show()
        self.search.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(self._title)
        self.heading.setText(self._title)
        self.search.setPlaceholderText(translate("people.search"))
        self.search.set_name(translate("people.search"))
        self.list.setAccessibleName(self._title)
        self.cancel_button.setText(translate("dialog.cancel"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move in the list while one types."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row = min(max(self.list.currentIndex().row() + step, 0), len(self._shown) - 1)
        self.list.setCurrentIndex(self.list.people.index(row))

    def _show(self) -> None:
        text = self.search.text().strip()
        self._shown = ranked(text, self._candidates, limit=SHOWN_MAX)
        details = (pick.face.user_name for pick in self._shown)
        self.list.show_people(
            [
                Person(pick.face, f"@{name}" if name else "")
                for pick, name in zip(self._shown, details, strict=True)
            ]
        )
        self.list.setCurrentIndex(self.list.people.index(0) if self._shown else QModelIndex())
        self.nobody.setVisible(not self._shown)
        self.nobody.setText(translate("people.nobody", text=text))
        self._fit()

    def _pick(self, index: QModelIndex) -> None:
        if index.isValid() and self.isVisible():
            value = self._shown[index.row()].value
            self.accept()
            self.picked.emit(value)
