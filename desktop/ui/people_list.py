"""A list of people in a dialog: picture, name, what else there is to say, perhaps a check mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.events import Profile
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.list_view import ListView, RowDelegate
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.theme import tokens
from desktop.ui.translate import translate
from shared.identifiers import AccountId

__all__ = ["PeopleList", "Person"]

Index = QModelIndex | QPersistentModelIndex
PERSON_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 48
AVATAR = 34
BOX = 18


@dataclass(frozen=True, slots=True)
class Person:
    """One line; ``is_checked`` is ``None`` where there is nothing to choose."""

    profile: Profile
    detail: str = ""
    is_checked: bool | None = None

    @property
    def words(self) -> str:
        """The line for screen readers."""
        chosen = translate("people.chosen") if self.is_checked else ""
        return ", ".join(part for part in (self.profile.nickname, self.detail, chosen) if part)


class PeopleModel(QAbstractListModel):
    """The people that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Person] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many people."""
        return 0 if parent.isValid() else len(self.people)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The person, and in words."""
        person = self.people[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return person.words
        return person if role == PERSON_ROLE else None

    def show(self, people: Sequence[Person]) -> None:
        """Show exactly these."""
        self.beginResetModel()
        self.people = list(people)
        self.endResetModel()

    def toggle(self, row: int) -> None:
        """Choose somebody, or not any more."""
        person = self.people[row]
        if person.is_checked is not None:
            self.people[row] = replace(person, is_checked=not person.is_checked)
            index = self.index(row)
            self.dataChanged.emit(index, index)


class PeopleList(ListView):
    """Shows people; Space and a click choose where choosing is possible.

    Args:
        session: Has their pictures.
        parent: The dialog.
        lines: How many are seen at a time.
    """

    current_changed = Signal()
    chosen_changed = Signal()

    def __init__(self, session: Session, parent: QWidget, *, lines: int = 5) -> None:
        super().__init__(parent)
        self.people = PeopleModel()
        self.setModel(self.people)
        self.setItemDelegate(_Delegate(session, self))
        self.setUniformItemSizes(True)
        self.viewport().setAutoFillBackground(True)
        self._lines = lines
        self._follow_fonts()
        fonts().changed.connect(self._follow_fonts)
        self.clicked.connect(self._toggle)
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit())
        session.avatars.loaded.connect(self.viewport().update)

    def show_people(self, people: Sequence[Person]) -> None:
        """Show exactly these; who was current stays so."""
        kept = self.current()
        self.people.show(people)
        for row, person in enumerate(people):
            if kept is not None and person.profile.account == kept.account:
                self.setCurrentIndex(self.people.index(row))
        self.current_changed.emit()

    def set_lines(self, lines: int) -> None:
        """Show so many people at a time."""
        self._lines = lines
        self._follow_fonts()

    def chosen(self) -> list[AccountId]:
        """Return who is chosen, in the order that is shown."""
        return [each.profile.account for each in self.people.people if each.is_checked]

    def current(self) -> Profile | None:
        """Return the person the keyboard is on."""
        index = self.currentIndex()
        return self.people.people[index.row()].profile if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space chooses."""
        if event.key() == Qt.Key.Key_Space:
            self._toggle(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _follow_fonts(self) -> None:
        # Larger letters show fewer people at a time, else dialogs outgrow the screen.
        lines = max(min(2, self._lines), round(self._lines * ROW_HEIGHT / scaled(ROW_HEIGHT)))
        self.setFixedHeight(min(self._lines, lines) * scaled(ROW_HEIGHT))

    def _toggle(self, index: QModelIndex) -> None:
        if index.isValid():
            self.people.toggle(index.row())
            self.chosen_changed.emit()


class _Delegate(RowDelegate):
    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(ROW_HEIGHT, parent)
        self._session = session

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        person: Person = index.data(PERSON_ROLE)
        painter.save()
        paint_ground(painter, option, radius=8)
        rect = QRectF(option.rect)
        left, center = rect.left() + 14, rect.center().y()
        if person.is_checked is not None:
            _paint_box(painter, QRectF(left, center - BOX / 2, BOX, BOX), person.is_checked)
            left += BOX + 12
        avatar = QRectF(left, center - AVATAR / 2, AVATAR, AVATAR)
        image = self._session.avatars.image(person.profile)
        paint_avatar(painter, avatar, profile=person.profile, image=image)
        left, right = avatar.right() + 10, rect.right() - 14
        small = font(12)
        if person.detail:
            painter.setFont(small)
            metrics = painter.fontMetrics()
            width = min(metrics.horizontalAdvance(person.detail) + 2, int((right - left) * 0.6))
            draw_elided(
                painter,
                person.detail,
                left=right - width,
                right=right,
                center=center,
                font=small,
                ink=tokens().text_2,
            )
            right -= width + 10
        draw_elided(
            painter,
            person.profile.nickname,
            left=left,
            right=right,
            center=center,
            font=font(14, 500),
            ink=tokens().text,
        )
        painter.restore()


def _paint_box(painter: QPainter, box: QRectF, is_checked: bool) -> None:
    colors = tokens()
    painter.setPen(Qt.PenStyle.NoPen if is_checked else QPen(colors.text_3, 1.5))
    painter.setBrush(colors.accent if is_checked else colors.field)
    painter.drawRoundedRect(box, 5, 5)
    if is_checked:
        paint_icon(painter, "check", box.adjusted(2, 2, -2, -2), colors.on_accent)
