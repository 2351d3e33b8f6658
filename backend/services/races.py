"""Lost races: who has twice been too late to commit gets a while without rivals.

A commit names the newest handshake; of two that name the same, one loses and is built anew. A
device on a slow line could lose for ever. After its second loss the conversation's other commits
are held for a while. It gets one such while until it has won, so nobody can hold a group.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from shared import limits

__all__ = ["Races"]

_CONVERSATIONS_MAX = 10_000


@dataclass(slots=True)
class _Race:
    losses: dict[int, int] = field(default_factory=dict)
    favoured: int = 0
    held_until_ms: int = 0


class Races:
    """The races of all conversations, in memory; only for the writer's thread."""

    def __init__(self) -> None:
        self._races: OrderedDict[int, _Race] = OrderedDict()

    def lost(self, conversation_id: int, device: int, *, now_ms: int) -> None:
        """Note that a device was too late."""
        race = self._races.setdefault(conversation_id, _Race())
        self._races.move_to_end(conversation_id)
        if len(self._races) > _CONVERSATIONS_MAX:
            self._races.popitem(last=False)
        losses = race.losses[device] = race.losses.get(device, 0) + 1
        if losses == limits.LOST_RACES_MAX and now_ms >= race.held_until_ms:
            race.favoured, race.held_until_ms = device, now_ms + limits.COMMIT_HOLD_MS

    def won(self, conversation_id: int, device: int) -> None:
        """Note that a device has committed."""
        race = self._races.get(conversation_id)
        if race is None:
            return
        race.losses.pop(device, None)
        if race.favoured == device:
            race.favoured, race.held_until_ms = 0, 0
        if not race.losses:
            del self._races[conversation_id]

    def held_ms(self, conversation_id: int, device: int, *, now_ms: int) -> int:
        """Return for how long a device's commits are held, 0 if they are not."""
        race = self._races.get(conversation_id)
        if race is None or race.favoured == device:
            return 0
        return max(0, race.held_until_ms - now_ms)
