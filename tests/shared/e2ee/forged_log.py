"""A conversation of Anna (owner) and Bert (member), its log, and a server that signs anything."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache

import msgspec

from shared.chain import START, binding_bytes
from shared.e2ee.account import DeviceKeys, certify_device, proof_of
from shared.e2ee.credentials import credential_bytes
from shared.e2ee.devices import append_device
from shared.e2ee.evidence_values import Run, SignedHead, Trust, nameless, skeletons
from shared.e2ee.facade import Conversation, PendingChange, Prekey, make_prekey
from shared.e2ee.facade import DeviceKeys as MlsKeys
from shared.e2ee.handshakes import conversation_name
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.entries import Entry, EntryKind, Head, Submission
from shared.rest import DeviceCertificate, DeviceListEntry
from shared.roster import (
    ConversationKind,
    Role,
    RosterDocument,
    RosterMember,
    encode_document,
    hash_document,
)
from shared.signed_heads import head_bytes
from tests.shared.factories import CONVERSATION, START_MS, make_entry

NOW_S = START_MS // 1000

_generator = random.Random(9)
draw = _generator.randbytes


@dataclass(frozen=True)
class Person:
    """An account with one device."""

    account: int
    root: SignatureKeyPair
    device: DeviceKeys

    @property
    def certificate(self) -> DeviceCertificate:
        return certify_device(self.device, root=self.root)

    @property
    def devices(self) -> tuple[DeviceListEntry, ...]:
        return (append_device([], self.certificate, root=self.root),)

    @property
    def mls_keys(self) -> MlsKeys:
        credential = credential_bytes(
            account=self.account, root_key=self.root.public, proof=proof_of(self.certificate)
        )
        return MlsKeys(credential, SignaturePrivateKey(self.device.signature.seed))

    def prekey(self) -> Prekey:
        return make_prekey(self.mls_keys, now_s=NOW_S, lifetime_s=3600)

    def member(self, role: Role, since: int = 1) -> RosterMember:
        return RosterMember(
            account=self.account,
            root_key=self.root.public,
            role=role,
            archive_number=1,
            archive_key=self.device.exchange.public,
            since=since,
        )


def make_person(account: int) -> Person:
    seeds = [bytes([account, kind]) * 16 for kind in (1, 2, 3)]
    device = DeviceKeys(account + 10, SignatureKeyPair(seeds[1]), ExchangeKeyPair(seeds[2]))
    return Person(account, SignatureKeyPair(seeds[0]), device)


ANNA, BERT, CLEO = make_person(11), make_person(12), make_person(13)
SERVER = SignatureKeyPair(b"server key of 32 bytes, for test")
TRUST = Trust(
    SERVER.public,
    {person.account: frozenset([person.root.public]) for person in (ANNA, BERT, CLEO)},
)


def make_document(number: int = 1, *more: RosterMember, barred: int = 0) -> bytes:
    document = RosterDocument(
        conversation_id=CONVERSATION,
        kind=ConversationKind.GROUP,
        members=(ANNA.member(Role.OWNER), BERT.member(Role.MEMBER), *more),
        number=number,
        barred_devices=(barred,) if barred else (),
    )
    return encode_document(document)


DOCUMENT = make_document()
WITH_CLEO = make_document(2, CLEO.member(Role.MEMBER, since=2))


def sign_head(sequence: int, chain: bytes, *, conversation_id: int = CONVERSATION) -> SignedHead:
    signed = head_bytes(conversation_id=conversation_id, sequence=sequence, chain=chain)
    head = Head(
        conversation_id=conversation_id,
        head=sequence,
        newest_handshake=1,
        own_counter=0,
        chain=chain,
        signature=SERVER.sign(signed),
    )
    return SignedHead.of(head)


@dataclass
class ForgedLog:
    """A log in the making; nothing that is appended is judged."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def chain(self) -> bytes:
        return self.entries[-1].chain if self.entries else START

    def append(self, submission: Submission, by: Person = ANNA) -> Entry:
        entry = make_entry(
            self.chain,
            len(self.entries) + 1,
            submission,
            account=by.account,
            device=by.device.device_id,
        )
        self.entries.append(entry)
        return entry

    def draft(
        self,
        kind: EntryKind = EntryKind.APPLICATION,
        *,
        document: bytes | None = None,
        parent: int = 1,
        payload: bytes = b"payload",
    ) -> Submission:
        return Submission(
            conversation_id=CONVERSATION,
            kind=kind,
            device_counter=len(self.entries) + 1,
            parent=parent,
            base=parent if kind is EntryKind.HANDSHAKE else 0,
            document_hash=None if document is None else hash_document(document),
            sent_at_ms=START_MS,
            sent_error_ms=5,
            payload=payload,
        )

    def binding(
        self,
        submission: Submission,
        by: Person = ANNA,
        *,
        seen: int | None = None,
        seen_chain: bytes | None = None,
    ) -> bytes:
        return binding_bytes(
            submission,
            account=by.account,
            device=by.device.device_id,
            seen=len(self.entries) if seen is None else seen,
            seen_chain=self.chain if seen_chain is None else seen_chain,
        )

    def head(self) -> SignedHead:
        return sign_head(len(self.entries), self.chain)

    def run(self, first: int = 1, *, is_signed: bool = True) -> Run:
        return Run(
            chain_before=START if first == 1 else self.entries[first - 2].chain,
            entries=skeletons(self.entries[first - 1 :]),
            head=self.head() if is_signed else None,
        )


def with_payload(submission: Submission, payload: bytes) -> Submission:
    return msgspec.structs.replace(submission, payload=payload)


@dataclass
class Talk:
    """A log that begins with a real conversation of two devices."""

    log: ForgedLog
    anna: Conversation
    bert: Conversation
    created: PendingChange

    def commit(
        self, by: Person = ANNA, *, add: Person | None = None, document: bytes = DOCUMENT
    ) -> tuple[Submission, PendingChange]:
        """Return a handshake of Anna or Bert, with no regard to what they may."""
        draft = self.log.draft(EntryKind.HANDSHAKE, document=document)
        conversation = self.anna if by is ANNA else self.bert
        pending = conversation.change(
            add=[] if add is None else [add.prekey().public],
            document_hash=hash_document(document),
            now_s=NOW_S,
            authenticated_data=self.log.binding(draft, by),
        )
        return with_payload(draft, pending.handshake), pending


@cache
def _first_steps() -> tuple[Submission, Conversation, Conversation, PendingChange]:
    draft = ForgedLog().draft(EntryKind.HANDSHAKE, document=DOCUMENT, parent=0)
    alone = Conversation.create(
        conversation_name(CONVERSATION),
        ANNA.mls_keys,
        document_hash=hash_document(DOCUMENT),
        now_s=NOW_S,
    )
    prekey = BERT.prekey()
    pending = alone.change(
        add=[prekey.public], now_s=NOW_S, authenticated_data=ForgedLog().binding(draft)
    )
    assert pending.welcome is not None
    bert = Conversation.join(pending.welcome, prekey, BERT.mls_keys, tree=pending.tree)
    return with_payload(draft, pending.handshake), pending.conversation, bert, pending


def make_talk() -> Talk:
    submission, anna, bert, pending = _first_steps()
    log = ForgedLog()
    log.append(submission)
    return Talk(log, anna, bert, pending)


def bare(person: Person) -> tuple[DeviceListEntry, ...]:
    return nameless(person.devices)
