"""Checking a conversation whole, and the proof of it, at a real server."""

from __future__ import annotations

import msgspec
import pytest

from desktop import commands, events
from desktop.engine import CommandFailedError
from shared.e2ee.evidence import check_proof
from shared.identifiers import ConversationId
from tests.desktop.engine.people import Person, befriend

pytestmark = pytest.mark.asyncio


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
