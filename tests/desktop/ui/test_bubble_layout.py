from __future__ import annotations

from itertools import combinations
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QRectF

from desktop.events import (
    FileRow,
    FileState,
    MessageKind,
    MessageRow,
    MessageState,
    Quote,
    ReactionCount,
)
from desktop.ui.bubble import Bubble, Deed, People
from desktop.ui.bubble_layout import bubble_room, lay_out_bubble
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile

PEOPLE = People(name_of=lambda account: f"person {account}", names_of=lambda _: ("Wang",))
ROOM = 420.0
FILE = FileRow(name="icons_v3.zip", size=12_600_000)
PICTURE = FileRow(name="a.jpg", size=9, width=1600, height=1200)


def make_row(port: FakePort, text: str = "tea?", **changes: Any) -> MessageRow:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), text)
    return msgspec.structs.replace(row, **changes)


def parts(bubble: Bubble) -> list[QRectF]:
    """Everything that must not lie over each other."""
    found = [bubble.quote, bubble.picture, bubble.file, bubble.name_rect]
    found += [chip.rect for chip in bubble.chips] + [button.rect for button in bubble.buttons]
    if bubble.row.text:
        found.append(
            QRectF(bubble.text_at.x(), bubble.text_at.y(), bubble.text.last, bubble.text.height)
        )
    return [rect for rect in found if rect is not None]


CASES: dict[str, dict[str, Any]] = {
    "text": {},
    "long": {"text": "words " * 80},
    "quote": {"reply_to": "ab" * 16},
    "reactions": {
        "reactions": tuple(ReactionCount(chr(0x1F600 + n), (AccountId(2),)) for n in range(12))
    },
    "edited": {"is_edited": True, "is_own": True},
    "refused": {"is_own": True, "state": MessageState.REFUSED, "refusal": "not_contact"},
    "file": {"kind": MessageKind.FILE, "file": FILE, "text": ""},
    "caption": {"kind": MessageKind.FILE, "file": FILE},
    "moving": {
        "kind": MessageKind.FILE,
        "file": msgspec.structs.replace(FILE, state=FileState.PAUSED, name="n" * 200),
    },
    "picture": {"kind": MessageKind.FILE, "file": PICTURE, "text": ""},
    "picture_caption": {"kind": MessageKind.FILE, "file": PICTURE, "text": "caption " * 30},
    "picture_all": {
        "kind": MessageKind.FILE,
        "file": PICTURE,
        "reply_to": "ab" * 16,
        "reactions": (ReactionCount("👍", (AccountId(2),)),),
    },
    "emoji": {"text": "🎉🚀", "is_own": True},
    "code": {"text": "a\n```\nx = 1\n```"},
}


@pytest.mark.parametrize("shows_name", [False, True])
@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("room", [200.0, ROOM])
def test_everything_is_inside_and_nothing_over_another(
    port: FakePort, case: str, room: float, shows_name: bool
) -> None:
    bubble = lay_out_bubble(make_row(port, **CASES[case]), room, PEOPLE, shows_name=shows_name)

    whole = QRectF(0, 0, bubble.width, bubble.height).adjusted(-0.5, -0.5, 0.5, 0.5)
    assert bubble.width <= room + 0.5
    for rect in parts(bubble):
        assert whole.contains(rect.adjusted(0, 0, -0.01, -0.01)), rect
    for one, other in combinations(parts(bubble), 2):
        assert not one.adjusted(0, 0, -0.01, -0.01).intersects(other), (one, other)
    assert whole.contains(bubble.meta)


@pytest.mark.parametrize("case", [case for case in CASES if case != "emoji"])
def test_the_time_lies_over_no_words(port: FakePort, case: str) -> None:
    bubble = lay_out_bubble(make_row(port, **CASES[case]), ROOM, PEOPLE)

    if bubble.row.text:
        last = bubble.text.layout.lineAt(bubble.text.layout.lineCount() - 1).naturalTextRect()
        assert not last.translated(bubble.text_at).intersects(bubble.meta)
    assert not any(chip.rect.intersects(bubble.meta) for chip in bubble.chips)
    assert not any(button.rect.intersects(bubble.meta) for button in bubble.buttons)


def test_the_time_stands_in_the_last_line_if_it_fits(port: FakePort) -> None:
    short = lay_out_bubble(make_row(port, "short"), ROOM)
    full = lay_out_bubble(make_row(port, "x" * 48), ROOM)

    assert short.height < full.height


