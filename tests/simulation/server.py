"""The real server in simulated time: its services, gateway and REST, without threads or sockets."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from werkzeug.test import run_wsgi_app

from backend.app import ServerApp, create_app
from backend.config import RateLimits, Settings
from backend.gateway.link import LinkShell
from backend.store.writer import Job, Writer
from shared import limits
from shared.errors import Code, PeerError, RefusedError, TransportError
from shared.rest import Kdf

__all__ = ["CHEAP_KDF", "ServerSide", "SimulatedServer"]

T = TypeVar("T")

CHEAP_KDF = Kdf(version=1, passes=1, memory_bytes=8 * 1024 * 1024)
_MUCH = "100000000/minute"


class InlineWriter(Writer):
    """Writes what waits when the crossing comes to it, in no thread."""

    crossing: InlineCrossing
    _is_due = False

    def start(self) -> None:
        """There is nothing to start."""

    def stop(self) -> None:
        """Write what waits, then end."""
        self._is_stopping = True
        self._write_all()

    def put(self, job: Job[Any]) -> None:
        """Queue a job; errors as in `Writer.put`."""
        super().put(job)
        if not self._is_due:
            self._is_due = True
            self._post(self._write_all)

    def _write_all(self) -> None:
        self._is_due = False
        while self._jobs:
            self._write(self._take())


class InlineCrossing:
    """The crossing of a server whose serving side is the simulated loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._context = contextvars.Context()
        self._posted: deque[Callable[[], None]] = deque()
        self.is_stopped = False

    def post(self, call: Callable[[], None]) -> None:
        """Run soon, in order."""
        self._posted.append(call)
        self._loop.call_soon(self._run_posted, context=self._context)

    def wait(self, future: Future[T]) -> T:
        """Run what was posted until the future is done."""
        while not future.done():
            self._posted.popleft()()
        return future.result()

    def read(self, work: Callable[[], T]) -> T:
        """Run at once."""
        return work()

    def later(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Run after simulated time."""
        self._loop.call_later(delay_ms / 1000, self._run_later, call, context=self._context)

    def stop(self) -> None:
        """Forget what has not run yet."""
        self.is_stopped = True
        self._posted.clear()

    def _run_posted(self) -> None:
        while self._posted and not self.is_stopped:
            self._posted.popleft()()

    def _run_later(self, call: Callable[[], None]) -> None:
        if not self.is_stopped:
            call()


class _Wire:
    """A link's transport: what has come waits here, what goes is handed on (`Transport`)."""

    is_json = False

    def __init__(self) -> None:
        self.received: deque[bytes | str] = deque()
        self.is_cut = False
        self.is_awake = False

    def receive(self, timeout_ms: int | None) -> bytes | str | None:
        """Return what has come, at once."""
        if self.received:
            return self.received.popleft()
        if self.is_cut:
            raise TransportError("The connection has ended.")
        return None

    def wake(self) -> None:
        """Ask for a turn."""
        self.is_awake = True

    def send(self, messages: Any) -> None:
        """Not used: the queue is taken whole."""
        raise NotImplementedError

    def close(self, code: int, reason: str) -> None:
        """Not used: the other end learns it from `ServerSide`."""

    def abort(self) -> None:
        """As `close`."""


class ServerSide(LinkShell):
    """One link on the server; turns when something has come or is due."""

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[bytes | str], None],
        hang_up: Callable[[], None],
    ) -> None:
        """Begin.

        Args:
            loop: The simulated one.
            deliver: Takes what goes to the client.
            hang_up: Called once, at the end.
        """
        self._loop, self._deliver, self._hang_up = loop, deliver, hang_up
        self._context = contextvars.Context()
        self._timer: asyncio.TimerHandle | None = None
        self._is_due = self._has_left = False
        self.arrive()
        self.due()

    def take(self, message: bytes | str) -> None:
        """A message has come."""
        self._wire.received.append(message)
        self.due()

    def cut(self) -> None:
        """The connection is gone."""
        self._wire.is_cut = True
        self.due()

    def vanish(self) -> None:
        """The server is gone: the client's socket ends, nothing else happens."""
        self._has_left = True
        self._hang_up()

    def due(self) -> None:
        """Take a turn soon."""
        if not self._is_due and not self._has_left:
            self._is_due = True
            self._loop.call_soon(self._run_turns, context=self._context)

    @property
    def _wire(self) -> _Wire:
        assert isinstance(self._transport, _Wire)
        return self._transport

    def _enqueue(self, message: bytes | str) -> None:
        super()._enqueue(message)
        self.due()

    def _run_turns(self) -> None:
        self._is_due = False
        if self._has_left:
            return
        wire = self._wire
        while not self.is_over:
            wire.is_awake = False
            self.turn()
            if not (wire.received or wire.is_awake):
                break
        self._hand_over()
        if self.is_over:
            self._end_it()
        else:
            self._set_timer()

    def _hand_over(self) -> None:
        batch, self._queue = list(self._queue), deque()
        self._queued_bytes -= sum(map(len, batch))
        for message in batch:
            self._deliver(message)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline_ms = self._engine.deadline_ms()
        if deadline_ms is not None:
            when = max(deadline_ms / 1000, self._loop.time() + 0.001)
            self._timer = self._loop.call_at(when, self.due, context=self._context)

    def _end_it(self) -> None:
        self._has_left = True
        if self._timer is not None:
            self._timer.cancel()
        self.leave()
        self._hang_up()


