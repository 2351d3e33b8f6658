"""Choose people out of many: a search box and a list; who is chosen stays so while one searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.events import Profile
from desktop.models.session import Session
from desktop.ui.controls import Label, SearchField
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.ranking import Candidate, ranked
from desktop.ui.translate import language, translate
from shared.identifiers import AccountId

__all__ = ["PeopleChooser"]

SHOWN_MAX = 2_000


class PeopleChooser(QWidget):
    """A list with boxes to check.

    Args:
        session: Has their pictures.
        parent: The dialog.
        lines: How many people are seen at a time.
    """

    chosen_changed = Signal()

    def __init__(self, session: Session, parent: QWidget, *, lines: int = 6) -> None:
        super().__init__(parent)
        self._people: dict[AccountId, Person] = {}
        self._candidates: list[Candidate[AccountId]] = []
        self.search = SearchField(self)
        self.list = PeopleList(session, self, lines=lines)
        self.nobody = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.nobody.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        layout.addWidget(self.nobody)
        self.search.textChanged.connect(self._show)
        self.list.chosen_changed.connect(self._keep)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.search.setPlaceholderText(translate("people.search"))
        self.search.set_name(translate("people.search"))
        self.list.setAccessibleName(translate("people.list"))
        self._show()

    def offer(self, profiles: Sequence[Profile]) -> None:
        """Offer exactly these people, nobody chosen."""
        self._people = {each.account: Person(each, is_checked=False) for each in profiles}
        self._candidates = [
            Candidate(each.account, (each.nickname, each.user_name)) for each in profiles
        ]
        self._show()

    def chosen(self) -> list[AccountId]:
        """Return who is chosen, also those the search hides now."""
        return [account for account, person in self._people.items() if person.is_checked]

    def _show(self) -> None:
        text = self.search.text()
        accounts = ranked(text, self._candidates, limit=SHOWN_MAX)
        self.list.show_people([self._people[account] for account in accounts])
        self.nobody.setVisible(not accounts)
        key = "people.nobody" if text.strip() else "people.nobody_here"
        self.nobody.setText(translate(key, text=text.strip()))

    def _keep(self) -> None:
        for shown in self.list.people.people:
            account = shown.profile.account
            self._people[account] = replace(self._people[account], is_checked=shown.is_checked)
        self.chosen_changed.emit()
