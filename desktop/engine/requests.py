"""Making handshakes: the request with all that travels with it, and the state it leads to."""

from __future__ import annotations

import msgspec

from desktop.engine.context import EngineContext
from desktop.engine.prekeys import mls_keys
from desktop.storage.group_store import PendingCommit
from shared.chain import START, binding_bytes, hash_payload
from shared.e2ee.epoch_records import seal_record
from shared.e2ee.facade import Conversation, PendingChange
from shared.e2ee.handshakes import (
    LogState,
    conversation_name,
    draft_entry,
    policy_for,
    roster_policy,
)
from shared.entries import Entry, EntryKind, Submission
from shared.errors import SealError
from shared.rest import SealedRecord
from shared.rest_groups import Creation, Handshake, PublicState, Welcome
from shared.roster import RosterDocument, encode_document, hash_document

__all__ = ["Draft", "HandshakeMaker"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit is to do."""

    before: LogState
    after: RosterDocument | None = None  # ``None``: the roster stays.
    add: tuple[bytes, ...] = ()
    added_devices: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()
    intents: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Draft(add={len(self.add)}, remove={len(self.remove)})"


class HandshakeMaker:
    """Makes this device's handshakes; nothing of it is stored or sent here."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def creation(
        self,
        document: RosterDocument,
        *,
        add: tuple[bytes, ...],
        devices: tuple[int, ...],
        peer: int,
        title: str,
    ) -> PendingCommit:
        """Return the request that creates a conversation.

        Raises:
            SealError: If a key cannot be used.
        """
        data = encode_document(document)
        first = Conversation.create(
            conversation_name(document.conversation_id),
            mls_keys(self._context.me()),
            document_hash=hash_document(data),
            now_s=self._now_s(),
            policy=roster_policy(document),
        )
        before = LogState.of(first.bystander, data, 0)
        submission = self._submission(before, counter=1, base=0, document=data)
        binding = self._binding(submission, seen=0, seen_chain=START)
        change = first.change(
            add=add,
            now_s=self._now_s(),
            authenticated_data=binding,
            policy=policy_for(before, self._expected(submission, seen=0), document),
        )
        submission = msgspec.structs.replace(submission, payload=change.handshake)
        body = Creation(
            submission=submission,
            document=data,
            records=self._records(change, document),
            group_info=change.group_info,
            tree=change.tree,
            welcome=_welcome(change, devices),
        )
        return self._pending(change, body, is_creation=True, peer=peer, title=title)

    def commit(
        self, group: Conversation, draft: Draft, *, counter: int, base: int, have: tuple[int, bytes]
    ) -> PendingCommit:
        """Return the request for a commit.

        Args:
            group: This device's state.
            draft: What to do.
            counter: The device_counter to take.
            base: The newest handshake entry.
            have: The newest place that is here, and the chain value there.

        Raises:
            SealError: If others would skip it.
        """
        before = draft.before
        data = None if draft.after is None else encode_document(draft.after)
        submission = self._submission(before, counter=counter, base=base, document=data)
        binding = self._binding(submission, seen=have[0], seen_chain=have[1])
        after = draft.after or before.document
        change = group.change(
            add=draft.add,
            remove=draft.remove,
            document_hash=None if data is None else hash_document(data),
            now_s=self._now_s(),
            authenticated_data=binding,
            policy=policy_for(before, self._expected(submission, seen=have[0]), after),
        )
        submission = msgspec.structs.replace(submission, payload=change.handshake)
        body = Handshake(
            submission=submission,
            document=data,
            records=self._records(change, after),
            group_info=change.group_info,
            tree=change.tree,
            welcome=_welcome(change, draft.added_devices),
        )
        return self._pending(change, body, intents=draft.intents)

    def join(
        self,
        before: LogState,
        public: PublicState,
        *,
        counter: int,
        base: int,
        have: tuple[int, bytes],
        intents: tuple[int, ...],
    ) -> PendingCommit:
        """Return the request by which this device comes in by itself; arguments as in `commit`.

        Raises:
            SealError: If the signed state does not hold, or others would skip the join.
        """
        submission = self._submission(before, counter=counter, base=base, document=None)
        binding = self._binding(submission, seen=have[0], seen_chain=have[1])
        change = Conversation.join_external(
            public.group_info,
            public.tree,
            mls_keys(self._context.me()),
            authenticated_data=binding,
            policy=policy_for(before, self._expected(submission, seen=have[0]), before.document),
        )
        submission = msgspec.structs.replace(submission, payload=change.handshake)
        body = Handshake(
            submission=submission,
            records=self._records(change, before.document),
            group_info=change.group_info,
            tree=change.tree,
        )
        return self._pending(change, body, intents=intents)

    def _submission(
        self, before: LogState, *, counter: int, base: int, document: bytes | None
    ) -> Submission:
        stamp = self._context.server_time()
        return Submission(
            conversation_id=before.document.conversation_id,
            kind=EntryKind.HANDSHAKE,
            device_counter=counter,
            parent=before.sequence,
            base=base,
            document_hash=before.document_hash if document is None else hash_document(document),
            sent_at_ms=stamp.at_ms,
            sent_error_ms=stamp.error_ms,
            payload=b"",
        )

    def _binding(self, submission: Submission, *, seen: int, seen_chain: bytes) -> bytes:
        me = self._context.me()
        return binding_bytes(
            submission,
            account=me.account,
            device=me.device.device_id,
            seen=seen,
            seen_chain=seen_chain,
        )

    def _expected(self, submission: Submission, *, seen: int) -> Entry:
        me = self._context.me()
        return draft_entry(
            submission,
            account=me.account,
            device=me.device.device_id,
            seen=seen,
            received_at_ms=self._context.server_time().at_ms,
        )

    def _records(self, change: PendingChange, document: RosterDocument) -> list[SealedRecord]:
        if not document.has_history:
            return []
        records = []
        for member in document.members:
            try:
                sealed = seal_record(
                    change.record,
                    conversation_id=document.conversation_id,
                    archive_key=member.archive_key,
                    random=self._context.random,
                )
            except SealError:
                continue  # Whoever gave itself an unusable key reads from its own states.
            records.append(SealedRecord(account=member.account, record=sealed))
        return records

    def _pending(
        self,
        change: PendingChange,
        body: Creation | Handshake,
        *,
        is_creation: bool = False,
        peer: int = 0,
        title: str = "",
        intents: tuple[int, ...] = (),
    ) -> PendingCommit:
        return PendingCommit(
            conversation_id=body.submission.conversation_id,
            payload_hash=hash_payload(change.handshake),
            is_creation=is_creation,
            peer=peer,
            body=msgspec.msgpack.encode(body),
            epoch_state=change.conversation.epoch_state(),
            ratchet_state=change.conversation.ratchet_state(),
            record=change.record,
            intents=intents,
            title=title,
        )

    def _now_s(self) -> int:
        return self._context.server_time().at_ms // 1000


def _welcome(change: PendingChange, devices: tuple[int, ...]) -> Welcome | None:
    if change.welcome is None or not devices:
        return None
    return Welcome(devices=list(devices), welcome=change.welcome)
