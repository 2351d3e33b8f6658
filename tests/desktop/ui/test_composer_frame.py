from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.composer_frame import HEIGHT_MAX, HEIGHT_MIN, ComposerFrame
from desktop.ui.fonts import set_fonts
from desktop.ui.translate import Language, set_language
from shared import limits


@pytest.fixture
def frame(windows: None, qtbot: QtBot) -> Iterator[ComposerFrame]:
    window = QWidget()
    window.resize(500, 400)
    qtbot.addWidget(window)
    made = ComposerFrame(window)
    made.resize(500, HEIGHT_MIN)
    made.retranslate()
    window.show()
    yield made
    window.close()


def parts(frame: ComposerFrame) -> list[QWidget]:
    return [frame.attach_button, frame.editor, frame.emoji_button, frame.send_button]


def test_the_parts_stand_side_by_side_without_touching(frame: ComposerFrame) -> None:
    for width in (380, 500, 900):
        frame.resize(width, frame.height())
        edges = [(part.x(), part.x() + part.width()) for part in parts(frame)]

        assert all(one[1] < two[0] for one, two in pairwise(edges))
        assert edges[-1][1] == width - 12


def test_an_input_method_is_told_where_the_cursor_is(frame: ComposerFrame) -> None:
    """With the margins above the line: candidates would cover what is typed without them."""
    editor = frame.editor
    corner = editor.viewport().mapTo(editor, editor.cursorRect().topLeft())

    told = editor.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)

    assert editor.viewport().y() > 0
    assert isinstance(told, QRectF)
    assert told.topLeft() == QPointF(corner)
    assert told.height() == editor.cursorRect().height()


@pytest.mark.parametrize("has_strip", [False, True])
@pytest.mark.parametrize("lines", [1, 4, 60])
def test_the_buttons_stay_beside_the_last_line(
    frame: ComposerFrame, lines: int, has_strip: bool
) -> None:
    if has_strip:
        frame.strip.show_message("Reply", "tea")
    frame.editor.set_text("\n".join("word" for _ in range(lines)))
    frame._grow()

    bottoms = {part.y() + part.height() for part in parts(frame) if part is not frame.editor}
    assert bottoms == {frame.height() - 11}
    assert frame.editor.y() == (48 if has_strip else 0) + 1
    assert HEIGHT_MIN <= frame.height() - (48 if has_strip else 0) <= HEIGHT_MAX


def test_a_complaint_has_room_below_and_goes_when_it_is_taken_back(frame: ComposerFrame) -> None:
    low = frame.height()

    frame.complain("Something is wrong. " * 12)
    high, room = frame.height(), frame.warning.height()
    needed = frame.warning.heightForWidth(500)
    frame.complain("")

    assert room == needed > 40
    assert (high, frame.height()) == (low + room, low)


def test_a_narrower_window_gives_a_complaint_more_lines(frame: ComposerFrame) -> None:
    frame.complain("Something is wrong. " * 8)
    wide = frame.warning.height()

    frame.resize(380, frame.height())

    assert frame.warning.height() > wide
    assert frame.warning.y() + frame.warning.height() == frame.height()


def test_only_what_can_be_sent_has_a_button_that_sends(frame: ComposerFrame) -> None:
    said = []
    for text in ("", "  ", "tea", "x" * (limits.TEXT_LENGTH_MAX + 1)):
        frame.editor.set_text(text)
        frame.complain("")
        said.append(frame.send_button.isEnabled())

    assert said == [False, False, True, False]


def test_every_part_is_named_in_the_language_that_is_spoken(frame: ComposerFrame) -> None:
    english = [part.accessibleName() for part in parts(frame)]

    set_language(Language.CHINESE)
    frame.retranslate()
    chinese = [part.accessibleName() for part in parts(frame)]

    assert english == ["Attach a photo or file", "Message", "Insert an emoji", "Send"]
    assert all(chinese)
    assert not set(english) & set(chinese)


def test_focus_is_the_editors(frame: ComposerFrame, qtbot: QtBot) -> None:
    frame.window().activateWindow()
    qtbot.waitActive(frame.window())

    frame.setFocus()

    assert frame.editor.hasFocus()


def test_larger_letters_move_the_line_in_an_open_composer(frame: ComposerFrame) -> None:
    try:
        before = frame.editor.viewportMargins().top()

        set_fonts(scale_percent=150)

        lines = frame.editor.document().size().height()
        assert frame.editor.viewportMargins().top() == (HEIGHT_MIN - 1 - round(lines)) // 2 < before
    finally:
        set_fonts()