def test_a_file_needs_the_same_room_in_every_state(port: FakePort) -> None:
    def size(state: FileState) -> tuple[float, float]:
        file = msgspec.structs.replace(FILE, state=state)
        bubble = lay_out_bubble(make_row(port, "", kind=MessageKind.FILE, file=file), ROOM)
        return bubble.width, bubble.height

    assert len({size(state) for state in FileState}) == 1


@pytest.mark.parametrize("kind", [FILE, PICTURE])
def test_only_a_file_that_moves_can_be_given_up(port: FakePort, kind: FileRow) -> None:
    def cancel(state: FileState) -> QRectF | None:
        file = msgspec.structs.replace(kind, state=state)
        row = make_row(port, "", kind=MessageKind.FILE, file=file)
        return lay_out_bubble(row, ROOM).cancel

    assert cancel(FileState.REMOTE) is None
    assert cancel(FileState.HERE) is None
    moving = cancel(FileState.RUNNING)
    assert moving is not None
    assert min(moving.width(), moving.height()) >= 32


@pytest.mark.parametrize(
    ("width", "height"), [(1600, 1200), (10, 10), (50_000, 100), (3, 9000), (400, 380)]
)
def test_pictures_are_sized_by_what_their_message_says(
    port: FakePort, width: int, height: int
) -> None:
    file = msgspec.structs.replace(PICTURE, width=width, height=height)
    row = make_row(port, "", kind=MessageKind.FILE, file=file)

    sizes = {
        state: lay_out_bubble(
            msgspec.structs.replace(row, file=msgspec.structs.replace(file, state=state)), ROOM
        ).picture
        for state in FileState
    }

    first = sizes[FileState.REMOTE]
    assert first is not None
    assert all(rect == first for rect in sizes.values())
    assert 90 <= first.width() <= 400
    assert 90 <= first.height() <= 380


def test_what_claims_to_be_an_enormous_picture_is_a_file(port: FakePort) -> None:
    file = msgspec.structs.replace(PICTURE, width=100_000, height=100_000)

    bubble = lay_out_bubble(make_row(port, "", kind=MessageKind.FILE, file=file), ROOM)

    assert bubble.picture is None
    assert bubble.file is not None


def test_a_few_emoji_are_large_and_stand_alone(port: FakePort) -> None:
    bubble = lay_out_bubble(make_row(port, "🎉"), ROOM)
    with_name = lay_out_bubble(make_row(port, "🎉"), ROOM, PEOPLE, shows_name=True)
    word = lay_out_bubble(make_row(port, "hi"), ROOM)

    assert bubble.is_bare
    assert bubble.text.height > 2 * word.text.height
    assert not with_name.is_bare
    assert not word.is_bare


def test_a_refusal_says_why_and_what_can_be_done(port: FakePort) -> None:
    row = make_row(port, is_own=True, state=MessageState.REFUSED, refusal="not_contact")

    bubble = lay_out_bubble(row, ROOM)

    assert bubble.reason is not None
    assert bubble.reason.marked.text == "You are not contacts. Send a contact request first."
    assert [button.deed for button in bubble.buttons] == [Deed.EDIT_AGAIN, Deed.DELETE]
    assert all(button.rect.height() >= 32 for button in bubble.buttons)


def test_quotes_and_mentions_name_people(port: FakePort) -> None:
    quote = Quote(local_id=1, order=1, sender=AccountId(7), kind=MessageKind.TEXT, text="a")
    row = make_row(port, "@Wang look", reply_to="aa" * 16, quote=quote, mentions=(AccountId(2),))

    bubble = lay_out_bubble(row, ROOM, PEOPLE)

    assert bubble.quote_name == "person 7"
    assert [span.account for span in bubble.text.links] == [2]


def test_reactions_wrap_and_make_the_bubble_higher(port: FakePort) -> None:
    plain = lay_out_bubble(make_row(port), 200)

    bubble = lay_out_bubble(make_row(port, **CASES["reactions"]), 200)

    assert len({chip.rect.top() for chip in bubble.chips}) > 1
    assert bubble.height > plain.height


def test_bubbles_leave_room_beside_them() -> None:
    group = People(is_group=True)

    assert bubble_room(2000, PEOPLE) == 560
    assert 250 < bubble_room(400, PEOPLE) <= 280
    assert 140 < bubble_room(250, group) <= 166
    assert bubble_room(401, PEOPLE) == bubble_room(400, PEOPLE)
    assert bubble_room(0, group) > 0
