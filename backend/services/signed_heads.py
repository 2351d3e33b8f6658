"""Signed heads: the server says, so that it can be held to it, where a log stands.

Two signed heads of one log and sequence with different chains prove a fork. The newest signature of
each log is remembered, so that a head is signed once for all who ask.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from backend.services.context import Context
from backend.services.signatures import ServerKey
from backend.store.conversations import heads_of
from backend.store.database import Session
from shared.entries import Head
from shared.rest_groups import HeadList
from shared.signed_heads import head_bytes

__all__ = ["SignedHeads"]

_REMEMBERED_MAX = 50_000


class SignedHeads:
    """Signs heads with the server's key."""

    def __init__(self, context: Context, key: ServerKey) -> None:
        self._context = context
        self._key = key
        self._remembered: OrderedDict[tuple[int, int], tuple[bytes, bytes]] = OrderedDict()

    @property
    def public_key(self) -> bytes:
        """What clients check the signatures with, 32 bytes."""
        return self._key.public

    def heads(self, account: int, device: int, conversation_ids: Sequence[int]) -> HeadList:
        """Return the signed heads of those conversations that the account is a member of."""
        wanted = set(conversation_ids)

        def query(session: Session) -> HeadList:
            found = heads_of(session, account, device)
            return HeadList(
                heads=self.signed([head for head in found if head.conversation_id in wanted])
            )

        return self._context.read(query)

    def signed(self, heads: Sequence[Head]) -> list[Head]:
        """Return the heads with signatures; from any thread."""
        return [msgspec.structs.replace(head, signature=self._sign(head)) for head in heads]

    def _sign(self, head: Head) -> bytes:
        # Threads may do the same work twice or forget more than they need; no harm is done.
        place = (head.conversation_id, head.head)
        known = self._remembered.get(place)
        if known is not None and known[0] == head.chain:
            return known[1]
        message = head_bytes(
            conversation_id=head.conversation_id, sequence=head.head, chain=head.chain
        )
        signature = self._key.sign(message)
        self._remembered[place] = (head.chain, signature)
        if len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        return signature
