"""Checking a conversation whole, and the proof of it: at a real server, and at one that lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop import commands, events
from desktop.engine import CommandFailedError
from desktop.engine.alarms import Finding
from shared.chain import START, chain_after
from shared.e2ee.evidence import Verdict, check_proof
from shared.errors import Code, PeerError
from shared.identifiers import ConversationId
from shared.rest import EntryPage
from tests.desktop.engine.people import Person, befriend
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def audit(person: Person, conversation_id: ConversationId) -> events.AuditLoaded:
    answer = await person.engine.ask(commands.LoadAudit(conversation_id=conversation_id))
    assert isinstance(answer, events.AuditLoaded)
    return answer


async def test_an_honest_conversation_has_no_findings_and_its_proof_holds(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna.send(conversation_id, "one")
    await ben.reads(conversation_id, ["one"])

    loaded = await audit(ben, conversation_id)
    exported = await ben.engine.ask(commands.ExportAudit(conversation_id=conversation_id))

    assert loaded.findings == []
    assert loaded.entries == loaded.sequence >= 2
    assert isinstance(exported, events.AuditExported)
    report = check_proof(exported.data)
    assert (report.conversation_id, report.account) == (conversation_id, ben.account)
    assert [(each.kind, each.holds) for each in report.verdicts] == [("log", True)]


@pytest.mark.logs_warnings
async def test_an_entry_with_changed_fields_is_found_and_proved(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await anna.send(conversation_id, "one")
    await ben.reads(conversation_id, ["one"])
    assert ben.engine._parts is not None
    store = ben.engine._parts.context.storage
    conversation = store.conversations.get(conversation_id)
    assert conversation is not None
    entry = store.messages.entry(conversation_id, conversation.have)
    assert entry is not None
    forged = msgspec.structs.replace(entry, sent_at_ms=entry.sent_at_ms + 1)
    store.database.run(
        "UPDATE entries SET entry = ? WHERE conversation_id = ? AND sequence = ?",
        msgspec.msgpack.encode(forged),
        conversation_id,
        entry.sequence,
    )

    loaded = await audit(ben, conversation_id)

    assert [(each.kind, each.sequence) for each in loaded.findings] == [
        ("broken_chain", entry.sequence)
    ]
    exported = await ben.engine.ask(commands.ExportAudit(conversation_id=conversation_id))
    assert isinstance(exported, events.AuditExported)
    kinds = {each.kind: each.holds for each in check_proof(exported.data).verdicts}
    assert kinds["broken_chain"]
    alarm = ben.last(events.Alarm)
    assert (alarm.kind, alarm.conversation_id) == ("broken_chain", conversation_id)


async def test_a_conversation_that_is_not_here_is_not_found(anna: Person) -> None:
    await anna.register()

    with pytest.raises(CommandFailedError) as failed:
        await anna.engine.ask(commands.LoadAudit(conversation_id=ConversationId(5)))

    assert failed.value.code == "not_found"


# At a seat, with what it has stored rewritten: as a device has it that checked less before.


async def talk(sit: Sit) -> tuple[Seat, ConversationId]:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(3):
        await anna.say(chat, str(number))
    return ben, chat


def rewrite(seat: Seat, chat: int, sequence: int, **changes: Any) -> None:
    """Change a stored entry, and let the chain fit from there on."""
    store = seat.parts.context.storage
    chain = START
    for entry in store.messages.entries(chat, first=1, last=99):
        changed = entry
        if entry.sequence == sequence:
            changed = msgspec.structs.replace(entry, **changes)
        chain = chain_after(chain, changed)
        store.database.run(
            "UPDATE entries SET entry = ? WHERE conversation_id = ? AND sequence = ?",
            msgspec.msgpack.encode(msgspec.structs.replace(changed, chain=chain)),
            chat,
            entry.sequence,
        )


async def verdicts(seat: Seat, chat: ConversationId) -> dict[str, Verdict]:
    command = commands.ExportAudit(conversation_id=chat)
    exported = await seat.parts.account_commands.carry_out(command)
    assert isinstance(exported, events.AuditExported)
    return {each.kind: each for each in check_proof(exported.data).verdicts}


async def found(seat: Seat, chat: ConversationId) -> events.AuditLoaded:
    loaded = await seat.parts.account_commands.carry_out(commands.LoadAudit(conversation_id=chat))
    assert isinstance(loaded, events.AuditLoaded)
    return loaded


@pytest.mark.logs_warnings
async def test_a_message_in_other_clear_fields_is_found(sit: Sit) -> None:
    ben, chat = await talk(sit)
    rewrite(ben, chat, 4, sent_at_ms=5)
    ben.is_reachable = False  # It would show another head.

    told = await verdicts(ben, chat)

    assert told[Finding.FORGED_FIELDS].holds
    assert told[Finding.FORGED_FIELDS].blamed == "unclear"


@pytest.mark.logs_warnings
async def test_a_message_that_saw_another_log_is_found_and_so_is_the_fork(sit: Sit) -> None:
    ben, chat = await talk(sit)
    rewrite(ben, chat, 2, received_at_ms=5, payload=b"")

    told = await verdicts(ben, chat)

    assert told[Finding.DROPPED_ENTRY].holds
    # The head that the server signs is of the log that Anna saw.
    assert told[Finding.FORK].blamed == "unclear"
    assert "nothing to check" in told[Finding.FORK].message


@pytest.mark.logs_warnings
async def test_a_device_that_its_root_never_listed_is_found(sit: Sit) -> None:
    ben, chat = await talk(sit)
    rewrite(ben, chat, 4, device=999, payload=b"")

    told = await verdicts(ben, chat)

    assert told[Finding.INVENTED_DEVICE].holds


async def test_without_the_server_what_is_here_is_checked_and_nobody_accused(sit: Sit) -> None:
    ben, chat = await talk(sit)
    rewrite(ben, chat, 4, device=999, payload=b"")
    ben.is_reachable = False

    loaded = await found(ben, chat)

    assert (loaded.entries, loaded.findings) == (4, [])


async def test_a_payload_that_is_none_says_nothing_of_its_fields(sit: Sit) -> None:
    ben, chat = await talk(sit)
    rewrite(ben, chat, 4, payload=b"junk")
    ben.is_reachable = False

    loaded = await found(ben, chat)

    assert loaded.findings == []


def forget_older(seat: Seat, chat: int, floor: int) -> None:
    """Leave out the oldest entries, as a new device does at first."""
    store = seat.parts.context.storage
    entry = store.messages.entry(chat, floor)
    assert entry is not None
    store.conversations.set_floor(chat, floor, entry.chain)
    store.database.run(
        "DELETE FROM entries WHERE conversation_id = ? AND sequence <= ?", chat, floor
    )


async def test_entries_that_are_not_here_are_fetched_and_checked_too(sit: Sit) -> None:
    ben, chat = await talk(sit)
    forget_older(ben, chat, 2)

    loaded = await found(ben, chat)

    last = ben.server.logs[chat].entries[-1]
    assert (loaded.entries, loaded.sequence, loaded.chain) == (4, 4, last.chain.hex())
    assert loaded.findings == []


async def test_what_the_server_does_not_send_is_said(sit: Sit) -> None:
    ben, chat = await talk(sit)
    forget_older(ben, chat, 2)

    def withhold(_seat: Seat, _what: str, answer: Any) -> Any:
        if isinstance(answer, EntryPage):
            return EntryPage(chain_before=START, entries=[])
        return answer

    ben.server.twist = withhold

    with pytest.raises(PeerError) as failed:
        await found(ben, chat)

    assert failed.value.code is Code.MALFORMED


async def test_who_was_added_later_is_checked_from_there_on(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    await anna.say(club, "before")
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await anna.say(club, "after")

    loaded = await found(carol, club)
    told = await verdicts(carol, club)

    first = anna.server.logs[club].ranges[carol.account][0]
    assert loaded.entries == loaded.sequence - first + 1
    assert loaded.findings == []
    assert "signed by the server" in told["log"].message
