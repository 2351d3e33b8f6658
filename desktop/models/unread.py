"""How many messages wait, as badges say it: those of muted conversations do not count."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.models.conversations import ConversationsModel
from desktop.models.notifications import is_muted

__all__ = ["Unread", "unread_of"]


@dataclass(frozen=True, slots=True)
class Unread:
    """Unread messages; ``has_muted`` where muted conversations have some."""

    count: int = 0
    has_muted: bool = False

    def __add__(self, other: Unread) -> Unread:
        return Unread(self.count + other.count, self.has_muted or other.has_muted)


def unread_of(conversations: ConversationsModel, *, now_ms: int) -> Unread:
    """Count all conversations of an account; in a muted one only what names the person counts."""
    total = Unread()
    for row in conversations.rows:
        if is_muted(row, now_ms=now_ms):
            total += Unread(row.mentions, row.unread > 0)
        else:
            total += Unread(row.unread)
    return total
