from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from desktop.events import ConversationRow, PresenceState
from desktop.models.conversations import (
    ConversationFilter,
    ConversationRole,
    ConversationsModel,
    Part,
    counted,
)
from desktop.models.ordered_list import OrderedListModel
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import profile

NOW_MS = 1_000_000


def row(number: int, *, at_ms: int, unread: int = 0, **changes: Any) -> ConversationRow:
    made = ConversationRow(
        conversation_id=ConversationId(number),
        peer=profile(number, f"user{number}", f"User {number}"),
        preview="",
        preview_is_own=False,
        preview_state=None,
        last_at_ms=at_ms,
        unread=unread,
        first_unread=0,
        head=0,
        draft="",
        can_send=True,
    )
    return msgspec.structs.replace(made, **changes)


class Clock:
    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(windows: None, clock: Clock) -> ConversationsModel:
    made = ConversationsModel(
        lambda each, is_typing, muted: f"{each.peer.nickname} {is_typing} {muted}", clock
    )
    made.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]  # Lives as long.
        made, QAbstractItemModelTester.FailureReportingMode.Warning
    )
    made.apply([row(1, at_ms=10), row(2, at_ms=30), row(3, at_ms=20)], is_snapshot=True)
    return made


def order(model: OrderedListModel) -> list[int]:
    return [model.id_at(place) for place in range(model.rowCount())]


def test_the_newest_is_on_top(model: ConversationsModel) -> None:
    assert order(model) == [2, 3, 1]
    assert [each.conversation_id for each in model.rows] == [2, 3, 1]


@pytest.mark.parametrize(
    ("number", "at_ms", "expected"),
    [(1, 40, [1, 2, 3]), (2, 5, [3, 1, 2]), (3, 21, [2, 3, 1]), (4, 25, [2, 4, 3, 1])],
)
def test_a_changed_row_moves_to_its_place(
    model: ConversationsModel, number: int, at_ms: int, expected: list[int]
) -> None:
    model.apply([row(number, at_ms=at_ms)], is_snapshot=False)

    assert order(model) == expected


def test_pinned_ones_stay_on_top(model: ConversationsModel) -> None:
    model.apply([row(1, at_ms=10, is_pinned=True), row(3, at_ms=99)], is_snapshot=False)

    assert order(model) == [1, 3, 2]


def test_the_one_pinned_last_is_on_top_whatever_is_written(model: ConversationsModel) -> None:
    model.apply(
        [
            row(1, at_ms=99, is_pinned=True, pinned_at_ms=5),
            row(3, at_ms=20, is_pinned=True, pinned_at_ms=7),
        ],
        is_snapshot=True,
    )
    assert order(model) == [3, 1]

    model.apply([row(1, at_ms=500, is_pinned=True, pinned_at_ms=5)], is_snapshot=False)

    assert order(model) == [3, 1]


def test_moves_within_a_frame_happen_together(model: ConversationsModel, qtbot: QtBot) -> None:
    moves: list[int] = []
    model.rowsMoved.connect(lambda *_: moves.append(1))

    for at_ms in range(100, 200):
        model.apply([row(1 + at_ms % 3, at_ms=at_ms, unread=at_ms)], is_snapshot=False)

    newest = model.find(ConversationId(2))
    assert newest is not None
    assert newest.last_at_ms == 199
    assert model.unread == 199 + 198 + 197
    assert moves == []
    qtbot.waitUntil(lambda: order(model) == [2, 1, 3])
    assert 1 <= len(moves) <= 3  # Each of the three rows once, not a hundred times.


