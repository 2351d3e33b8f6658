"""What others may see of an account: whether it is there, and since when it is not."""

from __future__ import annotations

from backend.services.context import Context
from backend.services.presence import PresenceService
from backend.services.rate_limits import Limiter
from backend.store import blocks as store
from backend.store.accounts import find_user
from backend.store.database import Session
from backend.store.unit import Unit
from shared.rest import Privacy

__all__ = ["PrivacySettings"]


class PrivacySettings:
    """Keeps what the server must know to keep quiet."""

    def __init__(self, context: Context, limiter: Limiter, presence: PresenceService) -> None:
        self._context = context
        self._limiter = limiter
        self._presence = presence

    def load(self, account: int) -> Privacy:
        """Return what is shown."""

        def query(session: Session) -> Privacy:
            user = find_user(session, account)
            assert user is not None, "It has a session."
            return Privacy(shares_presence=user.shares_presence)

        return self._context.read(query)

    def change(self, account: int, privacy: Privacy) -> Privacy:
        """Show more or less from now on; those who are online hear of it at once.

        Raises:
            RefusedError: With ``rate_limited``.
        """
        self._limiter.spend("privacy_changes_per_account", str(account))

        def work(unit: Unit) -> None:
            store.set_shares_presence(
                unit.session, account, shares_presence=privacy.shares_presence
            )

        with self._presence.changing(account):
            self._context.change(work)
        return self.load(account)
