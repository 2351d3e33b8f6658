from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.ui.text_block import lay_out_text
from desktop.ui.text_paint import paint_text
from desktop.ui.theme import tokens

HERE = QPointF(4, 4)


@pytest.fixture(autouse=True)
def fonts(windows: None) -> None:
    return None


def colors(text: str, *, clip: QRectF | None = None, **options: object) -> set[str]:
    image = QImage(400, 120, QImage.Format.Format_RGB32)
    image.fill(tokens().bubble_in)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if clip is not None:
        painter.setClipRect(clip)
    options = {"is_own": False, **options}
    paint_text(painter, lay_out_text(text, 380), HERE, width=380, **options)  # type: ignore[arg-type]
    painter.end()
    return {image.pixelColor(x, y).name() for x in range(400) for y in range(120)}


def name(color: QColor) -> str:
    return color.name()


def test_links_and_mentions_have_the_ink_of_links() -> None:
    assert name(tokens().link) in colors("see https://a.example now")
    assert name(tokens().link) not in colors("see nothing now")


def test_a_link_under_another_keeps_its_ink() -> None:
    text = "`code` and a link here: https://a.example/\nhttps://b.example/ and more"

    assert name(tokens().link) in colors(text, clip=QRectF(0, 28, 60, 12))


def test_code_stands_on_its_ground_on_either_bubble() -> None:
    assert name(tokens().code_in) in colors("a `b` c")
    assert name(tokens().code_in) in colors("```\nb\n```")
    assert name(tokens().code_out) in colors("```\nb\n```", is_own=True)


def test_a_quotation_has_a_bar() -> None:
    assert name(tokens().accent) in colors("> b")
    assert name(tokens().tick) in colors("> b", is_own=True)


def test_what_is_selected_and_what_was_found_stand_out() -> None:
    assert name(tokens().selection) in colors("hello", selected=(0, 2))
    assert name(tokens().selection) not in colors("hello", selected=(2, 2))
    assert name(tokens().found) in colors("Hello there", found="hello nothing")
    assert name(tokens().found) not in colors("Hello there", found="other")


def test_signs_of_patterns_are_searched_for_as_they_are() -> None:
    assert name(tokens().found) in colors("what (now)?", found="(now)?")


def test_only_lines_in_the_clip_are_painted() -> None:
    ink = name(tokens().text)

    assert ink in colors("one\ntwo", clip=QRectF(0, 0, 400, 20))
    assert ink not in colors("one", clip=QRectF(0, 60, 400, 20))
