"""People's keys: fetched, checked against the root that was first seen, and kept.

What the server shows of an account has to continue what was seen before: the device list begins
with the one known, the archive key's number does not fall, and a root that was replaced does not
come back. Another root is pinned at once and told; where the old one was compared with its owner,
it stays until somebody here has looked at the change, and nothing is sealed to the account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.events import Notice, NoticeKind
from desktop.storage.peer_key_store import ListEnd, StoredPin
from shared import limits
from shared.e2ee.account import check_archive
from shared.e2ee.devices import DeviceList, check_list, is_extension
from shared.e2ee.evidence import TwoLists, nameless
from shared.errors import Code, PeerError, SealError
from shared.rest import AccountKeys, ArchiveKey, DeviceListEntry
from shared.roster import DeviceProof, Role, RosterMember

__all__ = ["KnownAccount", "PeerKeys"]


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account's keys as its pinned root vouches for them; ``devices`` are the live ones."""

    account: int
    root_key: bytes
    archive: ArchiveKey
    devices: dict[int, DeviceProof]
    revoked: frozenset[int]

    def member(self, *, role: Role, since: int = 1) -> RosterMember:
        """Return the account as a roster document lists it."""
        return RosterMember(
            account=self.account,
            root_key=self.root_key,
            role=role,
            archive_number=self.archive.number,
            archive_key=self.archive.key,
            since=since,
        )


