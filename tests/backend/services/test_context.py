from __future__ import annotations

import pytest

from backend.bus import EventStored
from backend.services.context import RefusedWithDetailsError
from backend.store.unit import Unit
from shared.errors import Code, RefusedError
from shared.events import EventKind
from tests.backend.office import Office


def test_an_event_is_announced_once_it_is_stored(office: Office) -> None:
    anna = office.join("anna")

    office.services.context.change(
        lambda unit: office.services.context.tell(
            unit, anna.account, EventKind.CONTACTS_CHANGED, account=5
        )
    )

    heard = [item for item in office.heard if isinstance(item, EventStored)]
    assert [(item.account, item.event.position, item.event.account) for item in heard] == [
        (anna.account, 1, 5)
    ]


def test_what_was_refused_is_not_announced(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> None:
        office.services.context.tell(unit, anna.account, EventKind.CONTACTS_CHANGED)
        raise RefusedError(Code.ONESELF, "No.")

    with pytest.raises(RefusedError):
        office.services.context.change(work)

    assert office.heard_of(EventStored) == []


def test_a_refusal_may_carry_details() -> None:
    error = RefusedWithDetailsError(Code.EXISTS, "There is one.", conversation_id="5")

    assert (error.code, error.details) == (Code.EXISTS, {"conversation_id": "5"})
