from __future__ import annotations

import pytest

from shared import chain, limits
from shared.clock_sync import RoundTrip
from shared.errors import Code, LocalError, PeerError
from shared.frames import (
    Accepted,
    Bye,
    Confirm,
    Confirmed,
    Heads,
    Hello,
    Ping,
    Pong,
    Ready,
    ServerFrame,
    Submit,
)
from shared.protocol.client_link import (
    ClientLink,
    ClockSample,
    Closed,
    FrameReceived,
    Opened,
)
from shared.protocol.transitions import LinkPhase
from tests.shared.factories import START_MS, make_submission

READY = Ready(1, "x", START_MS, START_MS + 5, START_MS + 6, 11, 21)
CONFIRM = Confirm(31, 1)


def make_link() -> ClientLink:
    return ClientLink(
        now_ms=0, wall_ms=START_MS, event_position=4, marks_since_ms=7, client="mim 0.1"
    )


def receive(link: ClientLink, frame: ServerFrame, now_ms: int) -> None:
    link.receive(frame, now_ms=now_ms, wall_ms=START_MS + now_ms)


@pytest.fixture
def link() -> ClientLink:
    """An open link at 11 ms, with nothing left to send or tell."""
    opened = make_link()
    receive(opened, READY, 11)
    receive(opened, Heads((), is_last=True), 11)
    opened.frames_to_send()
    opened.events_received()
    return opened


def test_the_first_frame_is_hello() -> None:
    assert make_link().frames_to_send() == [Hello(1, START_MS, 4, 7, "mim 0.1")]


def test_ready_opens_the_link_and_is_a_sample_for_the_clock() -> None:
    link = make_link()

    receive(link, READY, 11)

    sample = RoundTrip(
        client_sent_ms=0,
        server_received_ms=START_MS + 5,
        server_sent_ms=START_MS + 6,
        client_received_ms=11,
    )
    assert link.events_received() == [Opened(READY), ClockSample(sample)]
    assert link.is_open


def test_ready_of_another_version_closes_the_link() -> None:
    link = make_link()

    receive(link, Ready(2, "x", 0, 0, 0, 11, 21), 11)

    assert link.events_received() == [
        Closed(Code.SERVER_TOO_OLD, "The server speaks another version.")
    ]
    assert isinstance(link.frames_to_send()[-1], Bye)


def test_frames_wait_for_ready() -> None:
    with pytest.raises(LocalError):
        make_link().send(CONFIRM, now_ms=1)


def test_a_server_that_never_answers_is_given_up() -> None:
    link = make_link()
    assert link.deadline_ms() == limits.HELLO_WAIT_MS

    link.tick(now_ms=limits.HELLO_WAIT_MS - 1, wall_ms=0)
    assert not link.is_closed
    link.tick(now_ms=limits.HELLO_WAIT_MS, wall_ms=0)

    assert link.phase is LinkPhase.CLOSED
    assert link.deadline_ms() is None
    closed = link.events_received()[-1]
    assert isinstance(closed, Closed)
    assert (closed.code, closed.close_code) == (None, 1001)


def test_a_server_that_never_says_where_all_stands_is_given_up() -> None:
    link = make_link()
    receive(link, READY, 11)
    receive(link, Heads((), is_last=False), 20)

    assert link.deadline_ms() == 20 + limits.HELLO_WAIT_MS
    link.tick(now_ms=20 + limits.HELLO_WAIT_MS, wall_ms=0)

    assert link.is_closed


def test_a_ping_is_answered_and_told_to_nobody(link: ClientLink) -> None:
    receive(link, Ping(77), 50)

    assert link.frames_to_send() == [Pong(77, START_MS + 50, START_MS + 50)]
    assert link.events_received() == []


def test_a_pong_is_a_sample_once_and_only_for_a_ping_that_was_sent(link: ClientLink) -> None:
    ping_ms = link.deadline_ms()
    assert ping_ms is not None
    link.tick(now_ms=ping_ms, wall_ms=900)
    assert link.frames_to_send() == [Ping(900)]

    receive(link, Pong(901, 1, 2), ping_ms + 5)
    receive(link, Pong(900, 1, 2), ping_ms + 6)
    receive(link, Pong(900, 1, 2), ping_ms + 7)

    samples = link.events_received()
    assert len(samples) == 1
    assert isinstance(samples[0], ClockSample)
    assert samples[0].sample.client_sent_ms == ping_ms


def test_a_silent_server_is_pinged_twice_then_the_link_is_closed(link: ClientLink) -> None:
    for _ in range(3):
        due_ms = link.deadline_ms()
        assert due_ms is not None
        link.tick(now_ms=due_ms, wall_ms=due_ms)

    assert link.events_received() == [Closed(None, "The connection is silent.")]
    assert link.phase is LinkPhase.CLOSED
    assert link.idle_ms == limits.IDLE_START_MS // 2


def make_accepted(payload: bytes, *, is_repeat: bool) -> Accepted:
    return Accepted(
        conversation_id=31,
        device_counter=1,
        payload_hash=chain.hash_payload(payload),
        sequence=2,
        entry_id=3,
        received_at_ms=START_MS + 30,
        chain=bytes(32),
        is_repeat=is_repeat,
    )


@pytest.mark.parametrize(("is_repeat", "samples"), [(False, 1), (True, 0)])
def test_the_first_answer_to_a_submit_is_a_sample(
    link: ClientLink, is_repeat: bool, samples: int
) -> None:
    link.send(Submit(make_submission(1, b"p")), now_ms=20)

    receive(link, make_accepted(b"p", is_repeat=is_repeat), 40)

    events = link.events_received()
    assert sum(isinstance(event, ClockSample) for event in events) == samples
    assert sum(isinstance(event, FrameReceived) for event in events) == 1


def test_the_servers_bye_closes_and_says_when_to_come_back(link: ClientLink) -> None:
    receive(link, Bye(Code.OVERLOADED, "Busy.", 2_000), 50)
    receive(link, Confirmed(31, 1), 51)

    closed = Closed(Code.OVERLOADED, "Busy.", 2_000)
    assert link.events_received() == [closed]
    assert closed.close_code == 4503


def test_a_second_ready_is_a_breach(link: ClientLink) -> None:
    receive(link, READY, 50)

    bye = link.frames_to_send()[-1]
    assert isinstance(bye, Bye)
    assert bye.code is Code.MALFORMED


def test_what_cannot_be_read_closes_the_link_once(link: ClientLink) -> None:
    link.fail(PeerError(Code.TOO_LARGE, "Large."), now_ms=50)
    link.fail(PeerError(Code.TOO_LARGE, "Large."), now_ms=51)
    link.send(CONFIRM, now_ms=52)
    link.tick(now_ms=10**6, wall_ms=0)

    assert link.frames_to_send() == [Bye(Code.TOO_LARGE, "Large.")]
    assert link.events_received() == [Closed(Code.TOO_LARGE, "Large.")]


def test_a_code_without_a_close_code_of_its_own_closes_with_4500() -> None:
    assert Closed(Code.INTERNAL, "No.").close_code == 4500


def test_a_cut_is_told_once(link: ClientLink) -> None:
    link.cut()
    link.cut()

    assert link.events_received() == [Closed(None, "The connection has ended.")]
    assert link.phase is LinkPhase.CLOSED


def test_a_cut_after_bye_ends_the_link_without_a_word(link: ClientLink) -> None:
    link.close(Code.MALFORMED, "No.", now_ms=50)
    link.events_received()

    link.cut()

    assert link.phase is LinkPhase.CLOSED
    assert link.events_received() == []
