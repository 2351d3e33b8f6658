"""Register, log in and log out (DESIGN: the password never leaves the device).

A registration is stored before it is sent. If its answer is lost, the next try finds the name
taken, opens the vault with the same password and recognises the root as its own. A device that
comes to an account is stored before it is sent too: the next try finds it in the account's list.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.vaults import Unlocked, Vaults, check_new_password
from desktop.events import Account, AccountChanged, LoggedIn, Profile, Registered
from desktop.storage.account_store import Identity, PendingLogin, PendingRegistration
from desktop.storage.peer_key_store import StoredPin
from desktop.storage.people_store import profile_of
from shared import limits
from shared.e2ee.account import (
    AccountSecrets,
    DeviceKeys,
    PasswordKeys,
    certify_archive,
    certify_device,
    make_recovery_code,
    make_secrets,
    recovery_auth_key,
    seal_vault,
)
from shared.e2ee.device_names import seal_device_name
from shared.e2ee.devices import append_device, check_list
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import Code, MimError, PeerError, RefusedError
from shared.identifiers import AccountId, check_nickname, check_user_name, fold_user_name
from shared.rest import (
    DeviceCertificate,
    DeviceListEntry,
    Registration,
    ServerInfo,
    SessionOpened,
    SessionRequest,
    UserProfile,
)
from shared.rest_devices import AccountReset

__all__ = ["AccountFlows"]

logger = logging.getLogger(__name__)

_TRIES_MAX = 20  # As many devices as may log in at once.


class AccountFlows:
    """The dialogs with the server about the own account."""

    def __init__(self, context: EngineContext, keys: PeerKeys, vaults: Vaults) -> None:
        self._context = context
        self._keys = keys
        self._vaults = vaults

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
        check_new_password(password)
        self._check_is_empty()
        info = await self._vaults.server_info()
        keys = await self._vaults.derive(password, user_name, info)
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
        self._keep_registered(pending, opened, user_name, info, body.entry)
        profile = Profile(account=AccountId(opened.account), user_name=user_name, nickname=nickname)
        self._context.storage.people.save_profile(profile)
        self.announce()
        return Registered(recovery_code=pending.recovery_code)

    async def reset(self, user_name: str, reset_token: str, new_password: str) -> Registered:
        """Begin anew under the same name, with a new root.

        Raises:
            CommandFailedError, RefusedError, TransportError: Why it was not done.
        """
        user_name = check_user_name(user_name)
        check_new_password(new_password)
        self._check_is_empty()
        info = await self._vaults.server_info()
        keys = await self._vaults.derive(new_password, user_name, info)
        done = await self._finish_earlier(user_name, keys, info)
        if done is not None:
            return done
        pending, made = await asyncio.to_thread(self._prepare, user_name, "", keys, info)
        body = AccountReset(
            user_name=user_name,
            reset_token=reset_token.strip(),
            auth_key=made.auth_key,
            recovery_auth_key=made.recovery_auth_key,
            kdf_version=made.kdf_version,
            root_key=made.root_key,
            archive_key=made.archive_key,
            device=made.device,
            entry=made.entry,
            vault=made.vault,
        )
        self._context.storage.account.save_registration(pending)
        opened = await self._context.http.send("POST", "/v1/accounts/reset", SessionOpened, body)
        self._keep_registered(pending, opened, user_name, info, body.entry)
        await self._fetch_profile()
        return Registered(recovery_code=pending.recovery_code)

    async def log_in(self, user_name: str, password: str) -> LoggedIn:
        """Log in on this device: the one known here, or a new one.

        Raises:
            CommandFailedError, RefusedError, TransportError: Why it was not done.
        """
        if self._context.identity is not None and not self._context.identity.is_revoked:
            raise CommandFailedError("local", "This profile is logged in already.")
        user_name = check_user_name(user_name)
        await self.open_session(user_name, await self._vaults.unlock(user_name, password))
        return LoggedIn()

    async def open_session(self, user_name: str, unlocked: Unlocked) -> None:
        """Log in with an open vault; another device that comes first makes us try again.

        Raises:
            CommandFailedError: ``other_account``; ``revoked``: this device may not come back.
            PeerError: ``bad_certificate``: the server shows an older or another account.
            RefusedError, TransportError: Why it was not done.
        """
        for _ in range(_TRIES_MAX):
            kept = self._check_kept(unlocked)
            device = self._device_for(user_name, unlocked, kept)
            entry = self._entry_for(device, unlocked)
            try:
                opened = await self._context.http.send(
                    "POST",
                    "/v1/sessions",
                    SessionOpened,
                    SessionRequest(
                        user_name=user_name,
                        auth_key=unlocked.keys.auth_key,
                        device_id=device.device_id,
                        entry=entry,
                    ),
                )
            except ServerRefusedError as error:
                if error.code is not Code.CONFLICT:
                    raise
                unlocked = await self._vaults.open(user_name, unlocked.keys, unlocked.info)
                continue
            entries = [*unlocked.told.devices, *([] if entry is None else [entry])]
            self._keep_opened(user_name, unlocked, device, opened, entries)
            await self._fetch_profile()
            return
        raise RefusedError(Code.CONFLICT, "Too many devices log in at once; try again.")

    async def log_out(self, *, wipe: bool) -> None:
        """End the session on the server; with ``wipe`` the server forgets the device too.

        What is here is deleted by the engine, which owns the storage. Keeping works offline;
        wiping does not, since the server would go on taking this device for the account's.

        Raises:
            TransportError: If the server must be told and cannot be reached.
        """
        if self._context.identity is None:
            return
        if self._context.identity.is_revoked:
            self.end_session()
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

    def end_revoked(self) -> None:
        """Note that this device was ended: what is here can be read, no more."""
        me = self._context.me()
        revoked = msgspec.structs.replace(me, is_revoked=True, token="")
        self._context.storage.account.save(revoked)
        self._context.identity = revoked
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

    def _check_is_empty(self) -> None:
        if self._context.storage.account.load() is not None:
            raise _other_account()

    def _check_kept(self, unlocked: Unlocked) -> Identity | None:
        """Return the account kept here, if the server shows it and nothing older of it."""
        kept = self._context.storage.account.load()
        told = unlocked.told
        if kept is None:
            return None
        if (kept.account, kept.server_id) != (told.account, unlocked.info.server_id):
            raise _other_account()
        if kept.root_key != told.root_key:
            raise PeerError(Code.BAD_CERTIFICATE, "The server shows another key for this account.")
        self._keys.check_own_continues(kept.account, kept.root_key, told.devices)
        if unlocked.secrets.archive[0] < kept.archives[-1][0]:
            raise PeerError(Code.BAD_CERTIFICATE, "The server shows an older vault than before.")
        return kept

    def _prepare(
        self, user_name: str, nickname: str, keys: PasswordKeys, info: ServerInfo
    ) -> tuple[PendingRegistration, Registration]:
        random = self._context.random
        code = make_recovery_code(random)
        secrets = make_secrets(code, random)
        device = self._new_device()
        number, archive = secrets.archive
        certificate = self._named(certify_device(device, root=secrets.root), secrets)
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
            unlocked = await self._vaults.open(user_name, keys, info)
        except ServerRefusedError as error:
            if error.code is Code.WRONG_CREDENTIALS:
                return None  # It never arrived, or somebody else has the name.
            raise
        root_key = unlocked.told.root_key
        ours = next((each for each in waiting if each.root_key == root_key), None)
        if ours is None:
            return None
        await self.open_session(user_name, unlocked)
        return Registered(recovery_code=ours.recovery_code)

    def _pending(self, user_name: str, info: ServerInfo) -> list[PendingRegistration]:
        wanted = (fold_user_name(user_name), info.server_id)
        return [
            each
            for each in self._context.storage.account.registrations()
            if (each.folded_name, each.server_id) == wanted
        ]

    def _device_for(self, user_name: str, unlocked: Unlocked, kept: Identity | None) -> DeviceKeys:
        """Return this device's keys: those of the account, of a try before, or new ones, stored."""
        known = check_list(unlocked.told.devices, root_key=unlocked.told.root_key)
        if kept is not None:
            if kept.is_revoked or kept.device.device_id in known.revoked:
                raise CommandFailedError(
                    "revoked", "This device was ended; wipe it to log in anew."
                )
            return kept.device
        store = self._context.storage.account
        root_key, server_id = unlocked.told.root_key, unlocked.info.server_id
        tries: list[PendingRegistration | PendingLogin] = [
            *self._pending(user_name, unlocked.info),
            *store.logins(),
        ]
        for each in tries:
            is_ours = (each.root_key, each.server_id) == (root_key, server_id)
            if is_ours and each.device_id not in known.revoked:
                return each.device
        device = self._new_device()
        store.save_login(
            PendingLogin(
                folded_name=fold_user_name(user_name),
                server_id=server_id,
                root_key=root_key,
                device_id=device.device_id,
                signature_seed=device.signature.seed,
                exchange_secret=device.exchange.secret,
            )
        )
        return device

    def _entry_for(self, device: DeviceKeys, unlocked: Unlocked) -> DeviceListEntry | None:
        """Return the next entry of the account's list, if the device is not in it yet."""
        entries, secrets = unlocked.told.devices, unlocked.secrets
        if check_list(entries, root_key=secrets.root.public).is_live(device.device_id):
            return None
        certificate = self._named(certify_device(device, root=secrets.root), secrets)
        return append_device(entries, certificate, root=secrets.root)

    def _named(self, certificate: DeviceCertificate, secrets: AccountSecrets) -> DeviceCertificate:
        shown = "".join(filter(str.isprintable, self._context.config.device_name)).strip()
        sealed = seal_device_name(
            shown[: limits.DEVICE_NAME_LENGTH_MAX].strip() or "Mim",
            device_id=certificate.device_id,
            archives=secrets.archives,
            random=self._context.random,
        )
        return msgspec.structs.replace(certificate, sealed_name=sealed)

    def _keep_registered(
        self,
        pending: PendingRegistration,
        opened: SessionOpened,
        user_name: str,
        info: ServerInfo,
        entry: DeviceListEntry,
    ) -> None:
        identity = Identity(
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
            head_key=info.head_key,
        )
        self._keep(identity, [entry])

    def _keep_opened(
        self,
        user_name: str,
        unlocked: Unlocked,
        device: DeviceKeys,
        opened: SessionOpened,
        entries: list[DeviceListEntry],
    ) -> None:
        secrets = unlocked.secrets
        number, archive = secrets.archive
        kept = self._context.storage.account.load()
        identity = Identity(
            account=AccountId(opened.account),
            user_name=user_name,
            server_url=self._context.http.server_url,
            server_id=unlocked.info.server_id,
            token=opened.token,
            is_logged_in=True,
            root_key=secrets.root.public,
            device=device,
            archives=secrets.archives,
            proof_signature=certify_device(device, root=secrets.root).signature,
            archive_signature=certify_archive(number, archive, root=secrets.root).signature,
            # What was seen first stays: another key could sign another history.
            head_key=kept.head_key
            if kept is not None and kept.head_key
            else unlocked.info.head_key,
        )
        self._keep(identity, entries)

    def _keep(self, identity: Identity, entries: list[DeviceListEntry]) -> None:
        storage = self._context.storage
        with storage.database.transaction():
            storage.account.save(identity)
            if storage.keys.pin(identity.account) is None:
                now_ms = self._context.wall_ms()
                storage.keys.save_pin(
                    StoredPin(
                        account=identity.account, root_key=identity.root_key, first_seen_ms=now_ms
                    )
                )
            self._context.identity = identity
            self._keys.keep_own(entries, identity.archive_key)
        self._context.http.token = identity.token

    async def _fetch_profile(self) -> None:
        """Fetch the own profile; the account works without it until it comes."""
        try:
            user = await self._context.http.get("/v1/me", UserProfile)
        except MimError as error:
            logger.info("the own profile is not here yet: %s", type(error).__name__)
        else:
            self._context.storage.people.save_profile(profile_of(user))
        self.announce()


def _other_account() -> CommandFailedError:
    return CommandFailedError(
        "other_account", "This profile holds another account's data; wipe it first."
    )
