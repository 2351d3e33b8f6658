from __future__ import annotations

import pytest

from backend.services.catch_up import Missed
from shared import limits
from shared.frames import Hello, Presence
from shared.rest import ProfileChange
from tests.backend.office import Insider, Office


def missed(office: Office, insider: Insider, *, position: int = 0, since_ms: int = 0) -> Missed:
    hello = Hello(1, 1, position, since_ms)
    return office.services.catch_up.missed(
        account=insider.account, device=insider.device, hello=hello
    )


def test_a_first_hello_gets_a_snapshot_and_all_heads(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)

    found = missed(office, ben)

    assert [(frame.is_snapshot, frame.events) for frame in found.events] == [(True, ())]
    assert found.position == found.events[0].position > 0
    assert [head.conversation_id for head in found.heads] == [chat]
    assert found.presence == [Presence(anna.account, is_online=False, last_seen_ms=0)]


def test_many_events_come_in_frames(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENTS_PER_FRAME_MAX", 4)
    anna = office.join("anna")
    for number in range(11):
        office.services.profiles.change(anna.account, ProfileChange(signature=str(number)))

    found = missed(office, anna, position=1)

    assert [len(frame.events) for frame in found.events] == [4, 4, 2]
    assert [frame.position for frame in found.events] == [5, 9, 11]


def test_who_knows_everything_gets_no_events(office: Office) -> None:
    anna = office.join("anna")
    office.services.profiles.change(anna.account, ProfileChange(signature="x"))

    assert missed(office, anna, position=1).events == []
