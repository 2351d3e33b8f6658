"""Following the handshakes of a log, in its order: which count, and what they do to this device.

Every step is taken in the transaction that stores the entry. A handshake that fails a check
everybody can make is skipped, by everybody alike. One that fails a check that takes a secret ends
this device's own state: it rejoins (`desktop.engine.joining`). A handshake of our own is known by
its payload, so a crash before the request, after it, or before its answer was stored heals here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.storage.group_store import PendingCommit, Verdict
from desktop.storage.intent_store import Join
from shared.e2ee.evidence import Evidence
from shared.e2ee.facade import Check, Conversation, MlsError
from shared.e2ee.handshakes import LogState, RuleError, Step, follow, policy_for
from shared.entries import Entry
from shared.errors import SealError
from shared.roster import RosterDocument
from shared.roster_rules import member_of

__all__ = ["Following", "Progress", "Settled"]

logger = logging.getLogger(__name__)


class Progress(Enum):
    """How far following has come."""

    CURRENT = "current"  # All handshakes that are here are judged.
    NEEDS_START = "needs_start"  # A signed state is to be fetched first.
    NEEDS_DOCUMENT = "needs_document"  # A roster document is to be fetched first.


@dataclass(frozen=True, slots=True)
class Settled:
    """An own commit is in the log, and what it did."""

    pending: PendingCommit
    newcomers: tuple[int, ...]  # Accounts that read nothing of what was said before.


@dataclass(slots=True)
class Following:
    """Follows all conversations' handshakes.

    ``on_settled`` is told of own commits, ``on_lost`` of conversations to rejoin, ``on_over`` of
    those that this account was removed from, before its wishes there go, ``on_roster`` of
    a new roster; inside the storing transaction.
    """

    context: EngineContext
    states: GroupStates
    alarms: Alarms
    changes: Changes
    on_settled: list[Callable[[int, Settled], None]] = field(default_factory=list)
    on_lost: list[Callable[[int], None]] = field(default_factory=list)
    on_over: list[Callable[[int], None]] = field(default_factory=list)
    on_roster: list[Callable[[int, Entry, RosterDocument, RosterDocument], None]] = field(
        default_factory=list
    )

    def follow(self, conversation_id: int, *, last: int) -> Progress:
        """Judge the handshakes up to ``last`` that are here and were not judged."""
        groups, messages = self.context.storage.groups, self.context.storage.messages
        stored = groups.log(conversation_id)
        if stored is None:
            return Progress.NEEDS_START
        for entry in messages.handshakes(conversation_id, after=stored.followed, last=last):
            before = self.states.log(conversation_id)
            if before is None:
                return Progress.NEEDS_START
            if self.missing_document(before, entry) is not None:
                return Progress.NEEDS_DOCUMENT
            if not self._judge(conversation_id, before, entry):
                return Progress.NEEDS_START
        return Progress.CURRENT

    def missing_document(self, before: LogState, entry: Entry) -> bytes | None:
        """Return the hash of the document that judging an entry needs and that is not here."""
        wanted = entry.document_hash
        if wanted is None or wanted == before.document_hash or entry.parent != before.sequence:
            return None
        return None if self.context.storage.groups.document(wanted) is not None else wanted

    def first_missing(self, conversation_id: int, *, last: int) -> bytes | None:
        """Return the hash of the document that following waits for."""
        groups, messages = self.context.storage.groups, self.context.storage.messages
        stored, before = groups.log(conversation_id), self.states.log(conversation_id)
        if stored is None or before is None:
            return None
        for entry in messages.handshakes(conversation_id, after=stored.followed, last=last):
            return self.missing_document(before, entry)
        return None

    def lose(self, conversation_id: int) -> None:
        """Give the own state up, and join anew."""
        self.states.drop_group(conversation_id)
        roster = self.states.roster(conversation_id)
        if roster is None or member_of(roster, self.context.me().account) is not None:
            self.context.storage.intents.add(conversation_id, Join())
        for tell in self.on_lost:
            tell(conversation_id)

    def _judge(self, conversation_id: int, before: LogState, entry: Entry) -> bool:
        """Take one handshake; return False if following has to begin anew."""
        document = None
        if entry.document_hash is not None and entry.document_hash != before.document_hash:
            document = self.context.storage.groups.document(entry.document_hash)
        try:
            step = follow(before, entry, document)
        except MlsError as error:
            if error.check is Check.SECRET:
                self._note_withheld(conversation_id, entry)
                return False
            self._skip(conversation_id, before, entry, document, error)
            return True
        verdict = Verdict(
            sequence=entry.sequence,
            is_valid=True,
            epoch=step.state.view.epoch,
            document_hash=step.state.document_hash,
            changes_roster=step.roster_change is not None,
        )
        groups = self.context.storage.groups
        groups.save_verdict(conversation_id, verdict)
        stored = groups.log(conversation_id)
        assert stored is not None
        self._note_leaves(conversation_id, before, step, entry)
        self._take(conversation_id, before, step, entry)
        self.states.save_log(
            conversation_id,
            step.state,
            started=stored.started,
            followed=entry.sequence,
            epoch_at_ms=entry.received_at_ms,
        )
        if step.roster_change is not None:
            self._note_roster(conversation_id, entry, before.document, step.state.document)
        return True

    def _note_leaves(
        self, conversation_id: int, before: LogState, step: Step, entry: Entry
    ) -> None:
        """Note whose leaf is new: the committer's always is."""
        devices = {entry.device}
        if step.change.added:
            old = {credential.device_id for credential in before.credentials.values()}
            new = {credential.device_id for credential in step.state.credentials.values()}
            devices |= new - old
        for device in devices:
            self.context.storage.groups.note_leaf(conversation_id, device, entry.received_at_ms)

    def _skip(
        self,
        conversation_id: int,
        before: LogState,
        entry: Entry,
        document: bytes | None,
        error: MlsError,
    ) -> None:
        logger.info("%r is skipped: %s", entry, error)
        groups = self.context.storage.groups
        verdict = Verdict(
            sequence=entry.sequence,
            is_valid=False,
            epoch=0,
            document_hash=before.document_hash,
            changes_roster=False,
        )
        groups.save_verdict(conversation_id, verdict)
        groups.set_followed(conversation_id, entry.sequence)
        pending = groups.pending(conversation_id)
        if pending is not None and pending.payload_hash == entry.payload_hash:
            groups.drop_pending(conversation_id)  # Built anew from its intents.
        is_race = entry.parent < before.sequence and entry.document_hash == before.document_hash
        if not is_race:
            self._note_junk(conversation_id, before, entry, document, error)

    def _note_junk(
        self,
        conversation_id: int,
        before: LogState,
        entry: Entry,
        document: bytes | None,
        error: MlsError,
    ) -> None:
        exhibits = self.alarms.exhibits
        finding = exhibits.finding_of(before, entry, document)
        evidence: Evidence | None = exhibits.bad_roster(before, entry, document)
        if evidence is None and finding is Finding.JUNK_HANDSHAKE:
            group = self.states.group(conversation_id)
            evidence = exhibits.bad_commit(before, entry, document, group)
        self.alarms.raise_alarm(
            finding,
            conversation_id=conversation_id,
            # The server judged by the same rules, except those that take MLS.
            blamed="server" if isinstance(error, RuleError) else "device",
            sequence=entry.sequence,
            account=entry.account,
            evidence=evidence,
        )

    def _note_withheld(self, conversation_id: int, entry: Entry) -> None:
        """A handshake without its payload: nothing can be followed from here on."""
        self.alarms.raise_alarm(
            Finding.BLANKED_PAYLOAD,
            conversation_id=conversation_id,
            blamed="server",
            sequence=entry.sequence,
            account=entry.account,
            evidence=self.alarms.exhibits.noted(conversation_id, entry.sequence),
        )
        self.states.drop_log(conversation_id)
        self.lose(conversation_id)

    def _take(self, conversation_id: int, before: LogState, step: Step, entry: Entry) -> None:
        """Bring this device's own state along."""
        storage, is_own = self.context.storage, self.context.is_own(entry)
        pending = storage.groups.pending(conversation_id)
        if is_own and pending is not None and pending.payload_hash == entry.payload_hash:
            self._adopt(conversation_id, pending, step, entry)
            return
        group = self.states.group(conversation_id)
        if group is None:
            return
        if is_own:
            # This device made it and does not know it: an older copy of its profile is here.
            self.lose(conversation_id)
            return
        self._follow_as_member(conversation_id, group, before, step, entry)

    def _follow_as_member(
        self,
        conversation_id: int,
        group: Conversation,
        before: LogState,
        step: Step,
        entry: Entry,
    ) -> None:
        policy = policy_for(before, entry, step.state.document)
        try:
            followed = group.follow(entry.payload, policy=policy)
        except SealError as error:
            logger.warning("%r cannot be followed: %s", entry, error)
            self.lose(conversation_id)
            return
        if followed.conversation is None or followed.record is None:
            self._note_gone(conversation_id, step.state.document)
            return
        self.states.save_group(
            conversation_id, followed.conversation, sequence=entry.sequence, is_renewed=False
        )
        self.context.storage.records.add(
            conversation_id, entry.sequence, followed.record, is_own=True
        )

    def _note_gone(self, conversation_id: int, document: RosterDocument) -> None:
        """Somebody removed this device's leaf; it joins again if its account is still there."""
        self.states.drop_group(conversation_id)
        me = self.context.me()
        is_barred = me.device.device_id in document.barred_devices
        if member_of(document, me.account) is not None and not is_barred:
            logger.info("conversation %d: this device's leaf was removed", conversation_id)
            for tell in self.on_lost:
                tell(conversation_id)

    def _adopt(
        self, conversation_id: int, pending: PendingCommit, step: Step, entry: Entry
    ) -> None:
        storage = self.context.storage
        group = self.states.group_of(pending)
        self.states.save_group(conversation_id, group, sequence=entry.sequence)
        storage.records.add(conversation_id, entry.sequence, pending.record, is_own=True)
        storage.groups.drop_pending(conversation_id)
        storage.conversations.set_own_counter(conversation_id, entry.device_counter)
        for intent_id in pending.intents:
            storage.intents.remove(intent_id)
        change = step.roster_change
        came = () if change is None else (*change.added, *change.re_rooted)
        newcomers = tuple(each.account for each in came)
        for tell in self.on_settled:
            tell(conversation_id, Settled(pending, newcomers))

    def _note_roster(
        self, conversation_id: int, entry: Entry, before: RosterDocument, after: RosterDocument
    ) -> None:
        storage, me = self.context.storage, self.context.me()
        if member_of(after, me.account) is None:
            self.states.drop_group(conversation_id)
            for give_up in self.on_over:
                give_up(conversation_id)
            storage.intents.remove_all(conversation_id)
            storage.groups.drop_pending(conversation_id)
            storage.conversations.set_can_write(conversation_id, can_write=False)
        self.changes.conversation(conversation_id)
        for tell in self.on_roster:
            tell(conversation_id, entry, before, after)
