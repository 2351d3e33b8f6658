"""What an administrator does with a data folder besides serving it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from backend.blobs import GrowingBlobs
from backend.services.check import check_all, check_blobs
from backend.services.check import stats as count_all
from backend.services.resets import allow_reset
from backend.services.services import BLOB_FOLDER
from backend.store.database import HEAD_REVISION, Database, DataLock, open_database
from shared.errors import LocalError

__all__ = ["check", "migrate", "reset_account", "stats"]


def migrate(data: Path, *, may_create: bool) -> bool:
    """Bring the tables up to date; whether there was anything to do.

    Raises:
        LocalError: If there is no data, a server uses it, or a newer one has written it.
    """
    if may_create:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    else:
        _require(data)
    lock = DataLock(data)
    lock.acquire()
    try:
        with _opened(data) as database:
            return database.migrate()
    finally:
        lock.release()


def stats(data: Path) -> dict[str, int]:
    """Return how many there are of each thing; the server may be running.

    Raises:
        LocalError: If there is no data, or of another version.
    """
    with _current(data) as database:
        return count_all(database)


def check(data: Path) -> list[str]:
    """Return a sentence for everything that is wrong; the server may be running.

    Raises:
        LocalError: If there is no data, or of another version.
    """
    with _current(data) as database:
        return [*check_all(database), *check_blobs(database, GrowingBlobs(data / BLOB_FOLDER))]


def reset_account(data: Path, user_name: str) -> str:
    """Return a token with which an account may be reset once; the server may be running.

    Raises:
        LocalError: If there is no such account, no data, or of another version.
    """
    now_ms = time.time_ns() // 1_000_000
    with _current(data) as database:
        return database.change(lambda session: allow_reset(session, user_name, now_ms=now_ms))


@contextmanager
def _current(data: Path) -> Iterator[Database]:
    _require(data)
    with _opened(data) as database:
        found = database.revision()
        if found != HEAD_REVISION:
            raise LocalError(f"The tables are of revision {found}; run `mim-server migrate`.")
        database.check_format()
        yield database


@contextmanager
def _opened(data: Path) -> Iterator[Database]:
    database = open_database(Flask("mim-server"), data)
    try:
        yield database
    finally:
        database.close()


def _require(data: Path) -> None:
    if not (data / "mim.sqlite").exists():
        raise LocalError(f"There is no data of a server in {data}.")
