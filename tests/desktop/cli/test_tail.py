from __future__ import annotations

import asyncio

from desktop import commands
from desktop.cli import tail
from desktop.cli.session import open_session
from desktop.events import MessageKind, MessageRow, MessageState, TimelineChanged
from shared.identifiers import ConversationId
from tests.desktop.cli.fake_client import (
    ANNA,
    WITH_BEN,
    FakeClient,
    make_conversation,
    make_row,
)


def follow(client: FakeClient, live: list[MessageRow], *, count: int) -> list[str]:
    """Follow until ``count`` were shown; ``live`` arrive once the unread ones were asked for."""
    shown: list[str] = []

    async def show(row: MessageRow) -> None:
        shown.append(row.text)

    async def run_it() -> None:
        async with open_session(client) as session:
            following = asyncio.create_task(
                tail.follow(session, show, count=count, seconds=None), name="follow"
            )
            await asyncio.sleep(0)  # Lets it begin to listen.
            for row in live:
                client.emit(TimelineChanged(conversation_id=WITH_BEN, rows=[row]))
            await following

    asyncio.run(run_it())
    return shown


def test_unread_messages_come_before_live_ones() -> None:
    rows = [make_row(n, text=f"old {n}") for n in range(1, 5)]
    conversation = make_conversation(unread=2, first_unread=3, head=4)
    client = FakeClient(rows=rows, conversation=conversation)

    shown = follow(client, [make_row(5, text="live")], count=3)

    assert shown == ["old 3", "old 4", "live"]


def test_what_happens_to_a_group_is_shown_and_is_no_message() -> None:
    live = [
        make_row(1, text="they came", kind=MessageKind.SYSTEM),
        make_row(2, text="hello"),
        make_row(3, text="not asked for"),
    ]

    assert follow(FakeClient(), live, count=1) == ["they came", "hello"]


def test_what_was_read_is_not_shown_again() -> None:
    client = FakeClient(rows=[make_row(1, text="old")])

    assert follow(client, [make_row(2, text="live")], count=1) == ["live"]


def test_a_message_that_changes_is_shown_once() -> None:
    row = make_row(1, text="live")

    shown = follow(FakeClient(), [row, row, make_row(2, text="next")], count=2)

    assert shown == ["live", "next"]


def test_own_messages_are_not_shown() -> None:
    own = make_row(1, sender=ANNA, text="mine", state=MessageState.ACCEPTED)

    assert follow(FakeClient(), [own, make_row(2, text="live")], count=1) == ["live"]


def test_shown_messages_are_marked_read() -> None:
    client = FakeClient()

    follow(client, [make_row(7)], count=1)

    assert client.asked == [commands.MarkRead(conversation_id=WITH_BEN, sequence=7)]


def test_what_was_seen_is_forgotten_in_the_end() -> None:
    seen: dict[tuple[ConversationId, int], None] = {}

    for local_id in range(1, tail.SEEN_MAX + 10):
        seen[(WITH_BEN, local_id)] = None
        tail.forget_oldest(seen)

    assert len(seen) == tail.SEEN_MAX
    assert (WITH_BEN, 1) not in seen
