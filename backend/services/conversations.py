"""Conversations: creating them, reading their logs, records and documents."""

from __future__ import annotations

from backend.bus import TypingNoted
from backend.services.context import Context, RefusedWithDetailsError
from backend.services.log import Log
from backend.store import contacts as contacts_store
from backend.store import conversations as store
from backend.store.accounts import find_user
from backend.store.database import Session
from backend.store.entries import entries_after
from backend.store.tables import ConversationRow, Document, EpochRecordRow, Member
from backend.store.unit import Unit
from shared import chain
from shared.entries import EntryKind
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.frames import Entries, Typing
from shared.rest import Conversation, ConversationList, EntryPage, RecordList
from shared.rest_groups import Creation
from shared.roster import ConversationKind, RosterDocument, decode_document, hash_document

__all__ = ["Conversations"]


class Conversations:
    """What members may ask of a conversation; to others it does not exist."""

    def __init__(self, context: Context, log: Log) -> None:
        self._context = context
        self._log = log

    def listing(self, account: int) -> ConversationList:
        """Return all conversations of an account."""
        return self._context.read(
            lambda session: ConversationList(conversations=store.conversations_of(session, account))
        )

    def conversation(self, account: int, conversation_id: int) -> Conversation:
        """Return one conversation.

        Raises:
            RefusedError: With ``not_found``.
        """
        return self._context.read(lambda session: _found(session, account, conversation_id))

    def entries(self, account: int, conversation_id: int, *, after: int, limit: int) -> EntryPage:
        """Return a run of entries.

        Raises:
            RefusedError: With ``not_found``.
        """
        found = self.pull(account, conversation_id, after=after, limit=limit)
        return EntryPage(chain_before=found.chain_before, entries=list(found.entries))

    def pull(
        self, account: int, conversation_id: int, *, after: int, limit: int, pull_id: int = 0
    ) -> Entries:
        """Return a run of entries as a frame.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> Entries:
            _check_member(session, account, conversation_id)
            return entries_after(
                session, conversation_id, after=after, limit=limit, pull_id=pull_id
            )

        return self._context.read(query)

    def records(self, account: int, conversation_id: int) -> RecordList:
        """Return the epoch records sealed to the account.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> RecordList:
            _check_member(session, account, conversation_id)
            return RecordList(records=store.records_of(session, conversation_id, account))

        return self._context.read(query)

    def document(self, account: int, conversation_id: int, document_hash: bytes) -> bytes:
        """Return a roster document.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> bytes:
            _check_member(session, account, conversation_id)
            content = store.document_content(session, conversation_id, document_hash)
            if content is None:
                raise RefusedError(Code.NOT_FOUND, "There is no such document.")
            return content

        return self._context.read(query)

    def note_typing(self, account: int, typing: Typing) -> None:
        """Tell the other members; one who may not write is not heard."""

        def query(session: Session) -> tuple[tuple[int, ...], bool]:
            row = store.find_conversation(session, typing.conversation_id)
            members = store.member_accounts(session, typing.conversation_id)
            return tuple(members), row is not None and row.can_write

        # Who types has often just written: then this is known without asking the database.
        standing = self._log.standing(typing.conversation_id)
        members, can_write = standing or self._context.read(query)
        is_heard = can_write and account in members
        others = tuple(member for member in members if is_heard and member != account)
        noted = Typing(typing.conversation_id, typing.is_typing, account)
        self._context.bus.publish(TypingNoted(noted, others))

    def create(self, account: int, device: int, creation: Creation) -> Conversation:
        """Make a conversation with its first handshake; the same request again is no error.

        Raises:
            RefusedError: With ``exists``, ``not_contact``, ``bad_hash``, ``out_of_turn``,
                ``stale`` or ``malformed``.
        """
        document = _check_creation(creation)
        conversation_id = creation.submission.conversation_id

        def work(unit: Unit) -> None:
            if self._is_repeat(unit, account, device, creation):
                return
            pair = _check_pair(unit.session, account, document)
            _check_keys(unit.session, document)
            _add_rows(unit, pair, document, creation, device)
            for member in document.members:
                self._context.tell(
                    unit,
                    member.account,
                    EventKind.CONVERSATION_NEW,
                    account=account,
                    conversation_id=conversation_id,
                )
            self._log.forget(conversation_id)
            state = self._log.state(unit, conversation_id)
            assert state is not None
            self._log.append(
                unit, state, account=account, device=device, submission=creation.submission
            )

        self._context.change(work)
        return self.conversation(account, conversation_id)

    def _is_repeat(self, unit: Unit, account: int, device: int, creation: Creation) -> bool:
        submission = creation.submission
        state = self._log.state(unit, submission.conversation_id)
        if state is None:
            return False
        page = entries_after(unit.session, submission.conversation_id, after=0, limit=1)
        first = page.entries[0]
        is_own = (first.account, first.device) == (account, device)
        if not is_own or first.payload_hash != chain.hash_payload(submission.payload):
            raise RefusedError(Code.MALFORMED, "This conversation_id is taken; choose another.")
        return True


def _found(session: Session, account: int, conversation_id: int) -> Conversation:
    found = store.conversations_of(session, account, conversation_id)
    if not found:
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
    return found[0]


def _check_member(session: Session, account: int, conversation_id: int) -> None:
    if not store.is_member(session, conversation_id, account):
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")


def _check_creation(creation: Creation) -> RosterDocument:
    """Check what needs no database and return the document."""
    submission = creation.submission
    if submission.device_counter != 1:
        raise RefusedError(Code.OUT_OF_TURN, "A new conversation starts with counter 1.")
    is_first = submission.kind is EntryKind.HANDSHAKE and submission.parent == submission.base == 0
    if not is_first or not submission.payload:
        raise RefusedError(Code.MALFORMED, "A new conversation starts with a handshake.")
    if submission.document_hash != hash_document(creation.document):
        raise RefusedError(Code.BAD_HASH, "The document has another hash.")
    document = decode_document(creation.document)
    if document.conversation_id != submission.conversation_id:
        raise RefusedError(Code.MALFORMED, "The document is of another conversation.")
    members = {member.account for member in document.members}
    if document.kind is not ConversationKind.DIRECT or len(members) != len(document.members):
        raise RefusedError(Code.MALFORMED, "This server makes direct conversations.")
    if any(record.account not in members for record in creation.records):
        raise RefusedError(Code.MALFORMED, "A record is sealed to somebody else.")
    return document


def _check_pair(session: Session, account: int, document: RosterDocument) -> str:
    """Check that the two may have a conversation and have none; return their pair's name."""
    members = [member.account for member in document.members]
    others = [member for member in members if member != account]
    if len(members) != 2 or len(others) != 1:
        raise RefusedError(Code.MALFORMED, "A direct conversation has you and one other.")
    if not contacts_store.are_contacts(session, account, others[0]):
        raise RefusedError(Code.NOT_CONTACT, "This person is none of your contacts.")
    pair = contacts_store.pair_name(account, others[0])
    existing = store.conversation_of_pair(session, pair)
    if existing is not None:
        raise RefusedWithDetailsError(
            Code.EXISTS,
            "There is a conversation of you two already.",
            conversation_id=str(existing.conversation_id),
        )
    return pair


