"""Opening the own vault: with the password, or with the recovery code.

What opens it is in memory while one command needs it, and the root secret with it; neither is
stored.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from shared import limits
from shared.e2ee.account import (
    AccountSecrets,
    PasswordKeys,
    derive_password_keys,
    is_at_least,
    open_vault,
    open_vault_with_code,
    recovery_auth_key,
)
from shared.e2ee.devices import check_list
from shared.errors import Code, PeerError, RefusedError, SealError
from shared.rest import Credentials, ServerInfo, VaultOpened
from shared.rest_devices import RecoveryQuestion

__all__ = ["Unlocked", "Vaults", "check_new_password"]

# A server that asks for more than this would only keep the machine busy.
_KDF_MEMORY_MAX = 1024 * 1024 * 1024
_KDF_PASSES_MAX = 20


@dataclass(frozen=True, slots=True, repr=False)
class Unlocked:
    """An open vault: what the server told, and the secrets in it."""

    info: ServerInfo
    keys: PasswordKeys
    told: VaultOpened
    secrets: AccountSecrets


class Vaults:
    """The vault of an account, as the server keeps it."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def server_info(self) -> ServerInfo:
        """Return what must be known before logging in.

        Raises:
            RefusedError: ``server_too_old`` or ``client_too_old``.
            CommandFailedError: ``weak_kdf``.
            PeerError, TransportError: As `HttpClient.call`.
        """
        info = await self._context.http.get("/v1/server", ServerInfo)
        version, sealing = limits.PROTOCOL_VERSION, limits.SEALING_FORMAT
        if info.protocol_max < version or info.sealing_format < sealing:
            raise RefusedError(Code.SERVER_TOO_OLD, "The server needs a newer version of Mim.")
        if info.protocol_min > version or info.sealing_format > sealing:
            raise RefusedError(Code.CLIENT_TOO_OLD, "The server needs a newer version of this app.")
        if not is_at_least(info.kdf, self._context.config.kdf_floor):
            raise CommandFailedError(
                "weak_kdf", "The server asks for a weaker protection of passwords than Mim allows."
            )
        if info.kdf.memory_bytes > _KDF_MEMORY_MAX or info.kdf.passes > _KDF_PASSES_MAX:
            raise PeerError(Code.MALFORMED, "The server asks for an impossible computation.")
        return info

    async def derive(self, password: str, user_name: str, info: ServerInfo) -> PasswordKeys:
        """Return both keys of a password."""
        return await asyncio.to_thread(
            derive_password_keys,
            password,
            server_id=info.server_id,
            user_name=user_name,
            kdf=info.kdf,
        )

    async def unlock(self, user_name: str, password: str) -> Unlocked:
        """Open the vault with the password.

        Raises:
            RefusedError: ``wrong_credentials`` and as in `server_info`.
            PeerError: ``bad_certificate``: what the server shows does not fit together.
        """
        if len(password) < limits.PASSWORD_LENGTH_MIN:
            # No account has such a password; the sentence is the server's for any wrong one.
            raise RefusedError(Code.WRONG_CREDENTIALS, "User name or password is wrong.")
        info = await self.server_info()
        keys = await self.derive(password, user_name, info)
        return await self.open(user_name, keys, info)

    async def open(self, user_name: str, keys: PasswordKeys, info: ServerInfo) -> Unlocked:
        """Open the vault with a password's keys; errors as in `unlock`."""
        body = Credentials(user_name=user_name, auth_key=keys.auth_key)
        told = await self._context.http.send("POST", "/v1/vault", VaultOpened, body)
        try:
            secrets = open_vault(told.vault, vault_key=keys.vault_key)
        except SealError as error:
            raise PeerError(Code.BAD_CERTIFICATE, "The account's vault does not open.") from error
        _check(told, secrets)
        return Unlocked(info, keys, told, secrets)

    async def unlock_own(self, password: str) -> Unlocked:
        """Open the vault of the account that is logged in; errors as in `unlock`."""
        me = self._context.me()
        unlocked = await self.unlock(me.user_name, password)
        if (unlocked.told.account, unlocked.told.root_key) != (me.account, me.root_key):
            raise PeerError(Code.BAD_CERTIFICATE, "The server shows another key for this account.")
        return unlocked

    async def open_with_code(
        self, user_name: str, recovery_code: str, new_password: str
    ) -> Unlocked:
        """Open the vault with the recovery code; ``keys`` are the new password's.

        Raises:
            RefusedError: ``wrong_credentials``: it is no code, or not this account's.
            PeerError: ``bad_certificate``.
        """
        try:
            auth_key = recovery_auth_key(recovery_code)
        except SealError as error:
            raise RefusedError(
                Code.WRONG_CREDENTIALS, "The recovery code has a typing error."
            ) from error
        info = await self.server_info()
        body = RecoveryQuestion(user_name=user_name, recovery_auth_key=auth_key)
        told = await self._context.http.send("POST", "/v1/recovery", VaultOpened, body)
        try:
            secrets = open_vault_with_code(told.vault, recovery_code=recovery_code)
        except SealError as error:
            raise PeerError(Code.BAD_CERTIFICATE, "The account's vault does not open.") from error
        _check(told, secrets)
        keys = await self.derive(new_password, user_name, info)
        return Unlocked(info, keys, told, secrets)


def check_new_password(password: str) -> None:
    """Check that a password is long enough.

    Raises:
        CommandFailedError: ``passwords``.
    """
    if len(password) < limits.PASSWORD_LENGTH_MIN:
        raise CommandFailedError("passwords", "A password has at least 8 characters.")


def _check(told: VaultOpened, secrets: AccountSecrets) -> None:
    if secrets.root.public != told.root_key:
        raise PeerError(Code.BAD_CERTIFICATE, "The vault belongs to another account.")
    try:
        check_list(told.devices, root_key=told.root_key)
    except SealError as error:
        raise PeerError(Code.BAD_CERTIFICATE, "The account's device list does not hold.") from error
