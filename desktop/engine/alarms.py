"""What an honest server and honest devices do not do: kept with its evidence, told once."""

from __future__ import annotations

import logging

from desktop.engine.context import EngineContext
from desktop.engine.exhibits import Exhibits
from desktop.events import Alarm
from desktop.storage.finding_store import StoredFinding
from shared.e2ee.evidence import Evidence, Finding, encode_evidence
from shared.identifiers import ConversationId

__all__ = ["Alarms", "Finding"]

logger = logging.getLogger(__name__)


class Alarms:
    """Keeps each finding once, and tells it; ``exhibits`` makes the evidence."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self.exhibits = Exhibits(context)

    def raise_alarm(
        self,
        finding: Finding,
        *,
        blamed: str,
        conversation_id: int = 0,
        sequence: int = 0,
        account: int = 0,
        evidence: Evidence | None = None,
    ) -> None:
        """Keep and tell what was found; the same at the same place is told once.

        What was found before without evidence takes it when it is found again.

        Args:
            finding: What was found.
            blamed: "server", "device" or "unclear".
            conversation_id: Where; 0 outside any conversation.
            sequence: At which entry, 0 for none.
            account: Whose, 0 for nobody's.
            evidence: What lets others check it offline, where there is such a thing.
        """
        kept = StoredFinding(
            conversation_id=conversation_id,
            kind=finding.value,
            blamed=blamed,
            sequence=sequence,
            account=account,
            at_ms=self._context.server_time().at_ms,
            evidence=b"" if evidence is None else encode_evidence(evidence),
        )
        number = self._context.storage.findings.add(kept)
        if not number:
            return
        logger.warning("%s in conversation %d at %d", finding.value, conversation_id, sequence)
        self._context.emit(
            Alarm(
                conversation_id=ConversationId(conversation_id),
                kind=finding.value,
                blamed=blamed,
                sequence=sequence,
                account=account,
                evidence_id=number,
            )
        )
