"""What Carol can make for the server: messages and commits that only a member could make."""

from __future__ import annotations

import dataclasses
import os

import msgspec

from desktop.storage.account_store import Identity
from shared.chain import binding_bytes, hash_payload
from shared.content import Text, encode_content
from shared.e2ee.facade import Conversation
from shared.e2ee.keys import SignatureKeyPair
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.entries import Entry, EntryKind
from shared.roster import RosterDocument, encode_document, hash_document
from tests.desktop.engine.people import Person
from tests.hostile.stage import Room, parts_of

__all__ = ["group_of", "handshake", "identity_of", "key_package_of", "message"]


def identity_of(person: Person) -> Identity:
    """Return somebody's account and device, with the device's keys."""
    return parts_of(person).sealing._context.me()


def group_of(room: Room) -> Conversation:
    """Return Carol's state, with all the secrets of the epoch."""
    group = parts_of(room.stage.carol).states.group(room.number)
    assert group is not None
    return group


def message(
    room: Room,
    text: str,
    *,
    account: int,
    device: int,
    key: SignatureKeyPair,
    group: Conversation | None = None,
    parent: int = 0,
) -> Entry:
    """Return a message in the name of a device, sealed with what Carol knows.

    Args:
        room: Where.
        text: What it says.
        account: Whose message it is said to be.
        device: Which device's.
        key: What it is signed with.
        group: Another state of Carol's than the present one.
        parent: The handshake that made it, if it is not the newest.
    """
    entries = room.stage.proxy.log(room.number)
    newest = [each for each in entries if each.kind is EntryKind.HANDSHAKE][-1]
    entry = _bare(
        room,
        EntryKind.APPLICATION,
        account=account,
        device=device,
        parent=parent or newest.sequence,
    )
    binding = binding_bytes(
        entry,
        account=account,
        device=device,
        seen=len(entries),
        seen_chain=entries[-1].chain,
    )
    mls = (group or group_of(room)).group
    signing = dataclasses.replace(mls, signature_key=SignaturePrivateKey(key.seed))
    content = encode_content(Text(os.urandom(16), text))
    _, payload = Conversation(signing).seal(content, authenticated_data=binding)
    return _with(entry, payload)


def handshake(
    room: Room,
    document: RosterDocument | None = None,
    *,
    add: tuple[bytes, ...] = (),
    remove: tuple[int, ...] = (),
) -> Entry:
    """Return a commit that Carol's device makes without asking what it may."""
    entries = room.stage.proxy.log(room.number)
    newest = [each for each in entries if each.kind is EntryKind.HANDSHAKE][-1]
    carol = identity_of(room.stage.carol)
    document_hash = newest.document_hash
    if document is not None:
        data = encode_document(document)
        document_hash = hash_document(data)
        room.stage.proxy.documents[document_hash.hex()] = data
    entry = _bare(
        room,
        EntryKind.HANDSHAKE,
        account=carol.account,
        device=carol.device.device_id,
        parent=newest.sequence,
        base=newest.sequence,
        document_hash=document_hash,
    )
    binding = binding_bytes(
        entry,
        account=entry.account,
        device=entry.device,
        seen=len(entries),
        seen_chain=entries[-1].chain,
    )
    change = group_of(room).change(
        add=add,
        remove=remove,
        document_hash=None if document is None else document_hash,
        now_s=entry.received_at_ms // 1000,
        authenticated_data=binding,
        policy=None,
    )
    return _with(entry, change.handshake)


def key_package_of(room: Room, person: Person) -> bytes:
    """Return a key package that somebody has published, as the server has it."""
    me = identity_of(person)
    rows = room.stage.proxy.rows(
        "SELECT package FROM key_packages WHERE device_id = ? AND NOT is_last_resort"
        " AND taken_ms = 0 LIMIT 1",
        me.device.device_id,
    )
    package = rows[0][0]
    assert isinstance(package, bytes)
    return package


def counter_after(room: Room, device: int) -> int:
    """Return the next counter of a device in a room."""
    own = [each for each in room.stage.proxy.log(room.number) if each.device == device]
    return max((each.device_counter for each in own), default=0) + 1


def _bare(room: Room, kind: EntryKind, **fields: object) -> Entry:
    last = room.stage.proxy.log(room.number)[-1]
    fields.setdefault("base", 0)
    fields.setdefault("document_hash", None)
    device = fields["device"]
    assert isinstance(device, int)
    return msgspec.structs.replace(
        last,
        kind=kind,
        entry_id=last.entry_id + 1,
        device_counter=counter_after(room, device),
        expires_at_ms=0,
        blob_ids=(),
        payload=b"",
        **fields,
    )


def _with(entry: Entry, payload: bytes) -> Entry:
    return msgspec.structs.replace(entry, payload=payload, payload_hash=hash_payload(payload))
