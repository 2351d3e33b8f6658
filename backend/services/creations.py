"""New conversations: of two contacts, of a group, or one's own notes.

Two people have one conversation and an account has one notebook: a second one gets ``exists``,
unless all roots of the first are dead; then nobody can go on with it, it is closed for good and a
new one begins.
"""

from __future__ import annotations

from backend.services.carried import check_form, store_carried
from backend.services.context import Context, RefusedWithDetailsError
from backend.services.handshakes import check_keys
from backend.services.log import Log
from backend.store import contacts as contacts_store
from backend.store import conversations as store
from backend.store import rosters
from backend.store.blocks import blocks_among
from backend.store.database import Session
from backend.store.entries import clear_fields
from backend.store.unit import Unit
from shared import chain
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest_groups import Creation
from shared.roster import ConversationKind, RosterDocument, decode_document, hash_document
from shared.roster_rules import check_first

__all__ = ["Creations"]


class Creations:
    """Makes conversations with their first handshake."""

    def __init__(self, context: Context, log: Log) -> None:
        self._context = context
        self._log = log

    def create(self, account: int, device: int, creation: Creation) -> None:
        """Make a conversation; the same request again is no error.

        Raises:
            RefusedError: With ``exists``, ``not_contact``, ``bad_hash``, ``out_of_turn``,
                ``stale``, ``forbidden``, ``blocked`` or ``malformed``.
        """
        document = _check_creation(account, creation)

        def work(unit: Unit) -> None:
            if not self._is_repeat(unit, account, device, creation):
                self._create(unit, account, device, creation, document)

        self._context.change(work)

    def _create(
        self,
        unit: Unit,
        account: int,
        device: int,
        creation: Creation,
        document: RosterDocument,
    ) -> None:
        session, conversation_id = unit.session, document.conversation_id
        _check_contacts(session, account, document)
        pair = _pair_of(document)
        if pair is not None:
            self._check_pair(unit, pair)
        check_keys(session, document.members)
        _add_rows(unit, pair, creation, document)
        self._context.tell_all(
            unit,
            [member.account for member in document.members],
            EventKind.CONVERSATION_NEW,
            account=account,
            conversation_id=conversation_id,
        )
        store_carried(self._context, unit, creation, document, sequence=1, device=device)
        self._log.forget(conversation_id)
        state = self._log.state(unit, conversation_id)
        assert state is not None
        self._log.append(
            unit, state, account=account, device=device, submission=creation.submission
        )

    def _is_repeat(self, unit: Unit, account: int, device: int, creation: Creation) -> bool:
        submission = creation.submission
        if self._log.state(unit, submission.conversation_id) is None:
            return False
        first = clear_fields(unit.session, submission.conversation_id, 1)
        assert first is not None, "a conversation begins with its first entry"
        is_own = (first.account, first.device) == (account, device)
        if not is_own or first.payload_hash != chain.hash_payload(submission.payload):
            raise RefusedError(Code.MALFORMED, "This conversation_id is taken; choose another.")
        return True

    def _check_pair(self, unit: Unit, pair: str) -> None:
        """Check that there is none of this name that lives."""
        existing = store.conversation_of_pair(unit.session, pair)
        if existing is None:
            return
        state = self._log.state(unit, existing.conversation_id)
        assert state is not None
        if not state.outdated.issuperset(state.members):
            raise RefusedWithDetailsError(
                Code.EXISTS,
                "There is such a conversation already.",
                conversation_id=str(existing.conversation_id),
            )
        store.close_for_good(unit.session, existing.conversation_id, at_ms=unit.now_ms)
        self._log.forget(existing.conversation_id)
        for member in state.members:
            self._context.tell(
                unit,
                member,
                EventKind.CONVERSATION_CHANGED,
                conversation_id=existing.conversation_id,
            )


def _check_creation(account: int, creation: Creation) -> RosterDocument:
    """Check what needs no database and return the document."""
    submission = creation.submission
    if submission.device_counter != 1:
        raise RefusedError(Code.OUT_OF_TURN, "A new conversation starts with counter 1.")
    check_form(submission)
    if submission.parent or submission.base:
        raise RefusedError(Code.MALFORMED, "A new conversation starts with a handshake.")
    if submission.document_hash != hash_document(creation.document):
        raise RefusedError(Code.BAD_HASH, "The document has another hash.")
    document = decode_document(creation.document)
    if document.conversation_id != submission.conversation_id:
        raise RefusedError(Code.MALFORMED, "The document is of another conversation.")
    check_first(document, by=account)
    return document


def _pair_of(document: RosterDocument) -> str | None:
    """Return the name of what there is only one of."""
    accounts = [member.account for member in document.members]
    match document.kind:
        case ConversationKind.DIRECT | ConversationKind.NOTES:
            return contacts_store.pair_name(accounts[0], accounts[-1])
        case ConversationKind.GROUP:
            return None


def _check_contacts(session: Session, account: int, document: RosterDocument) -> None:
    others = {member.account for member in document.members} - {account}
    blocked, blocking = blocks_among(session, account, others)
    if blocked:
        raise RefusedError(Code.BLOCKED, "You have blocked this person.")
    if blocking or others != contacts_store.contacts_among(session, account, others):
        raise RefusedError(Code.NOT_CONTACT, "This person is none of your contacts.")


def _add_rows(unit: Unit, pair: str | None, creation: Creation, document: RosterDocument) -> None:
    document_hash = hash_document(creation.document)
    store.add_conversation(
        unit.session,
        document.conversation_id,
        kind=document.kind,
        pair=pair,
        document_hash=document_hash,
        has_history=document.has_history,
        at_ms=unit.now_ms,
    )
    rosters.add_document(
        unit.session,
        document.conversation_id,
        document_hash=document_hash,
        content=creation.document,
    )
    rosters.set_members(unit.session, document, sequence=1, parent=0)
