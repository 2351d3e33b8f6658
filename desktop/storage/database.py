"""The encrypted SQLite file of one profile, and transactions on it.

ChaCha20-Poly1305 pages (SQLite3 Multiple Ciphers) under a raw 32-byte key; write-ahead log with
``synchronous = FULL``: what a transaction stored survives a power cut.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import apsw

from desktop.storage.migrations import FIRST_VERSION, MIGRATIONS
from desktop.storage.tokenizer import register_tokenizer
from shared.errors import LocalError, TransportError

__all__ = ["Database", "DatabaseFullError", "Row", "Value", "delete_database"]

logger = logging.getLogger(__name__)

Value: TypeAlias = int | float | str | bytes | None
# One result row; its types are those of the columns in `desktop.storage.migrations` (STRICT).
Row: TypeAlias = tuple[Any, ...]

_BUSY_MS = 2_000
_STATEMENTS_KEPT = 512  # More than there are in this program: compiling costs more than running.
_FILES = ("mim.db", "mim.db-wal", "mim.db-shm", "mim.db-journal")


class DatabaseFullError(TransportError):
    """The disk is full or failing; nothing of the transaction was stored."""


class Database:
    """One open database, used by one thread."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the file, make it if it is not there, and bring it up to date.

        Raises:
            LocalError: If the key does not open it, or a newer version of Mim wrote it.
            DatabaseFullError: If the disk is full.
        """
        self._is_inside = False
        self.undone = 0  # Transactions that were; what is remembered of their rows is void.
        self._connection = apsw.Connection(str(path), statementcachesize=_STATEMENTS_KEPT)
        try:
            self._prepare(key)
        except apsw.NotADBError as error:
            self.close()
            raise LocalError("The key does not open the local database.") from error
        except (apsw.FullError, apsw.IOError) as error:
            self.close()
            raise DatabaseFullError("The disk is full or failing.") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Write the log back and close."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored together or not at all; a nested one joins the outer.

        It begins with the first change: this is the only connection, so what is read before that
        cannot change underneath, and whoever changes nothing writes nothing.

        Raises:
            DatabaseFullError: If the disk is full; nothing was stored.
        """
        if self._is_inside:
            yield
            return
        self._is_inside = True
        try:
            yield
            if self._connection.in_transaction:
                self._run("COMMIT")
        except BaseException:
            self.undone += 1
            # SQLite itself may have rolled back (disk full).
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._is_inside = False

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: what fails in here is undone alone, the rest of it stays."""
        assert self._is_inside, "a savepoint lies in a transaction"
        if not self._connection.in_transaction:
            # Else the savepoint would be the transaction, and its end a commit of its own.
            self._run("BEGIN IMMEDIATE")
        self._run("SAVEPOINT part")
        try:
            yield
        except BaseException:
            # A full disk may have ended the whole transaction.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO part; RELEASE part")
            raise
        self._run("RELEASE part")

    def run(self, sql: str, *values: Value) -> int:
        """Run one statement; return how many rows it changed."""
        before = self._connection.total_changes()
        self._change(sql, values)
        return self._connection.total_changes() - before

    def insert(self, sql: str, *values: Value) -> int:
        """Run one INSERT; return the new row's number."""
        self._change(sql, values)
        return self._connection.last_insert_rowid()

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """Return all rows of a query."""
        return list(self._run(sql, values))

    def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row of a query, ``None`` if there is none."""
        return next(self._run(sql, values), None)

    def _change(self, sql: str, values: tuple[Value, ...] = ()) -> None:
        """Run a statement of the transaction around it, or as one of its own."""
        with self.transaction():
            if not self._connection.in_transaction:
                self._run("BEGIN IMMEDIATE")
            self._run(sql, values)

    def _run(self, sql: str, values: tuple[Value, ...] = ()) -> apsw.Cursor:
        try:
            return self._connection.execute(sql, values)
        except (apsw.FullError, apsw.IOError) as error:
            raise DatabaseFullError("The disk is full or failing.") from error

    def _prepare(self, key: bytes) -> None:
        connection = self._connection
        connection.set_busy_timeout(_BUSY_MS)
        # Else statements are compiled again for the values bound to them, which costs more than
        # running them. The order of ours does not hang on values.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.pragma("cipher", "chacha20")
        connection.pragma("key", f"raw:{key.hex()}")
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("temp_store", "memory")  # Sorting must not spill clear text to disk.
        connection.pragma("secure_delete", True)
        register_tokenizer(connection)
        version = connection.pragma("user_version")
        if 0 < version < FIRST_VERSION:
            raise LocalError(
                "This profile comes from a trial version of Mim: move its folder away and log in"
                " again."
            )
        taken = max(0, version - FIRST_VERSION + 1)
        if taken > len(MIGRATIONS):
            raise LocalError("A newer version of Mim wrote this profile.")
        if taken == len(MIGRATIONS):
            return
        newest = FIRST_VERSION + len(MIGRATIONS) - 1
        with self.transaction():
            self._run("BEGIN IMMEDIATE")
            for migration in MIGRATIONS[taken:]:
                connection.execute(migration)
            connection.pragma("user_version", newest)
        logger.info("database: now at version %d", newest)


def delete_database(home: Path) -> None:
    """Delete the database's files."""
    for name in _FILES:
        (home / name).unlink(missing_ok=True)
