"""Conversations: reading their logs, records, documents, and the ways in."""

from __future__ import annotations

from backend.bus import TypingNoted
from backend.services.context import Context
from backend.services.log import Log
from backend.store import conversations as store
from backend.store import handshakes as handshakes_store
from backend.store import rosters
from backend.store.blocks import blocking_of
from backend.store.database import Session
from backend.store.entries import clear_fields, entries_after
from backend.store.unit import Unit
from shared import chain, limits
from shared.entries import EntryKind
from shared.errors import Code, RefusedError
from shared.frames import Entries, Typing
from shared.rest import Conversation, ConversationList, EntryPage, RecordList
from shared.rest_groups import GroupInfoList, RecordAddition, WelcomeInfo

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
            ranges = _ranges(session, account, conversation_id)
            served = rosters.range_of(ranges, after + 1)
            if served is None:
                # Of what is before, between and behind the account's time there are no entries.
                return Entries(conversation_id, chain.START, (), pull_id)
            last = served[1]
            room = min(limit, last - after) if last else limit
            return entries_after(session, conversation_id, after=after, limit=room, pull_id=pull_id)

        return self._context.read(query)

    def records(
        self, account: int, conversation_id: int, *, before: int = 0, limit: int = 200
    ) -> RecordList:
        """Return the epoch records sealed to the account, the newest handshake's first.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> RecordList:
            _ranges(session, account, conversation_id)
            found = handshakes_store.records_of(
                session, conversation_id, account=account, before=before, limit=limit
            )
            return RecordList(records=found)

        return self._context.read(query)

    def add_record(
        self, account: int, device: int, conversation_id: int, addition: RecordAddition
    ) -> None:
        """Store another record for the own account; the same again is no error.

        Raises:
            RefusedError: With ``not_found``, ``forbidden``, ``exists`` or ``too_large``.
        """

        def work(unit: Unit) -> None:
            session = unit.session
            if _check_addition(session, account, device, conversation_id, addition):
                return
            handshakes_store.add_record(
                session,
                conversation_id,
                account=account,
                parent=addition.parent,
                device=device,
                record=addition.record,
            )

        self._context.change(work)

    def group_infos(self, account: int, conversation_id: int) -> GroupInfoList:
        """Return the newest public states, for devices that join by themselves.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> GroupInfoList:
            _check_member(session, account, conversation_id)
            return GroupInfoList(states=handshakes_store.newest_states(session, conversation_id))

        return self._context.read(query)

    def welcome(self, account: int, device: int, conversation_id: int) -> WelcomeInfo:
        """Return the newest Welcome for a device.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> WelcomeInfo:
            _check_member(session, account, conversation_id)
            found = handshakes_store.welcome_for(session, conversation_id, device)
            if found is None:
                raise RefusedError(Code.NOT_FOUND, "No Welcome waits for this device.")
            return found

        return self._context.read(query)

    def drop_welcome(self, device: int, conversation_id: int) -> None:
        """Forget the Welcome of a device: it has joined, or cannot use it."""

        def work(unit: Unit) -> None:
            handshakes_store.drop_welcome(unit.session, conversation_id, device)
            handshakes_store.prune_states(unit.session, conversation_id)

        self._context.change(work)

    def document(self, account: int, conversation_id: int, document_hash: bytes) -> bytes:
        """Return a roster document.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> bytes:
            _ranges(session, account, conversation_id)
            content = rosters.document_content(session, conversation_id, document_hash)
            if content is None:
                raise RefusedError(Code.NOT_FOUND, "There is no such document.")
            return content

        return self._context.read(query)

    def note_typing(self, account: int, typing: Typing) -> None:
        """Tell the other members; one who may not write is not heard."""

        def query(session: Session) -> tuple[tuple[int, ...], bool]:
            row = store.find_conversation(session, typing.conversation_id)
            members = store.member_accounts(session, typing.conversation_id)
            is_open = row is not None and row.can_write and not row.closed_ms
            return tuple(members), is_open and not blocking_of(session, typing.conversation_id)

        # Who types has often just written: then this is known without asking the database.
        standing = self._log.standing(typing.conversation_id)
        members, can_write = standing or self._context.read(query)
        is_heard = can_write and account in members
        others = tuple(member for member in members if is_heard and member != account)
        noted = Typing(typing.conversation_id, typing.is_typing, account)
        self._context.bus.publish(TypingNoted(noted, others))


def _found(session: Session, account: int, conversation_id: int) -> Conversation:
    found = store.conversations_of(session, account, conversation_id)
    if not found:
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
    return found[0]


def _ranges(session: Session, account: int, conversation_id: int) -> list[tuple[int, int]]:
    """Return what the account may read; somebody who never was a member learns nothing."""
    ranges = rosters.ranges_of(session, conversation_id, account)
    if not ranges:
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
    return ranges


def _check_member(session: Session, account: int, conversation_id: int) -> None:
    if rosters.find_member(session, conversation_id, account) is None:
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")


def _check_addition(
    session: Session, account: int, device: int, conversation_id: int, addition: RecordAddition
) -> bool:
    """Check that a record may be added; whether it is there already."""
    _check_member(session, account, conversation_id)
    row = store.find_conversation(session, conversation_id)
    entry = clear_fields(session, conversation_id, addition.parent)
    ranges = rosters.ranges_of(session, conversation_id, account)
    is_epoch = entry is not None and entry.kind == EntryKind.HANDSHAKE
    if row is None or not is_epoch or rosters.range_of(ranges, addition.parent) is None:
        raise RefusedError(Code.NOT_FOUND, "There is no such handshake.")
    if not row.has_history:
        raise RefusedError(Code.FORBIDDEN, "This conversation keeps no records.")
    known = handshakes_store.records_of_epoch(
        session, conversation_id, account=account, parent=addition.parent
    )
    if any((item.by_device, item.record) == (device, addition.record) for item in known):
        return True
    if any(item.by_device == device for item in known):
        raise RefusedError(Code.EXISTS, "This device has added a record of this epoch already.")
    if len(known) >= limits.RECORDS_PER_EPOCH_MAX:
        raise RefusedError(Code.TOO_LARGE, "There are enough records of this epoch.")
    return False
