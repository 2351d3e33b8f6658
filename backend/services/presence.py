"""Who is online: best effort, in memory, told to contacts that are online themselves.

Only those who both show their presence, and of whom neither has blocked the other, see each other
(`backend.store.blocks.presence_circle`); to all others somebody is offline and was never seen.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.bus import PresenceChanged
from backend.services.context import Context
from backend.store.accounts import note_seen, users_of
from backend.store.blocks import presence_circle
from backend.store.contacts import contact_rows
from backend.store.database import Session
from backend.store.tables import User
from backend.store.unit import Unit
from shared import limits
from shared.errors import MimError
from shared.frames import Presence

__all__ = ["PresenceService"]

logger = logging.getLogger(__name__)


class PresenceService:
    """Counts links per account."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._links: Counter[int] = Counter()
        self._shown: set[int] = set()  # Whom the others think online, through the grace too.

    def is_online(self, account: int) -> bool:
        """Whether the account counts as online."""
        return account in self._shown

    def arrived(self, account: int) -> None:
        """Note a new link."""
        self._links[account] += 1
        if account not in self._shown:
            self._shown.add(account)
            self._tell(Presence(account, is_online=True, last_seen_ms=self._context.wall_ms()))

    def left(self, account: int) -> None:
        """Note the end of a link; a reconnect within the grace is not shown."""
        self._links[account] -= 1
        if self._links[account] <= 0:
            del self._links[account]
            seen_ms = self._context.wall_ms()
            self._context.crossing.later(
                limits.PRESENCE_OFFLINE_GRACE_MS, lambda: self._go_offline(account, seen_ms)
            )

    def of_contacts(self, session: Session, account: int) -> list[Presence]:
        """Return the presence of all contacts, for a link that opens."""
        circle = presence_circle(session, account)
        return [
            self.presence_of(user, is_shown=user.account in circle)
            for _, user in contact_rows(session, account)
        ]

    def presence_of(self, user: User, *, is_shown: bool) -> Presence:
        """Return what somebody is told of a user."""
        if not is_shown:
            return Presence(user.account, is_online=False, last_seen_ms=0)
        return Presence(user.account, self.is_online(user.account), user.last_seen_ms)

    @contextmanager
    def changing(self, account: int) -> Iterator[None]:
        """Tell who is seen by whom, once it is changed inside of this."""
        before = self._circle(account)
        yield
        after = self._circle(account)
        self._exchange(account, before - after, is_shown=False)
        self._exchange(account, after - before, is_shown=True)

    def _circle(self, account: int) -> frozenset[int]:
        try:
            return self._context.read(lambda session: presence_circle(session, account))
        except MimError as error:
            logger.warning("Who sees %s is not known: %s", account, error)
            return frozenset()

    def _exchange(self, account: int, others: frozenset[int], *, is_shown: bool) -> None:
        """Tell an account and others of each other; those who are not online get nothing."""
        online = tuple(sorted(others & self._shown))
        told = [account] if online else []
        told += sorted(others) if self.is_online(account) else []
        if not told:
            return

        def query(session: Session) -> dict[int, Presence]:
            users = users_of(session, told)
            return {user.account: self.presence_of(user, is_shown=is_shown) for user in users}

        for about, presence in self._context.read(query).items():
            to = online if about == account else (account,)
            self._context.bus.publish(PresenceChanged(presence, to))

    def store_all(self) -> None:
        """Store when everybody was last seen: the server stops."""
        seen_ms = self._context.wall_ms()
        accounts = sorted(self._shown)

        def work(unit: Unit) -> None:
            for account in accounts:
                note_seen(unit.session, account, seen_ms)

        if accounts:
            self._store(work)

    def _go_offline(self, account: int, seen_ms: int) -> None:
        if account in self._links or account not in self._shown:
            return
        self._shown.discard(account)
        self._tell(Presence(account, is_online=False, last_seen_ms=seen_ms))
        self._store(lambda unit: note_seen(unit.session, account, seen_ms))

    def _store(self, work: Callable[[Unit], None]) -> None:
        try:
            self._context.change(work)
        except MimError as error:
            # Best effort: the next time they go offline it is written again.
            logger.warning("Who was last seen when is not stored: %s", error)

    def _tell(self, presence: Presence) -> None:
        try:
            contacts = self._context.read(
                lambda session: tuple(sorted(presence_circle(session, presence.account)))
            )
        except MimError as error:
            logger.warning("The contacts of %s are not told: %s", presence.account, error)
            return
        self._context.bus.publish(PresenceChanged(presence, contacts))
