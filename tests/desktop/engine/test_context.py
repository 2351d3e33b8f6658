from __future__ import annotations

import pytest

from desktop.engine.context import monotonic_ms, wall_ms
from desktop.engine.errors import CommandFailedError
from tests.desktop.engine.office import ME, Office


def test_who_is_logged_in_is_known_or_refused(office: Office) -> None:
    assert office.context.me().account == ME.account

    office.context.identity = None

    with pytest.raises(CommandFailedError) as failed:
        office.context.me()
    assert failed.value.code == "not_logged_in"


def test_identifiers_are_positive_and_fit_sixty_three_bits(office: Office) -> None:
    office.context.random = lambda size: b"\xff" * size
    largest = office.context.new_id()
    office.context.random = bytes
    smallest = office.context.new_id()

    assert (smallest, largest) == (1, 2**63 - 1)


def test_without_any_answer_the_servers_time_is_the_wall_clock(office: Office) -> None:
    stamp = office.context.server_time(typed_ms=office.now_ms - 5_000)

    assert abs(stamp.at_ms - (office.wall_ms - 5_000)) <= 1
    assert stamp.error_ms >= 24 * 60 * 60 * 1000


def test_clocks_go_forward() -> None:
    assert monotonic_ms() <= monotonic_ms()
    assert wall_ms() > 1_700_000_000_000
