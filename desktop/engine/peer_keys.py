"""Other people's keys: fetched, checked against the root that was first seen, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from desktop.engine.context import EngineContext
from desktop.events import Notice, NoticeKind
from shared.e2ee.account import check_archive, proof_of
from shared.e2ee.devices import DeviceList, check_list
from shared.errors import Code, PeerError, SealError
from shared.rest import AccountKeys, ArchiveKey
from shared.roster import DeviceProof, Role, RosterMember

__all__ = ["KnownAccount", "PeerKeys"]


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is known of an account: ``devices`` are those that may take part."""

    account: int
    root_key: bytes
    archive: ArchiveKey
    devices: Mapping[int, DeviceProof]
    revoked: frozenset[int]

    def member(self, *, role: Role, since: int = 1) -> RosterMember:
        """Return the account's row for a roster."""
        return RosterMember(
            account=self.account,
            root_key=self.root_key,
            role=role,
            archive_number=self.archive.number,
            archive_key=self.archive.key,
            since=since,
        )


class PeerKeys:
    """Keys of accounts, as far as the pinned root vouches for them."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._lists: dict[tuple[int, bytes], DeviceList] = {}
        self.on_change: list[Callable[[int], None]] = []

    async def fetch(self, account: int) -> KnownAccount:
        """Fetch someone's keys, pin their root at first use, and keep the devices it signed.

        Raises:
            PeerError: ``bad_certificate``: the root is not the pinned one (which is told once),
                or did not sign what it should.
            ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        keys = await self._context.http.get(f"/v1/users/{account}/keys", AccountKeys)
        if keys.account != account:
            raise PeerError(Code.MALFORMED, "The server answered for another account.")
        self._check_root(keys)
        try:
            check_archive(keys.archive_key, root_key=keys.root_key)
            check_list(keys.device_list, root_key=keys.root_key)
        except SealError as error:
            raise PeerError(Code.BAD_CERTIFICATE, "A key is not signed by its owner.") from error
        self._context.storage.people.save_keys(account, msgspec.msgpack.encode(keys))
        self._lists.clear()
        known = self.known(account)
        assert known is not None
        for tell in self.on_change:
            tell(account)
        return known

    async def need(self, account: int) -> KnownAccount:
        """Return someone's keys, fetched if they are not here; errors as in `fetch`."""
        return self.known(account) or await self.fetch(account)

    def known(self, account: int) -> KnownAccount | None:
        """Return what is known of an account."""
        keys = self._keys(account)
        if keys is None:
            return None
        devices = self._list(keys, keys.root_key)
        return KnownAccount(
            account=account,
            root_key=keys.root_key,
            archive=keys.archive_key,
            devices={each.device_id: proof_of(each) for each in devices.live},
            revoked=devices.revoked,
        )

    def device_key(
        self, account: int, device: int, *, root_key: bytes | None = None
    ) -> bytes | None:
        """Return a device's signature key, revoked ones too, if that root signed it."""
        keys = self._keys(account)
        if keys is None:
            return None
        certificate = self._list(keys, root_key or keys.root_key).devices.get(device)
        return None if certificate is None else certificate.signature_key

    def pinned_root(self, account: int) -> bytes | None:
        """Return the root that was first seen of this account."""
        return self._context.storage.people.pinned_root(account)

    def is_verified(self, account: int) -> bool:
        """Whether the safety number was compared."""
        del account
        return False

    def is_blocked(self, account: int) -> bool:
        """Whether nothing is to be sent before a changed root was looked at."""
        del account
        return False

    def _keys(self, account: int) -> AccountKeys | None:
        data = self._context.storage.people.keys(account)
        return None if data is None else msgspec.msgpack.decode(data, type=AccountKeys)

    def _list(self, keys: AccountKeys, root_key: bytes) -> DeviceList:
        known = self._lists.get((keys.account, root_key))
        if known is None:
            entries = keys.device_list
            for past in keys.past:
                if past.root_key == root_key:
                    entries = past.device_list
            try:
                known = check_list(entries, root_key=root_key)
            except SealError:
                known = DeviceList({}, frozenset(), 0, b"")
            self._lists[keys.account, root_key] = known
        return known

    def _check_root(self, keys: AccountKeys) -> None:
        people = self._context.storage.people
        if people.pin(keys.account, keys.root_key, now_ms=self._context.wall_ms()):
            people.note_changed_root(keys.account, None)
            return
        if people.note_changed_root(keys.account, keys.root_key):
            detail = str(keys.account)
            self._context.emit(Notice(kind=NoticeKind.ROOT_CHANGED, detail=detail))
        raise PeerError(Code.BAD_CERTIFICATE, "This account shows another key than before.")
