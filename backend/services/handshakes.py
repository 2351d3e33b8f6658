"""Handshakes: commits with all that travels with them, in one transaction.

Judged in this order: repeat → turn → stale (``base`` is not the newest handshake) → rules. The
server knows no MLS: it checks who commits, the roster document against the one of ``parent``
(`shared.roster_rules`), and whom records and Welcomes are for. The parent's document counts, not
the newest one: whether the handshakes in between hold is for the members to say.
"""

from __future__ import annotations

from backend.services.carried import check_form, store_carried
from backend.services.context import Context, RefusedWithDetailsError
from backend.services.log import Log, LogState
from backend.services.races import Races
from backend.services.rate_limits import Limiter
from backend.services.signatures import is_signed
from backend.store import groups as groups_store
from backend.store import rosters
from backend.store.accounts import keys_of
from backend.store.blocks import blocks_among
from backend.store.contacts import contacts_among
from backend.store.conversations import set_has_history
from backend.store.database import Session
from backend.store.entries import clear_fields
from backend.store.unit import Unit
from shared.entries import EntryKind, Submission
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.frames import Accepted
from shared.rest_groups import Handshake, HandshakeAccepted
from shared.roster import RosterDocument, RosterMember, decode_document, hash_document
from shared.roster_rules import RosterChange, check_change, member_of

__all__ = ["Handshakes", "check_keys"]


