"""A new root for an account whose password and recovery code are lost.

Only the server's administrator can start it: with a token that is good once and for a day. The old
root and its device list stay readable, so that old entries can be checked; everything under it
ends. Groups take the account in again; until then its old place in them cannot write.
"""

from __future__ import annotations

from backend.services.accounts import check_kdf, open_session
from backend.services.context import Context
from backend.services.credentials import (
    authenticated_by_reset,
    hash_token,
    new_token,
    set_auth_key,
    set_recovery_key,
    spend_login,
)
from backend.services.device_lists import add_device, check_archive, tell_devices_changed
from backend.services.log import Log
from backend.services.rate_limits import Limiter
from backend.services.vaults import end_sessions
from backend.store import accounts as store
from backend.store import devices as devices_store
from backend.store.database import Session
from backend.store.key_packages import forget_packages
from backend.store.tables import User
from backend.store.unit import Unit
from shared.errors import Code, LocalError, RefusedError
from shared.identifiers import fold_user_name
from shared.rest import SessionOpened
from shared.rest_devices import AccountReset

__all__ = ["TOKEN_LIFETIME_MS", "Resets", "allow_reset"]

TOKEN_LIFETIME_MS = 24 * 3600 * 1000


class Resets:
    """Carries out what the administrator allowed."""

    def __init__(self, context: Context, limiter: Limiter, log: Log) -> None:
        self._context = context
        self._limiter = limiter
        self._log = log

    def reset(self, asked: AccountReset, *, address: str) -> SessionOpened:
        """Give an account a new root with its first device, and log that in.

        Raises:
            RefusedError: With ``wrong_credentials``, ``bad_certificate``, ``client_too_old`` or
                ``rate_limited``.
        """
        folded = spend_login(self._limiter, address=address, user_name=asked.user_name)
        check_kdf(self._context, asked.kdf_version)
        if asked.entry.certificate != asked.device:
            raise RefusedError(Code.BAD_CERTIFICATE, "The first entry is of another device.")
        check_archive(asked.archive_key, root_key=asked.root_key)
        token = new_token()

        def work(unit: Unit) -> SessionOpened:
            user = authenticated_by_reset(
                store.find_by_name(unit.session, folded), asked.reset_token, now_ms=unit.now_ms
            )
            self._end_old_root(unit, user, asked.root_key)
            _begin_new_root(user, asked)
            unit.session.flush()
            self._log.forget_account(user.account)
            device_id = asked.device.device_id
            add_device(unit, user, asked.entry, device_id=device_id)
            tell_devices_changed(self._context, unit, user.account)
            self._log.forget_account(user.account)  # Its root is an old one there now.
            return open_session(unit, user.account, device_id, token)

        return self._context.change(work)

    def _end_old_root(self, unit: Unit, user: User, new_root: bytes) -> None:
        if user.root_key == new_root:
            raise RefusedError(Code.BAD_CERTIFICATE, "A reset needs a new root.")
        end_sessions(self._context, unit, user.account)
        devices = devices_store.devices_of_list(unit.session, user.account, user.root_number)
        for device in devices:
            device.revoked_ms = device.revoked_ms or unit.now_ms
            device.sealed_archive = b""
        forget_packages(unit.session, [device.device_id for device in devices])
        store.forget_document(unit.session, user.account)
        devices_store.add_past_root(
            unit.session,
            account=user.account,
            root_number=user.root_number,
            root_key=user.root_key,
            now_ms=unit.now_ms,
        )


def allow_reset(session: Session, user_name: str, *, now_ms: int) -> str:
    """Return a new token with which this account may be reset once; an older one is void.

    Raises:
        LocalError: If there is no such account.
    """
    user = store.find_by_name(session, fold_user_name(user_name))
    if user is None:
        raise LocalError("There is no account of this name.")
    token = new_token()
    user.reset_hash = hash_token(token)
    user.reset_expires_ms = now_ms + TOKEN_LIFETIME_MS
    return token


def _begin_new_root(user: User, asked: AccountReset) -> None:
    user.reset_hash, user.reset_expires_ms = None, 0
    user.root_number += 1
    user.root_key = asked.root_key
    user.archive_number = asked.archive_key.number
    user.archive_key = asked.archive_key.key
    user.archive_signature = asked.archive_key.signature
    user.vault = asked.vault
    user.vault_version += 1
    user.kdf_version = asked.kdf_version
    set_auth_key(user, asked.auth_key)
    set_recovery_key(user, asked.recovery_auth_key)
