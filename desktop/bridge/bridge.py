"""Runs the engine on a thread of its own and carries commands in and events out.

Only plain values cross: commands (`desktop.commands`) one by one, events (`desktop.events`) in
batches, at most one batch per `limits.BRIDGE_BATCH_MS`, so a flood of events costs the windows'
thread one call a frame. Keys and pixels come before events: a batch has turns of its own, which
begin when nothing else waits, and is interrupted when it takes long; and after a batch the windows
have several times as long for themselves. Nothing here waits on the windows' thread.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from desktop.commands import Command
from desktop.events import AnyAnswer, Done, Event, Failed
from desktop.models.port import CommandFailedError
from desktop.models.session import Session
from shared import limits

__all__ = ["Bridge", "EngineLike", "MakeEngine"]

DELIVERY_S = 0.002  # Then whoever types has a turn before the rest of a batch.
REST_FACTOR = 8  # Of the time a batch took, until the next one.
REST_MAX_S = 0.1

logger = logging.getLogger(__name__)


class EngineLike(Protocol):
    """What the bridge needs of `desktop.engine.Engine`; all of it is called on its own loop."""

    async def start(self) -> None:
        """Open the profile, tell what is in it, and work in the background until `stop`."""

    def submit(self, command: Command) -> None:
        """Take a command."""

    def listen(self, callback: Callable[[Event], None]) -> None:
        """Call back with every event."""

    async def stop(self) -> None:
        """End the work, with everything stored."""


MakeEngine = Callable[[], EngineLike]


class Bridge(QObject):
    """The windows' side of the engine: a `desktop.models.port.Port`."""

    stopped = Signal(object)  # The error that ended the engine, or None.
    _arrived = Signal()
    _ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.is_running = False
        self._session: Session | None = None
        self._request_ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[AnyAnswer]] = {}
        self._commands: deque[Command] = deque()
        self._events: deque[Event] = deque()
        self._room = threading.Semaphore(limits.BRIDGE_QUEUE_MAX)
        self._is_closing = threading.Event()
        self._engine: EngineLike | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._flush: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._thread: threading.Thread | None = None
        # A timer's turn comes after what Qt has posted: keys, and with nothing else to do, paints.
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._deliver)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setTimerType(Qt.TimerType.PreciseTimer)
        self._rest.timeout.connect(self._turn.start)
        self._took_s = 0.0  # The batch that is being delivered, so far.
        self._rested_at = 0.0  # When the next one may begin, by the monotonic clock.
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def feed(self, session: Session) -> None:
        """Let events go into this session's models."""
        self._session = session

    def start(self, make_engine: MakeEngine) -> None:
        """Start a thread with an engine; after `stop` another one can be started.

        Args:
            make_engine: Called on the engine's thread, so its imports do not hold up the windows.
        """
        assert not self.is_running
        self.is_running = True
        self._is_closing.clear()
        self._commands.clear()
        self._thread = threading.Thread(
            target=self._run, args=(make_engine,), name="engine", daemon=True
        )
        self._thread.start()

    def send(self, command: Command) -> None:
        """Hand a command over; if it fails, the session tells so."""
        self._submit(msgspec.structs.replace(command, request_id=next(self._request_ids)))

    async def ask(self, command: Command) -> AnyAnswer:
        """Hand a command over and return its answer.

        Raises:
            CommandFailedError: If the engine answers `Failed`, or has ended.
        """
        if not self.is_running:
            raise CommandFailedError("local", "The engine is not running.")
        request_id = next(self._request_ids)
        answer: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        self._submit(msgspec.structs.replace(command, request_id=request_id))
        try:
            return await answer
        finally:
            self._answers.pop(request_id, None)
            asyncio.get_running_loop().call_soon(self._deliver)

    async def stop(self) -> None:
        """Stop the engine and wait until its thread has ended."""
        if not self.is_running:
            return
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection = self.stopped.connect(
            lambda _error: ended.set_result(None) if not ended.done() else None
        )
        self._is_closing.set()
        loop, closing = self._loop, self._closing
        if loop is not None and closing is not None:
            loop.call_soon_threadsafe(closing.set)
        await ended
        self.stopped.disconnect(connection)

    # The windows' thread.

    def _submit(self, command: Command) -> None:
        self._commands.append(command)
        loop = self._loop
        if loop is not None and self.is_running:
            loop.call_soon_threadsafe(self._take_commands)

    @Slot()
    def _on_arrived(self) -> None:
        """Deliver soon; at once if somebody waits for an answer."""
        rest_s = 0.0 if self._answers else self._rested_at - time.monotonic()
        if rest_s <= 0:
            self._turn.start()
        elif not self._rest.isActive():
            self._rest.start(math.ceil(rest_s * 1000))

    @Slot()
    def _deliver(self) -> None:
        """Deliver what is queued, up to an answer or for a while.

        Who asked takes the answer in first; what is behind it was told later, of rows that only
        the answer made known.
        """
        begun = now = time.monotonic()
        for _ in range(len(self._events)):
            if any(answer.done() for answer in self._answers.values()):
                break
            self._deliver_next()
            now = time.monotonic()
            if self._events and now - begun > DELIVERY_S:
                self._turn.start()
                break
        self._took_s += now - begun
        if not self._events:
            self._rested_at = now + min(self._took_s * REST_FACTOR, REST_MAX_S)
            self._took_s = 0.0

    def _deliver_next(self) -> None:
        assert self._session is not None
        event = self._events.popleft()
        self._room.release()
        if isinstance(event, Done | Failed):
            self._answer(event)
        else:
            self._session.apply(event)

    def _answer(self, event: Done | Failed) -> None:
        answer = self._answers.get(event.request_id)
        if answer is None or answer.done():
            if isinstance(event, Failed):
                assert self._session is not None
                self._session.report_failure(event.code)
        elif isinstance(event, Done):
            answer.set_result(event.answer)
        else:
            answer.set_exception(CommandFailedError(event.code, event.message))

    @Slot(object)
    def _end(self, error: BaseException | None) -> None:
        assert self._thread is not None
        self._thread.join()
        self.is_running = False
        while self._events:
            self._deliver_next()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(CommandFailedError("local", "The engine has ended."))
        self.stopped.emit(error)

    # The engine's thread.

    def _run(self, make_engine: MakeEngine) -> None:
        error: BaseException | None = None
        try:
            asyncio.run(self._main(make_engine))
        except Exception as caught:  # noqa: BLE001  The outermost loop of this thread.
            code = getattr(caught, "code", "")
            logger.info("the engine ended: %s %s", type(caught).__name__, code)
            error = caught
        self._loop = self._closing = self._engine = self._flush = None
        self._ended.emit(error)

    async def _main(self, make_engine: MakeEngine) -> None:
        engine = make_engine()
        engine.listen(self._on_event)
        self._closing = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await engine.start()
        # What is in the profile goes out first: what the engine does next, importing the network's
        # libraries, would keep it back for a fifth of a second.
        self._flush_now()
        try:
            self._engine = engine
            self._take_commands()
            if not self._is_closing.is_set():
                await self._closing.wait()
            # What was sent before the end is carried out before the end.
            self._take_commands()
            await asyncio.sleep(0)
        finally:
            await engine.stop()

    def _take_commands(self) -> None:
        if self._engine is None:
            return
        while self._commands:
            self._engine.submit(self._commands.popleft())

    def _on_event(self, event: Event) -> None:
        """Queue an event; where the windows do not keep up the engine waits for room."""
        while not self._room.acquire(timeout=0.1):
            if self._is_closing.is_set():
                return
        self._events.append(event)
        if self._flush is None:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), self._flushed_at + limits.BRIDGE_BATCH_MS / 1000)
            self._flush = loop.call_at(due, self._emit_batch)

    def _flush_now(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._emit_batch()

    def _emit_batch(self) -> None:
        self._flush = None
        self._flushed_at = asyncio.get_running_loop().time()
        self._arrived.emit()
