"""A friend's coming and going shows within a second, by the clock of the one who sees it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktop.events import ContactsChanged, Event, PresenceChanged, PresenceState
from tests.scenarios.people import Person, befriended
from tests.server_process import ServerProcess

SHOWN_WITHIN_S = 1.0


def shown(event: Event, friend: Person) -> PresenceState | None:
    """The presence of a friend that an event tells, if it tells it."""
    match event:
        case PresenceChanged():
            return event.presence
        case ContactsChanged():
            presences = [c.presence for c in event.contacts if c.profile.user_name == friend.name]
            return presences[0] if presences else None
        case _:
            return None


def presence_of(friend: Person, *, seen_by: Person) -> PresenceState:
    contact = seen_by.session.contact(friend.name)
    assert contact is not None
    return contact.presence


def shown_at(presence: PresenceState, *, of: Person, in_trace_of: Person, after: float) -> float:
    """When the trace first tells this presence after a moment."""
    return next(
        at for at, event in in_trace_of.trace if at >= after and shown(event, of) is presence
    )


@pytest.mark.asyncio
async def test_coming_and_going_shows_within_a_second(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        await anna.until(lambda: presence_of(ben, seen_by=anna) is PresenceState.ONLINE)

        left = time.monotonic()
        await ben.stop()
        await anna.until(lambda: presence_of(ben, seen_by=anna) is PresenceState.OFFLINE)
        came = time.monotonic()
        await ben.start()
        await anna.until(lambda: presence_of(ben, seen_by=anna) is PresenceState.ONLINE)

        offline_after = shown_at(PresenceState.OFFLINE, of=ben, in_trace_of=anna, after=left) - left
        online_at = shown_at(
            PresenceState.ONLINE, of=ben, in_trace_of=anna, after=left + offline_after
        )
        print(f"offline shown after {offline_after * 1000:.0f} ms")
        # From the start of the app on, so with the time it takes to connect.
        print(f"online shown after {(online_at - came) * 1000:.0f} ms")
        assert offline_after < SHOWN_WITHIN_S
        assert online_at - came < SHOWN_WITHIN_S
