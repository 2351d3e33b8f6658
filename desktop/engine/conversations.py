"""Conversations: made known from the server, and created, as handshake 1 of their log.

A creation is stored before it is sent and sent again unchanged, so that a lost answer does not
make a second one. Direct conversations are unique for their pair, notes for their account: where
another device was faster, theirs is used.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.group_states import GroupStates
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.prekeys import Prekeys
from desktop.engine.requests import HandshakeMaker
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.group_store import PendingCommit, Verdict
from shared import chain, limits
from shared.content import Profile
from shared.e2ee.handshakes import LogState
from shared.errors import Code, PeerError, RefusedError
from shared.identifiers import ConversationId
from shared.ordering import block_bounds, block_of
from shared.rest import Conversation, ConversationList
from shared.rest_groups import Creation
from shared.roster import ConversationKind, Role, RosterDocument, hash_document

__all__ = ["Conversations"]

logger = logging.getLogger(__name__)

# A longer log is begun near its end on a new device; the rest follows in the background.
_WHOLE_MAX = 2 * limits.ORDER_BLOCK
_FIRST_PART = limits.ORDER_BLOCK
_SEQUENCE_MAX = 2**40  # Beyond it a timeline's order keys would not fit; no log gets there.
_ID_BYTES = 16


class Conversations:
    """The conversations of this account."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        keys: PeerKeys,
        prekeys: Prekeys,
        maker: HandshakeMaker,
        contents: Contents,
    ) -> None:
        self._context = context
        self._states = states
        self._keys = keys
        self._prekeys = prekeys
        self._maker = maker
        self._contents = contents

    # From the server.

    async def refresh_all(self) -> list[StoredConversation]:
        """Fetch all conversations; return those that are known now."""
        answer = await self._context.http.get("/v1/conversations", ConversationList)
        with self._context.storage.database.transaction():
            taken = [self._take(each) for each in answer.conversations]
        return [each for each in taken if each is not None]

    async def refresh(self, conversation_id: int) -> StoredConversation | None:
        """Fetch one conversation; ``None`` if there is none."""
        path = f"/v1/conversations/{conversation_id}"
        try:
            return self._take(await self._context.http.get(path, Conversation))
        except ServerRefusedError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return None

    def _take(self, told: Conversation) -> StoredConversation | None:
        """Store what the server says of a conversation."""
        storage, me = self._context.storage, self._context.me()
        others = [member for member in told.members if member.account != me.account]
        if told.head > _SEQUENCE_MAX:
            raise PeerError(Code.MALFORMED, "A log cannot be that long.")
        peer = _peer(told, me.account)
        if peer is None:
            logger.info("conversation %d needs a newer version", told.conversation_id)
            return None
        conversation_id = ConversationId(told.conversation_id)
        with storage.database.transaction():
            known = storage.conversations.get(conversation_id)
            if known is None:
                storage.conversations.add(self._new(told, peer))
            elif told.first > known.have + 1:
                self._begin_again(told)
            for each in told.past:
                if each.last < told.first:
                    storage.conversations.note_earlier(conversation_id, each.first, each.last)
            storage.conversations.update_from_server(
                conversation_id,
                can_write=told.can_write,
                newest_handshake=told.newest_handshake,
                document_hash=told.document_hash,
                head=told.head if not told.last else min(told.head, told.last),
                first=told.first,
                last=told.last,
            )
            if others:
                storage.conversations.raise_marks(
                    conversation_id,
                    delivered=max(member.delivered for member in others),
                    delivered_at_ms=max(member.delivered_at_ms for member in others),
                    read=max(member.read for member in others),
                    read_at_ms=max(member.read_at_ms for member in others),
                )
            own = next((each for each in told.members if each.account == me.account), None)
            if own is not None:
                storage.conversations.raise_own_read(conversation_id, own.read, is_sent=True)
        return storage.conversations.get(conversation_id)

    def _new(self, told: Conversation, peer: int) -> StoredConversation:
        floor, floor_chain = _floor_of(told)
        head = told.head if not told.last else min(told.head, told.last)
        if head - floor > _WHOLE_MAX:
            floor = max(floor, block_bounds(block_of(head - _FIRST_PART))[0] - 1)
            floor_chain = b""  # As told with the first entries.
        own = self._context.storage.outbox.sealed(told.conversation_id, 1)
        return StoredConversation(
            conversation_id=ConversationId(told.conversation_id),
            kind=told.kind.value,
            peer=peer,
            can_write=told.can_write,
            newest_handshake=told.newest_handshake,
            document_hash=told.document_hash,
            head=head,
            floor=floor,
            chain_floor=floor_chain,
            have=floor,
            chain_have=floor_chain,
            own_counter=own[-1].device_counter if own else 0,
            first=told.first,
            last=told.last,
        )

    def _begin_again(self, told: Conversation) -> None:
        """The own account was added anew: between then and now lies what is not ours to see."""
        conversation_id = told.conversation_id
        floor, floor_chain = _floor_of(told)
        self._context.storage.conversations.begin_again(conversation_id, floor, floor_chain)
        self._states.drop_log(conversation_id)
        self._states.drop_group(conversation_id)

    # Creating.

    async def open_with(self, account: int) -> StoredConversation:
        """Return the conversation with a contact, created if there is none.

        Raises:
            ServerRefusedError: ``not_contact`` and others.
            PeerError: ``bad_certificate``: their keys do not fit their root.
            TransportError: If the server cannot be reached.
        """
        found = self._context.storage.conversations.with_peer(account)
        return found or await self._create(ConversationKind.DIRECT, (account,), peer=account)

    async def open_notes(self) -> StoredConversation:
        """Return the conversation with oneself, created if there is none; errors as above."""
        account = self._context.me().account
        found = self._context.storage.conversations.with_peer(account)
        return found or await self._create(ConversationKind.NOTES, (), peer=account)

    async def create_group(self, name: str, accounts: tuple[int, ...]) -> StoredConversation:
        """Return a new group with these accounts; errors as above.

        Raises:
            RefusedError: ``malformed``: the name is empty or too long.
        """
        title = name.strip()
        if not 0 < len(title) <= limits.GROUP_NAME_LENGTH_MAX:
            raise RefusedError(Code.MALFORMED, "The name of a group has 1 to 100 characters.")
        me = self._context.me().account
        others = tuple(dict.fromkeys(each for each in accounts if each != me))
        return await self._create(ConversationKind.GROUP, others, peer=0, title=title)

    async def finish_creations(self) -> list[StoredConversation]:
        """Send the creations again whose answer is not known; return what came of them."""
        groups = self._context.storage.groups
        made = []
        for conversation_id, is_creation in groups.all_pending():
            pending = groups.pending(conversation_id)
            if is_creation and pending is not None:
                made.append(await self._send(pending))
        return made

    async def _create(
        self, kind: ConversationKind, others: tuple[int, ...], *, peer: int, title: str = ""
    ) -> StoredConversation:
        groups = self._context.storage.groups
        pending = groups.pending_with(peer) if peer else None
        if pending is None:
            pending = await self._prepare(kind, others, peer=peer, title=title)
        return await self._send(pending)

    async def _prepare(
        self, kind: ConversationKind, others: tuple[int, ...], *, peer: int, title: str
    ) -> PendingCommit:
        me = self._context.me()
        own_role = Role.OWNER if kind is ConversationKind.GROUP else Role.MEMBER
        own = await self._keys.fetch(me.account)
        members = [own.member(role=own_role)]
        members += [each.member(role=Role.MEMBER) for each in await self._keys.fetch_all(others)]
        claimed = await self._prekeys.claim(self._context.random(_ID_BYTES), [me.account, *others])
        document = RosterDocument(
            conversation_id=self._context.new_id(), kind=kind, members=tuple(members)
        )
        # Adding hundreds of devices takes a while; the link must not wait for it.
        pending = await asyncio.to_thread(
            self._maker.creation,
            document,
            add=tuple(each.package for each in claimed),
            devices=tuple(each.device_id for each in claimed),
            peer=peer,
            title=title,
        )
        storage = self._context.storage
        with storage.database.transaction():
            storage.groups.save_pending(pending)
            storage.outbox.note_sealed(_body(pending).submission)
        return pending

    async def _send(self, pending: PendingCommit) -> StoredConversation:
        groups, body = self._context.storage.groups, _body(pending)
        try:
            answer = await self._context.http.send("POST", "/v1/conversations", Conversation, body)
        except ServerRefusedError as error:
            if error.code is not Code.RATE_LIMITED:
                groups.drop_pending(pending.conversation_id)
            if error.code is not Code.EXISTS:
                raise
            stored = await self.refresh(int(error.details.get("conversation_id", "0")))
        else:
            stored = self._settle(pending, body, answer)
        if stored is None:
            raise PeerError(Code.MALFORMED, "The server does not know its own conversation.")
        return stored

    def _settle(
        self, pending: PendingCommit, body: Creation, answer: Conversation
    ) -> StoredConversation | None:
        """The log has begun: store what it began with, and the state that this device is in."""
        storage, conversation_id = self._context.storage, pending.conversation_id
        if answer.conversation_id != conversation_id:
            raise PeerError(Code.MALFORMED, "The server answered for another conversation.")
        state = LogState.start(body.group_info, body.tree, body.document, 1)
        with storage.database.transaction():
            stored = self._take(answer)
            storage.groups.drop_pending(conversation_id)
            if stored is None:
                return None
            storage.conversations.set_own_counter(conversation_id, 1)
            storage.groups.save_document(hash_document(body.document), body.document)
            verdict = Verdict(
                sequence=1,
                is_valid=True,
                epoch=state.view.epoch,
                document_hash=state.document_hash,
                changes_roster=True,
            )
            storage.groups.save_verdict(conversation_id, verdict)
            # An event may have been faster than the answer: then the log is followed already.
            log = storage.groups.log(conversation_id)
            if log is None:
                self._states.save_log(
                    conversation_id,
                    state,
                    started=1,
                    followed=1,
                    epoch_at_ms=self._context.server_time().at_ms,
                )
            if log is None or (log.followed == 1 and not storage.groups.is_live(conversation_id)):
                group = self._states.group_of(pending)
                self._states.save_group(conversation_id, group, sequence=1)
            storage.records.add(conversation_id, 1, pending.record, is_own=True)
            if pending.title:
                # Its maker knows the name before the log has it.
                storage.conversations.set_profile(
                    conversation_id, 1, title=pending.title, avatar=b"", announcement=""
                )
                name = Profile(self._context.random(_ID_BYTES), pending.title)
                self._contents.queue(conversation_id, name)
        return storage.conversations.get(conversation_id)


def _body(pending: PendingCommit) -> Creation:
    return msgspec.msgpack.decode(pending.body, type=Creation)


def _peer(told: Conversation, me: int) -> int | None:
    """Return whom the conversation is with, 0 for a group; ``None`` if that makes no sense."""
    accounts = [member.account for member in told.members]
    match told.kind:
        case ConversationKind.GROUP:
            return 0
        case ConversationKind.NOTES:
            return me if accounts == [me] else None
        case ConversationKind.DIRECT:
            others = [account for account in accounts if account != me]
            return others[0] if len(others) == 1 and me in accounts else None


def _floor_of(told: Conversation) -> tuple[int, bytes]:
    floor = max(0, told.first - 1)
    return floor, chain.START if floor == 0 else told.chain_before
