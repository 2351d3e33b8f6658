from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.store import marks
from backend.store.unit import Unit
from tests.backend.office import Office


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20)), min_size=1, max_size=30))
def test_marks_only_grow(office: Office, moves: list[tuple[bool, int]]) -> None:
    number = office.services.context.wall_ms()
    office.clock.now_ms += 1
    anna, ben = office.join(f"anna{number}"), office.join(f"ben{number}")
    chat = office.converse(anna, ben)
    found: list[tuple[int, int]] = []

    def work(unit: Unit) -> None:
        for is_read, place in moves:
            if is_read:
                receipt = marks.move_read(
                    unit.connection,
                    conversation_id=chat,
                    account=ben.account,
                    read=place,
                    at_ms=1,
                )
            else:
                receipt = marks.move_delivered(
                    unit.connection,
                    conversation_id=chat,
                    account=ben.account,
                    delivered=place,
                    at_ms=1,
                )
            if receipt is not None:
                found.append((receipt.delivered, receipt.read))

    office.services.context.change(work)

    assert found == sorted(found)
    assert all(delivered >= read for delivered, read in found)
    assert found[-1][0] == max(place for _, place in moves)
