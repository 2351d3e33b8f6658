"""What is known of each conversation's MLS group: read from the database once, written through.

A link that ends for whatever reason may leave memory ahead of the disk; so the next one begins
with `GroupStates.forget`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from desktop.engine.context import EngineContext
from desktop.engine.prekeys import mls_keys
from desktop.storage.group_store import LiveState, PendingCommit, StoredLog
from shared.e2ee.facade import Conversation, EpochReader
from shared.e2ee.handshakes import LogState
from shared.errors import SealError
from shared.roster import RosterDocument, decode_document

__all__ = ["GroupStates"]

K = TypeVar("K")
V = TypeVar("V")

_KEPT = 128
_READERS_KEPT = 256


class GroupStates:
    """Live states, judged logs, roster documents and readers of epochs."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._logs: OrderedDict[int, LogState] = OrderedDict()
        self._groups: OrderedDict[int, Conversation] = OrderedDict()
        self._documents: OrderedDict[bytes, RosterDocument] = OrderedDict()
        self._readers: OrderedDict[bytes, EpochReader] = OrderedDict()

    def forget(self) -> None:
        """Read everything from the database again."""
        for cache in (self._logs, self._groups, self._documents, self._readers):
            cache.clear()

    # The log as everybody sees it.

    def log(self, conversation_id: int) -> LogState | None:
        """Return the state after the newest valid handshake."""
        known = self._logs.get(conversation_id)
        if known is None:
            stored = self._context.storage.groups.log(conversation_id)
            if stored is None:
                return None
            known = LogState.decode(stored.state)
            _keep(self._logs, conversation_id, known, _KEPT)
        return known

    def save_log(
        self,
        conversation_id: int,
        state: LogState,
        *,
        started: int,
        followed: int,
        epoch_at_ms: int,
    ) -> None:
        """Store the state after a valid handshake; an epoch begins without messages."""
        stored = StoredLog(
            sequence=state.sequence,
            started=started,
            followed=followed,
            epoch_at_ms=epoch_at_ms,
            state=state.encode(),
        )
        self._context.storage.groups.save_log(conversation_id, stored)
        _keep(self._logs, conversation_id, state, _KEPT)

    def drop_log(self, conversation_id: int) -> None:
        """Begin to follow anew."""
        self._context.storage.groups.drop_log(conversation_id)
        self._logs.pop(conversation_id, None)

    # This device's own state.

    def group(self, conversation_id: int) -> Conversation | None:
        """Return this device's state; ``None`` if it is not in the conversation."""
        known = self._groups.get(conversation_id)
        if known is None:
            stored = self._context.storage.groups.live(conversation_id)
            if stored is None:
                return None
            try:
                known = Conversation.from_state(
                    stored.epoch_state,
                    mls_keys(self._context.me()),
                    ratchet_state=stored.ratchet_state,
                )
            except SealError:
                # Of another version, or of keys this device had before: it joins again.
                self.drop_group(conversation_id)
                return None
            _keep(self._groups, conversation_id, known, _KEPT)
        return known

    def save_group(
        self, conversation_id: int, group: Conversation, *, sequence: int, is_renewed: bool = True
    ) -> None:
        """Store the state of an epoch that handshake ``sequence`` made.

        ``is_renewed``: the own leaf is new, or has new keys.
        """
        groups = self._context.storage.groups
        leaf_at_ms = 0 if is_renewed else groups.leaf_at_ms(conversation_id)
        state = LiveState(
            sequence=sequence,
            leaf_at_ms=leaf_at_ms or self._context.server_time().at_ms,
            epoch_state=group.epoch_state(),
            ratchet_state=group.ratchet_state(),
        )
        self._context.storage.groups.save_live(conversation_id, state)
        _keep(self._groups, conversation_id, group, _KEPT)

    def save_ratchets(self, conversation_id: int, group: Conversation) -> None:
        """Store what sealing a message has changed."""
        self._context.storage.groups.save_ratchets(conversation_id, group.ratchet_state())
        _keep(self._groups, conversation_id, group, _KEPT)

    def drop_group(self, conversation_id: int) -> None:
        """Never use the own state again."""
        self._context.storage.groups.drop_live(conversation_id)
        self._groups.pop(conversation_id, None)

    def group_of(self, pending: PendingCommit) -> Conversation:
        """Return the state that an own commit leads to."""
        return Conversation.from_state(
            pending.epoch_state,
            mls_keys(self._context.me()),
            ratchet_state=pending.ratchet_state,
        )

    # Documents and readers.

    def document(self, document_hash: bytes) -> RosterDocument | None:
        """Return a roster document that is here."""
        known = self._documents.get(document_hash)
        if known is None:
            data = self._context.storage.groups.document(document_hash)
            if data is None:
                return None
            known = decode_document(data)
            _keep(self._documents, document_hash, known, _KEPT)
        return known

    def readers(self, conversation_id: int, parent: int) -> list[EpochReader]:
        """Return what may open the messages of one epoch, to be tried in order."""
        records = self._context.storage.records.all_of(conversation_id, parent)
        return [self._reader(record) for record in records]

    def _reader(self, record: bytes) -> EpochReader:
        known = self._readers.get(record)
        if known is None:
            known = EpochReader(record)
        _keep(self._readers, record, known, _READERS_KEPT)
        return known

    # Questions.

    def roster(self, conversation_id: int) -> RosterDocument | None:
        """Return the roster document in force, as far as is known here."""
        log = self.log(conversation_id)
        if log is not None:
            return log.document
        conversation = self._context.storage.conversations.get(conversation_id)
        return None if conversation is None else self.document(conversation.document_hash)

    def is_blocked(self, conversation_id: int) -> bool:
        """Whether sending waits until somebody has looked at a member's changed root."""
        blocked = self._context.storage.keys.blocked()
        roster = self.roster(conversation_id) if blocked else None
        return roster is not None and any(each.account in blocked for each in roster.members)

    def is_past(self, conversation_id: int) -> bool:
        """Whether all of a conversation is history to this device.

        Its account was removed before this device came: nobody hands out a state to follow from,
        and the records open what was said until then.
        """
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or not conversation.last:
            return False
        return self._context.storage.groups.log(conversation_id) is None

    def is_current(self, conversation_id: int) -> bool:
        """Whether every handshake that is here was judged, or none will ever be."""
        if self.is_past(conversation_id):
            return True
        stored = self._context.storage.groups.log(conversation_id)
        conversation = self._context.storage.conversations.get(conversation_id)
        if stored is None or conversation is None:
            return False
        newest = self._context.storage.messages.handshake_before(
            conversation_id, conversation.have + 1
        )
        return newest is None or newest.sequence <= stored.followed


def _keep(cache: OrderedDict[K, V], key: K, value: V, size: int) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > size:
        cache.popitem(last=False)
