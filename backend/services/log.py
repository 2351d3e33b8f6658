"""The conversation log: judging submits, one after the other, in the writer's transaction.

A submit is judged in this order: repeat → turn → stale → limits and permission → attachments. A
repeat gets the first answer again whatever else has changed. Who is no member learns nothing, not
even whether the conversation exists. Handshakes are judged by `backend.services.handshakes`, which
appends through this log.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from backend.bus import EntryStored
from backend.services.context import Context
from backend.store import blobs
from backend.store import entries as store
from backend.store.blocks import load_blocking
from backend.store.unit import Unit
from backend.store.writer import Job
from shared import chain, limits
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code, MimError, RefusedError
from shared.frames import Accepted, Refused

__all__ = ["Log", "LogState"]

logger = logging.getLogger(__name__)

_STATES_MAX = 20_000

Answer = Accepted | Refused


@dataclass(slots=True)
class LogState:
    """What is needed to judge the next submit of a conversation."""

    conversation_id: int
    head: int
    chain: bytes
    newest_handshake: int
    document: tuple[bytes, int]  # Hash of the roster document in force, and its entry.
    newest_received_ms: int
    can_write: bool
    has_history: bool
    is_closed: bool
    members: tuple[int, ...]
    leaving: frozenset[int]  # Members that have asked to leave.
    outdated: frozenset[int]  # Members whose account has another root by now.
    blocking: frozenset[int]  # Of two members, those who have blocked the other.
    counters: dict[int, int] = field(default_factory=dict)


class Log:
    """Appends entries. Its states live in the writer's thread; they mirror the database."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._states: OrderedDict[int, LogState] = OrderedDict()
        context.writer.on_rollback(self._states.clear)

    def submit(
        self,
        *,
        account: int,
        device: int,
        submission: Submission,
        answer: Callable[[Answer], None],
    ) -> None:
        """Judge a submit in the next transaction; ``answer`` is called once that is committed."""

        def done(result: Answer | None, error: MimError | None) -> None:
            if result is None:
                message = "The server could not store this now." if error is None else str(error)
                result = _refused(submission, Code.OVERLOADED, message)
            answer(result)

        def work(unit: Unit) -> Answer:
            return self._judge(unit, account, device, submission)

        try:
            self._context.writer.put(Job(submission.conversation_id, work, done))
        except RefusedError as error:
            answer(_refused(submission, error.code, error.message))

    def state(self, unit: Unit, conversation_id: int) -> LogState | None:
        """Return where a conversation stands, as of this unit; only for the writer's thread."""
        state = self._states.get(conversation_id)
        if state is not None:
            self._states.move_to_end(conversation_id)
            return state
        unit.flush()
        row = store.load_head(unit.connection, conversation_id)
        if row is None:
            return None
        state = LogState(
            conversation_id=conversation_id,
            head=row.head,
            chain=row.chain,
            newest_handshake=row.newest_handshake,
            document=(row.document_hash, row.document_sequence),
            newest_received_ms=row.newest_received_ms,
            can_write=row.can_write,
            has_history=row.has_history,
            is_closed=row.closed_ms > 0,
            members=store.load_members(unit.connection, conversation_id),
            leaving=store.load_leaving(unit.connection, conversation_id),
            outdated=store.load_outdated(unit.connection, conversation_id),
            blocking=load_blocking(unit.connection, conversation_id),
        )
        self._states[conversation_id] = state
        if len(self._states) > _STATES_MAX:
            self._states.popitem(last=False)
        return state

    def standing(self, conversation_id: int) -> tuple[tuple[int, ...], bool] | None:
        """Return the members and whether they may write, if that is in memory; from any thread.

        Both are set once per state, and a change of either forgets the state.
        """
        state = self._states.get(conversation_id)
        if state is None:
            return None
        return state.members, state.can_write and not (state.is_closed or state.blocking)

    def forget(self, conversation_id: int) -> None:
        """Read this conversation anew next time; only for the writer's thread."""
        self._states.pop(conversation_id, None)

    def forget_account(self, account: int) -> None:
        """Read an account's conversations anew next time; only for the writer's thread."""
        for conversation_id in [
            state.conversation_id for state in self._states.values() if account in state.members
        ]:
            self.forget(conversation_id)

    def repeated(self, unit: Unit, device: int, submission: Submission) -> Accepted | None:
        """Return the first answer if this counter is in the log already."""
        state = self.state(unit, submission.conversation_id)
        if state is None:
            return None
        if 1 <= submission.device_counter <= self.newest_counter(unit, state, device):
            return _repeat(unit, device, submission)
        return None

    def append(
        self,
        unit: Unit,
        state: LogState,
        *,
        account: int,
        device: int,
        submission: Submission,
        newcomers: frozenset[int] = frozenset(),
    ) -> Accepted:
        """Append what has been judged to be right, and announce it.

        Args:
            unit: The transaction.
            state: Of the conversation; its members are those before the entry.
            account: Who appends.
            device: With which device.
            submission: What is appended.
            newcomers: Members that the entry adds.
        """
        entry = _next_entry(unit, state, account, device, submission)
        chain_before = state.chain
        state.head, state.chain = entry.sequence, entry.chain
        state.newest_received_ms = entry.received_at_ms
        state.counters[device] = entry.device_counter
        if entry.kind is EntryKind.HANDSHAKE:
            state.newest_handshake = entry.sequence
            if entry.document_hash is not None and entry.document_hash != state.document[0]:
                state.document = (entry.document_hash, entry.sequence)
        store.add_entry(
            unit, entry, newest_handshake=state.newest_handshake, document=state.document
        )
        blobs.add_references(
            unit.connection,
            conversation_id=entry.conversation_id,
            sequence=entry.sequence,
            blob_ids=entry.blob_ids,
        )
        members = tuple(dict.fromkeys((*state.members, *sorted(newcomers))))
        self._context.announce(unit, EntryStored(entry, chain_before, members, newcomers))
        return _accepted(entry, is_repeat=False)

    def _judge(self, unit: Unit, account: int, device: int, submission: Submission) -> Answer:
        state = self.state(unit, submission.conversation_id)
        if state is None:
            return _refused(submission, Code.NOT_MEMBER, "There is no such conversation.")
        repeated = self.repeated(unit, device, submission)
        if repeated is not None:
            return repeated
        if account not in state.members:
            return _refused(submission, Code.NOT_MEMBER, "There is no such conversation.")
        newest = self.newest_counter(unit, state, device)
        refusal = _rule_against(account, submission, state, newest)
        if refusal is not None:
            return refusal
        named = submission.blob_ids
        if named and not blobs.may_name(unit.connection, account, named):
            return _refused(submission, Code.NO_BLOB, "An attachment is not there.")
        return self.append(unit, state, account=account, device=device, submission=submission)

    def newest_counter(self, unit: Unit, state: LogState, device: int) -> int:
        """Return the newest counter of a device; only for the writer's thread."""
        newest = state.counters.get(device)
        if newest is None:
            unit.flush()
            newest = store.newest_counter(unit.connection, state.conversation_id, device)
            state.counters[device] = newest
        return newest


