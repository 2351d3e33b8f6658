"""The one thread that writes, with natural group commit.

It takes what waits, without a timer, sorts it by conversation, runs each job in one transaction
and commits. Only then the answers and announcements are posted, in the order of the jobs. While a
commit waits for the disk the next batch gathers by itself: the busier, the larger.

| what fails | what happens |
| --- | --- |
| a rule says no (`RefusedError`) | this job's savepoint is rolled back; it is answered |
| the database (disk full, I/O) | the batch is rolled back; every job gets `TransportError` |
| a bug | the batch is rolled back, logged; every job gets `TransportError` |
| the queue is full | the caller gets `RefusedError` with ``overloaded`` |
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.store.database import WILL_WRITE
from backend.store.snowflakes import Snowflakes
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, MimError, RefusedError, TransportError

__all__ = ["Job", "Writer"]

logger = logging.getLogger(__name__)

T = TypeVar("T")
Done = Callable[[T | None, MimError | None], None]


@dataclass(slots=True, eq=False)
class Job(Generic[T]):
    """Something to do in the next transaction.

    Attributes:
        conversation_id: What the batch is sorted by; 0 for what belongs to no conversation.
        work: Runs in the writer's thread.
        done: Called on the serving side after the commit with the result, or with the error.
        has_savepoint: Whether it gets an ORM session and may be undone alone. Jobs without one
            refuse before they write.
    """

    conversation_id: int
    work: Callable[[Unit], T]
    done: Done[T]
    has_savepoint: bool = False


class Writer:
    """Owns the only connection that writes."""

    def __init__(
        self,
        engine: Engine,
        *,
        snowflakes: Snowflakes,
        wall_ms: Callable[[], int],
        post: Callable[[Callable[[], None]], None],
        newest_ms: int = 0,
        pause_after_commit_ms: int = 0,
    ) -> None:
        self._engine = engine
        self._snowflakes = snowflakes
        self._wall_ms = wall_ms
        self._post = post
        self._newest_ms = newest_ms
        self._pause_ms = pause_after_commit_ms
        self._jobs: deque[Job[Any]] = deque()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._rollback_hooks: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self.batches = 0
        self.jobs_done = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self._thread.join()

    def on_rollback(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` in the writer's thread whenever a batch came to nothing."""
        self._rollback_hooks.append(hook)

    def put(self, job: Job[Any]) -> None:
        """Queue a job.

        Raises:
            RefusedError: With `Code.OVERLOADED` if too much waits or the server stops.
        """
        with self._wake:
            if self._is_stopping or len(self._jobs) >= limits.WRITER_QUEUE_MAX:
                raise RefusedError(Code.OVERLOADED, "The server is busy; try again soon.")
            self._jobs.append(job)
            self._wake.notify()

    def change(self, work: Callable[[Unit], T]) -> Future[T]:
        """Queue ``work`` with an ORM session; its result or error comes after the commit."""
        future: Future[T] = Future()

        def settle(result: T | None, error: MimError | None) -> None:
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type] # None only if T allows it.

        self.put(Job(0, work, settle, has_savepoint=True))
        return future

    def _run(self) -> None:
        while batch := self._take():
            self._write(batch)

    def _take(self) -> list[Job[Any]]:
        with self._wake:
            while not self._jobs and not self._is_stopping:
                self._wake.wait()
            size = min(len(self._jobs), limits.WRITER_BATCH_MAX)
            batch = [self._jobs.popleft() for _ in range(size)]
        # Stable: the jobs of one conversation keep their order.
        batch.sort(key=lambda job: job.conversation_id)
        return batch

    def _write(self, batch: list[Job[Any]]) -> None:
        # Server time never goes back, so that marks and entries are in order.
        self._newest_ms = max(self._newest_ms, self._wall_ms())
        try:
            settled = self._commit(batch)
        except Exception as error:  # noqa: BLE001 # Disk or bug: nobody is told "accepted".
            self._note_failure(error)
            settled = [_failed(job) for job in batch]
        if self._pause_ms:
            time.sleep(self._pause_ms / 1000)
        self.batches += 1
        self.jobs_done += len(batch)
        self._post(lambda: _settle(settled))

    def _commit(self, batch: list[Job[Any]]) -> list[Callable[[], None]]:
        with self._engine.connect() as connection:
            connection.execution_options(**{WILL_WRITE: True})
            return self._commit_on(connection, batch)

    def _commit_on(self, connection: Connection, batch: list[Job[Any]]) -> list[Callable[[], None]]:
        settled: list[Callable[[], None]] = []
        with connection.begin():
            unit = Unit(connection, now_ms=self._newest_ms, snowflakes=self._snowflakes)
            for job in batch:
                settled.append(self._run_job(job, unit))
                settled.extend(unit.announcements)
                unit.announcements.clear()
            unit.flush()
        return settled

    def _run_job(self, job: Job[Any], unit: Unit) -> Callable[[], None]:
        try:
            result = self._run_saved(job, unit) if job.has_savepoint else job.work(unit)
        except RefusedError as error:
            unit.announcements.clear()
            return _answer(job, None, error)
        return _answer(job, result, None)

    def _run_saved(self, job: Job[T], unit: Unit) -> T:
        unit.flush()
        with _session_on(unit.connection) as session, session.begin():
            unit.session = session
            try:
                return job.work(unit)
            finally:
                unit.session = None

    def _note_failure(self, error: Exception) -> None:
        if isinstance(error, SQLAlchemyError):
            # The database's own words, without the statement and its values.
            cause = getattr(error, "orig", None)
            logger.error("The database did not take a batch: %s", cause or type(error).__name__)
        else:
            logger.error("A job failed; its batch was rolled back", exc_info=error)
        for hook in self._rollback_hooks:
            hook()


def _session_on(connection: Connection) -> Session:
    return Session(bind=connection, join_transaction_mode="create_savepoint")


def _answer(job: Job[T], result: T | None, error: MimError | None) -> Callable[[], None]:
    return lambda: job.done(result, error)


def _failed(job: Job[Any]) -> Callable[[], None]:
    return _answer(job, None, TransportError("The server could not write this to its disk."))


def _settle(calls: list[Callable[[], None]]) -> None:
    """Tell everybody; one listener's bug must not keep the others from hearing."""
    for call in calls:
        try:
            call()
        except Exception:
            logger.exception("An answer could not be given")
