"""The vault of an account, and how it is replaced: by the password or the recovery code.

A vault names the version it replaces (compare-and-swap). It is sealed with fresh chance each time,
so the same bytes are the same request: its repeat is answered as the first one was.
"""

from __future__ import annotations

from backend.bus import SessionClosed
from backend.services.accounts import check_kdf
from backend.services.context import Context
from backend.services.credentials import (
    authenticated,
    authenticated_by_recovery,
    is_auth_key,
    set_auth_key,
    set_recovery_key,
    spend_login,
)
from backend.services.rate_limits import Limiter
from backend.store import accounts as store
from backend.store import devices as devices_store
from backend.store.database import Session
from backend.store.tables import User
from backend.store.unit import Unit
from shared.errors import Code, RefusedError
from shared.identifiers import fold_user_name
from shared.rest import VaultOpened
from shared.rest_devices import PasswordChange, RecoveryChange, RecoveryQuestion

__all__ = ["Vaults", "end_sessions", "is_same_vault", "replace_vault"]


class Vaults:
    """Changes of the password, and the way in without it."""

    def __init__(self, context: Context, limiter: Limiter) -> None:
        self._context = context
        self._limiter = limiter

    def change_password(self, account: int, change: PasswordChange, *, address: str) -> None:
        """Store a new password's keys and the vault sealed with them; sessions go on.

        Raises:
            RefusedError: With ``wrong_credentials``, ``conflict``, ``client_too_old`` or
                ``rate_limited``.
        """
        check_kdf(self._context, change.kdf_version)

        def name_of(session: Session) -> str:
            user = store.find_user(session, account)
            assert user is not None, "who asks has an account"
            return user.user_name

        spend_login(self._limiter, address=address, user_name=self._context.read(name_of))

        def work(unit: Unit) -> None:
            user = store.find_user(unit.session, account)
            if user is not None and self._is_done(user, change):
                return
            user = authenticated(user, change.auth_key)
            replace_vault(user, change.vault, replaced=change.vault_version)
            set_auth_key(user, change.new_auth_key)
            user.kdf_version = change.kdf_version
            if change.recovery_auth_key is not None:
                set_recovery_key(user, change.recovery_auth_key)

        self._context.change(work)

    def open_by_recovery(self, question: RecoveryQuestion, *, address: str) -> VaultOpened:
        """Return the vault to who has the recovery code.

        Raises:
            RefusedError: With ``wrong_credentials`` or ``rate_limited``.
        """
        folded = spend_login(self._limiter, address=address, user_name=question.user_name)

        def query(session: Session) -> VaultOpened:
            found = store.find_by_name(session, folded)
            user = authenticated_by_recovery(found, question.recovery_auth_key)
            return store.opened_vault(session, user)

        return self._context.read(query)

    def recover(self, change: RecoveryChange, *, address: str) -> None:
        """Store a new password and a new recovery code, by the old code; all sessions end.

        Raises:
            RefusedError: With ``wrong_credentials``, ``conflict``, ``client_too_old`` or
                ``rate_limited``.
        """
        spend_login(self._limiter, address=address, user_name=change.user_name)
        check_kdf(self._context, change.kdf_version)

        def work(unit: Unit) -> None:
            found = store.find_by_name(unit.session, fold_user_name(change.user_name))
            if found is not None and self._is_done(found, change):
                return
            user = authenticated_by_recovery(found, change.recovery_auth_key)
            replace_vault(user, change.vault, replaced=change.vault_version)
            set_auth_key(user, change.new_auth_key)
            set_recovery_key(user, change.new_recovery_auth_key)
            user.kdf_version = change.kdf_version
            end_sessions(self._context, unit, user.account)

        self._context.change(work)

    def _is_done(self, user: User, change: PasswordChange | RecoveryChange) -> bool:
        """Whether this is a repeat; who has the new key may know that it is the right one."""
        is_same = is_same_vault(user, change.vault, change.vault_version)
        return is_auth_key(user, change.new_auth_key) and is_same


def is_same_vault(user: User, vault: bytes, replaced: int) -> bool:
    """Whether just this vault took the place of that version: the request comes again."""
    return user.vault == vault and user.vault_version == replaced + 1


def replace_vault(user: User, vault: bytes, *, replaced: int) -> None:
    """Put a vault in the place of version ``replaced``.

    Raises:
        RefusedError: With ``conflict`` if that is not the newest.
    """
    if user.vault_version != replaced:
        raise RefusedError(Code.CONFLICT, "The vault has changed; open it again.")
    user.vault = vault
    user.vault_version += 1


def end_sessions(context: Context, unit: Unit, account: int) -> None:
    """Log all devices of an account out."""
    for device in devices_store.sessions_of(unit.session, account):
        context.announce(unit, SessionClosed(device))
    devices_store.close_sessions(unit.session, account)
