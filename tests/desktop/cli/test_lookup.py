from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from desktop.cli.lookup import contact_of, conversation_id_of, mentions_in, profile_of
from desktop.cli.session import Session, open_session
from desktop.engine import CommandFailedError
from tests.desktop.cli.fake_client import (
    BEN,
    CARL,
    GROUP,
    NOTES,
    WITH_BEN,
    FakeClient,
    make_group,
)

T = TypeVar("T")


def look(client: FakeClient, find: Callable[[Session], Awaitable[T]]) -> T:
    async def run_it() -> T:
        async with open_session(client) as session:
            return await find(session)

    return asyncio.run(run_it())


def test_a_user_name_finds_the_conversation_and_the_own_one_finds_the_notes() -> None:
    client = FakeClient()

    assert look(client, lambda s: conversation_id_of(s, "BEN")) == WITH_BEN
    assert look(client, lambda s: conversation_id_of(s, "Anna")) == NOTES


def test_a_contact_without_a_conversation_gets_one() -> None:
    client = FakeClient(conversation=make_group())

    assert look(client, lambda s: conversation_id_of(s, "ben")) == WITH_BEN


def test_an_id_finds_a_group() -> None:
    client = FakeClient(conversation=make_group())

    assert look(client, lambda s: conversation_id_of(s, str(GROUP))) == GROUP


def test_people_are_found_among_contacts_and_on_the_server() -> None:
    client = FakeClient()

    assert look(client, lambda s: profile_of(s, "ben")) == BEN
    assert look(client, lambda s: profile_of(s, "CARL")) == CARL


def test_members_that_a_text_names_are_found_others_stay_words() -> None:
    client = FakeClient(conversation=make_group())

    def named(text: str) -> tuple[int, ...]:
        return look(client, lambda s: mentions_in(s, GROUP, text))

    assert named("@carl knows @BEN.") == (BEN.account,)
    assert named("@ben @ben") == (BEN.account,)
    assert named("@nobody mail a@ben.org") == ()
    assert named("nobody") == ()


def test_what_is_not_there_is_said() -> None:
    client = FakeClient()

    with pytest.raises(CommandFailedError, match="no contact"):
        look(client, lambda s: conversation_id_of(s, "123"))
    with pytest.raises(CommandFailedError, match="nobody"):
        look(client, lambda s: profile_of(s, "b"))

    async def contact(session: Session) -> None:
        contact_of(session, "carl")

    with pytest.raises(CommandFailedError, match="no contact"):
        look(client, contact)