class Handshakes:
    """Judges commits."""

    def __init__(self, context: Context, log: Log, limiter: Limiter) -> None:
        self._context = context
        self._log = log
        self._limiter = limiter
        self._races = Races()

    def submit(
        self, account: int, device: int, conversation_id: int, handshake: Handshake
    ) -> HandshakeAccepted:
        """Judge a commit in the next transaction.

        Raises:
            RefusedError: With one of the codes of `shared.rest_groups`.
        """
        submission = handshake.submission
        check_form(submission)
        if submission.conversation_id != conversation_id:
            raise RefusedError(Code.MALFORMED, "The handshake is of another conversation.")

        def work(unit: Unit) -> Accepted:
            return self._judge(unit, account, device, handshake)

        return _answer_of(self._context.change(work))

    def _judge(self, unit: Unit, account: int, device: int, handshake: Handshake) -> Accepted:
        submission = handshake.submission
        repeated = self._log.repeated(unit, device, submission)
        if repeated is not None:
            return repeated
        state = self._log.state(unit, submission.conversation_id)
        if state is None or account not in state.members:
            raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
        self._check_turn(unit, state, device, submission)
        self._check_base(unit, state, device, submission)
        if state.is_closed:
            raise RefusedError(Code.CLOSED, "This conversation is closed.")
        if account in state.outdated:
            raise RefusedError(Code.FORBIDDEN, "The members do not know your root yet.")
        self._check_rate(unit, device, submission.conversation_id)
        return self._append(unit, state, account, device, handshake)

    def _check_turn(self, unit: Unit, state: LogState, device: int, submission: Submission) -> None:
        newest = self._log.newest_counter(unit, state, device)
        if submission.device_counter != newest + 1:
            raise RefusedWithDetailsError(
                Code.OUT_OF_TURN,
                "The next counter of this device is another one.",
                own_counter=str(newest),
            )

    def _check_base(self, unit: Unit, state: LogState, device: int, submission: Submission) -> None:
        if submission.base == state.newest_handshake:
            return
        self._limiter.spend("handshakes_per_device", f"{device}:{state.conversation_id}")
        self._races.lost(state.conversation_id, device, now_ms=unit.now_ms)
        raise RefusedWithDetailsError(
            Code.STALE,
            "Another handshake was faster.",
            newest_handshake=str(state.newest_handshake),
        )

    def _check_rate(self, unit: Unit, device: int, conversation_id: int) -> None:
        held_ms = self._races.held_ms(conversation_id, device, now_ms=unit.now_ms)
        if held_ms:
            raise RefusedWithDetailsError(
                Code.RATE_LIMITED,
                "Somebody else is to commit first.",
                retry_after_ms=str(held_ms),
            )
        self._limiter.spend("handshakes_per_device", f"{device}:{conversation_id}")

    def _append(
        self, unit: Unit, state: LogState, account: int, device: int, handshake: Handshake
    ) -> Accepted:
        session, submission = unit.session, handshake.submission
        before, before_hash = _document_of_parent(session, submission)
        received_ms = max(unit.now_ms, state.newest_received_ms)
        if handshake.document is None and submission.document_hash != before_hash:
            raise RefusedError(Code.BAD_HASH, "Without a document the parent's stays in force.")
        document, change = _next_document(before, handshake, account, received_ms)
        _check_newcomers(session, account, submission.conversation_id, change)
        sequence = state.head + 1
        newcomers, gone = self._change_roster(unit, state, handshake, document, account)
        store_carried(self._context, unit, handshake, document, sequence=sequence, device=device)
        accepted = self._log.append(
            unit,
            state,
            account=account,
            device=device,
            submission=submission,
            newcomers=newcomers,
        )
        for to in sorted(gone):
            self._context.tell(
                unit,
                to,
                EventKind.CONVERSATION_CHANGED,
                conversation_id=submission.conversation_id,
            )
        self._races.won(submission.conversation_id, device)
        # Members, roots and what waits are read anew.
        self._log.forget(submission.conversation_id)
        return accepted

    def _change_roster(
        self,
        unit: Unit,
        state: LogState,
        handshake: Handshake,
        document: RosterDocument,
        account: int,
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Let the newest accepted document count; return who has come and who has gone."""
        submission, session = handshake.submission, unit.session
        assert submission.document_hash is not None
        if submission.document_hash == state.document[0]:
            return frozenset(), frozenset()
        if handshake.document is not None:
            rosters.add_document(
                session,
                state.conversation_id,
                document_hash=submission.document_hash,
                content=handshake.document,
            )
        newcomers, gone = rosters.set_members(
            session, document, sequence=state.head + 1, parent=submission.parent
        )
        set_has_history(session, state.conversation_id, has_history=document.has_history)
        groups_store.settle(session, document)
        for to in sorted(newcomers):
            self._context.tell(
                unit,
                to,
                EventKind.CONVERSATION_NEW,
                account=account,
                conversation_id=state.conversation_id,
            )
        return newcomers, gone


def check_keys(session: Session, members: tuple[RosterMember, ...]) -> None:
    """Check that the roster names the keys that accounts have now.

    Raises:
        RefusedError: With ``stale``, or ``unknown_user``.
    """
    present = keys_of(session, [member.account for member in members])
    for member in members:
        keys = present.get(member.account)
        if keys is None:
            raise RefusedError(Code.UNKNOWN_USER, "There is no such person.")
        if keys != (member.root_key, member.archive_number, member.archive_key):
            raise RefusedWithDetailsError(
                Code.STALE,
                "A member has other keys by now; fetch them again.",
                account=str(member.account),
            )


def _document_of_parent(session: Session, submission: Submission) -> tuple[RosterDocument, bytes]:
    parent = clear_fields(session, submission.conversation_id, submission.parent)
    if parent is None or parent.kind != EntryKind.HANDSHAKE:
        raise RefusedError(Code.MALFORMED, "There is no such parent.")
    found = rosters.load_document(session, submission.conversation_id, parent.document_hash)
    return found, parent.document_hash


def _next_document(
    before: RosterDocument, handshake: Handshake, account: int, received_ms: int
) -> tuple[RosterDocument, RosterChange]:
    """Return the document after a handshake, and what it changes.

    Raises:
        RefusedError: If it has another hash, or the account may not change it so.
        PeerError: With ``malformed`` if it cannot be read.
    """
    if handshake.document is None:
        if member_of(before, account) is None:
            raise RefusedError(Code.FORBIDDEN, "Only members commit.")
        return before, RosterChange()
    if handshake.submission.document_hash != hash_document(handshake.document):
        raise RefusedError(Code.BAD_HASH, "The document has another hash.")
    after = decode_document(handshake.document)
    change = check_change(before, after, by=account, received_at_ms=received_ms, verify=is_signed)
    return after, change


def _check_newcomers(
    session: Session, account: int, conversation_id: int, change: RosterChange
) -> None:
    """Check that those who come want to, and that all keys are those of now."""
    invited = {newcomer for newcomer, _ in change.invited}
    added = {member.account for member in change.added}
    friends = contacts_among(session, account, added).difference(
        *blocks_among(session, account, added)
    )
    for member in change.added:
        is_wanted = (
            member.account in invited
            or member.account in friends
            or groups_store.find_join_request(session, conversation_id, member.account) is not None
        )
        if not is_wanted:
            raise RefusedError(Code.NOT_CONTACT, "Who comes is your contact, or has asked.")
    check_keys(session, change.added + change.re_rooted)


def _answer_of(accepted: Accepted) -> HandshakeAccepted:
    return HandshakeAccepted(
        device_counter=accepted.device_counter,
        payload_hash=accepted.payload_hash,
        sequence=accepted.sequence,
        entry_id=accepted.entry_id,
        received_at_ms=accepted.received_at_ms,
        chain=accepted.chain,
        is_repeat=accepted.is_repeat,
    )