class PeerKeys:
    """Keys of accounts, as far as the pinned roots vouch for them."""

    def __init__(self, context: EngineContext, alarms: Alarms) -> None:
        self._context = context
        self._alarms = alarms
        self.on_change: list[Callable[[int], None]] = []  # Called with the account.

    async def fetch(self, account: int) -> KnownAccount:
        """Fetch someone's keys, check and keep them.

        Raises:
            PeerError: ``bad_certificate``: they contradict what was seen, or were not signed; or
                the root has changed and is to be looked at first.
            ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        keys = await self._context.http.get(f"/v1/users/{account}/keys", AccountKeys)
        if keys.account != account:
            raise PeerError(Code.MALFORMED, "The server answered for another account.")
        before = self.known(account)
        is_pinned = self._take(keys)
        known = self.known(account)
        if known != before or not is_pinned:
            self.tell_changed(account)
        if not is_pinned or known is None:
            raise PeerError(Code.BAD_CERTIFICATE, "This account shows another key than before.")
        return known

    async def fetch_all(self, accounts: Sequence[int]) -> list[KnownAccount]:
        """Fetch the keys of many accounts, some at a time; errors as in `fetch`, of the first."""
        gate = asyncio.Semaphore(limits.KEYS_AT_ONCE)

        async def fetch(account: int) -> KnownAccount:
            async with gate:
                return await self.fetch(account)

        tasks = [asyncio.create_task(fetch(account), name="keys") for account in accounts]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()  # Those behind one that failed.

    async def need(self, account: int) -> KnownAccount:
        """Return someone's keys from here, fetched if they are not; errors as in `fetch`."""
        known = self.known(account)
        if known is None or self.is_blocked(account):
            known = await self.fetch(account)
        return known

    def known(self, account: int) -> KnownAccount | None:
        """Return someone's keys as they were fetched last, under the pinned root."""
        store = self._context.storage.keys
        pin = store.pin(account)
        end = None if pin is None else store.list_end(account, pin.root_key)
        if pin is None or end is None or end.archive is None:
            return None
        devices = store.devices(account, pin.root_key)
        return KnownAccount(
            account=account,
            root_key=pin.root_key,
            archive=end.archive,
            devices={proof.device_id: proof for proof, is_revoked in devices if not is_revoked},
            revoked=frozenset(proof.device_id for proof, is_revoked in devices if is_revoked),
        )

    def listed(self, account: int, root_key: bytes) -> tuple[DeviceListEntry, ...]:
        """Return a root's device list as it was seen, for evidence."""
        end = self._context.storage.keys.list_end(account, root_key)
        return () if end is None else end.entries

    def device_key(
        self, account: int, device: int, *, root_key: bytes | None = None
    ) -> bytes | None:
        """Return a device's signature key, if a root signed it; revoked devices too.

        Args:
            account: Whose device.
            device: Which one.
            root_key: The root in the roster document in force; without it the pinned one.
        """
        root = root_key or self.pinned_root(account)
        if root is None:
            return None
        proof = self._context.storage.keys.device(account, device, root_key=root)
        return None if proof is None else proof.signature_key

    def is_revoked(self, account: int, device: int) -> bool:
        """Whether the pinned root has revoked this device."""
        known = self.known(account)
        return known is not None and device in known.revoked

    def pinned_root(self, account: int) -> bytes | None:
        """Return the root the account is known by."""
        pin = self._context.storage.keys.pin(account)
        return None if pin is None else pin.root_key

    def is_verified(self, account: int) -> bool:
        """Whether the root was compared with its owner."""
        pin = self._context.storage.keys.pin(account)
        return pin is not None and pin.is_verified

    def is_blocked(self, account: int) -> bool:
        """Whether a compared root has changed and nobody has looked: nothing is sent there."""
        pin = self._context.storage.keys.pin(account)
        return pin is not None and pin.is_blocked

    def has_changed(self, account: int) -> bool:
        """Whether the root has changed and nobody here has looked at it yet."""
        pin = self._context.storage.keys.pin(account)
        return pin is not None and pin.changed_root is not None

    def tell_changed(self, account: int) -> None:
        """Tell whoever listens that keys, root or mark of an account have changed."""
        for listener in self.on_change:
            listener(account)

    def check_own_continues(
        self, account: int, root_key: bytes, entries: list[DeviceListEntry]
    ) -> None:
        """Check that the own device list goes on from the one that is known here.

        Raises:
            PeerError: ``bad_certificate``: it is an older or another one.
        """
        self._check_continues(account, root_key, entries, None)

    def keep_own(self, entries: list[DeviceListEntry], archive: ArchiveKey) -> None:
        """Keep the own account's list as this device has just written or checked it.

        Raises:
            SealError: If it does not hold.
        """
        me = self._context.me()
        devices = check_list(entries, root_key=me.root_key)
        with self._context.storage.database.transaction():
            self._store(me.account, me.root_key, devices, archive, entries)

    def _take(self, keys: AccountKeys) -> bool:
        """Check and keep what the server shows; return whether it is under the pinned root."""
        account, root = keys.account, keys.root_key
        store = self._context.storage.keys
        pin = store.pin(account)
        if pin is not None and root in pin.past:
            raise self._stale(account)
        try:
            check_archive(keys.archive_key, root_key=root)
            devices = check_list(keys.device_list, root_key=root)
        except SealError as error:
            self._alarms.raise_alarm(Finding.INVENTED_DEVICE, blamed="server", account=account)
            raise PeerError(Code.BAD_CERTIFICATE, "A key is not signed by its owner.") from error
        self._check_continues(account, root, keys.device_list, keys.archive_key)
        with self._context.storage.database.transaction():
            self._store(account, root, devices, keys.archive_key, keys.device_list)
            self._take_past(keys)
            return self._take_root(account, root, pin)

    def _check_continues(
        self, account: int, root: bytes, entries: list[DeviceListEntry], archive: ArchiveKey | None
    ) -> None:
        end = self._context.storage.keys.list_end(account, root)
        if end is None:
            return
        if not is_extension(end.hash, end.number, entries):
            shown = TwoLists(
                account=account, root_key=root, seen=end.entries, shown=nameless(entries)
            )
            raise self._stale(account, shown if end.entries else None)
        if archive is None or end.archive is None:
            return
        is_older = archive.number < end.archive.number
        is_other = archive.number == end.archive.number and archive.key != end.archive.key
        if is_older or is_other:
            raise self._stale(account)

    def _stale(self, account: int, evidence: TwoLists | None = None) -> PeerError:
        self._alarms.raise_alarm(
            Finding.STALE_DEVICE_LIST, blamed="server", account=account, evidence=evidence
        )
        return PeerError(Code.BAD_CERTIFICATE, "The server shows older devices than before.")

    def _take_past(self, keys: AccountKeys) -> None:
        """Keep the devices of roots before, so that their old entries can be opened."""
        for past in keys.past:
            try:
                devices = check_list(past.device_list, root_key=past.root_key)
            except SealError:
                continue  # A list that its root did not sign is none.
            end = self._context.storage.keys.list_end(keys.account, past.root_key)
            if end is None or is_extension(end.hash, end.number, past.device_list):
                archive = None if end is None else end.archive
                self._store(keys.account, past.root_key, devices, archive, past.device_list)

    def _take_root(self, account: int, root: bytes, pin: StoredPin | None) -> bool:
        store = self._context.storage.keys
        if pin is None:
            now_ms = self._context.server_time().at_ms
            store.save_pin(StoredPin(account=account, root_key=root, first_seen_ms=now_ms))
            return True
        if pin.root_key == root:
            if pin.is_blocked:  # The server has come back to the compared one.
                store.save_pin(msgspec.structs.replace(pin, changed_root=None))
            return True
        is_news = pin.changed_root != root
        if pin.is_verified or account == self._context.me().account:
            store.save_pin(msgspec.structs.replace(pin, changed_root=root))
        else:
            store.save_pin(
                msgspec.structs.replace(
                    pin, root_key=root, past=(*pin.past, pin.root_key), changed_root=root
                )
            )
        if is_news:
            self._context.emit(Notice(kind=NoticeKind.ROOT_CHANGED, detail=str(account)))
        return self.pinned_root(account) == root

    def _store(
        self,
        account: int,
        root: bytes,
        devices: DeviceList,
        archive: ArchiveKey | None,
        entries: list[DeviceListEntry],
    ) -> None:
        store = self._context.storage.keys
        store.save_devices(account, root, devices)
        store.save_list_end(
            ListEnd(
                account=account,
                root_key=root,
                number=devices.number,
                hash=devices.hash,
                archive=archive,
                entries=nameless(entries),
            )
        )
