"""Comparing safety numbers with people, and looking at roots that have changed."""

from __future__ import annotations

import msgspec

from desktop.engine.account_documents import AccountDocuments
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.peer_keys import PeerKeys
from desktop.events import SafetyLoaded
from desktop.storage.peer_key_store import StoredPin
from shared.e2ee.safety_number import qr_data, safety_number
from shared.errors import Code, MimError
from shared.identifiers import AccountId

__all__ = ["Verification"]


class Verification:
    """Which roots were compared with their owners."""

    def __init__(self, context: EngineContext, keys: PeerKeys, documents: AccountDocuments) -> None:
        self._context = context
        self._keys = keys
        self._documents = documents

    async def load(self, account: int) -> SafetyLoaded:
        """Compute the safety number with someone; of a changed root, with the new one.

        Raises:
            RefusedError, PeerError, TransportError: If their keys are not here and cannot be had.
        """
        try:
            await self._keys.fetch(account)
        except MimError:
            if self._context.storage.keys.pin(account) is None:
                raise
        pin = self._pin(account)
        me = self._context.me()
        own, other = (me.account, me.root_key), (account, pin.changed_root or pin.root_key)
        return SafetyLoaded(
            account=AccountId(account),
            number=safety_number(own, other),
            qr_data=qr_data(own, other),
            is_verified=pin.is_verified and not pin.is_blocked,
            has_changed=pin.changed_root is not None,
        )

    async def set_verified(self, account: int, *, is_verified: bool) -> None:
        """Note that the number was compared, or is to be compared again.

        Raises:
            CommandFailedError: ``not_found``: their keys were never seen.
        """
        pin = self._accepted(self._pin(account)) if is_verified else self._pin(account)
        verified_root = pin.root_key if is_verified else None
        await self._save(msgspec.structs.replace(pin, verified_root=verified_root))

    async def acknowledge(self, account: int) -> None:
        """Accept that a root has changed: the new one is pinned, not verified."""
        await self._save(self._accepted(self._pin(account)))

    def _pin(self, account: int) -> StoredPin:
        pin = self._context.storage.keys.pin(account)
        if pin is None or account == self._context.me().account:
            raise CommandFailedError(Code.NOT_FOUND.value, "This account's keys are not known.")
        return pin

    def _accepted(self, pin: StoredPin) -> StoredPin:
        if pin.changed_root is None or pin.changed_root == pin.root_key:
            return msgspec.structs.replace(pin, changed_root=None)
        return msgspec.structs.replace(
            pin,
            root_key=pin.changed_root,
            past=(*pin.past, pin.root_key),
            verified_root=None,
            changed_root=None,
        )

    async def _save(self, pin: StoredPin) -> None:
        self._context.storage.keys.save_pin(pin)
        # The document follows by itself, now or when the server can be reached.
        self._keys.tell_changed(pin.account)
