from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop.events import ConversationRow, MessageState
from desktop.ui.conversation_paint import RowLook, paint_conversation, paint_folded, row_height
from desktop.ui.fonts import set_fonts
from desktop.ui.theme import tokens
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import ZHANG

WIDTH = 320
ROW_HEIGHT = row_height()
LOWER_RIGHT = QRect(WIDTH - 80, ROW_HEIGHT // 2, 74, ROW_HEIGHT // 2 - 2)
UPPER_RIGHT = QRect(WIDTH - 110, 4, 50, ROW_HEIGHT // 2 - 4)
NAME = QRect(110, 4, 80, ROW_HEIGHT // 2 - 4)
WORDS = QRect(70, ROW_HEIGHT // 2, 60, ROW_HEIGHT // 2 - 2)


@pytest.fixture
def row(world: FakePort) -> ConversationRow:
    return msgspec.structs.replace(world.conversations[ZHANG], unread=0, first_unread=0)


def painted(row: ConversationRow, *, is_folded: bool = False, **look: Any) -> QImage:
    image = QImage(72 if is_folded else WIDTH, ROW_HEIGHT, QImage.Format.Format_RGB32)
    image.fill(tokens().list)
    option = QStyleOptionViewItem()
    option.rect = image.rect()
    option.state = QStyle.StateFlag.State_None
    options = {"image": None, "is_online": False, "is_typing": False, "is_muted": False, **look}
    painter = QPainter(image)
    paint = paint_folded if is_folded else paint_conversation
    paint(painter, option, RowLook(row=row, **options))
    painter.end()
    return image


def has(image: QImage, color: QColor, place: QRect | None = None) -> bool:
    """Whether a colour is anywhere in a part of the picture."""
    part = image.copy(place) if place is not None else image
    pixels = bytes(part.convertToFormat(QImage.Format.Format_RGB32).constBits())
    wanted = color.rgb().to_bytes(4, "little")
    return any(pixels[at : at + 4] == wanted for at in range(0, len(pixels), 4))


def change(row: ConversationRow, **changes: Any) -> ConversationRow:
    return msgspec.structs.replace(row, **changes)


def test_what_is_unread_is_counted_in_the_accent(row: ConversationRow) -> None:
    assert not has(painted(row), tokens().badge, LOWER_RIGHT)
    assert has(painted(change(row, unread=3)), tokens().badge, LOWER_RIGHT)


def test_where_it_is_muted_the_badge_is_grey(row: ConversationRow) -> None:
    image = painted(change(row, unread=3), is_muted=True)

    assert has(image, tokens().muted, LOWER_RIGHT)
    assert not has(image, tokens().badge, LOWER_RIGHT)


def test_being_named_shows_even_where_it_is_muted(row: ConversationRow) -> None:
    image = painted(change(row, unread=3, mentions=1), is_muted=True)

    assert has(image, tokens().badge, LOWER_RIGHT)


@pytest.mark.parametrize(
    ("changes", "look", "place"),
    [
        ({"is_pinned": True}, {}, LOWER_RIGHT),
        ({"is_verified": True}, {}, NAME),
        ({}, {"is_muted": True}, NAME),
    ],
)
def test_how_it_is_kept_is_seen(
    row: ConversationRow, changes: dict[str, Any], look: dict[str, Any], place: QRect
) -> None:
    assert painted(change(row, **changes), **look).copy(place) != painted(row).copy(place)


def test_a_draft_is_called_so_in_the_ink_of_danger(row: ConversationRow) -> None:
    assert has(painted(change(row, draft="half")), tokens().danger, WORDS)
    assert not has(painted(row), tokens().danger, WORDS)


def test_typing_comes_before_a_draft(row: ConversationRow) -> None:
    image = painted(change(row, draft="half"), is_typing=True)

    assert has(image, tokens().accent, WORDS)
    assert not has(image, tokens().danger, WORDS)


def test_who_types_in_a_group_is_named(row: ConversationRow) -> None:
    named = painted(row, is_typing=True, who_types="Ben")

    assert named != painted(row, is_typing=True)
    assert has(named, tokens().accent, WORDS)


def test_what_was_read_looks_other_than_what_was_delivered(row: ConversationRow) -> None:
    pictures = [
        painted(change(row, preview_is_own=True, preview_state=state)).copy(UPPER_RIGHT)
        for state in (MessageState.READ, MessageState.DELIVERED, MessageState.REFUSED)
    ]

    assert len({bytes(each.constBits()) for each in pictures}) == 3


def test_a_folded_row_has_its_badge_at_the_picture(row: ConversationRow) -> None:
    assert has(painted(change(row, unread=3), is_folded=True), tokens().badge)
    assert has(painted(change(row, unread=3), is_folded=True, is_muted=True), tokens().muted)
    assert not has(painted(row, is_folded=True), tokens().badge)


@pytest.mark.parametrize(("percent", "height"), [(90, 66), (100, 66), (150, 90)])
def test_a_row_has_room_for_two_lines_and_the_picture(
    windows: None, percent: int, height: int
) -> None:
    try:
        set_fonts(scale_percent=percent)

        assert row_height() == height
    finally:
        set_fonts()
