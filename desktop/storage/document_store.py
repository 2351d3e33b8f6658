"""The account document on this device, and what the own root has said in passing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desktop.storage.database import Database
from shared.e2ee.account_document import AccountDocumentBody
from shared.roster import ArchiveWarrant, RevokeWarrant

__all__ = ["DocumentStore", "OwnWarrant", "StoredDocument"]

OwnWarrant = RevokeWarrant | ArchiveWarrant


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document as fetched or stored last (``base``), and as this device wants it (``own``)."""

    version: int = 0
    base: AccountDocumentBody = AccountDocumentBody()
    own: AccountDocumentBody = AccountDocumentBody()

    @property
    def is_dirty(self) -> bool:
        """Whether the server is to hear of a change."""
        return self.base != self.own


class DocumentStore:
    """The tables ``account_document`` and ``own_warrants``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loaded: tuple[int, StoredDocument] | None = None

    def load(self) -> StoredDocument:
        """Return the document; version 0 before there is one."""
        undone = self._database.undone
        # Every row of the conversation list asks, and nobody else writes here.
        if self._loaded is None or self._loaded[0] != undone:
            self._loaded = undone, self._read()
        return self._loaded[1]

    def _read(self) -> StoredDocument:
        row = self._database.row("SELECT version, base, own FROM account_document")
        if row is None:
            return StoredDocument()
        return StoredDocument(
            version=row[0],
            base=msgspec.msgpack.decode(row[1], type=AccountDocumentBody),
            own=msgspec.msgpack.decode(row[2], type=AccountDocumentBody),
        )

    def save(self, document: StoredDocument) -> None:
        """Keep the document."""
        self._database.run(
            "INSERT OR REPLACE INTO account_document (id, version, base, own) VALUES (1, ?, ?, ?)",
            document.version,
            msgspec.msgpack.encode(document.base),
            msgspec.msgpack.encode(document.own),
        )
        self._loaded = self._database.undone, document

    def add_warrants(self, warrants: tuple[OwnWarrant, ...]) -> None:
        """Keep what the root said; conversations that hear it late still can."""
        with self._database.transaction():
            for warrant in warrants:
                self._database.run(
                    "INSERT INTO own_warrants (warrant) VALUES (?)",
                    msgspec.msgpack.encode(warrant),
                )

    def learn_warrant(self, warrant: OwnWarrant) -> None:
        """Keep what another own device made known, and conversations were told, once."""
        data = msgspec.msgpack.encode(warrant)
        with self._database.transaction():
            known = self._database.row("SELECT 1 FROM own_warrants WHERE warrant = ?", data)
            if known is None:
                self._database.run(
                    "INSERT INTO own_warrants (warrant, is_handed_out) VALUES (?, 1)", data
                )

    def waiting(self) -> dict[int, OwnWarrant]:
        """Return those that no conversation has heard of yet, the oldest first."""
        rows = self._database.rows(
            "SELECT number, warrant FROM own_warrants WHERE is_handed_out = 0 ORDER BY number"
        )
        return {
            number: msgspec.msgpack.decode(warrant, type=OwnWarrant) for number, warrant in rows
        }

    def warrants(self) -> tuple[OwnWarrant, ...]:
        """Return all that conversations were told, the oldest first: new ones hear them too."""
        rows = self._database.rows(
            "SELECT warrant FROM own_warrants WHERE is_handed_out = 1 ORDER BY number"
        )
        return tuple(msgspec.msgpack.decode(row[0], type=OwnWarrant) for row in rows)

    def note_handed_out(self, numbers: Iterable[int]) -> None:
        """Note that intents were made of them."""
        with self._database.transaction():
            for number in numbers:
                self._database.run(
                    "UPDATE own_warrants SET is_handed_out = 1 WHERE number = ?", number
                )
