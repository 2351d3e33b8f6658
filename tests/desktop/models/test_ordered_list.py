from __future__ import annotations

from random import Random

import pytest
from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from desktop.models.ordered_list import Index, Key, OrderedListModel
from shared.identifiers import ConversationId


class Numbers(OrderedListModel):
    """Shows the ids themselves."""

    def data(self, index: Index, role: int = 0) -> object:
        return str(self.id_at(index.row())) if role == 0 else None


def key(number: int, at: int) -> Key:
    return (1, 0, -at, ConversationId(number))


@pytest.fixture
def model(windows: None) -> Numbers:
    made = Numbers()
    made.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]  # Lives as long.
        made, QAbstractItemModelTester.FailureReportingMode.Warning
    )
    return made


def order(model: Numbers) -> list[int]:
    return [model.id_at(place) for place in range(model.rowCount())]


def test_lines_stand_in_the_order_of_their_keys(model: Numbers) -> None:
    model.rebuild([key(1, 10), key(2, 30), key(3, 20)])

    assert order(model) == [2, 3, 1]
    assert model.place_of(ConversationId(3)) == 1
    assert model.place_of(ConversationId(9)) == -1


def test_after_any_changes_it_is_as_if_it_was_built_anew(model: Numbers) -> None:
    chance = Random(5)
    times: dict[int, int] = {}
    for _ in range(600):
        number, at = chance.randrange(40), chance.randrange(60)
        if chance.random() < 0.2:
            times.pop(number, None)
            model.take_out(ConversationId(number))
        else:
            times[number] = at
            model.put(key(number, at))

        assert order(model) == [
            number for *_, number in sorted(key(n, a) for n, a in times.items())
        ]


def test_a_line_that_moves_stays_the_current_one(model: Numbers) -> None:
    model.rebuild([key(number, number) for number in range(10)])
    current = QPersistentModelIndex(model.index_of(ConversationId(3)))

    model.put(key(3, 100))

    assert current.row() == 0
    assert model.id_at(current.row()) == 3


def test_only_what_is_there_is_painted_again(model: Numbers) -> None:
    told: list[int] = []
    model.dataChanged.connect(lambda first, last: told.extend([first.row(), last.row()]))

    model.repaint()
    model.repaint_line(ConversationId(1))
    assert told == []
    model.rebuild([key(1, 10), key(2, 30)])
    model.repaint_line(ConversationId(1))
    model.repaint()

    assert told == [1, 1, 0, 1]
