"""The crossing between the loop that serves people and the threads that wait for the disk.

Services run where requests and links run: on gevent's hub, or in whichever thread a test uses.
The database is written by one real thread and read by a few, so that no ``fsync`` stops the hub.
`Crossing` is all that either side knows of the other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

import gevent
from gevent.event import Event
from gevent.threadpool import ThreadPool

__all__ = ["Crossing", "HubCrossing", "ThreadCrossing"]

T = TypeVar("T")


class Crossing(Protocol):
    """How calls and results get from one side to the other."""

    def post(self, call: Callable[[], None]) -> None:
        """Run ``call`` soon on the serving side, in the order of posting; from any thread."""

    def wait(self, future: Future[T]) -> T:
        """Return the result of ``future`` or raise its error, while others are served."""

    def read(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a reading thread and return its result, while others are served."""

    def later(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Run ``call`` on the serving side after a while, unless stopped before."""

    def stop(self) -> None:
        """Forget what has not run yet."""


class HubCrossing:
    """The crossing of a server on gevent; made on the hub's thread."""

    def __init__(self, readers: int) -> None:
        self._posted: deque[Callable[[], None]] = deque()
        self._hub = gevent.get_hub()
        self._watcher = self._hub.loop.async_()
        self._wake = Event()
        self._watcher.start(self._wake.set)
        self._runner = gevent.spawn(self._run_posted)
        self._pool = ThreadPool(readers)

    def post(self, call: Callable[[], None]) -> None:
        """Run ``call`` soon on the hub; ``async_`` watchers may be woken from any thread."""
        self._posted.append(call)
        self._watcher.send()

    def wait(self, future: Future[T]) -> T:
        """Return the result of ``future``; other greenlets run meanwhile."""
        done = Event()
        future.add_done_callback(lambda _: self.post(done.set))
        done.wait()
        return future.result()

    def read(self, work: Callable[[], T]) -> T:
        """Run ``work`` in one of the reading threads; other greenlets run meanwhile."""
        # The pool would log what is raised in it; refusals are no news.
        future: Future[T] = Future()
        self._pool.apply(_settle, (future, work))
        return future.result()

    def later(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Run ``call`` in a greenlet of its own after ``delay_ms``."""
        gevent.spawn_later(delay_ms / 1000, call)

    def stop(self) -> None:
        """Let go of the watcher, the runner and the reading threads."""
        self._runner.kill()
        self._watcher.stop()
        self._watcher.close()
        self._pool.kill()

    def _run_posted(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._posted:
                self._posted.popleft()()


class ThreadCrossing:
    """The crossing of tests and commands without a hub: everything runs where it is called."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._timers: list[threading.Timer] = []

    def post(self, call: Callable[[], None]) -> None:
        """Run ``call`` at once, one at a time."""
        with self._lock:
            call()

    def wait(self, future: Future[T]) -> T:
        """Return the result of ``future``."""
        return future.result()

    def read(self, work: Callable[[], T]) -> T:
        """Run ``work`` here."""
        return work()

    def later(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Run ``call`` in a thread after ``delay_ms``."""
        # Not through `post`: such a call may wait, and what it waits for is posted.
        timer = threading.Timer(delay_ms / 1000, call)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def stop(self) -> None:
        """Cancel the calls that wait for their time."""
        for timer in self._timers:
            timer.cancel()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 # It is raised where it was asked for.
        future.set_exception(error)
