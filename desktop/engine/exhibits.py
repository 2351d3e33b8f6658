"""Evidence for alarms, made of what is stored here: runs of entries, rosters, signed states.

An exhibit is checked as an outsider would before it is kept: what shows nothing is no evidence,
and the alarm goes without. No content is in any; what each shows stands in
`shared.e2ee.evidence_values`. Heads that the server signs later, up to which it answers for the
entries, are put in when a proof is made (`Exhibits.vouched`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from desktop.engine.context import EngineContext
from shared.chain import START, is_bound, seen_of
from shared.e2ee.evidence import (
    BadCommit,
    BadRoster,
    BrokenChain,
    Evidence,
    Finding,
    Fork,
    Misbound,
    Noted,
    OtherTag,
    Outsider,
    Run,
    SeenElsewhere,
    SignedHead,
    Trust,
    UnlistedDevice,
    check_evidence,
    skeletons,
)
from shared.e2ee.facade import Conversation, stated_binding_of
from shared.e2ee.handshakes import LogState
from shared.e2ee.warrants import is_signed
from shared.entries import Entry, Head
from shared.errors import PeerError, RefusedError, SealError
from shared.rest import DeviceListEntry
from shared.rest_groups import PublicState
from shared.roster import RosterDocument, Warrant, decode_document
from shared.roster_rules import check_change, check_warrant

__all__ = ["Exhibits"]

E = TypeVar("E", bound=Evidence)

_RUN_ENTRIES_MAX = 2_000  # About 0.5 MB; what lies further apart is told without evidence.


class Exhibits:
    """Makes evidence; `None` wherever what is here does not show it to others."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def trust(self) -> Trust:
        """Return what this device goes by: the server's key and everybody's roots."""
        roots: dict[int, frozenset[bytes]] = {
            pin.account: frozenset((pin.root_key, *pin.past))
            for pin in self._context.storage.keys.pins()
        }
        me = self._context.me()
        roots[me.account] = roots.get(me.account, frozenset()) | {me.root_key}
        return Trust(me.head_key or bytes(32), roots)

    def kept(self, evidence: E) -> E | None:
        """Return the evidence, if an outsider would find that it shows something."""
        try:
            check_evidence(evidence, self.trust())
        except SealError:
            return None
        return evidence

    # Entries in their place.

    def chain_at(self, conversation_id: int, sequence: int) -> bytes | None:
        """Return the chain value after an entry, as far as it is known here."""
        if sequence == 0:
            return START
        entry = self._context.storage.messages.entry(conversation_id, sequence)
        if entry is not None:
            return entry.chain
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or conversation.floor != sequence:
            return None
        return conversation.chain_floor or None

    def run(self, conversation_id: int, first: int, last: int) -> Run | None:
        """Return the entries of a range without their payloads, if all of it is here."""
        chain_before = self.chain_at(conversation_id, first - 1)
        if chain_before is None or not 0 <= last - first < _RUN_ENTRIES_MAX:
            return None
        entries = self._context.storage.messages.entries(conversation_id, first=first, last=last)
        if len(entries) != last - first + 1:
            return None
        return Run(chain_before=chain_before, entries=skeletons(entries))

    def vouched(self, evidence: Evidence, *, longest: int) -> Evidence:
        """Return the evidence with its run led on to the nearest head that the server signed.

        Args:
            evidence: As it was kept.
            longest: How many entries may be added.
        """
        if isinstance(evidence, Fork) or not hasattr(evidence, "run") or evidence.run.head:
            return evidence
        run = self._led_on(evidence.run, longest)
        better = None if run is None else msgspec.structs.replace(evidence, run=run)
        # What came after it may have been changed too: then it shows less, but it shows that.
        return evidence if better is None else self.kept(better) or evidence

    def _led_on(self, run: Run, longest: int) -> Run | None:
        end = run.entries[-1]
        conversation_id = end.conversation_id
        for head in self._heads(conversation_id, end.sequence):
            if head.head - end.sequence > longest:
                return None
            added = self._context.storage.messages.entries(
                conversation_id, first=end.sequence + 1, last=head.head
            )
            return msgspec.structs.replace(
                run, entries=run.entries + skeletons(added), head=SignedHead.of(head)
            )
        return None

    def _heads(self, conversation_id: int, first: int) -> list[Head]:
        """Return the signed heads from a place on that the log here leads to."""
        return [
            head
            for head in self._context.storage.findings.heads(conversation_id)
            if head.head >= first and self.chain_at(conversation_id, head.head) == head.chain
        ]

    # The server's log.

    def broken_chain(self, conversation_id: int, sequence: int) -> BrokenChain | None:
        """An entry that does not continue the chain before it."""
        entry = self._context.storage.messages.entry(conversation_id, sequence)
        before = self.chain_at(conversation_id, sequence - 1)
        if entry is None or before is None:
            return None
        bare = msgspec.structs.replace(entry, payload=b"")
        return self.kept(BrokenChain(chain_before=before, entry=bare))

    def fork(self, head: Head) -> Fork | None:
        """A signed head that the log here contradicts, and a signed head that this log leads to."""
        first = SignedHead.of(head)
        for other in self._heads(head.conversation_id, head.head):
            between = None
            if other.head > head.head:
                between = self.run(head.conversation_id, head.head + 1, other.head)
            fork = Fork(first=first, second=SignedHead.of(other), between=between)
            if self.kept(fork) is not None:
                return fork
        return None

    def noted(self, conversation_id: int, sequence: int) -> Noted | None:
        """An entry of the log; what is wrong with it is not signed by anybody."""
        run = self.run(conversation_id, sequence, sequence)
        return None if run is None else self.kept(Noted(run=run, sequence=sequence))

    # Messages.

    def is_forged(self, entry: Entry) -> bool:
        """Whether a payload says that it was made for other clear fields than those around it."""
        try:
            return not is_bound(stated_binding_of(entry.payload), entry)
        except SealError:
            return False  # It says nothing that could be compared.

    def is_from_future(self, entry: Entry) -> bool:
        """Whether a payload says that its sender saw this very place taken, or later ones."""
        try:
            binding = stated_binding_of(entry.payload)
        except SealError:
            return False
        return is_bound(binding, entry) and seen_of(binding)[0] >= entry.sequence

    def misbound(self, entry: Entry) -> Misbound | None:
        """A payload that was made for other clear fields."""
        run = self.run(entry.conversation_id, entry.sequence, entry.sequence)
        if run is None:
            return None
        evidence = Misbound(run=run, sequence=entry.sequence, payload=entry.payload)
        return self.kept(evidence)

    def seen_elsewhere(self, entry: Entry) -> SeenElsewhere | None:
        """A message whose sender saw another log."""
        seen, _ = seen_of(stated_binding_of(entry.payload))
        first = min(seen + 1, entry.sequence)  # It may have seen more than there was.
        run = self.run(entry.conversation_id, first, entry.sequence)
        if run is None:
            return None
        evidence = SeenElsewhere(run=run, sequence=entry.sequence, payload=entry.payload)
        return self.kept(evidence)

    def outsider(self, entry: Entry, document_hash: bytes) -> Outsider | None:
        """An entry of nobody in the roster."""
        run = self._run_from_handshake(entry)
        document = self._context.storage.groups.document(document_hash)
        if run is None or document is None:
            return None
        return self.kept(Outsider(run=run, sequence=entry.sequence, document=document))

    def unlisted(
        self, entry: Entry, *, root_key: bytes, devices: Sequence[DeviceListEntry]
    ) -> UnlistedDevice | None:
        """An entry of a device that its account's root never listed."""
        run = self.run(entry.conversation_id, entry.sequence, entry.sequence)
        if run is None:
            return None
        evidence = UnlistedDevice(
            run=run, sequence=entry.sequence, root_key=root_key, devices=tuple(devices)
        )
        return self.kept(evidence)

    # Handshakes.

    def finding_of(self, before: LogState, entry: Entry, after: bytes | None) -> Finding:
        """Return what a handshake that does not count is called: are its warrants forged?"""
        if after is not None and _breaks_rules(before, entry, after):
            document = _decoded(after)
            for warrant in () if document is None else document.warrants:
                if not _holds(before, entry, warrant):
                    return Finding.FORGED_WARRANT
        return Finding.JUNK_HANDSHAKE

    def bad_roster(self, before: LogState, entry: Entry, after: bytes | None) -> BadRoster | None:
        """A handshake that brings about a roster against the rules."""
        run = self._run_from_handshake(entry)
        was = self._context.storage.groups.document(before.document_hash)
        if run is None or was is None or after is None or not _breaks_rules(before, entry, after):
            return None
        evidence = BadRoster(run=run, sequence=entry.sequence, before=was, after=after)
        return self.kept(evidence)

    def bad_commit(
        self, before: LogState, entry: Entry, after: bytes | None, group: Conversation | None
    ) -> BadCommit | None:
        """A handshake that no member follows; ``group`` is the own state that it was made on.

        This device describes that state itself: the signature that the handshake's author made
        holds in no other.
        """
        run = self.run(entry.conversation_id, entry.sequence, entry.sequence)
        was = self._context.storage.groups.document(before.document_hash)
        is_there = group is not None and group.bystander.state() == before.view.state()
        if run is None or was is None or group is None or not is_there:
            return None
        evidence = BadCommit(
            run=run,
            sequence=entry.sequence,
            payload=entry.payload,
            group_info=group.group_info(),
            tree=group.tree(),
            before=was,
            after=after,
        )
        return self.kept(evidence)

    def other_tag(
        self, run: Run, entry: Entry, public: PublicState, document: bytes
    ) -> OtherTag | None:
        """A handshake that leads elsewhere than what its committer signed."""
        evidence = OtherTag(
            run=run,
            sequence=entry.sequence,
            payload=entry.payload,
            group_info=public.group_info,
            tree=public.tree,
            document=document,
        )
        return self.kept(evidence)

    def _run_from_handshake(self, entry: Entry) -> Run | None:
        """Return the entries from the handshake before an entry up to it."""
        conversation_id = entry.conversation_id
        previous = self._context.storage.messages.handshake_before(conversation_id, entry.sequence)
        if previous is None:
            return None
        return self.run(conversation_id, previous.sequence, entry.sequence)


def _breaks_rules(before: LogState, entry: Entry, after: bytes) -> bool:
    document = _decoded(after)
    if document is None:
        return True
    try:
        check_change(
            before.document,
            document,
            by=entry.account,
            received_at_ms=entry.received_at_ms,
            verify=is_signed,
        )
    except (PeerError, RefusedError):
        return True
    return False


def _holds(before: LogState, entry: Entry, warrant: Warrant) -> bool:
    try:
        check_warrant(
            before.document, warrant, received_at_ms=entry.received_at_ms, verify=is_signed
        )
    except RefusedError:
        return False
    return True


def _decoded(document: bytes | None) -> RosterDocument | None:
    try:
        return None if document is None else decode_document(document)
    except PeerError:
        return None
