from __future__ import annotations

import pytest

from desktop import commands, events
from desktop.engine import CommandFailedError
from desktop.events import PresenceState
from tests.desktop.engine.people import Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


async def refusal(person: Person, command: commands.Command) -> str:
    with pytest.raises(CommandFailedError) as failed:
        await person.engine.ask(command)
    return failed.value.code


async def requests_of(person: Person, count: int) -> list[events.Request]:
    await person.until(lambda: len(person.last(events.ContactsChanged).requests) == count or None)
    return person.last(events.ContactsChanged).requests


async def test_a_request_arrives_with_its_greeting_opened(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()

    await anna.engine.ask(commands.RequestContact(user_name=ben.name, greeting="我是 Anna"))

    received = (await requests_of(ben, 1))[0]
    own = anna.last(events.ContactsChanged).requests[0]
    assert (received.greeting, received.is_own) == ("我是 Anna", False)
    assert received.profile.user_name == anna.name
    assert (own.greeting, own.is_own) == ("我是 Anna", True)


async def test_requests_are_withdrawn_and_declined(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    request = commands.RequestContact(user_name=ben.name)

    await anna.engine.ask(request)
    await requests_of(ben, 1)
    await anna.engine.ask(commands.WithdrawRequest(account=ben.account))
    await ben.until(lambda: not ben.last(events.ContactsChanged).requests or None)
    await anna.engine.ask(request)
    await requests_of(ben, 1)
    await ben.engine.ask(commands.DeclineRequest(account=anna.account))

    assert ben.last(events.ContactsChanged).requests == []
    assert ben.last(events.ContactsChanged).contacts == []


async def test_what_makes_no_sense_is_refused_with_a_code_of_its_own(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    request = commands.RequestContact(user_name=ben.name)
    first = [
        await refusal(anna, commands.RequestContact(user_name=anna.name.upper())),
        await refusal(anna, commands.RequestContact(user_name="nobody-at-all")),
        await refusal(anna, commands.AcceptRequest(account=ben.account)),
        await refusal(anna, commands.RemoveContact(account=ben.account)),
        await refusal(anna, commands.OpenConversation(account=ben.account)),
    ]
    await anna.engine.ask(request)
    second = await refusal(anna, request)
    await requests_of(ben, 1)
    await ben.engine.ask(commands.AcceptRequest(account=anna.account))
    third = await refusal(anna, request)

    assert first == ["oneself", "unknown_user", "no_request", "not_contact", "not_contact"]
    assert (second, third) == ("already_requested", "already_contact")


async def test_people_are_found_by_the_beginning_of_their_name(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()

    found = await anna.engine.ask(commands.SearchUsers(text=ben.name[:-1].upper()))
    nothing = await anna.engine.ask(commands.SearchUsers(text="  "))

    assert isinstance(found, events.UsersFound)
    assert ben.name in [profile.user_name for profile in found.profiles]
    assert nothing == events.UsersFound(profiles=[])


async def test_ending_a_friendship_ends_it_on_both_sides_and_keeps_what_was_said(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna.send(conversation_id, "before")
    await ben.reads(conversation_id, ["before"])

    await anna.engine.ask(commands.RemoveContact(account=ben.account))

    await ben.until(lambda: not ben.last(events.ContactsChanged).contacts or None)
    await ben.until(lambda: not ben.conversations()[conversation_id].can_send or None)
    sent = await ben.send(conversation_id, "after")
    refused = await ben.state(conversation_id, sent.local_id, events.MessageState.REFUSED)
    page = await anna.page(conversation_id)
    assert [row.text for row in page.rows] == ["before"]
    assert refused.refusal in ("not_contact", "not_member")
    await ben.engine.ask(
        commands.CancelMessage(conversation_id=conversation_id, local_id=sent.local_id)
    )
    await ben.reads(conversation_id, ["before"])

    await befriend(anna, ben)
    await ben.until(lambda: ben.conversations()[conversation_id].can_send or None)
    await ben.send(conversation_id, "friends again")
    await anna.reads(conversation_id, ["before", "friends again"])


async def test_presence_of_a_contact_is_told_and_forgotten_without_a_link(
    anna: Person, ben: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)

    def sees(presence: PresenceState) -> bool | None:
        told = anna.all_told(events.PresenceChanged)
        return (bool(told) and told[-1].presence is presence) or None

    await ben.stop()
    await anna.until(lambda: sees(PresenceState.OFFLINE))
    last_seen_ms = anna.last(events.PresenceChanged).last_seen_ms
    await ben.start()
    await anna.until(lambda: sees(PresenceState.ONLINE))
    server.kill()
    await anna.until(lambda: sees(PresenceState.OFFLINE))

    assert last_seen_ms > 0


async def test_blocking_hides_requests_and_stops_messages_and_ends_with_unblocking(
    anna: Person, ben: Person, anna_again: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna_again.log_in()
    await anna_again.conversation_with(ben)

    await anna.engine.ask(commands.BlockAccount(account=ben.account))

    def is_blocked(person: Person) -> bool | None:
        blocked = [each.account for each in person.last(events.ContactsChanged).blocked]
        can_send = person.conversations()[conversation_id].can_send
        return (blocked == [ben.account] and not can_send) or None

    await anna.until(lambda: is_blocked(anna))
    await anna_again.until(lambda: is_blocked(anna_again))
    row = await ben.send(conversation_id, "hello?")
    refused = await ben.state(conversation_id, row.local_id, events.MessageState.REFUSED)
    assert refused.refusal == "not_contact"
    assert await refusal(anna, commands.BlockAccount(account=anna.account)) == "oneself"
    await anna.engine.ask(commands.UnblockAccount(account=ben.account))
    await anna.until(lambda: anna.conversations()[conversation_id].can_send or None)
    row = await ben.send(conversation_id, "hello!")
    await ben.state(conversation_id, row.local_id, events.MessageState.ACCEPTED)
    await anna.reads(conversation_id, ["hello!"])


async def test_a_block_is_known_after_a_restart(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    await anna.engine.ask(commands.BlockAccount(account=ben.account))
    await anna.stop()
    anna.told.clear()

    await anna.start()

    first = anna.all_told(events.ContactsChanged)[0]
    assert [profile.user_name for profile in first.blocked] == [ben.name]
