from __future__ import annotations

import msgspec
import pytest

from desktop.events import (
    FileRow,
    FileState,
    MessageKind,
    MessageRow,
    MessageState,
    Quote,
    ReactionCount,
    SystemKind,
)
from desktop.models.transfers import Progress
from desktop.ui.timeline_words import (
    describe_row,
    line_words,
    quote_words,
    row_words,
    system_words,
    times_of,
)
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile

NOWHERE = Progress(0, 0)


def make_row(port: FakePort, **changes: object) -> MessageRow:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), "tea?", is_own=True)
    return msgspec.structs.replace(row, **changes)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_has_words(port: FakePort, kind: MessageKind) -> None:
    assert row_words(make_row(port, kind=kind))


def test_a_file_has_its_name_and_caption(port: FakePort) -> None:
    file = FileRow(name="report.pdf", size=5)

    words = row_words(make_row(port, kind=MessageKind.FILE, file=file))

    assert words == "File: report.pdf\ntea?"


def test_a_picture_is_called_one(port: FakePort) -> None:
    file = FileRow(name="a.png", size=5, width=3, height=3)

    assert row_words(make_row(port, kind=MessageKind.FILE, file=file, text="")) == "Picture: a.png"


@pytest.mark.parametrize("system", list(SystemKind))
def test_every_system_line_has_words(windows: None, system: SystemKind) -> None:
    assert system_words(system, "60")


NAMES = {2: "Wang", 3: "Ann", 4: "Bob"}


@pytest.mark.parametrize(
    ("system", "subjects", "words"),
    [
        (SystemKind.CREATED, (), "Wang made this group."),
        (SystemKind.ADDED, (3, 4), "Wang added Ann, Bob."),
        (SystemKind.REMOVED, (3,), "Wang removed Ann."),
        (SystemKind.LEFT, (3,), "Ann left the group."),
        (SystemKind.RENAMED, (), "Wang named the group “tea?”."),
        (SystemKind.ADDED, (9,), "New members were added."),
        (SystemKind.LEFT, (), "A member has left."),
        (SystemKind.TIMER_CHANGED, (), "Messages no longer disappear."),
    ],
)
def test_a_group_says_who_did_what_if_all_are_known(
    port: FakePort, system: SystemKind, subjects: tuple[int, ...], words: str
) -> None:
    row = make_row(
        port,
        kind=MessageKind.SYSTEM,
        sender=AccountId(2),
        system=system,
        subjects=tuple(AccountId(each) for each in subjects),
    )

    assert line_words(row, lambda each: NAMES.get(each, ""), is_group=True) == words


def test_between_two_people_nobody_needs_a_name(port: FakePort) -> None:
    row = make_row(port, kind=MessageKind.SYSTEM, system=SystemKind.CREATED)

    assert line_words(row, lambda _: "Wang", is_group=False) == "The conversation begins."


def test_a_quote_says_what_is_answered(port: FakePort) -> None:
    quote = Quote(local_id=1, order=1, sender=AccountId(2), kind=MessageKind.TEXT, text="a\nb")

    assert quote_words(quote) == "a b"
    assert quote_words(None) == "A message that is not here"
    assert "taken back" in quote_words(msgspec.structs.replace(quote, kind=MessageKind.RECALLED))
    assert quote_words(msgspec.structs.replace(quote, kind=MessageKind.FILE)) == "File: ab"


def test_a_row_is_one_sentence_with_everything(port: FakePort) -> None:
    row = make_row(
        port,
        reply_to="aa" * 16,
        is_edited=True,
        reactions=(ReactionCount("👍", (AccountId(2), AccountId(3))),),
        state=MessageState.REFUSED,
        refusal="not_contact",
    )

    words = describe_row(row, "You", NOWHERE)

    assert words.startswith("You: tea?, 14:32")
    for part in ("in reply to", "edited", "👍 2", "not sent", "You are not contacts."):
        assert part in words


def test_a_change_on_its_way_is_said_to_wait(port: FakePort) -> None:
    assert describe_row(make_row(port, is_changing=True), "You", NOWHERE).endswith("waiting")


def test_a_file_says_where_it_is(port: FakePort) -> None:
    file = FileRow(name="a.pdf", size=2000, state=FileState.RUNNING)

    words = describe_row(make_row(port, kind=MessageKind.FILE, file=file), "Wang", Progress(1, 4))

    assert "2.0 kB, 25 % downloaded" in words


def test_all_times_are_told(port: FakePort) -> None:
    row = make_row(port)
    later = row.sent_at_ms + 5
    row = msgspec.structs.replace(row, delivered_at_ms=later, read_at_ms=later, expires_at_ms=later)

    told = times_of(row)

    assert [line.split(" 2026")[0] for line in told.splitlines()] == [
        "Sent",
        "On the server",
        "Delivered",
        "Read",
        "Disappears",
    ]


def test_what_waits_or_was_refused_says_so(port: FakePort) -> None:
    row = make_row(port, state=MessageState.WAITING, received_at_ms=0, refusal="closed")

    waiting, refusal = times_of(row).splitlines()[1:]

    assert waiting == "Waiting to be sent"
    assert refusal.startswith("This conversation is closed.")
