from __future__ import annotations

import msgspec
import pytest

from desktop.engine.conversations import Conversations
from desktop.engine.errors import ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from shared.entries import Entry
from shared.errors import Code, MimError, PeerError, SealError, TransportError
from shared.rest import ConversationList, EntryPage, RecordList
from shared.roster import ConversationKind
from tests.desktop.engine.office import CONVERSATION, ME, PEER, Log, Office, Someone

pytestmark = pytest.mark.asyncio
POST = "POST /v1/conversations"
GET = f"GET /v1/conversations/{CONVERSATION}"


@pytest.fixture
def conversations(office: Office) -> Conversations:
    return Conversations(office.context, PeerKeys(office.context))


async def test_a_conversation_becomes_known_and_its_record_opens(
    office: Office, conversations: Conversations
) -> None:
    log = Log()
    log.serve(office.http)

    stored = await conversations.refresh(CONVERSATION)
    await conversations.fetch_record(CONVERSATION, 1)

    assert stored is not None
    assert (stored.peer, stored.head, stored.have, stored.floor) == (PEER.account, 1, 0, 0)
    assert office.context.storage.conversations.record(CONVERSATION, 1) == log.record


async def test_a_long_log_is_begun_near_its_end_at_a_whole_block(
    office: Office, conversations: Conversations
) -> None:
    told = msgspec.structs.replace(Log().told(), head=1_000)
    office.http.give("GET /v1/conversations", ConversationList(conversations=[told]))

    stored = (await conversations.refresh_all())[0]

    assert stored.floor == 832
    assert stored.floor % 64 == 0
    assert stored.have == stored.floor
    assert stored.chain_have == b""


async def test_what_is_no_direct_conversation_of_ours_is_left_alone(
    office: Office, conversations: Conversations
) -> None:
    told = Log().told()
    office.http.give(GET, msgspec.structs.replace(told, kind=ConversationKind.GROUP))
    group = await conversations.refresh(CONVERSATION)
    office.http.give(GET, ServerRefusedError(Code.NOT_FOUND, "no", {}))
    gone = await conversations.refresh(CONVERSATION)

    assert (group, gone) == (None, None)
    office.http.give(GET, ServerRefusedError(Code.RATE_LIMITED, "slowly", {}))
    with pytest.raises(ServerRefusedError):
        await conversations.refresh(CONVERSATION)
    office.http.give(GET, msgspec.structs.replace(told, head=2**50))
    with pytest.raises(PeerError):
        await conversations.refresh(CONVERSATION)


async def test_creating_sends_the_same_request_until_it_is_answered(
    office: Office, conversations: Conversations
) -> None:
    bodies: list[bytes | None] = []

    def lost(data: bytes | None) -> bytes:
        bodies.append(data)
        raise TransportError("lost")

    office.http.answers[POST] = lost
    for _ in range(2):
        with pytest.raises(TransportError):
            await conversations.open_with(PEER.account)
    pending = office.context.storage.conversations.creation(PEER.account)
    assert pending is not None
    told = msgspec.structs.replace(Log().told(), conversation_id=pending.conversation_id)
    office.http.give(POST, told)
    office.http.give(f"GET /v1/conversations/{pending.conversation_id}", told)

    created = await conversations.open_with(PEER.account)

    assert bodies[0] == bodies[1]
    assert created.conversation_id == pending.conversation_id
    assert created.own_counter == 1
    assert office.context.storage.conversations.creation(PEER.account) is None
    assert await conversations.open_with(PEER.account) == created


async def test_where_the_other_was_faster_theirs_is_used(
    office: Office, conversations: Conversations
) -> None:
    log = Log()
    log.serve(office.http)
    exists = ServerRefusedError(Code.EXISTS, "is there", {"conversation_id": str(CONVERSATION)})
    office.http.give(POST, exists)

    opened = await conversations.open_with(PEER.account)

    assert opened.conversation_id == CONVERSATION
    assert opened.own_counter == 0


async def test_a_refused_creation_is_forgotten(
    office: Office, conversations: Conversations
) -> None:
    office.http.give(POST, ServerRefusedError(Code.NOT_CONTACT, "no", {}))

    with pytest.raises(ServerRefusedError):
        await conversations.open_with(PEER.account)

    assert office.context.storage.conversations.creation(PEER.account) is None


async def test_a_server_that_does_not_know_its_own_answer_is_refused(
    office: Office, conversations: Conversations
) -> None:
    office.http.give(POST, ServerRefusedError(Code.EXISTS, "is there", {}))
    office.http.give("GET /v1/conversations/0", ServerRefusedError(Code.NOT_FOUND, "no", {}))

    with pytest.raises(PeerError):
        await conversations.open_with(PEER.account)


async def test_a_roster_with_other_people_or_roots_does_not_open(
    office: Office, conversations: Conversations
) -> None:
    honest = Log()
    honest.serve(office.http)
    await conversations.refresh(CONVERSATION)
    stranger = Someone(PEER.account)
    forged = Log(stranger)
    forged.serve(office.http)
    office.http.give(f"GET /v1/users/{PEER.account}/keys", PEER.keys)

    with pytest.raises(SealError):
        await conversations.fetch_record(CONVERSATION, 1)


@pytest.mark.parametrize("fault", ["document", "records", "handshake", "message", "other"])
async def test_what_does_not_fit_does_not_open(
    office: Office, conversations: Conversations, fault: str
) -> None:
    log = Log()
    log.serve(office.http)
    await conversations.refresh(CONVERSATION)
    document_hash = log.told().document_hash
    entry = log.entries[0]
    page = f"{GET}/entries?after=0&limit=1"

    def give(changed: Entry) -> None:
        office.http.give(page, EntryPage(chain_before=bytes(32), entries=[changed]))

    match fault:
        case "document":
            office.http.give(f"{GET}/documents/{document_hash.hex()}", b"another")
        case "records":
            office.http.give(f"{GET}/records", RecordList(records=[]))
        case "handshake":
            give(msgspec.structs.replace(entry, document_hash=None))
        case "message":
            give(log.text(PEER, "hi"))
        case "other":
            give(msgspec.structs.replace(entry, conversation_id=78))

    with pytest.raises(MimError):
        await conversations.fetch_record(CONVERSATION, 1)

    assert office.context.storage.conversations.record(CONVERSATION, 1) is None


async def test_the_own_devices_conversation_opens_too(
    office: Office, conversations: Conversations
) -> None:
    log = Log(ME)
    log.serve(office.http)
    await conversations.refresh(CONVERSATION)

    await conversations.fetch_record(CONVERSATION, 1)

    assert office.context.storage.conversations.record(CONVERSATION, 1) == log.record
