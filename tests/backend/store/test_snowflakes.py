from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.store.snowflakes import EPOCH_MS, Snowflakes


def test_an_identifier_holds_time_node_and_counter() -> None:
    made = Snowflakes(node=5, newest_id=0).next_id(EPOCH_MS + 1000)

    assert (made >> 22, made >> 12 & 1023, made & 4095) == (1000, 5, 0)


def test_a_new_run_starts_above_the_last_one() -> None:
    newest = Snowflakes(node=0, newest_id=0).next_id(EPOCH_MS + 50_000)

    again = Snowflakes(node=0, newest_id=newest).next_id(EPOCH_MS + 50_000)

    assert again > newest


def test_a_full_millisecond_borrows_the_next() -> None:
    snowflakes = Snowflakes(node=0, newest_id=0)

    made = [snowflakes.next_id(EPOCH_MS + 7) for _ in range(5000)]

    assert made == sorted(set(made))
    assert made[-1] >> 22 == 8


@given(st.lists(st.integers(EPOCH_MS, EPOCH_MS + 10_000), max_size=200))
def test_identifiers_only_grow_whatever_the_clock_does(times: list[int]) -> None:
    snowflakes = Snowflakes(node=1, newest_id=0)

    made = [snowflakes.next_id(time) for time in times]

    assert made == sorted(set(made))
