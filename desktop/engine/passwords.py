"""Another password, another recovery code, and coming back in with the recovery code."""

from __future__ import annotations

from desktop.engine.account import AccountFlows
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.vaults import Unlocked, Vaults, check_new_password
from desktop.events import RecoveryCodeMade
from shared.e2ee.account import (
    AccountSecrets,
    PasswordKeys,
    make_recovery_code,
    recovery_auth_key,
    seal_vault,
    with_recovery_code,
)
from shared.identifiers import check_user_name
from shared.rest_devices import PasswordChange, RecoveryChange

__all__ = ["Passwords"]


class Passwords:
    """What opens the account."""

    def __init__(self, context: EngineContext, vaults: Vaults, flows: AccountFlows) -> None:
        self._context = context
        self._vaults = vaults
        self._flows = flows

    async def change(self, password: str, new_password: str) -> None:
        """Change the password; the recovery code stays.

        Raises:
            CommandFailedError: ``passwords``: the new one is too short.
            RefusedError: ``wrong_credentials``; ``conflict``: another device does the same.
        """
        check_new_password(new_password)
        unlocked = await self._vaults.unlock_own(password)
        user_name = self._context.me().user_name
        keys = await self._vaults.derive(new_password, user_name, unlocked.info)
        await self._send(unlocked, unlocked.secrets, keys)

    async def make_recovery_code(self, password: str) -> RecoveryCodeMade:
        """Make a new recovery code, in place of the old one; errors as in `change`."""
        unlocked = await self._vaults.unlock_own(password)
        code = make_recovery_code(self._context.random)
        await self._send(
            unlocked, with_recovery_code(unlocked.secrets, code), unlocked.keys, code=code
        )
        return RecoveryCodeMade(recovery_code=code)

    async def recover(
        self, user_name: str, recovery_code: str, new_password: str
    ) -> RecoveryCodeMade:
        """Set a new password with the recovery code, and log in with it.

        Raises:
            CommandFailedError, RefusedError, PeerError, TransportError: Why it was not done. If
                the answer was lost, the new password may count already.
        """
        if self._context.identity is not None:
            raise CommandFailedError("local", "This profile is logged in already.")
        user_name = check_user_name(user_name)
        check_new_password(new_password)
        unlocked = await self._vaults.open_with_code(user_name, recovery_code, new_password)
        code = make_recovery_code(self._context.random)
        secrets = with_recovery_code(unlocked.secrets, code)
        change = RecoveryChange(
            user_name=user_name,
            recovery_auth_key=recovery_auth_key(recovery_code),
            new_auth_key=unlocked.keys.auth_key,
            new_recovery_auth_key=recovery_auth_key(code),
            kdf_version=unlocked.info.kdf.version,
            vault=self._vault(secrets, unlocked.keys),
            vault_version=unlocked.told.vault_version,
        )
        await self._context.http.send("POST", "/v1/recovery/password", type(None), change)
        await self._flows.open_session(
            user_name, await self._vaults.open(user_name, unlocked.keys, unlocked.info)
        )
        return RecoveryCodeMade(recovery_code=code)

    async def _send(
        self, unlocked: Unlocked, secrets: AccountSecrets, keys: PasswordKeys, *, code: str = ""
    ) -> None:
        body = PasswordChange(
            auth_key=unlocked.keys.auth_key,
            new_auth_key=keys.auth_key,
            kdf_version=unlocked.info.kdf.version,
            vault=self._vault(secrets, keys),
            vault_version=unlocked.told.vault_version,
            recovery_auth_key=recovery_auth_key(code) if code else None,
        )
        await self._context.http.send("PUT", "/v1/password", type(None), body)

    def _vault(self, secrets: AccountSecrets, keys: PasswordKeys) -> bytes:
        return seal_vault(secrets, vault_key=keys.vault_key, random=self._context.random)
