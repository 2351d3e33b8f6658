from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import LocalError
from tests.backend.office import Office


def test_a_folder_has_one_server_and_is_free_after_it(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    server_id = office.services.accounts.server_info().server_id

    with pytest.raises(LocalError, match="Another server"):
        Office(tmp_path / "data")

    office.close()
    again = Office(tmp_path / "data")
    assert again.services.accounts.server_info().server_id == server_id
    again.close()


def test_a_folder_that_cannot_be_opened_is_let_go(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    with office.app.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    office.close()

    for _ in range(2):  # The second time it would say "another server" if it were not.
        with pytest.raises(LocalError, match="9999"):
            Office(tmp_path / "data")


def test_pages_of_other_sites_are_refused(office: Office) -> None:
    client = office.app.flask.test_client()

    foreign = client.get("/v1/server", headers={"Origin": "http://evil.example"})
    own = client.get("/v1/server", headers={"Origin": "http://localhost"})

    assert (foreign.status_code, own.status_code) == (403, 200)