def _rule_against(
    account: int, submission: Submission, state: LogState, newest: int
) -> Refused | None:
    """Return the refusal if a rule says no, in the order of the module's docstring."""
    rules = [
        (
            submission.device_counter == newest + 1,
            Code.OUT_OF_TURN,
            "The next counter of this device is another one.",
        ),
        (
            submission.kind is EntryKind.APPLICATION and submission.base == 0,
            Code.MALFORMED,
            "Handshakes do not travel in frames.",
        ),
        (
            1 <= submission.parent <= state.newest_handshake,
            Code.MALFORMED,
            "There is no such parent.",
        ),
        (
            submission.parent >= state.document[1],
            Code.STALE,
            "The members have changed since the parent.",
        ),
        (
            state.has_history or submission.parent == state.newest_handshake,
            Code.STALE,
            "Without history the parent is the newest handshake.",
        ),
        (
            bool(submission.payload) and submission.document_hash is None,
            Code.MALFORMED,
            "A message has a payload and no document.",
        ),
        (
            len(submission.payload) <= limits.PAYLOAD_BYTES_MAX,
            Code.TOO_LARGE,
            f"A message has at most {limits.PAYLOAD_BYTES_MAX} bytes.",
        ),
        (
            not state.is_closed and account not in state.leaving,
            Code.CLOSED,
            "This conversation is closed.",
        ),
        (not state.leaving, Code.REMOVAL_DUE, "Somebody has left and is to be removed first."),
        (account not in state.outdated, Code.FORBIDDEN, "The members do not know your root yet."),
        (account not in state.blocking, Code.BLOCKED, "You have blocked this person."),
        # Who is blocked is told what is told after the end of a friendship.
        (
            state.can_write and not state.blocking,
            Code.NOT_CONTACT,
            "You are no contacts any more.",
        ),
    ]
    for is_kept, code, message in rules:
        if not is_kept:
            return _refused(
                submission,
                code,
                message,
                own_counter=newest,
                newest_handshake=state.newest_handshake,
            )
    return None


def _repeat(unit: Unit, device: int, submission: Submission) -> Accepted:
    """Return the first answer again; its hash tells the device which payload it was."""
    unit.flush()
    entry = store.first_answer(
        unit.connection,
        conversation_id=submission.conversation_id,
        device=device,
        device_counter=submission.device_counter,
    )
    assert entry is not None, "counters of a device have no holes"
    return _accepted(entry, is_repeat=True)


def _next_entry(
    unit: Unit, state: LogState, account: int, device: int, submission: Submission
) -> Entry:
    entry = Entry(
        conversation_id=state.conversation_id,
        sequence=state.head + 1,
        entry_id=unit.next_id(),
        kind=submission.kind,
        account=account,
        device=device,
        device_counter=submission.device_counter,
        parent=submission.parent,
        base=submission.base,
        document_hash=submission.document_hash,
        sent_at_ms=submission.sent_at_ms,
        sent_error_ms=submission.sent_error_ms,
        received_at_ms=max(unit.now_ms, state.newest_received_ms),
        expires_at_ms=submission.expires_at_ms,
        blob_ids=submission.blob_ids,
        payload_hash=chain.hash_payload(submission.payload),
        chain=chain.START,
        payload=submission.payload,
    )
    return msgspec.structs.replace(entry, chain=chain.chain_after(state.chain, entry))


def _accepted(entry: Entry, *, is_repeat: bool) -> Accepted:
    return Accepted(
        conversation_id=entry.conversation_id,
        device_counter=entry.device_counter,
        payload_hash=entry.payload_hash,
        sequence=entry.sequence,
        entry_id=entry.entry_id,
        received_at_ms=entry.received_at_ms,
        chain=entry.chain,
        is_repeat=is_repeat,
    )


def _refused(
    submission: Submission,
    code: Code,
    message: str,
    *,
    own_counter: int = 0,
    newest_handshake: int = 0,
) -> Refused:
    return Refused(
        conversation_id=submission.conversation_id,
        device_counter=submission.device_counter,
        payload_hash=chain.hash_payload(submission.payload),
        code=code,
        message=message,
        own_counter=own_counter,
        newest_handshake=newest_handshake,
    )
