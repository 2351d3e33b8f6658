"""An asyncio loop whose time jumps to the next timer, and processes in it that can be killed.

Nothing here waits for the machine: when no callback is ready the clock goes on to the next one
that is due. Work for other threads runs at once. A callback belongs to the process whose context
it was made in; a dead process's callbacks are dropped, as if its memory were gone.
"""

from __future__ import annotations

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["Killed", "Process", "SimulatedLoop", "StuckError"]

T = TypeVar("T")
_CLOSES_MAX = 20


class Killed(BaseException):  # It is no error: nobody may catch it.
    """The process ends here."""


class StuckError(Exception):
    """Nothing is ready and no timer runs: somebody waits for ever."""


_current: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class Process:
    """What lives and dies together.

    Attributes:
        steps: How many callbacks have run: one per await that was resumed.
        dies_at: The step before which it is killed, 0 for never.
        on_death: Called once, when it has died.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.steps = 0
        self.dies_at = 0
        self.on_death: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self.context = contextvars.copy_context()
        self.context.run(_current.set, self)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Count a task to this process."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def step(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Run a callback, unless the process is dead or dies right now."""
        if self.is_dead:
            return
        self.steps += 1
        if self.steps == self.dies_at:
            self.kill()
            return
        callback(*arguments)

    def kill(self) -> None:
        """End it: nothing of it runs any more."""
        if self.is_dead:
            return
        self.is_dead = True
        for call in self.on_death:
            call()
        for task in list(self._tasks):
            # Nobody shall be told of it later, when the collector finds it.
            task._log_destroy_pending = False  # type: ignore[attr-defined] # Not in the stubs.
            _close(task.get_coro())
        self._tasks.clear()


def _close(coroutine: Any) -> None:
    """Let a coroutine end; what it still awaits is not awaited."""
    for _ in range(_CLOSES_MAX):
        try:
            coroutine.close()
        except (RuntimeError, ValueError):
            continue  # It awaits something in a ``finally``, or is the one that runs.
        except BaseException:  # noqa: BLE001 # Its memory is gone: whatever it says counts not.
            return
        return


class _Future(asyncio.Future[Any]):
    def __init__(self, process: Process | None, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.process = process


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs whatever is ready, then moves its clock."""

    def __init__(self) -> None:
        self._clock = _Clock()
        super().__init__(self._clock)
        self.set_exception_handler(self._note_exception)
        self.faults: list[str] = []

    def time(self) -> float:
        """Return simulated seconds since the loop was made."""
        return self._clock.now_s

    def call_soon(  # type: ignore[override] # Of any callback.
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call soon, unless the process has died by then."""
        process = _process_of(context)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(process.step, callback, *args, context=context)

    def call_at(  # type: ignore[override] # As above.
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at a time, unless the process has died by then."""
        process = _process_of(context)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, process.step, callback, *args, context=context)

    def create_task(  # type: ignore[override] # As above.
        self, coro: Any, *, name: str | None = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[Any]:
        """Start a task in the process it is made in."""
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        process = _process_of(context)
        if process is not None:
            process.adopt(task)
        return task

    def run_in_executor(  # type: ignore[override] # It is done when it returns.
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run at once what else would run in a thread."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 # It is raised where it is awaited.
            future.set_exception(error)
        return future

    def run_process(self, process: Process, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run a coroutine inside a process; if that dies, the future is cancelled."""
        task = self.create_task(work, context=process.context)
        future: asyncio.Future[T] = self.create_future()

        def settle(done: asyncio.Task[T]) -> None:
            if future.done():
                return
            if done.cancelled():
                future.cancel()
            elif (error := done.exception()) is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result())

        def die() -> None:
            if not future.done():
                future.cancel()

        task.add_done_callback(settle, context=contextvars.Context())
        process.on_death.append(die)
        return future

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future that knows in which process it was made."""
        return _Future(_current.get(), loop=self)

    def _note_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error, future = context.get("exception"), context.get("future")
        process = future.process if isinstance(future, _Future) else None
        # Nobody looks at what a process that has died was about to be told.
        if not isinstance(error, Killed) and not (process is not None and process.is_dead):
            self.faults.append(f"{context.get('message')}: {error!r}")


def _process_of(context: contextvars.Context | None) -> Process | None:
    return _current.get() if context is None else context.get(_current, None)


class _Clock(selectors.SelectSelector):
    """Instead of waiting for sockets, lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError("Somebody waits for what nobody will do.")
        if timeout > 0:
            self.now_s += timeout
        return []