def _check_keys(session: Session, document: RosterDocument) -> None:
    for member in document.members:
        user = find_user(session, member.account)
        assert user is not None, "contacts are accounts"
        stated = (member.root_key, member.archive_number, member.archive_key)
        if stated != (user.root_key, user.archive_number, user.archive_key):
            raise RefusedError(Code.STALE, "A member has other keys by now; fetch them again.")


def _add_rows(
    unit: Unit, pair: str, document: RosterDocument, creation: Creation, device: int
) -> None:
    conversation_id = document.conversation_id
    document_hash = hash_document(creation.document)
    session = unit.session
    session.add(
        ConversationRow(
            conversation_id=conversation_id,
            kind=int(document.kind),
            pair=pair,
            head=0,
            chain=chain.START,
            newest_handshake=0,
            document_hash=document_hash,
            document_sequence=1,
            newest_received_ms=0,
            can_write=True,
            has_history=document.has_history,
            created_ms=unit.now_ms,
        )
    )
    session.flush()
    for member in document.members:
        session.add(
            Member(conversation_id=conversation_id, account=member.account, role=int(member.role))
        )
    session.add(
        Document(
            conversation_id=conversation_id,
            document_hash=document_hash,
            content=creation.document,
        )
    )
    for record in creation.records:
        session.add(
            EpochRecordRow(
                conversation_id=conversation_id,
                account=record.account,
                parent=1,
                by_device=device,
                record=record.record,
            )
        )
    session.flush()
