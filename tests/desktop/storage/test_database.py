from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from desktop.storage import database as module
from desktop.storage.database import Database, DatabaseFullError, delete_database
from shared.errors import LocalError

KEY = bytes(range(32))

KILLED = """
import os, pathlib, signal, sys
from desktop.storage.database import Database
database = Database(pathlib.Path(sys.argv[1]), bytes(range(32)))
database.run("INSERT INTO settings (name, value) VALUES ('stored', '1')")
with database.transaction():
    database.run("INSERT INTO settings (name, value) VALUES ('half', '1')")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_on_disk_can_be_read_without_the_key(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)
    database.run("INSERT INTO settings (name, value) VALUES ('name', 'find this phrase')")
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    on_disk += (tmp_path / "mim.db").read_bytes()

    assert b"find this phrase" not in on_disk
    assert b"SQLite format" not in on_disk


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    Database(tmp_path / "mim.db", KEY).close()

    with pytest.raises(LocalError):
        Database(tmp_path / "mim.db", bytes(32))


def test_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)
    database.run("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(LocalError):
        Database(tmp_path / "mim.db", KEY)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)

    def fail_half_way() -> None:
        with database.transaction():
            database.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            with database.transaction():
                database.run("INSERT INTO settings (name, value) VALUES ('c', 'd')")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail_half_way()

    assert database.rows("SELECT * FROM settings") == []
    database.run("INSERT INTO settings (name, value) VALUES ('e', 'f')")
    assert database.row("SELECT name FROM settings") == ("e",)
    database.close()


def test_a_part_that_fails_is_undone_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)

    def fail_in_the_second_part() -> None:
        with database.transaction():
            with database.savepoint():
                database.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            with database.savepoint():
                database.run("INSERT INTO settings (name, value) VALUES ('c', 'd')")
                raise ValueError("stop")

    def go_on_all_the_same() -> None:
        with database.transaction():
            database.run("INSERT INTO settings (name, value) VALUES ('e', 'f')")
            with suppress(ZeroDivisionError), database.savepoint():
                database.run("INSERT INTO settings (name, value) VALUES ('g', 'h')")
                raise ZeroDivisionError

    with pytest.raises(ValueError, match="stop"):
        fail_in_the_second_part()
    go_on_all_the_same()

    assert database.rows("SELECT name FROM settings") == [("e",)]
    database.close()


def test_parts_are_stored_with_the_whole_and_not_before(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)

    def fail_at_the_end() -> None:
        with database.transaction():
            with database.savepoint():
                database.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail_at_the_end()

    assert database.rows("SELECT name FROM settings") == []
    database.close()


def test_a_transaction_begins_with_its_first_change(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)
    log = tmp_path / "mim.db-wal"
    before = log.stat().st_size

    with database.transaction():
        assert database.rows("SELECT * FROM settings") == []
        is_begun = [database._connection.in_transaction]
    after_reading = log.stat().st_size
    with database.transaction():
        database.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
        is_begun.append(database._connection.in_transaction)

    assert is_begun == [False, True]
    assert (after_reading, database._connection.in_transaction) == (before, False)
    database.close()


def test_what_was_stored_survives_a_kill_and_half_a_transaction_does_not(tmp_path: Path) -> None:
    path = tmp_path / "mim.db"

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=Path(__file__).parents[3],
        check=False,
        timeout=60,
    )

    database = Database(path, KEY)
    assert killed.returncode == -9
    assert database.rows("SELECT name FROM settings") == [("stored",)]
    database.close()


def test_a_full_disk_stores_nothing_and_is_said(tmp_path: Path) -> None:
    database = Database(tmp_path / "mim.db", KEY)
    pages = database.row("PRAGMA page_count")
    assert pages is not None
    database.run(f"PRAGMA max_page_count = {pages[0]}")

    def fill() -> None:
        with database.transaction():
            for number in range(1000):
                database.run(
                    "INSERT INTO settings (name, value) VALUES (?, ?)", str(number), "x" * 4000
                )

    with pytest.raises(DatabaseFullError):
        fill()

    database.run("PRAGMA max_page_count = 1000000")
    assert database.rows("SELECT * FROM settings") == []
    database.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
    database.close()


def test_a_disk_that_fails_while_opening_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_connection: apsw.Connection) -> None:
        raise apsw.IOError("no")

    monkeypatch.setattr(module, "register_tokenizer", failing)

    with pytest.raises(DatabaseFullError):
        Database(tmp_path / "mim.db", KEY)


def test_deleting_leaves_no_file(tmp_path: Path) -> None:
    Database(tmp_path / "mim.db", KEY).close()
    (tmp_path / "mim.db-wal").write_bytes(b"")

    delete_database(tmp_path)

    assert list(tmp_path.iterdir()) == []
