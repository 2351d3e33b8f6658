from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import gevent
import pytest

from backend.crossing import HubCrossing, ThreadCrossing
from shared.errors import Code, RefusedError


@pytest.fixture
def crossing() -> Iterator[HubCrossing]:
    made = HubCrossing(2)
    yield made
    made.stop()


def test_posts_of_another_thread_run_here_in_order(crossing: HubCrossing) -> None:
    ran: list[tuple[int, int]] = []

    def post_all() -> None:
        for number in range(1000):
            crossing.post(lambda number=number: ran.append((number, threading.get_ident())))  # type: ignore[misc] # A default binds it.

    thread = threading.Thread(target=post_all)
    thread.start()
    with gevent.Timeout(20):
        while len(ran) < 1000:
            gevent.sleep(0.001)
    thread.join()

    assert ran == [(number, threading.get_ident()) for number in range(1000)]


def test_waiting_lets_others_run(crossing: HubCrossing) -> None:
    future: Future[str] = Future()
    ran: list[str] = []
    release = threading.Event()

    def other() -> None:
        ran.append("other")
        release.set()

    def resolve() -> None:
        release.wait(20)
        future.set_result("done")

    gevent.spawn(other)
    threading.Thread(target=resolve).start()

    assert crossing.wait(future) == "done"
    assert ran == ["other"]


def test_reading_happens_in_another_thread_and_raises_here(crossing: HubCrossing) -> None:
    def refuse() -> None:
        raise RefusedError(Code.NOT_FOUND, "No.")

    assert crossing.read(threading.get_ident) != threading.get_ident()
    with pytest.raises(RefusedError):
        crossing.read(refuse)


def test_later_is_later(crossing: HubCrossing) -> None:
    ran = gevent.event.Event()

    crossing.later(1, ran.set)

    assert not ran.is_set()
    assert ran.wait(20)


def test_without_a_hub_everything_runs_where_it_is_called() -> None:
    crossing = ThreadCrossing()
    ran: list[int] = []
    future: Future[int] = Future()
    future.set_result(5)
    crossing.post(lambda: ran.append(1))
    crossing.later(60_000, lambda: ran.append(2))
    crossing.stop()

    assert ran == [1]
    assert (crossing.wait(future), crossing.read(lambda: 7)) == (5, 7)
