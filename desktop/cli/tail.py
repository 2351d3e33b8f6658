"""Following what others write: first what nobody has read here yet, then what arrives.

Between two runs nothing is missed: what another command fetched meanwhile is still unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from desktop.cli.session import Session
from desktop.commands import MarkRead
from desktop.events import MessageKind, MessageRow
from shared.identifiers import ConversationId

__all__ = ["SEEN_MAX", "follow", "forget_oldest"]

SEEN_MAX = 100_000  # Rows told apart; an older one that changes so late is not printed again.

_Key = tuple[ConversationId, int]


async def follow(
    session: Session,
    show: Callable[[MessageRow], Awaitable[None]],
    *,
    count: int | None,
    seconds: float | None,
) -> None:
    """Show each line of others once and mark it read, until enough messages or time is up."""
    shown = 0
    try:
        async with asyncio.timeout(seconds):
            async for row in _messages(session):
                await show(row)
                await session.ask(
                    MarkRead(conversation_id=row.conversation_id, sequence=row.sequence)
                )
                # What happened to a group is told, and is no message.
                shown += row.kind is not MessageKind.SYSTEM
                if shown == count:
                    return
    except TimeoutError:
        return


async def _messages(session: Session) -> AsyncIterator[MessageRow]:
    """Yield messages of others: the unread ones of each conversation, then live ones."""
    # Bounded by printing: it blocks the loop that fills this queue, and so the engine.
    live: asyncio.Queue[MessageRow] = asyncio.Queue()
    session.on_row(live.put_nowait)
    seen: dict[_Key, None] = {}
    for conversation in list(session.conversations.values()):
        if not conversation.unread:
            continue
        # Own messages lie between unread ones, so there may be more rows than unread messages.
        limit = max(conversation.unread, conversation.head - conversation.first_unread + 1)
        for row in await session.rows(conversation.conversation_id, limit=limit):
            if row.sequence >= conversation.first_unread and _is_new(row, seen):
                yield row
    while True:
        row = await live.get()
        if _is_new(row, seen):
            yield row


def forget_oldest(seen: dict[_Key, None]) -> None:
    """Keep what was seen within its bound."""
    if len(seen) > SEEN_MAX:
        del seen[next(iter(seen))]


def _is_new(row: MessageRow, seen: dict[_Key, None]) -> bool:
    """Note a row of somebody else; say whether it was not seen before."""
    key = (row.conversation_id, row.local_id)
    if row.is_own or row.sequence == 0 or key in seen:
        return False
    seen[key] = None
    forget_oldest(seen)
    return True
