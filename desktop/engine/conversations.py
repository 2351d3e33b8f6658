"""Conversations: made known from the server, created with a contact, and their records opened."""

from __future__ import annotations

import logging

import msgspec

from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from desktop.storage.conversation_store import PendingCreation, StoredConversation
from shared import chain, limits
from shared.e2ee.conversation_key import create, open_record
from shared.entries import Entry, EntryKind
from shared.errors import Code, PeerError, SealError
from shared.identifiers import ConversationId
from shared.ordering import block_bounds, block_of
from shared.rest import AccountKeys, Conversation, ConversationList, Creation, EntryPage, RecordList
from shared.roster import (
    ConversationKind,
    Role,
    RosterDocument,
    RosterMember,
    decode_document,
    hash_document,
)

__all__ = ["Conversations"]

logger = logging.getLogger(__name__)

# A longer log is begun near its end on a new device; the rest follows in the background.
_WHOLE_MAX = limits.ENTRIES_PER_FRAME_MAX
_FIRST_PART = 2 * limits.ORDER_BLOCK
_SEQUENCE_MAX = 2**40  # Beyond it a timeline's order keys would not fit; no log gets there.


class Conversations:
    """The conversations of this account."""

    def __init__(self, context: EngineContext, keys: PeerKeys) -> None:
        self._context = context
        self._keys = keys

    async def refresh_all(self) -> list[StoredConversation]:
        """Fetch all conversations; return those that are known now."""
        answer = await self._context.http.get("/v1/conversations", ConversationList)
        with self._context.storage.database.transaction():
            taken = [self._take(each) for each in answer.conversations]
        return [each for each in taken if each is not None]

    async def refresh(self, conversation_id: int) -> StoredConversation | None:
        """Fetch one conversation; ``None`` if there is none that this version can show."""
        path = f"/v1/conversations/{conversation_id}"
        try:
            return self._take(await self._context.http.get(path, Conversation))
        except ServerRefusedError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return None

    async def open_with(self, account: int) -> StoredConversation:
        """Return the conversation with a contact, created if there is none.

        The request is stored before it is sent and sent again unchanged, so that a lost answer
        does not make a second one. Where the other side was faster, theirs is used.

        Raises:
            ServerRefusedError: ``not_contact`` and others.
            PeerError: ``bad_certificate``: their keys do not fit their root.
            TransportError: If the server cannot be reached.
        """
        store = self._context.storage.conversations
        found = store.with_peer(account)
        if found is not None:
            return found
        pending = store.creation(account) or await self._prepare(account)
        body = msgspec.msgpack.decode(pending.body, type=Creation)
        conversation_id: int
        try:
            answer = await self._context.http.send("POST", "/v1/conversations", Conversation, body)
            conversation_id = answer.conversation_id
        except ServerRefusedError as error:
            if error.code is not Code.EXISTS:
                store.drop_creation(account)
                raise
            conversation_id = int(error.details.get("conversation_id", "0"))
        store.drop_creation(account)
        stored = store.get(conversation_id) or await self.refresh(conversation_id)
        if stored is None:
            raise PeerError(Code.MALFORMED, "The server does not know its own conversation.")
        return stored

    async def fetch_record(self, conversation_id: int, parent: int) -> None:
        """Fetch what opens the messages of one epoch, check it, and keep it.

        Raises:
            SealError: If no record opens, or the roster is not the two of us.
            PeerError, ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        handshake = await self._handshake(conversation_id, parent)
        await self._check_roster(conversation_id, handshake)
        creator_key = self._keys.device_key(handshake.account, handshake.device)
        if creator_key is None:
            raise SealError("The device that made this conversation is not known.")
        path = f"/v1/conversations/{conversation_id}/records"
        answer = await self._context.http.get(path, RecordList)
        for kept in answer.records:
            for _, archive in reversed(self._context.me().archives):
                try:
                    record = open_record(
                        kept.record,
                        archive=archive,
                        handshake=handshake,
                        creator_key=creator_key,
                    )
                except SealError:
                    continue  # For another epoch or archive key; each is tried.
                self._context.storage.conversations.save_record(record)
                return
        raise SealError("No record opens this conversation.")

    async def fetch_keys(self, conversation: StoredConversation) -> None:
        """Fetch the device keys of both members.

        Raises:
            PeerError, ServerRefusedError, TransportError: As `PeerKeys.fetch`.
        """
        await self._keys.fetch(self._context.me().account)
        await self._keys.fetch(conversation.peer)

    async def refresh_keys(self, account: int) -> None:
        """Fetch someone's keys anew; errors as in `fetch_keys`."""
        await self._keys.fetch(account)

    async def _prepare(self, account: int) -> PendingCreation:
        me = self._context.me()
        own = await self._keys.fetch(me.account)
        peer = await self._keys.fetch(account)
        conversation_id = ConversationId(self._context.new_id())
        roster = RosterDocument(
            conversation_id=conversation_id,
            kind=ConversationKind.DIRECT,
            members=(_member(own), _member(peer)),
        )
        stamp = self._context.server_time()
        creation, record = create(
            roster,
            account=me.account,
            device=me.device,
            sent_at_ms=stamp.at_ms,
            sent_error_ms=stamp.error_ms,
            random=self._context.random,
        )
        pending = PendingCreation(
            peer=account, conversation_id=conversation_id, body=msgspec.msgpack.encode(creation)
        )
        storage = self._context.storage
        with storage.database.transaction():
            storage.conversations.save_creation(pending)
            storage.conversations.save_record(record)
            storage.outbox.note_sealed(creation.submission)
        return pending

    def _take(self, told: Conversation) -> StoredConversation | None:
        """Store what the server says of a conversation."""
        storage, me = self._context.storage, self._context.me()
        marks = {member.account: member for member in told.members}
        peers = [account for account in marks if account != me.account]
        if told.kind is not ConversationKind.DIRECT or len(peers) != 1 or me.account not in marks:
            logger.info("conversation %d needs a newer version", told.conversation_id)
            return None
        if told.head > _SEQUENCE_MAX:
            raise PeerError(Code.MALFORMED, "A log cannot be that long.")
        conversation_id = ConversationId(told.conversation_id)
        with storage.database.transaction():
            if storage.conversations.get(conversation_id) is None:
                storage.conversations.add(self._new(told, peers[0]))
            storage.conversations.update_from_server(
                conversation_id,
                can_write=told.can_write,
                newest_handshake=told.newest_handshake,
                document_hash=told.document_hash,
                head=told.head,
            )
            peer, own = marks[peers[0]], marks[me.account]
            storage.conversations.raise_marks(
                conversation_id,
                delivered=peer.delivered,
                delivered_at_ms=peer.delivered_at_ms,
                read=peer.read,
                read_at_ms=peer.read_at_ms,
            )
            storage.conversations.raise_own_read(conversation_id, own.read, is_sent=True)
        return storage.conversations.get(conversation_id)

    def _new(self, told: Conversation, peer: int) -> StoredConversation:
        floor = 0
        if told.head > _WHOLE_MAX:
            floor = block_bounds(block_of(told.head - _FIRST_PART))[0] - 1
        floor_chain = chain.START if floor == 0 else b""  # As told with the first entries.
        own = self._context.storage.outbox.sealed(told.conversation_id, 1)
        return StoredConversation(
            conversation_id=ConversationId(told.conversation_id),
            kind=told.kind.value,
            peer=peer,
            can_write=told.can_write,
            newest_handshake=told.newest_handshake,
            document_hash=told.document_hash,
            head=told.head,
            floor=floor,
            chain_floor=floor_chain,
            have=floor,
            chain_have=floor_chain,
            own_counter=own[-1].device_counter if own else 0,
        )

    async def _handshake(self, conversation_id: int, parent: int) -> Entry:
        entry = self._context.storage.messages.entry(conversation_id, parent)
        if entry is None:
            path = f"/v1/conversations/{conversation_id}/entries"
            page = await self._context.http.get(path, EntryPage, after=parent - 1, limit=1)
            entry = next((each for each in page.entries if each.sequence == parent), None)
        if entry is None or entry.kind is not EntryKind.HANDSHAKE:
            raise SealError("The message names no handshake.")
        if entry.conversation_id != conversation_id:
            raise SealError("The handshake is another conversation's.")
        return entry

    async def _check_roster(self, conversation_id: int, handshake: Entry) -> None:
        """Check that the document the creator signed for names exactly the two of us."""
        wanted = handshake.document_hash
        if wanted is None:
            raise SealError("The handshake names no roster.")
        path = f"/v1/conversations/{conversation_id}/documents/{wanted.hex()}"
        data = await self._context.http.call("GET", path)
        if hash_document(data) != wanted:
            raise SealError("This is another roster than the creator signed.")
        document = decode_document(data)
        conversation = self._context.storage.conversations.get(conversation_id)
        assert conversation is not None
        me = self._context.me()
        roots = {member.account: member.root_key for member in document.members}
        is_ours = document.conversation_id == conversation_id and len(document.members) == 2
        if not is_ours or set(roots) != {me.account, conversation.peer}:
            raise SealError("The roster names other people.")
        await self.fetch_keys(conversation)
        people = self._context.storage.people
        if any(people.pinned_root(account) != root for account, root in roots.items()):
            raise SealError("The roster names another root than the one known.")


def _member(keys: AccountKeys) -> RosterMember:
    return RosterMember(
        account=keys.account,
        root_key=keys.root_key,
        role=Role.MEMBER,
        archive_number=keys.archive_key.number,
        archive_key=keys.archive_key.key,
    )
