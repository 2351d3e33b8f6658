from __future__ import annotations

import pytest

from shared import limits
from shared.entries import Head
from shared.errors import Code, LocalError, PeerError
from shared.frames import (
    Accepted,
    Bye,
    ClientFrame,
    Confirm,
    Confirmed,
    Entries,
    Heads,
    Hello,
    Mark,
    Ping,
    Pong,
    Presence,
    Pull,
    Ready,
    Submit,
    Typing,
)
from shared.protocol.server_link import (
    ConfirmReceived,
    HelloReceived,
    MarkReceived,
    NeedEntries,
    PullReceived,
    ServerLink,
    ServerLinkClosed,
    SubmitReceived,
    TypingReceived,
)
from shared.protocol.transitions import LinkPhase
from tests.shared.factories import CONVERSATION, START_MS, chain_before, make_log, make_submission

HELLO = Hello(1, 500, 0, 0)


def make_link() -> ServerLink:
    return ServerLink(now_ms=0, account=11, device=21, link_id="ab")


def make_head(conversation_id: int, head: int) -> Head:
    return Head(conversation_id=conversation_id, head=head, newest_handshake=1, own_counter=0)


def receive(link: ServerLink, frame: ClientFrame, now_ms: int = 10) -> None:
    link.receive(frame, now_ms=now_ms, wall_ms=START_MS + now_ms)


@pytest.fixture
def link() -> ServerLink:
    """A live link at 2 ms, with one conversation of three entries."""
    live = make_link()
    receive(live, HELLO, 1)
    live.greet(now_ms=2, wall_ms=START_MS + 2)
    live.start_live([make_head(CONVERSATION, 3)], now_ms=2)
    live.frames_to_send()
    live.events_received()
    return live


def test_hello_is_told_and_answered_with_the_stamps_of_both() -> None:
    link = make_link()

    receive(link, HELLO, 1)
    told = link.events_received()
    link.greet(now_ms=4, wall_ms=START_MS + 4)

    assert told == [HelloReceived(HELLO)]
    assert link.frames_to_send() == [Ready(1, "ab", 500, START_MS + 1, START_MS + 4, 11, 21)]
    assert link.is_open


@pytest.mark.parametrize(("version", "code"), [(0, Code.CLIENT_TOO_OLD), (2, Code.SERVER_TOO_OLD)])
def test_another_version_is_told_apart(version: int, code: Code) -> None:
    link = make_link()

    receive(link, Hello(version, 0, 0, 0))
    link.greet(now_ms=11, wall_ms=0)

    assert [frame.code for frame in link.frames_to_send() if isinstance(frame, Bye)] == [code]
    assert isinstance(link.events_received()[-1], ServerLinkClosed)


def test_a_client_that_says_nothing_is_closed() -> None:
    link = make_link()

    link.tick(now_ms=limits.HELLO_WAIT_MS - 1, wall_ms=0)
    assert link.deadline_ms() == limits.HELLO_WAIT_MS
    link.tick(now_ms=limits.HELLO_WAIT_MS, wall_ms=0)

    assert link.phase is LinkPhase.CLOSED
    assert link.frames_to_send() == []
    closed = link.events_received()[-1]
    assert isinstance(closed, ServerLinkClosed)
    assert closed.close_code == 1001


def test_anything_before_hello_is_a_breach() -> None:
    link = make_link()

    receive(link, Ping(1))

    assert link.events_received() == [
        ServerLinkClosed(
            Code.MALFORMED, "The client may not send ping while the link is connecting."
        )
    ]


def test_a_second_hello_is_a_breach(link: ServerLink) -> None:
    receive(link, HELLO)

    assert link.is_closed


def test_nothing_is_sent_before_ready() -> None:
    with pytest.raises(LocalError):
        make_link().send(Presence(1, True, 0), now_ms=1)


def test_heads_come_in_pages_and_none_is_a_page_too() -> None:
    many, none = make_link(), make_link()
    for link in (many, none):
        receive(link, HELLO, 1)
        link.greet(now_ms=1, wall_ms=0)
        link.frames_to_send()

    many.start_live([make_head(n, 0) for n in range(1, 2_002)], now_ms=2)
    none.start_live([], now_ms=2)

    pages = [frame for frame in many.frames_to_send() if isinstance(frame, Heads)]
    assert [(len(page.heads), page.is_last) for page in pages] == [(2_000, False), (1, True)]
    assert none.frames_to_send() == [Heads((), is_last=True)]


def test_what_the_client_asks_is_told_in_order(link: ServerLink) -> None:
    submission, pull = make_submission(1), Pull(1, CONVERSATION, 0, 10)
    mark, typing = Mark(CONVERSATION, 2), Typing(CONVERSATION, True)

    for frame in (Submit(submission), pull, mark, typing):
        receive(link, frame)

    assert link.events_received() == [
        SubmitReceived(submission),
        PullReceived(pull),
        MarkReceived(mark),
        TypingReceived(typing),
    ]


def test_a_confirm_is_noted_and_answered(link: ServerLink) -> None:
    receive(link, Confirm(CONVERSATION, 3))

    assert link.events_received() == [ConfirmReceived(CONVERSATION, 3)]
    assert link.frames_to_send() == [Confirmed(CONVERSATION, 3)]