def test_a_row_that_is_as_before_tells_nothing(model: ConversationsModel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(model.rows_changed):
        model.apply([row(2, at_ms=30)], is_snapshot=False)


def test_what_was_put_out_of_the_way_is_not_counted(model: ConversationsModel) -> None:
    model.apply(
        [
            row(1, at_ms=50, unread=2),
            row(2, at_ms=51, unread=5, muted_until_ms=0),
            row(3, at_ms=52, unread=7, is_archived=True),
        ],
        is_snapshot=False,
    )

    assert model.unread == 2
    assert counted(model.rows[0], NOW_MS) == 0


def test_when_a_mute_ends_what_is_unread_counts_again(
    model: ConversationsModel, clock: Clock, qtbot: QtBot
) -> None:
    model.apply([row(1, at_ms=50, unread=2, muted_until_ms=NOW_MS + 5)], is_snapshot=False)
    assert model.unread == 0

    clock.now_ms += 6
    with qtbot.waitSignal(model.unread_changed) as told:
        pass

    assert told.args == [2]
    assert not model.value(ConversationId(1), ConversationRole.IS_MUTED)


def test_presence_and_typing_are_told_to_the_delegate(model: ConversationsModel) -> None:
    model.apply_presence(AccountId(2), PresenceState.ONLINE)
    model.apply_typing(ConversationId(2), is_typing=True)

    assert model.index(0).data(ConversationRole.IS_ONLINE)
    assert model.index(0).data(ConversationRole.IS_TYPING)
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "User 2 True False"

    model.apply_presence(AccountId(2), PresenceState.OFFLINE)
    model.apply_typing(ConversationId(2), is_typing=False)

    assert not model.index(0).data(ConversationRole.IS_ONLINE)
    assert not model.index(0).data(ConversationRole.IS_TYPING)


def test_a_changed_name_is_shown(model: ConversationsModel) -> None:
    group = row(4, at_ms=40, kind=2, peer=profile(0, "", ""), preview_sender=profile(2, "b", "B"))
    model.apply([group], is_snapshot=False)

    model.apply_profile(profile(2, "user2", "Berta"))

    found = model.find(ConversationId(4))
    assert found is not None
    assert found.preview_sender == profile(2, "user2", "Berta")
    assert model.index_of(ConversationId(2)).data() == "Berta"


def test_conversations_are_found(model: ConversationsModel) -> None:
    assert model.find(ConversationId(3)) is not None
    assert model.find(ConversationId(9)) is None
    assert model.find_peer(AccountId(3)) is not None
    assert model.find_peer(AccountId(9)) is None
    assert not model.index_of(ConversationId(9)).isValid()


@pytest.fixture
def mixed(model: ConversationsModel) -> ConversationsModel:
    model.apply(
        [
            row(1, at_ms=10, unread=1),
            row(2, at_ms=30),
            row(3, at_ms=20, kind=2),
            row(4, at_ms=5, is_archived=True, unread=3),
        ],
        is_snapshot=True,
    )
    return model


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part.ALL, [2, 3, 1]),
        (Part.UNREAD, [1]),
        (Part.GROUPS, [3]),
        (Part.ARCHIVE, [4]),
    ],
)
def test_a_part_has_its_conversations(
    mixed: ConversationsModel, part: Part, expected: list[int]
) -> None:
    shown = ConversationFilter(mixed)

    shown.show(part)

    assert order(shown) == expected
    assert shown.index(0).data(ConversationRole.ROW).conversation_id == expected[0]


def test_a_row_comes_into_a_part_and_leaves_it(mixed: ConversationsModel, qtbot: QtBot) -> None:
    shown = ConversationFilter(mixed)
    shown.show(Part.UNREAD)

    mixed.apply([row(2, at_ms=60, unread=4)], is_snapshot=False)
    assert order(shown) == [2, 1]
    mixed.apply([row(2, at_ms=60), row(1, at_ms=70, unread=2)], is_snapshot=False)

    qtbot.waitUntil(lambda: order(shown) == [1])


def test_the_open_one_stays_among_the_unread_until_another_is_opened(
    mixed: ConversationsModel,
) -> None:
    shown = ConversationFilter(mixed)
    shown.show(Part.UNREAD, kept=ConversationId(1))

    mixed.apply([row(1, at_ms=10)], is_snapshot=False)
    assert order(shown) == [1]
    shown.show(Part.UNREAD, kept=ConversationId(2))

    assert order(shown) == [2]


def test_log_out_forgets_everything(mixed: ConversationsModel) -> None:
    shown = ConversationFilter(mixed)

    mixed.clear()

    assert mixed.rowCount() == shown.rowCount() == 0
    assert mixed.unread == 0
