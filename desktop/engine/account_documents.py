"""The account document: what the own devices know together of others, sealed for the server.

This device's part of it, pins and marks, lives in `desktop.storage.peer_key_store`; what has
changed since the document was fetched last is merged into the newest one and stored by
compare-and-swap. A change that is not stored yet survives: it is the difference to what was
fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from desktop.storage.document_store import StoredDocument
from desktop.storage.peer_key_store import ListEnd, StoredPin
from shared import limits
from shared.e2ee.account import Archives
from shared.e2ee.account_document import (
    AccountDocumentBody,
    ListHead,
    Pin,
    merged,
    open_document,
    seal_document,
)
from shared.errors import Code, RefusedError, SealError
from shared.rest_devices import AccountDocument

__all__ = ["AccountDocuments"]

logger = logging.getLogger(__name__)

_PATH = "/v1/account-document"
_TRIES_MAX = 5


class AccountDocuments:
    """The document on this device and on the server."""

    def __init__(self, context: EngineContext, keys: PeerKeys, alarms: Alarms) -> None:
        self._context = context
        self._keys = keys
        self._alarms = alarms
        # Called with the document before and after, here and on other devices.
        self.on_change: list[Callable[[AccountDocumentBody, AccountDocumentBody], None]] = []

    def change(self, change: Callable[[AccountDocumentBody], AccountDocumentBody]) -> bool:
        """Store a change to be shared with the own devices; return whether it is one.

        Raises:
            RefusedError: ``too_large``: there is no room left for it.
        """
        document = self._context.storage.document.load()
        own = change(document.own)
        if own == document.own:
            return False
        body = msgspec.structs.replace(self.body(), **_own_fields(own))
        room = limits.ACCOUNT_DOCUMENT_BYTES_MAX - limits.DOCUMENT_SPARE_BYTES
        if len(msgspec.msgpack.encode(body)) > room:
            raise RefusedError(Code.TOO_LARGE, "There is no room left for this.")
        self._context.storage.document.save(msgspec.structs.replace(document, own=own))
        self._tell(document.own, own)
        return True

    def body(self) -> AccountDocumentBody:
        """Return the document as this device wants it."""
        store = self._context.storage
        pins = store.keys.pins()
        ends = {(end.account, end.root_key): end for end in store.keys.list_ends()}
        own = store.document.load().own
        return msgspec.structs.replace(
            own,
            pins={pin.account: Pin(pin.root_key, pin.first_seen_ms, pin.past) for pin in pins},
            verified={pin.account: pin.verified_root for pin in pins if pin.verified_root},
            list_heads={
                pin.account: ListHead(pin.root_key, end.number, end.hash)
                for pin in pins
                if (end := ends.get((pin.account, pin.root_key))) is not None
            },
        )

    async def refresh(self) -> None:
        """Fetch the document, take what is new in it, and store what is new here.

        Raises:
            ServerRefusedError, PeerError, TransportError: As `HttpClient.call`.
        """
        for _ in range(_TRIES_MAX):
            if not await self.fetch():
                return
            document = self._context.storage.document.load()
            body = self.body()
            if body == document.base:
                return
            sealed = self.sealed(body, version=document.version + 1)
            try:
                await self._context.http.send("PUT", _PATH, type(None), sealed)
            except ServerRefusedError as error:
                if error.code is not Code.CONFLICT:
                    raise
                continue
            self.note_stored(body, version=sealed.version)
            return
        logger.info("the account document is busy; a later change tries again")

    async def fetch(self) -> bool:
        """Fetch the document and take what is new; return whether it may be replaced."""
        told = await self._context.http.get(_PATH, AccountDocument)
        document = self._context.storage.document.load()
        if self.is_older(told, document):
            self._alarms.raise_alarm(
                Finding.OLD_ACCOUNT_DOCUMENT,
                blamed="server",
                account=self._context.me().account,
            )
            return False
        if told.version == document.version:
            return True
        me = self._context.me()
        try:
            theirs = open_document(told, account=me.account, archive=me.archives[-1])
        except SealError:
            # Sealed under an archive key that is on its way to this device, or by nobody of us.
            logger.info("the account document does not open yet")
            return False
        self._take(document.base, theirs, version=told.version)
        return True

    def is_older(self, told: AccountDocument, known: StoredDocument) -> bool:
        """Whether the server shows a version from before the one that is known here."""
        return told.version < known.version

    def sealed(
        self, body: AccountDocumentBody, *, version: int, archives: Archives | None = None
    ) -> AccountDocument:
        """Return a version of the document, sealed under the newest of these archive keys."""
        me = self._context.me()
        return seal_document(
            body,
            account=me.account,
            version=version,
            archive=(archives or me.archives)[-1],
            random=self._context.random,
        )

    def note_stored(self, body: AccountDocumentBody, *, version: int) -> None:
        """Note that the server has this version; what was set meanwhile is yet to be shared."""
        set_meanwhile = _own_fields(self._context.storage.document.load().own)
        own = msgspec.structs.replace(body, **set_meanwhile)
        self._context.storage.document.save(StoredDocument(version=version, base=body, own=own))

    def _take(
        self, base: AccountDocumentBody, theirs: AccountDocumentBody, *, version: int
    ) -> None:
        body = merged(base, self.body(), theirs)
        was = self._context.storage.document.load().own
        before = {pin.account: pin for pin in self._context.storage.keys.pins()}
        with self._context.storage.database.transaction():
            for account, pin in body.pins.items():
                self._take_pin(account, pin, body, before.get(account))
            for account, head in body.list_heads.items():
                self._take_head(account, head)
            self._context.storage.document.save(
                StoredDocument(version=version, base=theirs, own=body)
            )
        for after in self._context.storage.keys.pins():
            if before.get(after.account) != after:
                self._keys.tell_changed(after.account)
        self._tell(was, body)

    def _tell(self, before: AccountDocumentBody, after: AccountDocumentBody) -> None:
        if _own_fields(before) != _own_fields(after):
            for listener in self.on_change:
                listener(before, after)

    def _take_pin(
        self, account: int, pin: Pin, body: AccountDocumentBody, before: StoredPin | None
    ) -> None:
        me = self._context.me()
        if account == me.account and pin.root_key != me.root_key:
            return  # The own root is known from the vault.
        changed = None if before is None else before.changed_root
        if before is not None and before.root_key != pin.root_key and changed == pin.root_key:
            changed = None  # Another own device has accepted it.
        self._context.storage.keys.save_pin(
            StoredPin(
                account=account,
                root_key=pin.root_key,
                first_seen_ms=pin.first_seen_ms,
                past=pin.past,
                verified_root=body.verified.get(account),
                changed_root=changed,
            )
        )

    def _take_head(self, account: int, head: ListHead) -> None:
        """Expect what another own device has seen of a list; the devices are fetched later."""
        store = self._context.storage.keys
        end = store.list_end(account, head.root_key)
        if end is None or end.number < head.number:
            store.save_list_end(
                ListEnd(
                    account=account,
                    root_key=head.root_key,
                    number=head.number,
                    hash=head.hash,
                    archive=None if end is None else end.archive,
                    entries=() if end is None else end.entries,
                )
            )


# What people set of themselves; the rest is in `desktop.storage.peer_key_store`.
_OWN_FIELDS = ("remarks", "friend_groups", "mutes", "settings", "pinned", "archived")


def _own_fields(body: AccountDocumentBody) -> dict[str, Any]:
    return {name: getattr(body, name) for name in _OWN_FIELDS}
