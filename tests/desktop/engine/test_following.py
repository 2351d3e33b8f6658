from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from desktop import commands
from desktop.engine.alarms import Finding
from desktop.events import Alarm
from desktop.storage.intent_store import Rotate
from shared.chain import chain_after, hash_payload
from shared.e2ee.facade import confirmation_tag_of
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code
from shared.frames import Accepted, Entries, Refused
from shared.roster import encode_document, hash_document
from tests.desktop.engine.small_server import Account, Log, Seat, SmallServer

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


@pytest_asyncio.fixture
async def sit(tmp_path: Path) -> AsyncIterator[Sit]:
    server = SmallServer()
    made: dict[str, Account] = {}

    def take(name: str, device: str = "phone") -> Seat:
        account = made.get(name) or made.setdefault(name, server.account(name))
        return Seat(server, account, tmp_path / f"{name}-{device}")

    yield take
    for seat in server.seats:
        await seat.close()


def found(*seats: Seat) -> set[str]:
    return {event.kind for seat in seats for event in seat.told if isinstance(event, Alarm)}


def rechain(log: Log, sequence: int, **changes: Any) -> Entry:
    """Let the server rewrite an entry, and all chain values from there on."""
    index = sequence - 1
    log.entries[index] = msgspec.structs.replace(log.entries[index], **changes)
    for at in range(index, len(log.entries)):
        before = log.entries[at - 1].chain if at else bytes(32)
        entry = log.entries[at]
        log.entries[at] = msgspec.structs.replace(entry, chain=chain_after(before, entry))
    return log.entries[index]


def junk(seat: Seat, number: int, payload: bytes, **changes: Any) -> Entry:
    """Let the server take a handshake that no MLS member would."""
    log = seat.server.logs[number]
    own = log.own(seat.device)
    submission = Submission(
        conversation_id=number,
        kind=EntryKind.HANDSHAKE,
        device_counter=own[-1].device_counter + 1 if own else 1,
        parent=changes.pop("parent", log.newest_handshake),
        base=log.newest_handshake,
        document_hash=changes.pop("document_hash", log.entries[0].document_hash),
        sent_at_ms=seat.server.now_ms,
        sent_error_ms=0,
        payload=payload,
    )
    entry = seat.server._append(seat, log, submission)
    seat.server._push(log, entry, but=None)
    return entry


@pytest.mark.logs_warnings
async def test_junk_is_skipped_by_all_and_talking_goes_on(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    junk(anna, chat, b"junk")
    await anna.settle()
    await ben.say(chat, "hello")
    await ben.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.say(chat, "hi")

    assert anna.texts(chat) == ben.texts(chat) == ["hello", "hi"]
    assert Finding.JUNK_HANDSHAKE in found(ben)


@pytest.mark.logs_warnings
async def test_a_junk_handshake_changes_no_members(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    server = anna.server
    document = msgspec.structs.replace(
        server.logs[club].document, number=2, members=server.logs[club].document.members[:1]
    )
    data = encode_document(document)
    server.logs[club].documents[hash_document(data)] = data

    junk(anna, club, b"junk", document_hash=hash_document(data))
    await ben.settle()
    await ben.say(club, "still here")

    assert anna.texts(club)[-1] == ben.texts(club)[-1] == "still here"
    assert Finding.JUNK_HANDSHAKE in found(ben)


@pytest.mark.logs_warnings
async def test_a_flipped_confirmation_tag_is_noticed_and_survived(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    def flip(seat: Seat, what: str, value: Any) -> Any:
        if what != "frame" or seat is anna or not isinstance(value, Entries):
            return value
        entries = []
        for entry in value.entries:
            payload = entry.payload
            if entry.kind is EntryKind.HANDSHAKE and entry.sequence == 2:
                tag = confirmation_tag_of(payload)
                at = payload.rindex(tag)
                payload = payload[:at] + bytes([tag[0] ^ 1]) + payload[at + 1 :]
                entry = msgspec.structs.replace(
                    entry, payload=payload, payload_hash=hash_payload(payload)
                )
                entry = msgspec.structs.replace(entry, chain=chain_after(value.chain_before, entry))
            entries.append(entry)
        return msgspec.structs.replace(value, entries=tuple(entries))

    anna.server.twist = flip
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.settle()
    anna.server.twist = lambda _seat, _what, value: value
    await anna.say(chat, "hello")
    await ben.settle()

    assert Finding.FORGED_HANDSHAKE in found(ben)
    assert ben.texts(chat) == ["hello"]


@pytest.mark.logs_warnings
async def test_stale_is_not_believed_without_a_newer_handshake(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    lies = [1]

    def lie(seat: Seat, what: str, value: Any) -> Any:
        if what == "frame" and isinstance(value, Accepted) and lies:
            lies.pop()
            return Refused(
                value.conversation_id,
                value.device_counter,
                value.payload_hash,
                Code.STALE,
                "no",
                own_counter=value.device_counter,
                newest_handshake=1,
            )
        return value

    anna.server.twist = lie
    await anna.say(chat, "once")
    await anna.settle()

    assert ben.texts(chat) == ["once"]
    assert anna.texts(chat) == ["once"]
    assert Finding.FALSE_STALE in found(anna)


@pytest.mark.logs_warnings
async def test_a_group_info_of_another_epoch_is_not_joined_on(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    log = anna.server.logs[chat]
    log.states[-1] = msgspec.structs.replace(
        log.states[0], sequence=2, parent=1, document_hash=log.states[0].document_hash
    )

    ben.parts.connection._parts.following.lose(chat)
    await ben.until(lambda: bool(found(ben)))

    assert Finding.STALE_GROUP_INFO in found(ben)
    assert not ben.is_live(chat)


async def test_handshakes_wait_for_their_document(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    ben.refuses = ""
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await carol.say(club, "hello")

    assert ben.texts(club)[-1] == "hello"
    assert any("documents" in call for call in ben.calls)


async def test_who_commits_and_who_comes_has_a_fresh_leaf(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    groups = ben.parts.context.storage.groups
    assert groups.leaf_renewed_at_ms(club, carol.device) is None

    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    added = ben.server.logs[club].entries[ben.server.logs[club].newest_handshake - 1]
    came = groups.leaf_renewed_at_ms(club, carol.device)
    await carol.parts.memberships.carry_out(club, Rotate(after=added.sequence))
    await ben.settle()
    renewed = ben.server.logs[club].entries[-1]

    assert came == groups.leaf_renewed_at_ms(club, anna.device) == added.received_at_ms
    assert groups.leaf_renewed_at_ms(club, carol.device) == renewed.received_at_ms
    assert groups.leaf_renewed_at_ms(club, ben.device) is None