class SimulatedServer:
    """A server on a data folder; it can be killed and started again."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, data: Path, *, wall_ms: Callable[[], int]
    ) -> None:
        self._loop = loop
        self._data = data
        self._wall_ms = wall_ms
        self._sides: list[ServerSide] = []
        self._links = 0
        self.starts = 0
        self.app = self._make()

    def call(self, method: str, path: str, data: bytes | None, headers: Any) -> tuple[int, bytes]:
        """Answer a REST call."""
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(data or b"")),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(data or b""),
            "wsgi.input_terminated": True,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        body, status, _ = run_wsgi_app(self.app.flask, environ)
        return int(status.split()[0]), b"".join(body)

    def open_link(
        self,
        authorization: str,
        deliver: Callable[[bytes | str], None],
        hang_up: Callable[[], None],
    ) -> ServerSide:
        """Open a link; errors as in `desktop.engine.network.Network.open_link`."""
        services = self.app.services
        try:
            account, device = services.accounts.authenticate(authorization)
        except RefusedError as error:
            if error.code is not Code.UNAUTHENTICATED:
                raise TransportError("The server cannot be reached.") from error
            raise PeerError(error.code, "The server does not accept this session.") from error
        self._links += 1
        side = ServerSide(
            services,
            self.app.links,
            _Wire(),
            account=account,
            device=device,
            link_id=f"link-{self._links}",
            now_ms=lambda: int(self._loop.time() * 1000),
        )
        side.start(self._loop, deliver, hang_up)
        self._sides = [each for each in self._sides if not each.is_over]
        self._sides.append(side)
        return side

    def restart(self) -> None:
        """Kill the server and start it anew on the same data."""
        self.kill()
        self.app = self._make()

    def kill(self) -> None:
        """End without a word."""
        sides, self._sides = self._sides, []
        self.app.services.context.crossing.stop()
        for side in sides:
            side.vanish()
        self.app.database.close()
        self.app.lock.release()

    def _make(self) -> ServerApp:
        self.starts += 1
        settings = Settings(
            data=self._data,
            kdf=CHEAP_KDF,
            rate_limits=RateLimits(**dict.fromkeys(RateLimits.__struct_fields__, _MUCH)),
        )
        crossing = InlineCrossing(self._loop)
        app = create_app(settings, crossing, wall_ms=self._wall_ms, writer_type=InlineWriter)
        self._flush_later(app, crossing)
        return app

    def _flush_later(self, app: ServerApp, crossing: InlineCrossing) -> None:
        def flush() -> None:
            app.services.marks.flush_cursors()
            crossing.later(limits.CURSOR_FLUSH_MS, flush)

        crossing.later(limits.CURSOR_FLUSH_MS, flush)
