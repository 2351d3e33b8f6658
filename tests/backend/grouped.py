"""A group on an office's server: documents with real signatures, handshakes that mean nothing."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
import pytest

from backend.services.signatures import ServerKey
from shared.entries import EntryKind, Submission
from shared.errors import Code, MimError, PeerError, RefusedError
from shared.frames import Accepted, Refused
from shared.rest import SealedRecord
from shared.rest_groups import Creation, Handshake, HandshakeAccepted, Welcome
from shared.roster import (
    ArchiveWarrant,
    ConversationKind,
    DeviceProof,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    Role,
    RosterDocument,
    RosterMember,
    encode_document,
    hash_document,
)
from shared.roster_rules import (
    archive_bytes,
    device_bytes,
    invite_bytes,
    join_bytes,
    leave_bytes,
    revoke_bytes,
)
from tests.backend.office import Insider, Office
from tests.backend.people import Rostered, message, new_id

__all__ = ["Group", "code_of", "group_creation", "member_of", "next_handshake", "signing_device"]


def code_of(call: Any) -> Code:
    """Return the code with which a call is refused."""
    with pytest.raises(MimError) as caught:
        call()
    assert isinstance(caught.value, RefusedError | PeerError)
    return caught.value.code


def member_of(insider: Rostered, role: Role = Role.MEMBER) -> RosterMember:
    return msgspec.structs.replace(insider.roster_member(), role=role)


def signing_device(insider: Insider) -> tuple[ServerKey, DeviceProof]:
    """Return a device key and what the insider's root says of it."""
    key = ServerKey(secrets.token_bytes(32))
    fields = {
        "device_id": insider.device,
        "signature_key": key.public,
        "exchange_key": secrets.token_bytes(32),
    }
    signature = insider.root.sign(device_bytes(**fields))  # type: ignore[arg-type] # As above.
    return key, DeviceProof(**fields, signature=signature)  # type: ignore[arg-type] # As above.


def group_creation(document: RosterDocument, **changes: Any) -> Creation:
    """Return what makes a conversation with this first document."""
    content = encode_document(document)
    submission = Submission(
        conversation_id=document.conversation_id,
        kind=EntryKind.HANDSHAKE,
        device_counter=1,
        parent=0,
        document_hash=hash_document(content),
        sent_at_ms=1,
        sent_error_ms=1,
        payload=secrets.token_bytes(100),
    )
    made = Creation(
        submission=submission,
        document=content,
        records=[],
        group_info=secrets.token_bytes(40),
        tree=secrets.token_bytes(40),
    )
    return msgspec.structs.replace(made, **changes)


def next_handshake(
    conversation_id: int,
    *,
    counter: int,
    parent: int,
    base: int,
    content: bytes,
    has_document: bool = True,
) -> Handshake:
    """Return a commit after which this document is in force."""
    submission = Submission(
        conversation_id=conversation_id,
        kind=EntryKind.HANDSHAKE,
        device_counter=counter,
        parent=parent,
        base=base,
        document_hash=hash_document(content),
        sent_at_ms=1,
        sent_error_ms=1,
        payload=secrets.token_bytes(100),
    )
    return Handshake(
        submission=submission,
        records=[],
        group_info=secrets.token_bytes(40),
        tree=secrets.token_bytes(40),
        document=content if has_document else None,
    )


