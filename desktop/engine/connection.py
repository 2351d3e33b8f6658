"""Keeps one link open: connects, waits with growing pauses, connects again."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, failure_of
from desktop.engine.link_parts import LinkParts
from desktop.engine.link_run import LinkRun
from desktop.engine.network import LinkSocket
from desktop.events import LinkChanged, LinkState
from desktop.storage.database import DatabaseFullError
from shared import limits
from shared.errors import Code, MimError, PeerError, TransportError
from shared.frames import decode_server_frame, encode_frame
from shared.protocol.client_link import Closed

__all__ = ["Connection", "backoff_ms"]

logger = logging.getLogger(__name__)

# After these, trying again would only be told the same.
_FINAL_CODES = frozenset(
    {
        Code.UNAUTHENTICATED,
        Code.ORIGIN,
        Code.CLIENT_TOO_OLD,
        Code.SERVER_TOO_OLD,
        Code.REPLACED,
    }
)
_TICK_MAX_MS = 5_000  # At least so often the clocks are compared: that shows a sleep.
_MESSAGES_AT_ONCE_MAX = 32
_BYE_S = 1  # For the last frames, once the link is over.
_SEND_S = 30  # A server that takes nothing for so long is gone.


def backoff_ms(attempt: int, draw: float) -> int:
    """Return the pause before the next try: doubling, with jitter in its upper half.

    Args:
        attempt: 0 after the first failure.
        draw: A random number in [0, 1).
    """
    step_ms = min(limits.RECONNECT_MIN_MS << min(attempt, 16), limits.RECONNECT_MAX_MS)
    return round(step_ms * (0.5 + draw / 2))


class Connection:
    """The link of this engine, whatever happens to it; `run` is one task."""

    def __init__(self, context: EngineContext, parts: LinkParts) -> None:
        self._context = context
        self._parts = parts
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._idle_ms = limits.IDLE_START_MS
        self._was_ready = False
        self._retry_after_ms = 0
        self.current: LinkRun | None = None

    def hurry(self) -> None:
        """Try now instead of waiting: the person did something that needs the server."""
        self._hurry.set()

    def deliver(self, conversation_id: int, local_id: int) -> None:
        """A message is in the outbox: send it, or try to be able to."""
        if self.current is None:
            self.hurry()
        else:
            self.current.add_message(conversation_id, local_id)

    async def run(self) -> Code | None:
        """Keep the link open until the server says for good that it may not be.

        Returns:
            Why, or ``None`` for an address that this client does not connect to.
        """
        attempt = 0
        while True:
            self._context.emit(LinkChanged(state=LinkState.CONNECTING))
            try:
                code, message = await self._once()
            except CommandFailedError as error:
                self._tell_refused(error.code, error.message)
                return None
            if code in _FINAL_CODES:
                assert code is not None
                self._tell_refused(code.value, message)
                return code
            attempt = 0 if self._was_ready else attempt + 1
            pause_ms = max(
                backoff_ms(attempt, self._context.chance()),  # Jitter, no secret.
                self._retry_after_ms,
            )
            self._retry_after_ms = 0
            self._tell_offline(code, message, pause_ms)
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_ms / 1000):
                    await self._hurry.wait()

    async def _once(self) -> tuple[Code | None, str]:
        """Open one link and stay until it ends; return why it did."""
        self._was_ready = False
        try:
            socket = await self._context.http.open_link()
        except TransportError as error:
            return None, str(error)
        except PeerError as error:
            return error.code, error.message
        run = LinkRun(self._context, self._parts, idle_ms=self._idle_ms, wake=self._wake.set)
        self.current = run
        tasks = [
            asyncio.create_task(self._read(socket, run), name="link reader"),
            asyncio.create_task(self._drive(socket, run), name="link driver"),
            asyncio.create_task(run.chores.run(), name="chores"),
            asyncio.create_task(self._history(run), name="history"),
        ]
        try:
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
            self._wake.set()
            await asyncio.wait(tasks[1:2], timeout=_BYE_S)
        finally:
            self._leave(run)
            await run.detach()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close((run.closed or Closed(None, "")).close_code)
        self._log_bugs(results)
        assert run.closed is not None
        self._retry_after_ms = min(run.closed.retry_after_ms, limits.RECONNECT_MAX_MS)
        return run.closed.code, run.closed.message

    def _leave(self, run: LinkRun) -> None:
        self._was_ready = run.is_ready or self._context.is_online
        self._idle_ms = run.link.idle_ms
        run.end()
        self.current = None
        self._context.is_online = False
        self._parts.contacts.forget_presence()
        self._parts.typing.forget()

    def _log_bugs(self, results: list[BaseException | None]) -> None:
        """Say what should not have happened; the next link begins from what is stored."""
        for result in results:
            if isinstance(result, Exception):
                logger.error("the link ended by a fault", exc_info=result)
                self._was_ready = False  # So that the pauses grow.

    async def _read(self, socket: LinkSocket, run: LinkRun) -> None:
        reading = asyncio.ensure_future(socket.receive())
        try:
            while run.closed is None:
                messages = [await reading]
                # What has arrived meanwhile is stored together: a transaction costs more than
                # most of what is in it.
                while messages[-1] is not None and len(messages) < _MESSAGES_AT_ONCE_MAX:
                    reading = asyncio.ensure_future(socket.receive())
                    # However much is waiting to be read, others get their turn.
                    await asyncio.sleep(0)
                    if not reading.done():
                        break
                    messages.append(reading.result())
                else:
                    reading = asyncio.ensure_future(socket.receive())
                self._take(run, [message for message in messages if message is not None])
                if messages[-1] is None:
                    run.cut()
                    break
                self._wake.set()
        finally:
            reading.cancel()

    def _take(self, run: LinkRun, messages: list[bytes | str]) -> None:
        """Take what has arrived, in one transaction; of a frame that is wrong nothing stays."""
        error: PeerError | None = None
        try:
            with self._context.storage.database.transaction():
                for message in messages:
                    if (error := self._take_one(run, message)) is not None:
                        break
        except DatabaseFullError:
            _drop_frames(run)
            run.note_full()
            return
        except Exception:
            _drop_frames(run)
            raise
        if error is not None:
            run.link.fail(error, now_ms=self._context.now_ms())
            run.tick()

    def _take_one(self, run: LinkRun, message: bytes | str) -> PeerError | None:
        """Take a frame; return what is wrong with it."""
        try:
            with self._context.storage.database.savepoint():
                frame = decode_server_frame(message)
                logger.debug("< %s", frame)
                run.receive(frame)
        except PeerError as error:
            return error
        return None

    async def _drive(self, socket: LinkSocket, run: LinkRun) -> None:
        """Send what is to be sent and tick when it is due, until the link is over."""
        compare_ms = self._context.now_ms() + _TICK_MAX_MS
        while True:
            # Cleared first: what is queued while sending wakes this loop again.
            self._wake.clear()
            frames = run.link.frames_to_send()
            try:
                async with asyncio.timeout(_SEND_S):
                    for frame in frames:
                        data = encode_frame(frame)
                        assert isinstance(data, bytes)
                        logger.debug("> %s", frame)
                        await socket.send(data)
            except (TransportError, TimeoutError):
                run.cut()
            if run.closed is not None:
                return
            due_ms = run.deadline_ms()
            due_ms = compare_ms if due_ms is None else min(due_ms, compare_ms)
            await self._wait_until(due_ms)
            if self._context.now_ms() < due_ms:
                continue  # There is something to send, and nothing to decide.
            compare_ms = self._context.now_ms() + _TICK_MAX_MS
            try:
                run.tick()
            except DatabaseFullError:
                run.note_full()

    async def _wait_until(self, due_ms: int) -> None:
        """Wait until there is something to send or something is due."""
        pause_ms = max(1, due_ms - self._context.now_ms())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_ms / 1000):
                await self._wake.wait()

    async def _history(self, run: LinkRun) -> None:
        try:
            await run.load_history()
        except MimError as error:
            logger.warning("older messages are not here yet: %s", failure_of(error).code)

    def _tell_refused(self, code: str, message: str) -> None:
        self._context.emit(LinkChanged(state=LinkState.REFUSED, code=code, message=message))

    def _tell_offline(self, code: Code | None, message: str, pause_ms: int) -> None:
        self._context.emit(
            LinkChanged(
                state=LinkState.OFFLINE,
                code="" if code is None else code.value,
                message=message,
                retry_at_ms=self._context.wall_ms() + pause_ms,
            )
        )


def _drop_frames(run: LinkRun) -> None:
    """Send nothing of what waits: it may confirm what is not stored after all."""
    run.link.frames_to_send()
