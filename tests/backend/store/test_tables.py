from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import LargeBinary, String

from backend.store.database import HEAD_REVISION, open_database
from backend.store.tables import Base

MIGRATIONS = Path(__file__).parents[3] / "backend" / "store" / "migrations"


def test_migrations_make_exactly_these_tables(tmp_path: Path) -> None:
    database = open_database(Flask("test"), tmp_path)
    database.migrate()

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, Base.metadata)

    database.close()
    assert differences == []


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD_REVISION]


def test_columns_suit_other_databases() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String):
                assert column.type.length, f"{table.name}.{column.name} needs a length"
        for constraint in table.constraints:
            assert constraint.name, f"a constraint of {table.name} needs a name"


def test_payloads_are_stored_as_bytes() -> None:
    assert isinstance(Base.metadata.tables["entries"].c.payload.type, LargeBinary)
