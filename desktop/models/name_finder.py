"""Finds out who people are whom a conversation names and nobody here knows yet.

Members of a group are often no contacts. Their profiles are asked for once: of all members
together, and of those who have left one by one. What comes is told to all windows by the session.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from desktop.commands import LoadMembers, LoadProfile
from desktop.events import MembersLoaded, MessageRow, Profile
from desktop.models.port import CommandFailedError, Port
from shared.identifiers import AccountId, ConversationId

__all__ = ["NameFinder", "named_in"]

Spawn = Callable[[Coroutine[Any, Any, None]], object]
Know = Callable[[AccountId], Profile | None]
Learn = Callable[[Iterable[Profile]], None]


def named_in(rows: Iterable[MessageRow]) -> set[AccountId]:
    """Return everybody whose name stands in messages."""
    found: set[AccountId] = set()
    for row in rows:
        found.add(row.sender)
        found.update(row.subjects)
        found.update(row.mentions)
        if row.quote is not None:
            found.add(row.quote.sender)
        for reaction in row.reactions:
            found.update(reaction.accounts)
    return found - {AccountId(0)}


class NameFinder:
    """Serves one conversation.

    Args:
        conversation_id: Whose members are asked for.
        port: Where they are asked for.
        spawn: Starts a coroutine and keeps it.
        know: Returns who an account is, if that is known.
        learn: Is told who accounts are.
    """

    def __init__(
        self,
        conversation_id: ConversationId,
        port: Port,
        spawn: Spawn,
        *,
        know: Know,
        learn: Learn,
    ) -> None:
        self._conversation_id = conversation_id
        self._port = port
        self._spawn = spawn
        self._know = know
        self._learn = learn
        self._asked: set[AccountId] = set()

    def look(self, rows: Iterable[MessageRow]) -> None:
        """Ask for whoever is named in these messages and not known; for each once."""
        unknown = {each for each in named_in(rows) - self._asked if self._know(each) is None}
        if unknown:
            self._asked |= unknown
            self._spawn(self._find(unknown))

    async def _find(self, unknown: set[AccountId]) -> None:
        try:
            answer = await self._port.ask(LoadMembers(conversation_id=self._conversation_id))
            assert isinstance(answer, MembersLoaded)
            self._learn([member.profile for member in answer.members])
            for account in sorted(unknown):
                if self._know(account) is None:
                    # The answer is told to everybody as an event.
                    await self._port.ask(LoadProfile(account=account))
        except CommandFailedError:
            return  # Their messages are shown without a name until the pane is opened again.
