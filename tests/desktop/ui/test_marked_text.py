from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.ui.fonts import font
from desktop.ui.marked_text import draw_marked, pieces


def test_a_text_is_cut_at_what_is_marked() -> None:
    assert list(pieces("abcdef", ((1, 2), (3, 1)))) == [
        ("a", False),
        ("bc", True),
        ("d", True),
        ("ef", False),
    ]
    assert list(pieces("ab", ((0, 2),))) == [("ab", True)]
    assert list(pieces("", ())) == []


@given(st.text(max_size=30), st.sets(st.integers(0, 29)))
def test_the_parts_are_the_whole(text: str, places: set[int]) -> None:
    spans = [(place, 1) for place in sorted(places) if place < len(text)]

    assert "".join(part for part, _ in pieces(text, spans)) == text


def painted(right: float) -> QImage:
    image = QImage(200, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("#FFFFFF"))
    painter = QPainter(image)
    draw_marked(
        painter,
        "see you at dinner tonight, if you like",
        ((11, 6),),
        left=0,
        right=right,
        center=15,
        font=font(13),
        marked_font=font(13, 600),
        ink=QColor("#000000"),
        marked_ink=QColor("#FF0000"),
    )
    painter.end()
    return image


def columns(image: QImage, color: str) -> list[int]:
    """Where something close to a colour was painted."""
    wanted = QColor(color)
    return [
        x
        for x in range(image.width())
        for y in range(image.height())
        if abs(image.pixelColor(x, y).red() - wanted.red()) < 40
        and abs(image.pixelColor(x, y).green() - wanted.green()) < 40
    ]


def test_what_is_marked_has_its_own_ink_in_its_place(windows: None) -> None:
    image = painted(200)

    red, black = columns(image, "#FF0000"), columns(image, "#000000")
    assert red
    assert min(black) < min(red) < max(red) < max(black)


def test_nothing_is_painted_beyond_the_end(windows: None) -> None:
    image = painted(60)

    assert max(columns(image, "#000000")) <= 60
    assert not columns(painted(0), "#000000")
