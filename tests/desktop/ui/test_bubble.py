from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF

from desktop.ui.bubble import Bubble, Chip, People
from desktop.ui.text_block import lay_out_text
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile


@pytest.fixture
def bubble(port: FakePort) -> Bubble:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), "secret")
    return Bubble(row=row, room=300, text=lay_out_text("secret", 280), text_at=QPointF(12, 8))


def test_the_circle_is_in_the_row_of_a_file_or_in_the_middle_of_a_picture(bubble: Bubble) -> None:
    none = bubble.circle
    bubble.file = QRectF(12, 8, 200, 44)
    in_row = bubble.circle
    bubble.picture = QRectF(4, 4, 300, 200)
    in_picture = bubble.circle

    assert none is None
    assert in_row == QRectF(12, 8, 44, 44)
    assert in_picture is not None
    assert in_picture.center() == QPointF(154, 104)


def test_what_is_inside_stays_off_the_edges(bubble: Bubble) -> None:
    bubble.width = 224

    assert bubble.inner == 200


def test_a_reaction_says_how_many_put_it_there() -> None:
    chip = Chip(QRectF(), "👍", (AccountId(1), AccountId(2)))

    assert chip.words == "👍 2"


def test_nobody_has_a_name_until_somebody_says_so() -> None:
    people = People()

    assert people.name_of(AccountId(1)) == ""
    assert people.names_of(AccountId(1)) == ()


def test_a_bubble_tells_nothing_of_its_text(bubble: Bubble) -> None:
    assert "secret" not in repr(bubble)
    assert "secret" not in repr(bubble.text)
    assert "secret" not in repr(bubble.text.marked)
