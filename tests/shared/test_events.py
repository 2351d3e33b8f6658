from __future__ import annotations

import msgspec

from shared.events import Event


def test_an_event_of_a_later_kind_is_still_an_event() -> None:
    event = msgspec.msgpack.decode(msgspec.msgpack.encode([7, 1, "later", 0, 0, "x"]), type=Event)

    assert event == Event(position=7, at_ms=1, kind="later")
