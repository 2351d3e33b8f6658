"""Other people's keys: fetched, checked against the root that was first seen, and kept."""

from __future__ import annotations

from desktop.engine.context import EngineContext
from desktop.events import Notice, NoticeKind
from shared.e2ee.account import check_archive, check_device
from shared.errors import Code, PeerError, SealError
from shared.rest import AccountKeys

__all__ = ["PeerKeys"]


class PeerKeys:
    """Keys of accounts, as far as the pinned root vouches for them."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def fetch(self, account: int) -> AccountKeys:
        """Fetch someone's keys, pin their root at first use, and keep the devices it signed.

        Raises:
            PeerError: ``bad_certificate``: the root is not the pinned one (which is told once),
                or did not sign the archive key.
            ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        keys = await self._context.http.get(f"/v1/users/{account}/keys", AccountKeys)
        if keys.account != account:
            raise PeerError(Code.MALFORMED, "The server answered for another account.")
        self._check_root(keys)
        try:
            check_archive(keys.archive_key, root_key=keys.root_key)
        except SealError as error:
            raise PeerError(Code.BAD_CERTIFICATE, "A key is not signed by its owner.") from error
        people = self._context.storage.people
        for device in keys.devices:
            try:
                check_device(device, root_key=keys.root_key)
            except SealError:
                continue  # A device that its owner did not sign is none.
            people.save_device(account, device.device_id, device.signature_key)
        return keys

    def device_key(self, account: int, device: int) -> bytes | None:
        """Return a device's signature key, if it is known and its owner's root signed it."""
        return self._context.storage.people.device_key(account, device)

    def _check_root(self, keys: AccountKeys) -> None:
        people = self._context.storage.people
        if people.pin(keys.account, keys.root_key, now_ms=self._context.wall_ms()):
            people.note_changed_root(keys.account, None)
            return
        if people.note_changed_root(keys.account, keys.root_key):
            detail = str(keys.account)
            self._context.emit(Notice(kind=NoticeKind.ROOT_CHANGED, detail=detail))
        raise PeerError(Code.BAD_CERTIFICATE, "This account shows another key than before.")
