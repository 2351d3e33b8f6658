from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from shared import limits
from shared.errors import Code, PeerError, TransportError
from tests.backend.gateway.wire import Wire


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.transport.abort()
    made.socket.close()


def test_messages_come_in_order_and_time_runs_out(wire: Wire) -> None:
    wire.write(b"one", b"two")

    got = [wire.take() for _ in range(2)]

    assert got == [b"one", b"two"]
    assert wire.transport.receive(1) is None


def test_a_wake_ends_the_wait(wire: Wire) -> None:
    gevent.spawn(wire.transport.wake)

    assert wire.transport.receive(20_000) is None


def test_writers_do_not_tear_each_others_messages(wire: Wire) -> None:
    large = [bytes([number]) * 300_000 for number in range(8)]
    writers = [gevent.spawn(wire.transport.send, [data, data]) for data in large]
    got: dict[int, int] = {}

    with gevent.Timeout(20):
        while sum(got.values()) < 16 * 300_000:
            for event in wire.read():
                assert isinstance(event, BytesMessage)
                assert len(set(bytes(event.data))) == 1
                got[event.data[0]] = got.get(event.data[0], 0) + len(event.data)

    gevent.joinall(writers, raise_error=True)
    assert set(got.values()) == {600_000}


def test_text_goes_out_as_text(wire: Wire) -> None:
    wire.transport.send(["hello"])

    assert [type(event) for event in wire.read()] == [TextMessage]


def test_a_frame_that_grows_too_large_is_stopped_and_can_be_answered(wire: Wire) -> None:
    writer = gevent.spawn(wire.write, bytes(20 * limits.FRAME_BYTES_MAX))

    with pytest.raises(PeerError) as caught:
        wire.take()
    wire.transport.send([b"bye"])

    assert caught.value.code is Code.TOO_LARGE
    assert [event.data for event in wire.read() if isinstance(event, BytesMessage)] == [b"bye"]
    wire.transport.close(4413, "")
    writer.kill()
    wire.socket.close()


def test_much_that_nobody_takes_stops_the_reading(wire: Wire) -> None:
    sent = 0
    message = bytes(10_000)
    with gevent.Timeout(2, False):
        for _ in range(5_000):
            wire.write(message)
            sent += 1

    for _ in range(sent):
        assert wire.take() == message

    assert sent < 5_000


def test_closing_says_why_and_then_nothing_works(wire: Wire) -> None:
    wire.transport.close(4409, "")

    events = wire.read()
    assert [event.code for event in events if isinstance(event, CloseConnection)] == [4409]
    wire.transport.close(4409, "")
    with pytest.raises(TransportError):
        wire.transport.send([b"x"])
    with pytest.raises(TransportError):
        wire.transport.receive(1)
    wire.socket.close()


def test_a_connection_that_breaks_is_noticed(wire: Wire) -> None:
    wire.socket.close()

    with pytest.raises(TransportError):
        wire.take()
    with pytest.raises(TransportError):
        wire.send_until_it_breaks()
