from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from desktop import commands
from desktop.cli.session import Session, open_session
from desktop.engine import CommandFailedError
from desktop.events import (
    Event,
    LinkChanged,
    LinkState,
    PresenceChanged,
    PresenceState,
    Profile,
    ProfileChanged,
)
from shared.identifiers import AccountId
from tests.desktop.cli.fake_client import ANNA, BEN, WITH_BEN, FakeClient, make_row


def with_session(client: FakeClient, work: Callable[[Session], Awaitable[None]]) -> None:
    async def run_it() -> None:
        async with open_session(client) as session:
            await work(session)

    asyncio.run(run_it())


def test_the_client_is_stopped_even_if_it_could_not_start() -> None:
    client = FakeClient(start_failure=CommandFailedError("profile_in_use", "Twice."))

    async def never(session: Session) -> None:
        raise AssertionError

    with pytest.raises(CommandFailedError):
        with_session(client, never)

    assert client.is_stopped


def test_offline_before_the_first_try_is_no_failure() -> None:
    async def work(session: Session) -> None:
        await session.catch_up()
        assert session.is_complete

    # The fake tells "offline" before anything else, as an engine does at its start.
    with_session(FakeClient(), work)


def test_a_failed_try_ends_the_wait() -> None:
    async def work(session: Session) -> None:
        with pytest.raises(CommandFailedError) as caught:
            await session.catch_up(seconds=1e6)
        assert caught.value.code == "offline"

    with_session(FakeClient(link=[LinkState.CONNECTING, LinkState.OFFLINE]), work)


def test_no_answer_in_time_counts_as_out_of_reach() -> None:
    async def work(session: Session) -> None:
        with pytest.raises(CommandFailedError) as caught:
            await session.catch_up(seconds=0)
        assert caught.value.code == "offline"

    with_session(FakeClient(link=[LinkState.CONNECTING]), work)


def test_online_with_a_backlog_is_not_complete() -> None:
    client = FakeClient()

    async def work(session: Session) -> None:
        client.emit(LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=5))
        assert session.is_online
        assert not session.is_complete

    with_session(client, work)


def test_waiting_ends_with_the_event_that_makes_it_so() -> None:
    client = FakeClient()

    async def work(session: Session) -> None:
        waiting = asyncio.create_task(
            session.wait_until(
                lambda: session.contacts[0].presence is PresenceState.OFFLINE, seconds=60
            ),
            name="wait",
        )
        await asyncio.sleep(0)
        client.emit(
            PresenceChanged(account=BEN.account, presence=PresenceState.OFFLINE, last_seen_ms=9)
        )
        assert await waiting
        assert session.contacts[0].last_seen_ms == 9

    with_session(client, work)


def test_names_are_asked_for_once() -> None:
    client = FakeClient()
    dora = AccountId(44)

    async def work(session: Session) -> None:
        first, second = await session.name_of(dora), await session.name_of(dora)
        assert first == second == "carl"
        assert await session.name_of(BEN.account) == "Ben"
        assert await session.name_of(ANNA.account) == "anna"

    with_session(client, work)

    assert client.asked == [commands.LoadProfile(account=dora)]


def test_a_name_that_can_not_be_had_is_its_number() -> None:
    failure = CommandFailedError("offline", "No.")

    async def work(session: Session) -> None:
        assert await session.name_of(AccountId(44)) == "44"

    with_session(FakeClient(failures={commands.LoadProfile: failure}), work)


def test_a_changed_profile_changes_the_name() -> None:
    client = FakeClient()

    async def work(session: Session) -> None:
        client.emit(
            ProfileChanged(profile=Profile(account=BEN.account, user_name="ben2", nickname="B"))
        )
        assert await session.name_of(BEN.account) == "ben2"

    with_session(client, work)


def test_rows_are_paged_until_there_are_enough() -> None:
    client = FakeClient(rows=[make_row(n) for n in range(1, 451)])

    async def work(session: Session) -> None:
        rows = await session.rows(WITH_BEN, limit=420)
        assert [row.local_id for row in rows] == list(range(31, 451))
        assert len(await session.rows(WITH_BEN, limit=1000)) == 450

    with_session(client, work)


def test_listeners_hear_events_after_the_session_took_them_in() -> None:
    client = FakeClient()
    heard: list[tuple[Event, bool]] = []

    async def work(session: Session) -> None:
        session.on_event(lambda event: heard.append((event, session.is_online)))
        client.emit(LinkChanged(state=LinkState.OFFLINE))

    with_session(client, work)

    assert heard == [(LinkChanged(state=LinkState.OFFLINE), False)]


def test_commands_can_be_handed_in_without_waiting() -> None:
    client = FakeClient()
    command = commands.SetTyping(conversation_id=WITH_BEN, is_typing=True)

    async def work(session: Session) -> None:
        session.tell(command)

    with_session(client, work)

    assert client.asked == [command]


def test_out_of_reach_can_be_an_answer_and_a_refusal_is_not() -> None:
    async def reach(session: Session) -> None:
        error = await session.reach(seconds=1e6)
        assert error is not None
        assert error.code == "offline"

    async def refuse(session: Session) -> None:
        with pytest.raises(CommandFailedError):
            await session.reach()

    async def work(session: Session) -> None:
        assert await session.reach() is None

    with_session(FakeClient(), work)
    with_session(FakeClient(link=[LinkState.CONNECTING, LinkState.OFFLINE]), reach)
    with_session(FakeClient(link=[LinkState.REFUSED]), refuse)
