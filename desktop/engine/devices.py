"""The own devices: listed, named, ended, and what one of them learns from the others.

Ending a device is one request (DESIGN 5): tokens, list entry, archive key, vault and account
document change together or not at all. What conversations have to hear of it was signed by the
root and is stored before; it is handed to them once the own device list, as the server shows it,
says the same. So a crash at any point heals at the next link.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from desktop.engine.account_documents import AccountDocuments
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.peer_keys import KnownAccount, PeerKeys
from desktop.engine.vaults import Unlocked, Vaults
from desktop.events import DeviceRow, DevicesLoaded, Notice, NoticeKind
from desktop.storage.document_store import OwnWarrant
from shared.e2ee.account import (
    Archives,
    add_archive,
    certify_archive,
    open_archives,
    seal_archives,
    seal_vault,
)
from shared.e2ee.device_names import open_device_name, seal_device_name
from shared.e2ee.devices import append_revocation, check_list
from shared.e2ee.warrants import archive_warrant, make_revoke
from shared.errors import Code, MimError, PeerError, RefusedError, SealError
from shared.rest import AccountKeys, ArchiveKey
from shared.rest_devices import DeviceInfo, DeviceName, DeviceOverview, Revocation, SealedArchive
from shared.roster import ArchiveWarrant, RevokeWarrant

__all__ = ["Devices"]

logger = logging.getLogger(__name__)

_TRIES_MAX = 5


class Devices:
    """The devices of this account."""

    def __init__(
        self,
        context: EngineContext,
        keys: PeerKeys,
        vaults: Vaults,
        documents: AccountDocuments,
        hand_out: Callable[[tuple[OwnWarrant, ...]], None],
    ) -> None:
        """Prepare.

        Args:
            context: The engine's.
            keys: The engine's.
            vaults: The engine's.
            documents: The engine's.
            hand_out: Makes durable intents of warrants in every conversation, in the transaction
                it is called in.
        """
        self._context = context
        self._keys = keys
        self._vaults = vaults
        self._documents = documents
        self._hand_out = hand_out

    async def load(self) -> DevicesLoaded:
        """Fetch all own devices, revoked ones last."""
        overview = await self._context.http.get("/v1/devices", DeviceOverview)
        rows = [self._row(each) for each in overview.devices]
        return DevicesLoaded(devices=sorted(rows, key=lambda row: row.is_revoked))

    async def rename(self, device_id: int, name: str) -> None:
        """Give a device another name."""
        sealed = seal_device_name(
            name,
            device_id=device_id,
            archives=self._context.me().archives,
            random=self._context.random,
        )
        path = f"/v1/devices/{device_id}/name"
        await self._context.http.send("PUT", path, type(None), DeviceName(sealed_name=sealed))

    async def revoke(self, device_id: int, password: str) -> None:
        """End a device for good.

        Raises:
            CommandFailedError: ``local``: it is this one.
            RefusedError: ``not_found``, ``wrong_credentials`` and others.
        """
        if device_id == self._context.me().device.device_id:
            raise CommandFailedError("local", "This is the device itself; log out on it instead.")
        for _ in range(_TRIES_MAX):
            unlocked = await self._vaults.unlock_own(password)
            try:
                await self._revoke(device_id, unlocked)
            except ServerRefusedError as error:
                if error.code is not Code.CONFLICT:
                    raise
            else:
                return
        raise RefusedError(Code.CONFLICT, "Another device changes the same; try again.")

    async def refresh(self) -> None:
        """Take what other own devices have done: devices that came or went, a new archive key."""
        me = self._context.me()
        before = self._keys.known(me.account)
        known = await self._keys.fetch(me.account)
        if me.device.device_id in known.revoked:
            return  # The server ends the link, and says so.
        if known.archive.number > me.archives[-1][0]:
            await self._take_archives(known.archive)
        self.settle(known)
        new = known.devices.keys() - (known if before is None else before).devices.keys()
        if new - {me.device.device_id}:
            await self._tell_new(new)

    def settle(self, known: KnownAccount) -> None:
        """Hand out what the root has signed, once the server shows that it counts."""
        store = self._context.storage
        waiting = store.document.waiting()
        due = {number: warrant for number, warrant in waiting.items() if _counts(warrant, known)}
        if due:
            with store.database.transaction():
                self._hand_out(tuple(dict.fromkeys(due.values())))
                store.document.note_handed_out(due)

    async def is_ended(self) -> bool:
        """Whether the server says that another device has ended this one."""
        try:
            await self._context.http.get(
                f"/v1/users/{self._context.me().account}/keys", AccountKeys
            )
        except ServerRefusedError as error:
            return error.code is Code.UNAUTHENTICATED and "revoked" in error.details
        except MimError:
            return False  # Nobody says so: the next log-in will tell.
        return False

    async def _revoke(self, device_id: int, unlocked: Unlocked) -> None:
        me, random = self._context.me(), self._context.random
        root, told = unlocked.secrets.root, unlocked.told
        self._keys.check_own_continues(me.account, me.root_key, told.devices)
        devices = check_list(told.devices, root_key=root.public)
        if not devices.is_live(device_id):
            raise RefusedError(Code.NOT_FOUND, "There is no such device.")
        entry = append_revocation(told.devices, device_id, root=root)
        secrets = add_archive(unlocked.secrets, random)
        number, pair = secrets.archive
        archive = certify_archive(number, pair, root=root)
        may_replace = await self._documents.fetch()
        document = self._context.storage.document.load()
        body = self._documents.body()
        sealed = self._documents.sealed(
            body, version=document.version + 1, archives=secrets.archives
        )
        remaining = [each for each in devices.live if each.device_id != device_id]
        warrants: tuple[OwnWarrant, ...] = (
            make_revoke(account=me.account, device_id=device_id, root=root),
            archive_warrant(account=me.account, archive_key=archive),
        )
        self._context.storage.document.add_warrants(warrants)
        revocation = Revocation(
            auth_key=unlocked.keys.auth_key,
            entries=[entry],
            archive_key=archive,
            vault=seal_vault(secrets, vault_key=unlocked.keys.vault_key, random=random),
            vault_version=told.vault_version,
            sealed_archives=[
                SealedArchive(
                    device_id=each.device_id,
                    sealed=seal_archives(secrets, each.exchange_key, random=random),
                )
                for each in remaining
            ],
            account_document=sealed if may_replace else None,
        )
        await self._context.http.send("POST", "/v1/devices/revocations", type(None), revocation)
        with self._context.storage.database.transaction():
            self._keep_archives(secrets.archives, archive)
            self._keys.keep_own([*told.devices, entry], archive)
            if may_replace:
                self._documents.note_stored(body, version=sealed.version)
        known = self._keys.known(me.account)
        assert known is not None
        self.settle(known)
        self._keys.tell_changed(me.account)
        await self._rename_again()

    async def _rename_again(self) -> None:
        """Seal the names under the new key: the one before is known to who has gone."""
        archives = self._context.me().archives
        overview = await self._context.http.get("/v1/devices", DeviceOverview)
        for each in overview.devices:
            name = self._name(each, archives)
            if name and not each.is_revoked:
                await self.rename(each.certificate.device_id, name)

    async def _take_archives(self, archive: ArchiveKey) -> None:
        me = self._context.me()
        overview = await self._context.http.get("/v1/devices", DeviceOverview)
        try:
            archives = open_archives(
                overview.sealed_archive, me.device.exchange, root_key=me.root_key
            )
        except SealError as error:
            raise PeerError(
                Code.BAD_CERTIFICATE, "The new archive key did not come to this device."
            ) from error
        number, pair = archives[-1]
        if (number, pair.public) != (archive.number, archive.key):
            raise PeerError(Code.BAD_CERTIFICATE, "This is another archive key than announced.")
        self._keep_archives(archives, archive)

    def _keep_archives(self, archives: Archives, archive: ArchiveKey) -> None:
        me = self._context.me()
        known = {**dict(me.archives), **dict(archives)}
        newer = msgspec.structs.replace(
            me, archives=tuple(sorted(known.items())), archive_signature=archive.signature
        )
        self._context.storage.account.save(newer)
        self._context.identity = newer

    async def _tell_new(self, new: set[int]) -> None:
        rows = (await self.load()).devices
        for row in rows:
            if row.device_id in new and not row.is_current:
                self._context.emit(Notice(kind=NoticeKind.DEVICE_ADDED, detail=row.name))

    def _row(self, info: DeviceInfo) -> DeviceRow:
        return DeviceRow(
            device_id=info.certificate.device_id,
            name=self._name(info, self._context.me().archives),
            created_ms=info.created_ms,
            last_seen_ms=info.last_seen_ms,
            is_current=info.is_current,
            is_revoked=info.is_revoked,
            has_session=info.has_session,
        )

    def _name(self, info: DeviceInfo, archives: Archives) -> str:
        certificate = info.certificate
        try:
            return open_device_name(
                certificate.sealed_name, device_id=certificate.device_id, archives=archives
            )
        except SealError:
            return ""  # The server, or a device that was ended, has put something else there.


def _counts(warrant: OwnWarrant, known: KnownAccount) -> bool:
    match warrant:
        case RevokeWarrant():
            return warrant.device_id in known.revoked
        case ArchiveWarrant():
            archive = known.archive
            return (warrant.archive_number, warrant.archive_key) == (archive.number, archive.key)
