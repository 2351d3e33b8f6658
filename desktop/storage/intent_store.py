"""What a commit is still to do: kept until one has done it, whoever wins the races before."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from desktop.storage.database import Database
from shared import limits
from shared.errors import Code, RefusedError
from shared.roster import InviteWarrant, Warrant

__all__ = [
    "AddAccounts",
    "AdmitJoin",
    "CarryOut",
    "DropDevices",
    "Intent",
    "IntentStore",
    "Join",
    "RemoveAccount",
    "ReplaceRoot",
    "Rotate",
    "SetHistoryKept",
    "SetMemberRole",
    "StoredIntent",
    "Warranted",
]


class _Intent(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The root of all intents."""


class Join(_Intent, frozen=True):
    """Be in the conversation with a leaf of one's own."""


class Rotate(_Intent, frozen=True):
    """Begin another epoch than the one that handshake ``after`` made."""

    after: int


class AddAccounts(_Intent, frozen=True):
    """Add accounts with all their devices; the claim of key packages is named by ``claim_id``."""

    accounts: tuple[int, ...]
    claim_id: bytes


class AdmitJoin(_Intent, frozen=True):
    """Let in who was invited, by the invitation."""

    warrant: InviteWarrant
    claim_id: bytes


class RemoveAccount(_Intent, frozen=True):
    """Remove an account."""

    account: int


class SetMemberRole(_Intent, frozen=True):
    """Give an account another role."""

    account: int
    role: int


class SetHistoryKept(_Intent, frozen=True):
    """Keep epoch records, or do not."""

    has_history: bool


class ReplaceRoot(_Intent, frozen=True):
    """Take in an account's new root and its devices, as if it was removed and added."""

    account: int
    claim_id: bytes


class DropDevices(_Intent, frozen=True):
    """Remove the leaves of devices that were ended."""

    devices: tuple[int, ...]


class CarryOut(_Intent, frozen=True):
    """Do what the warrants say that wait on the server."""


class Warranted(_Intent, frozen=True):
    """Bring what the own root has signed into the roster: devices barred, a newer archive key."""

    warrants: tuple[Warrant, ...]


Intent: TypeAlias = (
    Join
    | Rotate
    | AddAccounts
    | AdmitJoin
    | RemoveAccount
    | SetMemberRole
    | SetHistoryKept
    | DropDevices
    | ReplaceRoot
    | CarryOut
    | Warranted
)
_decoder: msgspec.msgpack.Decoder[Intent] = msgspec.msgpack.Decoder(Intent)


class StoredIntent(msgspec.Struct, frozen=True):
    """An intent and its number; lower ones came first."""

    intent_id: Annotated[int, msgspec.Meta(ge=1)]
    intent: Intent


class IntentStore:
    """The table ``intents``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, conversation_id: int, intent: Intent) -> int:
        """Keep an intent, unless the same one waits; return its number.

        Raises:
            RefusedError: With `Code.OVERLOADED` beyond `limits.INTENTS_MAX`.
        """
        body = msgspec.msgpack.encode(intent)
        with self._database.transaction():
            same = self._database.row(
                "SELECT intent_id FROM intents WHERE conversation_id = ? AND body = ?",
                conversation_id,
                body,
            )
            if same is not None:
                return int(same[0])
            count = self._database.row("SELECT count(*) FROM intents")
            if count is not None and count[0] >= limits.INTENTS_MAX:
                raise RefusedError(Code.OVERLOADED, "Too many changes wait to be made.")
            return self._database.insert(
                "INSERT INTO intents (conversation_id, body) VALUES (?, ?)", conversation_id, body
            )

    def of(self, conversation_id: int) -> list[StoredIntent]:
        """Return what a commit in this conversation is to do, the oldest first."""
        rows = self._database.rows(
            "SELECT intent_id, body FROM intents WHERE conversation_id = ? ORDER BY intent_id",
            conversation_id,
        )
        return [StoredIntent(row[0], _decoder.decode(row[1])) for row in rows]

    def conversations(self) -> list[int]:
        """Return the conversations in which something is to be done."""
        rows = self._database.rows(
            "SELECT conversation_id FROM intents GROUP BY conversation_id ORDER BY min(intent_id)"
        )
        return [row[0] for row in rows]

    def remove(self, intent_id: int) -> None:
        """Forget an intent that was carried out, or cannot be."""
        self._database.run("DELETE FROM intents WHERE intent_id = ?", intent_id)

    def remove_all(self, conversation_id: int) -> None:
        """Forget what was to be done in a conversation that is over."""
        self._database.run("DELETE FROM intents WHERE conversation_id = ?", conversation_id)
