from __future__ import annotations

from backend.bus import Announcement, Bus, SessionClosed


def test_all_listeners_hear_in_order() -> None:
    bus = Bus()
    heard: list[tuple[int, Announcement]] = []
    for number in (1, 2):
        bus.listen(lambda item, number=number: heard.append((number, item)))  # type: ignore[misc] # A default binds it.

    bus.publish(SessionClosed(5))

    assert heard == [(1, SessionClosed(5)), (2, SessionClosed(5))]
