"""Opening the database: its engine, its pragmas, its migrations, who may use it.

SQLite in WAL mode with ``synchronous=FULL``: a commit that returned survives a power cut. Readers
never wait for the writer. One server at a time uses a data folder; a lock file sees to that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.config import SEALING_FORMAT
from backend.store.tables import Base
from shared.errors import LocalError, TransportError

__all__ = [
    "HEAD_REVISION",
    "WILL_WRITE",
    "DataLock",
    "Database",
    "DatabaseFaultError",
    "Session",
    "open_database",
]

HEAD_REVISION = "0002"
WILL_WRITE = "mim_will_write"  # Execution option of a connection that takes the lock at once.
_MIGRATIONS = Path(__file__).with_name("migrations")
_FILE = "mim.sqlite"

T = TypeVar("T")

db = SQLAlchemy(model_class=Base)


class DatabaseFaultError(TransportError):
    """The database cannot be read now."""


class Database:
    """The engine, and short reading transactions on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, query: Callable[[Session], T]) -> T:
        """Run ``query`` in a transaction of its own that sees one state of the database.

        Raises:
            DatabaseFaultError: If the database cannot be read.
        """
        try:
            with Session(self.engine) as session:
                return query(session)
        except SQLAlchemyError as error:
            raise DatabaseFaultError("The database cannot be read.") from error

    def change(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a writing transaction; for commands, beside a server that may run.

        Raises:
            DatabaseFaultError: If the database cannot be written.
        """
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**{WILL_WRITE: True})
                with Session(connection) as session, session.begin():
                    return work(session)
        except SQLAlchemyError as error:
            raise DatabaseFaultError("The database cannot be written.") from error

    def revision(self) -> str | None:
        """Return the revision of the tables, or ``None`` of an empty database."""
        with self.engine.connect() as connection:
            if "alembic_version" not in inspect(connection).get_table_names():
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    def check_format(self) -> None:
        """Look at how what is stored was sealed.

        Raises:
            LocalError: If that was before conversations were sealed as they are now.
        """
        query = text("SELECT value FROM server_facts WHERE name = 'sealing_format'")
        with self.engine.connect() as connection:
            found = connection.scalar(query)
        if found != str(SEALING_FORMAT):
            raise LocalError(
                f"This data folder was written by a trial version of Mim (sealing format "
                f"{found or 0}) that nobody can read any more; start with an empty folder."
            )

    def migrate(self) -> bool:
        """Bring the tables to this program's state; whether there was anything to do.

        Raises:
            LocalError: If a newer program has written them, or a trial version.
        """
        found = self.revision()
        if found is not None:
            self.check_format()
        if found == HEAD_REVISION:
            return False
        # Alembic is slow to import and mostly not needed.
        from alembic import command
        from alembic.config import Config
        from alembic.util.exc import CommandError

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        try:
            with self.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise LocalError(
                f"The data was written by another version of the server (revision {found}); "
                f"this one knows revisions up to {HEAD_REVISION}."
            ) from error
        return True

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


class DataLock:
    """Keeps a second server away from a data folder; the system frees it when we die."""

    def __init__(self, data: Path) -> None:
        self._path = data / "server.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            LocalError: If another process has it.
        """
        self._file = self._path.open("a+", encoding="ascii")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            self._file = None
            raise LocalError(f"Another server is using {self._path.parent}.") from error

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            # Closing is not enough: a process that another thread starts just now has a copy of
            # the file for a moment, and with it the lock.
            _unlock(self._file)
            self._file.close()
            self._file = None


def open_database(app: Flask, data: Path) -> Database:
    """Open the database in ``data`` for ``app``; it may be empty still."""
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{(data / _FILE).absolute()}"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 8, "connect_args": {"timeout": 5}}
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return Database(engine)


def _set_up_connection(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late for savepoints and snapshots; `_begin` does it.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # Who reads first and writes then may find that another process has written in between.
    will_write = connection.get_execution_options().get(WILL_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if will_write else "BEGIN")


if sys.platform == "win32":  # pragma: no cover # The tests run on Linux.
    import msvcrt

    def _lock(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _unlock(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
