"""Register, log in and log out (DESIGN: the password never leaves the device).

A registration is stored before it is sent. If its answer is lost, the next try finds the name
taken, opens the vault with the same password and recognises the root as its own.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.events import Account, AccountChanged, LoggedIn, Profile, Registered
from desktop.storage.account_store import Identity, PendingRegistration
from shared import limits
from shared.e2ee.account import (
    AccountSecrets,
    DeviceKeys,
    PasswordKeys,
    certify_archive,
    certify_device,
    derive_password_keys,
    is_at_least,
    make_recovery_code,
    make_secrets,
    open_vault,
    recovery_auth_key,
    seal_vault,
)
from shared.e2ee.devices import append_device, check_list
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import Code, MimError, PeerError, RefusedError, SealError
from shared.identifiers import AccountId, check_nickname, check_user_name, fold_user_name
from shared.rest import (
    Credentials,
    DeviceListEntry,
    Registration,
    ServerInfo,
    SessionOpened,
    SessionRequest,
    UserProfile,
    VaultOpened,
)

__all__ = ["AccountFlows"]

logger = logging.getLogger(__name__)

# A server that asks for more than this would only keep the machine busy.
_KDF_MEMORY_MAX = 1024 * 1024 * 1024
_KDF_PASSES_MAX = 20


class AccountFlows:
    """The dialogs with the server about the own account."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def announce(self) -> None:
        """Tell the windows who this profile is."""
        self._context.emit(AccountChanged(account=self.account()))

    def account(self) -> Account | None:
        """Return who this profile is, ``None`` before there is an account."""
        kept = self._context.storage.account.load()
        if kept is None:
            return None
        profile = self._context.storage.people.profile(kept.account)
        if not profile.user_name:
            profile = msgspec.structs.replace(profile, user_name=kept.user_name)
        return Account(
            profile=profile,
            server_url=self._context.http.server_url,
            is_logged_in=kept.is_logged_in,
        )

    async def register(self, user_name: str, password: str, nickname: str) -> Registered:
        """Make an account and log in.

        Raises:
            CommandFailedError, RefusedError, TransportError: Why it was not done.
        """
        user_name, nickname = check_user_name(user_name), check_nickname(nickname)
        _check_password(password)
        if self._context.storage.account.load() is not None:
            raise _other_account()
        info = await self._server_info()
        keys = await self._derive(password, user_name, info)
        done = await self._finish_earlier(user_name, keys, info)
        if done is not None:
            return done
        pending, body = await asyncio.to_thread(self._prepare, user_name, nickname, keys, info)
        self._context.storage.account.save_registration(pending)
        try:
            opened = await self._context.http.send("POST", "/v1/accounts", SessionOpened, body)
        except ServerRefusedError as error:
            if error.code is not Code.USER_EXISTS:
                raise
            # An earlier answer of ours may have been lost on the way.
            done = await self._finish_earlier(user_name, keys, info)
            if done is None:
                raise
            return done
        self._keep_registered(pending, opened, user_name)
        profile = Profile(account=AccountId(opened.account), user_name=user_name, nickname=nickname)
        self._context.storage.people.save_profile(profile)
        self.announce()
        return Registered(recovery_code=pending.recovery_code)

    async def log_in(self, user_name: str, password: str) -> LoggedIn:
        """Log in on this device: the one known here, or a new one.

        Raises:
            CommandFailedError, RefusedError, TransportError: Why it was not done.
        """
        if self._context.identity is not None:
            raise CommandFailedError("local", "This profile is logged in already.")
        user_name = check_user_name(user_name)
        if len(password) < limits.PASSWORD_LENGTH_MIN:
            # No account has such a password; the sentence is the server's for any wrong one.
            raise RefusedError(Code.WRONG_CREDENTIALS, "User name or password is wrong.")
        info = await self._server_info()
        keys = await self._derive(password, user_name, info)
        vault = await self._open_remote_vault(user_name, keys)
        kept = self._context.storage.account.load()
        if kept is not None and (kept.account, kept.server_id) != (vault.account, info.server_id):
            raise _other_account()
        secrets = _open(vault, keys)
        if kept is not None and kept.root_key != vault.root_key:
            raise PeerError(Code.BAD_CERTIFICATE, "The server shows another key for this account.")
        await self._open_session(user_name, keys, info, vault, secrets)
        return LoggedIn()

    async def log_out(self, *, wipe: bool) -> None:
        """End the session on the server; with ``wipe`` the server forgets the device too.

        What is here is deleted by the engine, which owns the storage. Keeping works offline;
        wiping does not, since the server would go on taking this device for the account's.

        Raises:
            TransportError: If the server must be told and cannot be reached.
        """
        if self._context.identity is None:
            return
        forget = "true" if wipe else "false"
        try:
            await self._context.http.call("DELETE", f"/v1/sessions/current?forget_device={forget}")
        except ServerRefusedError as error:
            logger.info("the session was over already: %s", error.code)
        except MimError:
            if wipe:
                raise
        self.end_session()

    def end_session(self) -> None:
        """Forget the session here, and tell."""
        self._context.storage.account.end_session()
        self._context.identity = None
        self._context.http.token = ""
        self.announce()

    def resume(self) -> bool:
        """Take up the session that is stored; return whether there is one."""
        kept = self._context.storage.account.load()
        if kept is None or not kept.is_logged_in:
            return False
        self._context.identity = kept
        self._context.http.token = kept.token
        return True

    async def _server_info(self) -> ServerInfo:
        info = await self._context.http.get("/v1/server", ServerInfo)
        if (
            info.protocol_max < limits.PROTOCOL_VERSION
            or info.sealing_format < limits.SEALING_FORMAT
        ):
            raise RefusedError(Code.SERVER_TOO_OLD, "The server needs a newer version of Mim.")
        if (
            info.protocol_min > limits.PROTOCOL_VERSION
            or info.sealing_format > limits.SEALING_FORMAT
        ):
            raise RefusedError(Code.CLIENT_TOO_OLD, "The server needs a newer version of this app.")
        if not is_at_least(info.kdf, self._context.config.kdf_floor):
            raise CommandFailedError(
                "weak_kdf", "The server asks for a weaker protection of passwords than Mim allows."
            )
        if info.kdf.memory_bytes > _KDF_MEMORY_MAX or info.kdf.passes > _KDF_PASSES_MAX:
            raise PeerError(Code.MALFORMED, "The server asks for an impossible computation.")
        return info

    async def _derive(self, password: str, user_name: str, info: ServerInfo) -> PasswordKeys:
        return await asyncio.to_thread(
            derive_password_keys,
            password,
            server_id=info.server_id,
            user_name=user_name,
            kdf=info.kdf,
        )

    def _prepare(
        self, user_name: str, nickname: str, keys: PasswordKeys, info: ServerInfo
    ) -> tuple[PendingRegistration, Registration]:
        random = self._context.random
        code = make_recovery_code(random)
        secrets = make_secrets(code, random)
        device = self._new_device()
        number, archive = secrets.archive
        certificate = certify_device(device, root=secrets.root)
        archive_key = certify_archive(number, archive, root=secrets.root)
        body = Registration(
            user_name=user_name,
            nickname=nickname,
            auth_key=keys.auth_key,
            kdf_version=info.kdf.version,
            root_key=secrets.root.public,
            archive_key=archive_key,
            device=certificate,
            entry=append_device([], certificate, root=secrets.root),
            recovery_auth_key=recovery_auth_key(code),
            vault=seal_vault(secrets, vault_key=keys.vault_key, random=random),
        )
        pending = PendingRegistration(
            folded_name=fold_user_name(user_name),
            server_id=info.server_id,
            root_key=secrets.root.public,
            archive_secret=archive.secret,
            device_id=device.device_id,
            signature_seed=device.signature.seed,
            exchange_secret=device.exchange.secret,
            proof_signature=certificate.signature,
            archive_signature=archive_key.signature,
            recovery_code=code,
        )
        return pending, body

    def _new_device(self) -> DeviceKeys:
        context = self._context
        return DeviceKeys(
            context.new_id(),
            SignatureKeyPair(context.random(32)),
            ExchangeKeyPair(context.random(32)),
        )

    async def _finish_earlier(
        self, user_name: str, keys: PasswordKeys, info: ServerInfo
    ) -> Registered | None:
        """Finish a registration whose answer was lost, if there is one with this password."""
        waiting = self._pending(user_name, info)
        if not waiting:
            return None
        try:
            vault = await self._open_remote_vault(user_name, keys)
        except ServerRefusedError as error:
            if error.code is Code.WRONG_CREDENTIALS:
                return None  # It never arrived, or somebody else has the name.
            raise
        ours = next((each for each in waiting if each.root_key == vault.root_key), None)
        if ours is None:
            return None
        await self._open_session(user_name, keys, info, vault, _open(vault, keys))
        return Registered(recovery_code=ours.recovery_code)

    def _pending(self, user_name: str, info: ServerInfo) -> list[PendingRegistration]:
        wanted = (fold_user_name(user_name), info.server_id)
        return [
            each
            for each in self._context.storage.account.registrations()
            if (each.folded_name, each.server_id) == wanted
        ]

    async def _open_remote_vault(self, user_name: str, keys: PasswordKeys) -> VaultOpened:
        body = Credentials(user_name=user_name, auth_key=keys.auth_key)
        return await self._context.http.send("POST", "/v1/vault", VaultOpened, body)

    async def _open_session(
        self,
        user_name: str,
        keys: PasswordKeys,
        info: ServerInfo,
        vault: VaultOpened,
        secrets: AccountSecrets,
    ) -> None:
        device = self._device_for(user_name, info, vault)
        number, archive = secrets.archive
        certificate = certify_device(device, root=secrets.root)
        known = check_list(vault.devices, root_key=secrets.root.public)
        entry = None
        if not known.is_live(device.device_id):
            entry = append_device(vault.devices, certificate, root=secrets.root)
        opened = await self._request_session(user_name, keys, device, entry)
        self._keep(
            Identity(
                account=AccountId(opened.account),
                user_name=user_name,
                server_url=self._context.http.server_url,
                server_id=info.server_id,
                token=opened.token,
                is_logged_in=True,
                root_key=secrets.root.public,
                device=device,
                archives=secrets.archives,
                proof_signature=certificate.signature,
                archive_signature=certify_archive(number, archive, root=secrets.root).signature,
            )
        )
        user = await self._context.http.get("/v1/me", UserProfile)
        self._context.storage.people.save_profile(
            Profile(
                account=AccountId(user.account),
                user_name=user.user_name,
                nickname=user.nickname,
                signature=user.signature,
                avatar=user.avatar,
            )
        )
        self.announce()

    def _device_for(self, user_name: str, info: ServerInfo, vault: VaultOpened) -> DeviceKeys:
        """Return this device's keys: those of the account, of a lost registration, or new."""
        kept = self._context.storage.account.load()
        if kept is not None:
            return kept.device
        for pending in self._pending(user_name, info):
            if pending.root_key == vault.root_key:
                return pending.device
        return self._new_device()

    async def _request_session(
        self,
        user_name: str,
        keys: PasswordKeys,
        device: DeviceKeys,
        entry: DeviceListEntry | None,
    ) -> SessionOpened:
        body = SessionRequest(
            user_name=user_name,
            auth_key=keys.auth_key,
            device_id=device.device_id,
            entry=entry,
        )
        return await self._context.http.send("POST", "/v1/sessions", SessionOpened, body)

    def _keep_registered(
        self, pending: PendingRegistration, opened: SessionOpened, user_name: str
    ) -> None:
        self._keep(
            Identity(
                account=AccountId(opened.account),
                user_name=user_name,
                server_url=self._context.http.server_url,
                server_id=pending.server_id,
                token=opened.token,
                is_logged_in=True,
                root_key=pending.root_key,
                device=pending.device,
                archives=((1, ExchangeKeyPair(pending.archive_secret)),),
                proof_signature=pending.proof_signature,
                archive_signature=pending.archive_signature,
            )
        )

    def _keep(self, identity: Identity) -> None:
        storage = self._context.storage
        with storage.database.transaction():
            storage.account.save(identity)
            storage.people.pin(identity.account, identity.root_key, now_ms=self._context.wall_ms())
        self._context.identity = identity
        self._context.http.token = identity.token


def _open(vault: VaultOpened, keys: PasswordKeys) -> AccountSecrets:
    try:
        secrets = open_vault(vault.vault, vault_key=keys.vault_key)
    except SealError as error:
        raise PeerError(Code.BAD_CERTIFICATE, "The account's vault does not open.") from error
    if secrets.root.public != vault.root_key:
        raise PeerError(Code.BAD_CERTIFICATE, "The vault belongs to another account.")
    return secrets


def _check_password(password: str) -> None:
    if len(password) < limits.PASSWORD_LENGTH_MIN:
        raise CommandFailedError("passwords", "A password has at least 8 characters.")


def _other_account() -> CommandFailedError:
    return CommandFailedError(
        "other_account", "This profile holds another account's data; wipe it first."
    )
