from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import LargeBinary, inspect, text

from backend.store.database import (
    HEAD_REVISION,
    Database,
    DatabaseFaultError,
    DataLock,
    Session,
    open_database,
)
from backend.store.facts import fact, store_fact
from shared.errors import LocalError

MIGRATIONS = Path(__file__).parents[3] / "backend" / "store" / "migrations"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = open_database(Flask("test"), tmp_path)
    opened.migrate()
    return opened


def pragma(database: Database, name: str) -> object:
    with database.engine.connect() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


def test_commits_survive_a_power_cut(database: Database) -> None:
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2
    assert pragma(database, "foreign_keys") == 1
    database.close()


def test_migrating_twice_does_nothing(database: Database) -> None:
    assert database.revision() == HEAD_REVISION
    assert not database.migrate()
    database.close()


def test_a_newer_servers_data_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(LocalError, match="9999"):
        database.migrate()

    database.close()


def test_a_reader_sees_one_state(database: Database) -> None:
    def store(session: Session, value: str) -> None:
        store_fact(session, "colour", value)
        session.commit()

    database.read(lambda session: store(session, "red"))

    def query(session: Session) -> tuple[str | None, str | None]:
        before = fact(session, "colour")
        session.expire_all()
        database.read(lambda other: store(other, "blue"))
        return before, fact(session, "colour")

    assert database.read(query) == ("red", "red")
    database.close()


def test_a_database_that_cannot_be_read_says_so(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE server_facts"))

    with pytest.raises(DatabaseFaultError):
        database.read(lambda session: fact(session, "colour"))

    database.close()


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.acquire()

    with pytest.raises(LocalError, match="Another server"):
        second.acquire()

    first.release()
    second.acquire()
    second.release()


def test_a_copy_of_the_lock_file_keeps_no_lock(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.acquire()
    assert first._file is not None
    copy = os.dup(first._file.fileno())  # As a process has that is being started.

    first.release()

    second.acquire()
    second.release()
    os.close(copy)


def test_data_of_the_trial_format_is_refused_in_a_sentence(tmp_path: Path) -> None:
    database = open_database(Flask("test"), tmp_path)
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM server_facts"))

    for ask in (database.migrate, database.check_format):
        with pytest.raises(LocalError, match="sealing format 0") as caught:
            ask()
        assert str(tmp_path) not in str(caught.value)


def test_a_command_changes_all_or_nothing(database: Database) -> None:
    database.change(lambda session: store_fact(session, "colour", "red"))

    def fail(session: Session) -> None:
        store_fact(session, "colour", "blue")
        raise LocalError("no")

    with pytest.raises(LocalError):
        database.change(fail)

    found = database.read(lambda session: fact(session, "colour"))
    database.close()
    assert found == "red"


def test_a_database_that_cannot_be_written_says_so(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE server_facts"))

    with pytest.raises(DatabaseFaultError, match="written"):
        database.change(lambda session: store_fact(session, "colour", "red"))

    database.close()


def test_accounts_of_before_show_their_presence_and_have_no_blocks(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    opened = open_database(Flask("test"), tmp_path)
    with opened.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        columns = inspect(connection).get_columns("users")
        values = {
            column["name"]: b"x" if isinstance(column["type"], LargeBinary) else 7
            for column in columns
            if not column["nullable"]
        }
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO users ({names}) VALUES ({places})"), values)
    opened.migrate()

    with opened.engine.connect() as connection:
        shares = connection.scalar(text("SELECT shares_presence FROM users"))
        blocks = connection.scalar(text("SELECT count(*) FROM blocks"))

    opened.close()
    assert (shares, blocks) == (1, 0)
