from __future__ import annotations

from pathlib import Path

import pytest

from backend import upkeep
from shared.errors import LocalError
from tests.backend.office import Office


def test_an_empty_folder_is_made_ready_once(tmp_path: Path) -> None:
    data = tmp_path / "data"

    assert upkeep.migrate(data, may_create=True)
    assert not upkeep.migrate(data, may_create=False)
    assert upkeep.check(data) == []
    assert upkeep.stats(data)["accounts"] == 0


def test_without_data_there_is_nothing_to_do(tmp_path: Path) -> None:
    for ask in (upkeep.check, upkeep.stats):
        with pytest.raises(LocalError, match="no data"):
            ask(tmp_path)
    with pytest.raises(LocalError, match="no data"):
        upkeep.migrate(tmp_path, may_create=False)


def test_tables_of_another_version_are_not_judged(tmp_path: Path) -> None:
    (tmp_path / "mim.sqlite").write_bytes(b"")

    with pytest.raises(LocalError, match="mim-server migrate"):
        upkeep.check(tmp_path)


def test_a_running_server_can_be_checked_but_not_migrated(office: Office) -> None:
    data = office.services.context.settings.data
    office.join("anna")

    assert upkeep.check(data) == []
    assert upkeep.stats(data)["accounts"] == 1
    with pytest.raises(LocalError, match="Another server"):
        upkeep.migrate(data, may_create=False)
