from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot

from desktop.events import (
    FileRow,
    FileState,
    MessageKind,
    MessageRow,
    TimelineChanged,
    TransferProgress,
)
from desktop.ui.fonts import set_fonts
from desktop.ui.timeline_scroll import ROWS_AT_ONCE
from desktop.ui.timeline_view import TimelineView
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.timelines import bubble_of, make_conversation, make_view


def long_view(port: FakePort, qtbot: QtBot, count: int = 60) -> TimelineView:
    texts = (f"message {number} " + "word " * (number % 30) for number in range(count))
    return make_view(port, qtbot, make_conversation(port, *texts))


def shot(view: TimelineView) -> QImage:
    pixmap = QPixmap(view.viewport().size())
    view.viewport().render(pixmap)
    return pixmap.toImage()


def test_what_is_moved_looks_like_what_is_painted_anew(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot)
    bar = view.verticalScrollBar()
    moved = []

    for step in (-60, -7, 120, -333, -10_000, 45):
        bar.setValue(bar.value() + step)
        was_moved = view._canvas is not None
        seen = shot(view)
        view.refresh()
        moved.append((was_moved, seen == shot(view)))

    assert moved == [(True, True)] * 6


def test_the_moved_picture_goes_when_scrolling_has_ended(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot)
    view._canvas_timer.setInterval(1)

    view.verticalScrollBar().setValue(100)

    assert view._canvas is not None
    qtbot.waitUntil(lambda: view._canvas is None)


def test_a_change_is_seen_while_scrolling(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() - 10)
    before = shot(view)

    port.change(view.model.rows[-1], text="changed")

    assert shot(view) != before


def test_progress_is_painted_without_a_new_layout(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port)
    file = FileRow(name="a.zip", size=1000, state=FileState.RUNNING, total=1100)
    row = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
    view = make_view(port, qtbot, conversation_id)
    bubble, before = bubble_of(view, 0), shot(view)

    port.session.apply(
        TransferProgress(
            conversation_id=conversation_id, local_id=row.local_id, done=700, total=1100
        )
    )

    assert bubble_of(view, 0) is bubble
    assert shot(view) != before


def test_a_page_is_laid_out_before_it_is_shown(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot, 300)
    known = {row.local_id for row in view.model.rows}
    turns: list[int] = []
    lay_out = view._lay_out

    def counted() -> None:
        fresh = {row.local_id for row in view.model.rows} - known
        turns.append(len(fresh - set(view._cache)))
        lay_out()

    view._lay_out = counted  # type: ignore[method-assign]
    view.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: len(view.model.rows) > len(known))

    assert turns[-1] == 0


def test_the_unread_bar_is_in_sight_when_a_conversation_is_opened(
    port: FakePort, qtbot: QtBot
) -> None:
    conversation_id = make_conversation(port, *(f"message {n}" for n in range(60)))
    port._set(conversation_id, unread=30, first_unread=31)
    port._tell(conversation_id)

    view = make_view(port, qtbot, conversation_id)

    words = [item.words for item in view.visible_items() if item.row is None]
    assert "30 unread messages" in words
    assert not view.is_at_end
    assert view.is_far


def test_a_name_that_changes_is_laid_out_anew(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot, 3)
    before = bubble_of(view, 0)

    view.forget_layout()

    assert bubble_of(view, 0) is not before


def test_bubbles_are_kept_where_only_their_places_change(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot, 3)
    before = bubble_of(view, 0)
    view.model.first_unread = 2

    view.relayout()

    assert bubble_of(view, 0) is before
    assert len(view.items) == len(view.row_items()) + 2  # The day, and the bar.


def test_an_open_conversation_follows_the_size_of_letters(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot)
    before = view.items[-1].rect.height()
    try:
        set_fonts(scale_percent=150)

        assert view.items[-1].rect.height() > before
        assert view.is_at_end
    finally:
        set_fonts()
    assert view.items[-1].rect.height() == before


def test_many_messages_at_once_are_laid_out_in_turns(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot, 10)
    turns: list[int] = []
    lay_out_part = view._lay_out_part

    def note_turn(rows: Sequence[MessageRow], first: int) -> None:
        turns.append(first)
        lay_out_part(rows, first)

    view.__dict__["_lay_out_part"] = note_turn
    newest = view.model.rows[-1]
    rows = [
        msgspec.structs.replace(
            newest, local_id=newest.local_id + n, order=newest.order + n, text=f"flood {n}"
        )
        for n in range(1, 3 * ROWS_AT_ONCE + 2)
    ]

    view.model.apply(
        TimelineChanged(conversation_id=view.model.conversation_id, rows=rows, removed=[])
    )

    assert len(view.row_items()) == 10  # Nothing moves before all of them have their place.
    qtbot.waitUntil(lambda: len(view.row_items()) == 10 + len(rows))
    assert len(turns) == 3
    assert view.is_at_end


def test_another_height_lays_nothing_out(port: FakePort, qtbot: QtBot) -> None:
    view = long_view(port, qtbot)
    before = list(view.items)

    view.resize(view.width(), view.height() - 40)

    assert all(item is was for item, was in zip(view.items, before, strict=True))
    assert view.is_at_end
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
