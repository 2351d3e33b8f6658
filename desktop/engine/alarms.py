"""What an honest server and honest devices do not do: noticed, and told once."""

from __future__ import annotations

from enum import StrEnum

from desktop.engine.context import EngineContext
from desktop.events import Alarm
from shared.identifiers import ConversationId

__all__ = ["Alarms", "Finding"]


class Finding(StrEnum):
    """What was found."""

    JUNK_HANDSHAKE = "junk_handshake"
    FORGED_HANDSHAKE = "forged_handshake"
    STALE_GROUP_INFO = "stale_group_info"
    FALSE_STALE = "false_stale"
    BLANKED_PAYLOAD = "blanked_payload"
    INVENTED_MEMBER = "invented_member"
    FORK = "fork"


class Alarms:
    """Tells each finding once."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._told: set[tuple[str, int, int, int]] = set()

    def raise_alarm(
        self,
        finding: Finding,
        *,
        conversation_id: int = 0,
        blamed: str,
        sequence: int = 0,
        account: int = 0,
        evidence: None = None,
    ) -> None:
        """Tell what was found, once."""
        del evidence
        found = (finding.value, conversation_id, sequence, account)
        if found in self._told:
            return
        self._told.add(found)
        self._context.emit(
            Alarm(
                conversation_id=ConversationId(conversation_id),
                kind=finding.value,
                blamed=blamed,
                sequence=sequence,
                account=account,
            )
        )
