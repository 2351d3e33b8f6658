from __future__ import annotations

import pytest
from sqlalchemy import text

from backend.store import walk
from tests.backend.office import Insider, Office


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


def run(office: Office, statement: str) -> None:
    with office.app.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_healthy_data_has_no_gaps(office: Office, anna: Insider) -> None:
    office.converse(anna, office.join("ben"))

    assert office.services.context.read(walk.event_gaps) == []
    assert office.services.context.read(walk.marks_beyond_head) == []


def test_a_missing_event_is_a_gap(office: Office, anna: Insider) -> None:
    office.converse(anna, office.join("ben"))
    run(office, f"DELETE FROM events WHERE account = {anna.account} AND position = 2")

    gaps = office.services.context.read(walk.event_gaps)

    assert [gap[0] for gap in gaps] == [anna.account]


def test_a_mark_without_an_entry_is_found(office: Office, anna: Insider) -> None:
    chat = office.converse(anna, office.join("ben"))
    run(office, f"UPDATE members SET delivered = 9 WHERE account = {anna.account}")

    assert office.services.context.read(walk.marks_beyond_head) == [(chat, anna.account)]
