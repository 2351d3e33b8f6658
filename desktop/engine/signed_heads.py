"""Where the server says that logs stand, under its signature: two that disagree prove a fork."""

from __future__ import annotations

from collections.abc import Iterable

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from shared.e2ee.evidence import BadHead, Fork, SignedHead
from shared.e2ee.warrants import is_signed
from shared.entries import Head
from shared.rest_groups import HeadList, HeadQuestion
from shared.signed_heads import head_bytes

__all__ = ["SignedHeads"]


class SignedHeads:
    """The heads that were told, kept and compared."""

    def __init__(self, context: EngineContext, alarms: Alarms) -> None:
        self._context = context
        self._alarms = alarms

    def note(self, heads: Iterable[Head]) -> None:
        """Check and keep heads; those without a signature say nothing that lasts."""
        with self._context.storage.database.transaction():
            for head in heads:
                if head.signature and head.chain:
                    self._note(head)

    async def ask(self, conversation_id: int) -> SignedHead | None:
        """Ask where a conversation stands now.

        Raises:
            ServerRefusedError, PeerError, TransportError: As `HttpClient.call`.
        """
        question = HeadQuestion(conversation_ids=[conversation_id])
        answer = await self._context.http.send("POST", "/v1/heads", HeadList, question)
        heads = [head for head in answer.heads if head.conversation_id == conversation_id]
        self.note(heads)
        signed = [head for head in heads if self._is_signed(head)]
        return SignedHead.of(signed[0]) if signed else None

    def compare(self, conversation_id: int) -> None:
        """Compare all kept heads of a conversation with the log as it is here."""
        for head in self._context.storage.findings.heads(conversation_id):
            self._compare_with_log(head)

    def _note(self, head: Head) -> None:
        if not self._is_signed(head):
            if self._context.me().head_key:
                self._alarms.raise_alarm(
                    Finding.BAD_HEAD,
                    blamed="unclear",
                    conversation_id=head.conversation_id,
                    sequence=head.head,
                    evidence=BadHead(head=SignedHead.of(head)),
                )
            return
        store = self._context.storage.findings
        if not store.save_head(head):
            return
        for other in store.heads(head.conversation_id):
            if other.head == head.head and other.chain != head.chain:
                self._alarms.raise_alarm(
                    Finding.FORK,
                    blamed="server",
                    conversation_id=head.conversation_id,
                    sequence=head.head,
                    evidence=Fork(first=SignedHead.of(other), second=SignedHead.of(head)),
                )
        self._compare_with_log(head)

    def _compare_with_log(self, head: Head) -> None:
        entry = self._context.storage.messages.entry(head.conversation_id, head.head)
        if entry is not None and entry.chain != head.chain:
            self._alarms.raise_alarm(
                Finding.FORK,
                blamed="unclear",
                conversation_id=head.conversation_id,
                sequence=head.head,
                evidence=self._alarms.exhibits.fork(head),
            )

    def _is_signed(self, head: Head) -> bool:
        key = self._context.me().head_key
        if not key or len(head.chain) != 32:
            return False
        message = head_bytes(
            conversation_id=head.conversation_id, sequence=head.head, chain=head.chain
        )
        return is_signed(key, message, head.signature)
