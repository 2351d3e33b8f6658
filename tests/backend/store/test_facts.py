from __future__ import annotations

from backend.store import facts
from tests.backend.office import Office


def test_counts_say_how_many_there_are(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.converse(anna, ben)

    counted = office.services.context.read(facts.counts)

    assert counted == {
        "accounts": 2,
        "devices": 2,
        "sessions": 2,
        "contact_requests": 0,
        "conversations": 1,
        "entries": 1,
    }


def test_a_lease_never_forgets_the_newest_identifier(office: Office) -> None:
    def take(newest_id: int) -> tuple[int, int]:
        return office.services.context.change(
            lambda unit: facts.take_lease(
                unit.session, holder="test", now_ms=1, newest_id=newest_id
            )
        )

    assert take(500) == (0, 500)
    assert take(3) == (0, 500)


def test_the_servers_identifier_is_made_once(office: Office) -> None:
    found = office.services.context.read(lambda session: facts.fact(session, "server_id"))

    assert found == office.services.accounts.server_info().server_id
    assert found is not None
    assert len(found) == 32