def test_a_ping_is_answered_and_a_pong_is_heard(link: ServerLink) -> None:
    receive(link, Ping(9), 40)
    receive(link, Pong(1, 2, 3), 41)

    assert link.frames_to_send() == [Pong(9, START_MS + 40, START_MS + 40)]
    assert link.events_received() == []


def test_the_next_entry_is_the_callers_to_send_and_the_others_are_read(link: ServerLink) -> None:
    assert link.offer(CONVERSATION, 4, now_ms=5)
    assert not link.offer(CONVERSATION, 6, now_ms=6)

    (need,) = link.events_received()
    assert isinstance(need, NeedEntries)
    assert (need.conversation_id, need.after) == (CONVERSATION, 4)


def test_what_was_read_is_queued(link: ServerLink) -> None:
    log = make_log(5)
    link.offer(CONVERSATION, 5, now_ms=5)
    (need,) = link.events_received()
    assert isinstance(need, NeedEntries)
    frame = Entries(CONVERSATION, chain_before(log, 4), tuple(log[3:5]))

    link.supply(need, frame, now_ms=7)
    link.supply(need, frame, now_ms=8)

    assert link.frames_to_send() == [frame]


def test_nothing_read_queues_nothing(link: ServerLink) -> None:
    link.offer(CONVERSATION, 5, now_ms=5)
    (need,) = link.events_received()
    assert isinstance(need, NeedEntries)

    link.supply(need, None, now_ms=7)

    assert link.frames_to_send() == []


def test_an_accepted_entry_counts_as_delivered_to_its_device(link: ServerLink) -> None:
    entry = make_log(4)[3]
    accepted = Accepted(
        conversation_id=CONVERSATION,
        device_counter=1,
        payload_hash=entry.payload_hash,
        sequence=4,
        entry_id=entry.entry_id,
        received_at_ms=START_MS,
        chain=entry.chain,
    )

    link.accept(accepted, now_ms=5)

    assert link.frames_to_send() == [accepted]
    assert link.offer(CONVERSATION, 5, now_ms=6)


def test_an_overdue_confirm_pings_and_reads_again(link: ServerLink) -> None:
    link.offer(CONVERSATION, 4, now_ms=5)
    due_ms = link.deadline_ms()
    assert due_ms == 5 + limits.CONFIRM_DUE_MS

    link.tick(now_ms=due_ms, wall_ms=START_MS)

    assert link.frames_to_send() == [Ping(START_MS)]
    (need,) = link.events_received()
    assert isinstance(need, NeedEntries)
    assert need.after == 3


def test_a_silent_client_is_closed(link: ServerLink) -> None:
    for _ in range(3):
        due_ms = link.deadline_ms()
        assert due_ms is not None
        link.tick(now_ms=due_ms, wall_ms=0)

    assert link.events_received() == [ServerLinkClosed(None, "The link is silent.")]
    assert link.deadline_ms() is None


def test_more_frames_than_the_budget_close_the_link(link: ServerLink) -> None:
    burst = limits.FRAMES_PER_SECOND_MAX * 10
    for _ in range(burst + 1):
        receive(link, Pong(1, 1, 1))

    assert link.is_closed
    bye = link.frames_to_send()[-1]
    assert isinstance(bye, Bye)
    assert (bye.code, bye.retry_after_ms) == (Code.RATE_LIMITED, 5_000)


def test_the_sustained_rate_is_within_the_budget(link: ServerLink) -> None:
    for now_ms in range(10, 60_000, 10):
        for _ in range(limits.FRAMES_PER_SECOND_MAX // 100):
            receive(link, Pong(1, 1, 1), now_ms)

    assert not link.is_closed


def test_a_conversation_begins_where_it_is_told_to_and_ends(link: ServerLink) -> None:
    link.begin(77, after=10)

    assert link.offer(77, 11, now_ms=5)
    link.end(77)
    assert link.events_received() == []


def test_bye_of_the_client_closes(link: ServerLink) -> None:
    receive(link, Bye(Code.MALFORMED, "Strange."))
    receive(link, Ping(1))

    assert link.events_received() == [ServerLinkClosed(Code.MALFORMED, "Strange.")]
    assert link.frames_to_send() == []


def test_a_link_that_is_over_takes_nothing_more(link: ServerLink) -> None:
    link.fail(PeerError(Code.TOO_LARGE, "Large."), now_ms=5)
    link.close(Code.REPLACED, "Other.", now_ms=6)
    entry = make_log(1)[0]
    link.send(Presence(1, True, 0), now_ms=7)
    link.supply(NeedEntries(CONVERSATION, 3, 1), None, now_ms=7)
    link.accept(Accepted(CONVERSATION, 1, entry.payload_hash, 4, 1, 1, entry.chain), now_ms=7)
    link.tick(now_ms=10**6, wall_ms=0)

    assert not link.offer(CONVERSATION, 4, now_ms=7)
    assert link.frames_to_send() == [Bye(Code.TOO_LARGE, "Large.")]
    assert link.events_received() == [ServerLinkClosed(Code.TOO_LARGE, "Large.")]
    assert ServerLinkClosed(Code.REPLACED, "").close_code == 4409


def test_a_cut_is_told_once(link: ServerLink) -> None:
    link.cut()
    link.cut()

    assert link.events_received() == [ServerLinkClosed(None, "The connection has ended.")]
