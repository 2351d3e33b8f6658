from __future__ import annotations

import pytest

from backend.store.entries import load_head
from backend.store.unit import Unit
from tests.backend.office import Office
from tests.backend.people import message


def test_entries_are_written_together_and_seen_after_a_flush(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    heads: list[int] = []

    def head(unit: Unit) -> int:
        row = load_head(unit.connection, chat)
        assert row is not None
        found: int = row.head
        return found

    def work(unit: Unit) -> None:
        state = office.services.log.state(unit, chat)
        assert state is not None
        office.services.log.append(
            unit, state, account=anna.account, device=anna.device, submission=message(chat, 2)
        )
        heads.append(head(unit))
        unit.flush()
        heads.append(head(unit))

    office.services.context.change(work)

    assert heads == [1, 2]


def test_a_job_without_a_savepoint_has_no_session(office: Office) -> None:
    with office.app.database.engine.connect() as connection:
        unit = Unit(connection, now_ms=1, snowflakes=None)  # type: ignore[arg-type] # Not used.

        with pytest.raises(AssertionError):
            _ = unit.session