class Group:
    """A group of an office; `commit` appends and follows, the other calls only make values."""

    def __init__(
        self, office: Office, owner: Insider, *others: Insider, has_history: bool = True
    ) -> None:
        self.office = office
        self.number = new_id()
        for other in others:
            office.befriend(owner, other)
        self.document = RosterDocument(
            conversation_id=self.number,
            kind=ConversationKind.GROUP,
            members=(member_of(owner, Role.OWNER), *map(member_of, others)),
            has_history=has_history,
        )
        self.newest = 1
        self.parent = 1
        self._counters: dict[int, int] = {owner.device: 1}
        office.create(owner.account, owner.device, group_creation(self.document))

    def handshake(
        self, who: Insider, document: RosterDocument | None = None, **changes: Any
    ) -> Handshake:
        """Return the next commit of somebody."""
        content = encode_document(document or self.document)
        fields: dict[str, Any] = {
            name: changes.pop(name)
            for name in list(changes)
            if name in Submission.__struct_fields__
        }
        made = next_handshake(
            self.number,
            counter=self._counters.get(who.device, 0) + 1,
            parent=self.parent,
            base=self.newest,
            content=content,
            has_document=document is not None,
        )
        submission = msgspec.structs.replace(made.submission, **fields)
        return msgspec.structs.replace(made, submission=submission, **changes)

    def submit(self, who: Insider, handshake: Handshake) -> HandshakeAccepted:
        return self.office.services.handshakes.submit(
            who.account, who.device, self.number, handshake
        )

    def commit(
        self, who: Insider, document: RosterDocument | None = None, **changes: Any
    ) -> HandshakeAccepted:
        """Append somebody's next commit; it counts from now on."""
        accepted = self.submit(who, self.handshake(who, document, **changes))
        self._counters[who.device] = accepted.device_counter
        self.newest = self.parent = accepted.sequence
        self.document = document or self.document
        return accepted

    def write(self, who: Insider, **changes: Any) -> Accepted | Refused:
        """Submit somebody's next message."""
        counter = self._counters.get(who.device, 0) + 1
        changes.setdefault("parent", self.parent)
        answer = self.office.submit(who, message(self.number, counter, **changes))
        if isinstance(answer, Accepted):
            self._counters[who.device] = counter
        return answer

    def sequences(self, who: Insider, after: int) -> list[int]:
        """Return which entries somebody is given."""
        page = self.office.services.conversations.entries(
            who.account, self.number, after=after, limit=100
        )
        return [entry.sequence for entry in page.entries]

    def records(self, *whom: Insider) -> list[SealedRecord]:
        return [SealedRecord(account=who.account, record=secrets.token_bytes(80)) for who in whom]

    def welcome(self, *devices: int) -> Welcome:
        return Welcome(devices=list(devices), welcome=secrets.token_bytes(60))

    def leave(self, who: Insider) -> LeaveWarrant:
        key, proof = signing_device(who)
        signed = leave_bytes(
            conversation_id=self.number, account=who.account, number=self.document.number
        )
        return LeaveWarrant(
            account=who.account,
            number=self.document.number,
            device=proof,
            signature=key.sign(signed),
        )

    def invite(self, inviter: Insider, who: Insider, *, lasts_ms: int = 1000) -> InviteWarrant:
        """Return an invitation that somebody has accepted."""
        key, proof = signing_device(inviter)
        holder = ServerKey(secrets.token_bytes(32))
        number, expires = self.document.number, self.office.clock.now_ms + lasts_ms
        return InviteWarrant(
            inviter=inviter.account,
            device=proof,
            number=number,
            expires_at_ms=expires,
            invite_key=holder.public,
            signature=key.sign(
                invite_bytes(
                    conversation_id=self.number,
                    number=number,
                    expires_at_ms=expires,
                    invite_key=holder.public,
                )
            ),
            account=who.account,
            root_key=who.root.key,
            join_signature=holder.sign(
                join_bytes(conversation_id=self.number, account=who.account, root_key=who.root.key)
            ),
        )

    def revoke(self, who: Insider, device: int) -> RevokeWarrant:
        signed = revoke_bytes(account=who.account, device_id=device)
        return RevokeWarrant(account=who.account, device_id=device, signature=who.root.sign(signed))

    def archive(self, who: Insider, number: int) -> ArchiveWarrant:
        key = secrets.token_bytes(32)
        signed = archive_bytes(number=number, key=key)
        return ArchiveWarrant(
            account=who.account,
            archive_number=number,
            archive_key=key,
            signature=who.root.sign(signed),
        )
