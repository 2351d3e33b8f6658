"""Checking a conversation whole, and exporting what proves the findings.

What is here is read from the local database, what is older from the server. Chain, bindings, the
devices' lists and the signed heads are compared; what was found while messages were opened is
reported too. Nothing of the content is in a proof.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.signed_heads import SignedHeads
from desktop.events import AuditExported, AuditFinding, AuditLoaded
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.finding_store import StoredFinding
from shared import limits
from shared.chain import START, chain_after, is_bound, seen_of
from shared.e2ee.evidence import (
    BrokenChain,
    Evidence,
    Exporter,
    Misbound,
    Reported,
    Run,
    SeenElsewhere,
    SignedHead,
    Trust,
    UnlistedDevice,
    decode_evidence,
    encode_evidence,
    encode_proof,
    judge,
    skeletons,
)
from shared.e2ee.facade import stated_binding_of
from shared.entries import Entry
from shared.errors import Code, MimError, PeerError, SealError, TransportError
from shared.identifiers import ConversationId
from shared.rest import EntryPage

__all__ = ["Audit"]

_PAGE = 100


@dataclass(slots=True)
class _Walk:
    """A log on its way through the checks; the newest `limits.PROOF_ENTRIES_MAX` are kept."""

    conversation_id: int
    chain_before: bytes
    first: int
    count: int = 0
    entries: list[Entry] = field(default_factory=list)
    chains: dict[int, bytes] = field(default_factory=dict)

    @property
    def chain(self) -> bytes:
        return self.entries[-1].chain if self.entries else self.chain_before

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.chains[entry.sequence] = entry.chain
        self.count += 1
        if len(self.entries) > limits.PROOF_ENTRIES_MAX:
            self.chain_before = self.entries.pop(0).chain

    def run(self, head: SignedHead | None, *, since: int) -> Run:
        """Return the kept entries from a sequence on, without payloads, up to the end."""
        kept = [entry for entry in self.entries if entry.sequence >= since] or self.entries
        index = self.entries.index(kept[0])
        before = self.chain_before if index == 0 else self.entries[index - 1].chain
        is_end = head is not None and (head.sequence, head.chain) == (
            kept[-1].sequence,
            kept[-1].chain,
        )
        return Run(chain_before=before, entries=skeletons(kept), head=head if is_end else None)


class Audit:
    """Checks conversations."""

    def __init__(
        self, context: EngineContext, keys: PeerKeys, heads: SignedHeads, alarms: Alarms
    ) -> None:
        self._context = context
        self._keys = keys
        self._heads = heads
        self._alarms = alarms

    async def load(self, conversation_id: int) -> AuditLoaded:
        """Check a conversation whole.

        Raises:
            CommandFailedError: ``not_found``.
            PeerError, ServerRefusedError, TransportError: If what is not here cannot be fetched.
        """
        walk, _ = await self._check(conversation_id)
        trust = self._alarms.exhibits.trust()
        findings = self._context.storage.findings.findings(conversation_id)
        return AuditLoaded(
            conversation_id=ConversationId(conversation_id),
            entries=walk.count,
            chain=walk.chain.hex(),
            sequence=walk.entries[-1].sequence if walk.entries else 0,
            findings=[self._told(each, trust) for each in findings],
        )

    async def export(self, conversation_id: int) -> AuditExported:
        """Check a conversation whole and return the proof; errors as in `load`."""
        walk, head = await self._check(conversation_id)
        me = self._context.me()
        kept = self._context.storage.findings.findings(conversation_id)
        data = encode_proof(
            self._vouched([_reported(each) for each in kept[-limits.PROOF_FINDINGS_MAX :]]),
            conversation_id=conversation_id,
            at_ms=self._context.server_time().at_ms,
            log=walk.run(head, since=0) if walk.entries else None,
            trust=self._alarms.exhibits.trust(),
            exporter=Exporter(me.account, me.root_key, me.proof, me.device.signature),
        )
        return AuditExported(data=data)

    async def _check(self, conversation_id: int) -> tuple[_Walk, SignedHead | None]:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such conversation.")
        head = await self._newest_head(conversation_id)
        walk = _Walk(conversation_id, START, conversation.first)
        async for entry in self._entries(conversation, walk):
            if not self._check_chain(walk, entry):
                return walk, None
            walk.add(entry)
        for entry in list(walk.entries):
            self._check_binding(walk, entry, head)
        await self._check_devices(walk, head)
        self._heads.compare(conversation_id)
        return walk, head

    async def _newest_head(self, conversation_id: int) -> SignedHead | None:
        try:
            return await self._heads.ask(conversation_id)
        except (TransportError, PeerError):
            return None  # Offline, what is here can be checked all the same.

    async def _entries(self, conversation: StoredConversation, walk: _Walk) -> AsyncIterator[Entry]:
        """Yield all entries in order: older ones from the server, the others from here."""
        conversation_id, after = conversation.conversation_id, conversation.first - 1
        path = f"/v1/conversations/{conversation_id}/entries"
        while after < conversation.floor:
            page = await self._context.http.get(path, EntryPage, after=after, limit=_PAGE)
            if not page.entries:
                raise PeerError(Code.MALFORMED, "The server withholds older entries.")
            if after == conversation.first - 1:
                walk.chain_before = page.chain_before
            for entry in page.entries:
                if entry.sequence <= conversation.floor:
                    yield entry
            after = page.entries[-1].sequence
        if conversation.floor < conversation.first:
            walk.chain_before = conversation.chain_floor or START
        after = conversation.floor
        while after < conversation.have:
            last = min(after + _PAGE, conversation.have)
            entries = self._context.storage.messages.entries(
                conversation_id, first=after + 1, last=last
            )
            for entry in entries:
                yield entry
            after = last

    def _check_chain(self, walk: _Walk, entry: Entry) -> bool:
        if chain_after(walk.chain, entry) == entry.chain:
            return True
        self._found(
            walk,
            Finding.BROKEN_CHAIN,
            entry,
            BrokenChain(chain_before=walk.chain, entry=msgspec.structs.replace(entry, payload=b"")),
        )
        return False

    def _check_binding(self, walk: _Walk, entry: Entry, head: SignedHead | None) -> None:
        if not entry.payload:
            return  # Recalled or expired.
        try:
            binding = stated_binding_of(entry.payload)
        except SealError:
            return  # No payload of ours: it is shown as unreadable.
        if not is_bound(binding, entry):
            run = walk.run(head, since=entry.sequence)
            evidence = Misbound(run=run, sequence=entry.sequence, payload=entry.payload)
            self._found(walk, Finding.FORGED_FIELDS, entry, evidence)
            return
        seen, seen_chain = seen_of(binding)
        if seen in walk.chains and walk.chains[seen] != seen_chain:
            run = walk.run(head, since=seen)
            shown = SeenElsewhere(run=run, sequence=entry.sequence, payload=entry.payload)
            self._found(walk, Finding.DROPPED_ENTRY, entry, shown)

    async def _check_devices(self, walk: _Walk, head: SignedHead | None) -> None:
        senders = {(entry.account, entry.device): entry for entry in walk.entries}
        asked = {account for account, _ in senders if await self._ask_for(account)}
        for (account, device), entry in senders.items():
            if account not in asked:
                continue
            pin = self._context.storage.keys.pin(account)
            roots = () if pin is None else (pin.root_key, *pin.past)
            known = [
                root for root in roots if self._keys.device_key(account, device, root_key=root)
            ]
            if known or pin is None:
                continue
            evidence = UnlistedDevice(
                run=walk.run(head, since=entry.sequence),
                sequence=entry.sequence,
                root_key=pin.root_key,
                devices=self._keys.listed(account, pin.root_key),
            )
            self._found(walk, Finding.INVENTED_DEVICE, entry, evidence)

    async def _ask_for(self, account: int) -> bool:
        """Fetch an account's device list; whether it is that of now, to judge by."""
        try:
            await self._keys.fetch(account)
        except MimError:
            # Offline, or the server shows what nobody goes by: a device may just be new.
            return False
        return True

    def _found(self, walk: _Walk, finding: Finding, entry: Entry, evidence: Evidence) -> None:
        self._alarms.raise_alarm(
            finding,
            blamed="unclear",
            conversation_id=walk.conversation_id,
            sequence=entry.sequence,
            account=entry.account,
            evidence=evidence,
        )

    def _vouched(self, findings: list[Reported]) -> list[Reported]:
        """Lead the runs of entries on to where the server signed that the log stands.

        Until then it has not said in a way that lasts that they are its log.
        """
        left, vouched = limits.PROOF_ADDED_ENTRIES_MAX, []
        for finding in findings:
            try:
                before = decode_evidence(finding.evidence)
            except SealError:
                vouched.append(finding)  # There is none, or none that can be read any more.
                continue
            after = self._alarms.exhibits.vouched(before, longest=left)
            left -= _length(after) - _length(before)
            vouched.append(msgspec.structs.replace(finding, evidence=encode_evidence(after)))
        return vouched

    def _told(self, finding: StoredFinding, trust: Trust) -> AuditFinding:
        verdict = judge(_reported(finding), trust, conversation_id=finding.conversation_id)
        return AuditFinding(
            kind=finding.kind,
            blamed=finding.blamed,
            sequence=finding.sequence,
            account=finding.account,
            at_ms=finding.at_ms,
            message=verdict.message,
        )


def _length(evidence: Evidence) -> int:
    run = getattr(evidence, "run", None)
    return len(run.entries) if isinstance(run, Run) else 0


def _reported(finding: StoredFinding) -> Reported:
    return Reported(
        kind=Finding(finding.kind),
        sequence=finding.sequence,
        account=finding.account,
        at_ms=finding.at_ms,
        evidence=finding.evidence,
    )
