from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop.events import ConversationRow, PresenceState
from desktop.models.conversations import ConversationFilter, ConversationRole, ConversationsModel
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import profile


def row(number: int, *, at_ms: int, unread: int = 0, name: str = "") -> ConversationRow:
    return ConversationRow(
        conversation_id=ConversationId(number),
        peer=profile(number, f"user{number}", name or f"User {number}"),
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


@pytest.fixture
def model(windows: None) -> ConversationsModel:
    made = ConversationsModel(lambda each, is_typing: f"{each.peer.nickname} {is_typing}")
    made.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]  # Lives as long.
        made, QAbstractItemModelTester.FailureReportingMode.Warning
    )
    made.apply([row(1, at_ms=10), row(2, at_ms=30), row(3, at_ms=20)], is_snapshot=True)
    return made


def order(model: ConversationsModel) -> list[int]:
    rows = (model.index(place).data(ConversationRole.ROW) for place in range(model.rowCount()))
    return [each.conversation_id for each in rows]


def test_the_newest_is_on_top(model: ConversationsModel) -> None:
    assert order(model) == [2, 3, 1]


@pytest.mark.parametrize(
    ("number", "at_ms", "expected"),
    [(1, 40, [1, 2, 3]), (2, 5, [3, 1, 2]), (3, 21, [2, 3, 1]), (4, 25, [2, 4, 3, 1])],
)
def test_a_changed_row_moves_to_its_place(
    model: ConversationsModel, number: int, at_ms: int, expected: list[int]
) -> None:
    model.apply([row(number, at_ms=at_ms)], is_snapshot=False)

    assert order(model) == expected


def test_unread_messages_are_counted(model: ConversationsModel) -> None:
    model.apply([row(1, at_ms=50, unread=2), row(3, at_ms=51, unread=5)], is_snapshot=False)

    assert model.unread == 7


def test_presence_and_typing_are_told_to_the_delegate(model: ConversationsModel) -> None:
    model.apply_presence(AccountId(2), PresenceState.ONLINE)
    model.apply_typing(ConversationId(2), is_typing=True)

    assert model.index(0).data(ConversationRole.IS_ONLINE)
    assert model.index(0).data(ConversationRole.IS_TYPING)
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "User 2 True"

    model.apply_presence(AccountId(2), PresenceState.OFFLINE)
    model.apply_typing(ConversationId(2), is_typing=False)

    assert not model.index(0).data(ConversationRole.IS_ONLINE)
    assert not model.index(0).data(ConversationRole.IS_TYPING)


def test_a_changed_name_is_shown(model: ConversationsModel) -> None:
    model.apply_profile(profile(2, "user2", "Berta"))

    assert model.index(0).data() == "Berta"


def test_conversations_are_found(model: ConversationsModel) -> None:
    assert model.find(ConversationId(3)) is not None
    assert model.find(ConversationId(9)) is None
    assert model.find_peer(AccountId(3)) is not None
    assert not model.index_of(ConversationId(9)).isValid()


def test_the_filter_keeps_unread_ones_and_the_open_one(model: ConversationsModel) -> None:
    model.apply([row(1, at_ms=50, unread=2)], is_snapshot=False)
    narrowed = ConversationFilter(model)

    narrowed.narrow(text="", unread_only=True)
    assert narrowed.rowCount() == 1
    narrowed.narrow(text="", unread_only=True, kept=ConversationId(2))
    assert narrowed.rowCount() == 2
    narrowed.narrow(text="USER3", unread_only=False)
    assert narrowed.rowCount() == 1


def test_log_out_forgets_everything(model: ConversationsModel) -> None:
    model.clear()

    assert model.rowCount() == 0
    assert model.unread == 0
