"""The account document: what the devices of one account share, sealed; one version each.

Who writes names the version that comes next (compare-and-swap); the others hear that there is one.
"""

from __future__ import annotations

from backend.services.context import Context
from backend.store import accounts as store
from backend.store.unit import Unit
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest_devices import AccountDocument

__all__ = ["AccountDocuments", "put_document"]


class AccountDocuments:
    """Keeps what it cannot read."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def document(self, account: int) -> AccountDocument:
        """Return the newest document; version 0 and empty if there is none."""
        return self._context.read(lambda session: store.find_document(session, account))

    def replace(self, account: int, document: AccountDocument) -> None:
        """Store the next version; a repeat of the newest is no error.

        Raises:
            RefusedError: With ``conflict``.
        """

        def work(unit: Unit) -> None:
            if store.find_document(unit.session, account) != document:
                put_document(self._context, unit, account, document)

        self._context.change(work)


def put_document(context: Context, unit: Unit, account: int, document: AccountDocument) -> None:
    """Store the next version and tell the account's devices.

    Raises:
        RefusedError: With ``conflict`` if its number is not the next.
    """
    newest = store.find_document(unit.session, account)
    if document.version != newest.version + 1:
        raise RefusedError(Code.CONFLICT, "The account document has changed; read it again.")
    store.store_document(unit.session, account, document)
    context.tell(unit, account, EventKind.ACCOUNT_DOCUMENT_CHANGED, account=account)
