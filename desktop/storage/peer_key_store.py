"""Other people's keys, and the own account's: pinned roots, device lists, devices."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database, Row
from shared.e2ee.account import proof_of
from shared.e2ee.devices import DeviceList
from shared.rest import ArchiveKey, DeviceListEntry
from shared.roster import DeviceProof

__all__ = ["ListEnd", "PeerKeyStore", "StoredPin"]

_KEY_BYTES = 32


class StoredPin(msgspec.Struct, frozen=True, kw_only=True):
    """The root that an account is known by.

    Attributes:
        past: Roots that were accepted before.
        verified_root: The root that was compared with its owner, if one was.
        changed_root: Another root that the server shows and nobody here has looked at yet.
    """

    account: int
    root_key: bytes
    first_seen_ms: int
    past: tuple[bytes, ...] = ()
    verified_root: bytes | None = None
    changed_root: bytes | None = None

    @property
    def is_verified(self) -> bool:
        """Whether the root in use was compared with its owner."""
        return self.verified_root == self.root_key

    @property
    def is_blocked(self) -> bool:
        """Whether a compared root was replaced, and nobody here has looked at that yet."""
        return self.changed_root is not None and self.changed_root != self.root_key


class ListEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How far the device list of a root was seen."""

    account: int
    root_key: bytes
    number: int
    hash: bytes
    archive: ArchiveKey | None = None
    entries: tuple[DeviceListEntry, ...] = ()  # Without names; empty before they were fetched.


class PeerKeyStore:
    """The tables ``pins``, ``device_lists`` and ``devices``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pin(self, account: int) -> StoredPin | None:
        """Return the pinned root of an account."""
        row = self._database.row(
            "SELECT root_key, first_seen_ms, past, verified_root, changed_root FROM pins"
            " WHERE account = ?",
            account,
        )
        return None if row is None else _pin((account, *row))

    def pins(self) -> list[StoredPin]:
        """Return all of them."""
        rows = self._database.rows(
            "SELECT account, root_key, first_seen_ms, past, verified_root, changed_root FROM pins"
            " ORDER BY account"
        )
        return [_pin(row) for row in rows]

    def save_pin(self, pin: StoredPin) -> None:
        """Keep a pin, in place of the one before."""
        self._database.run(
            "INSERT OR REPLACE INTO pins"
            " (account, root_key, first_seen_ms, past, verified_root, changed_root)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            pin.account,
            pin.root_key,
            pin.first_seen_ms,
            b"".join(pin.past),
            pin.verified_root,
            pin.changed_root,
        )

    def blocked(self) -> frozenset[int]:
        """Return the accounts whose compared root has changed, and nobody here has looked."""
        rows = self._database.rows(
            "SELECT account FROM pins WHERE changed_root IS NOT NULL AND changed_root != root_key"
        )
        return frozenset(row[0] for row in rows)

    def list_end(self, account: int, root_key: bytes) -> ListEnd | None:
        """Return how far a root's device list was seen."""
        row = self._database.row(
            "SELECT number, hash, archive, entries FROM device_lists"
            " WHERE account = ? AND root_key = ?",
            account,
            root_key,
        )
        return None if row is None else _list_end((account, root_key, *row))

    def list_ends(self) -> list[ListEnd]:
        """Return how far each list was seen."""
        rows = self._database.rows(
            "SELECT account, root_key, number, hash, archive, entries FROM device_lists"
        )
        return [_list_end(row) for row in rows]

    def save_list_end(self, end: ListEnd) -> None:
        """Keep how far a list was seen."""
        archive = b"" if end.archive is None else msgspec.msgpack.encode(end.archive)
        self._database.run(
            "INSERT OR REPLACE INTO device_lists (account, root_key, number, hash, archive,"
            " entries) VALUES (?, ?, ?, ?, ?, ?)",
            end.account,
            end.root_key,
            end.number,
            end.hash,
            archive,
            msgspec.msgpack.encode(end.entries),
        )

    def save_devices(self, account: int, root_key: bytes, devices: DeviceList) -> None:
        """Keep all devices of a list that was checked."""
        with self._database.transaction():
            for device_id, certificate in devices.devices.items():
                self._database.run(
                    "INSERT OR REPLACE INTO devices (account, root_key, device, proof, is_revoked)"
                    " VALUES (?, ?, ?, ?, ?)",
                    account,
                    root_key,
                    device_id,
                    msgspec.msgpack.encode(proof_of(certificate)),
                    int(device_id in devices.revoked),
                )

    def device(self, account: int, device: int, *, root_key: bytes) -> DeviceProof | None:
        """Return a device that this root signed, revoked ones too."""
        row = self._database.row(
            "SELECT proof FROM devices WHERE account = ? AND root_key = ? AND device = ?",
            account,
            root_key,
            device,
        )
        return None if row is None else msgspec.msgpack.decode(row[0], type=DeviceProof)

    def devices(self, account: int, root_key: bytes) -> list[tuple[DeviceProof, bool]]:
        """Return all devices that this root signed, and whether it has revoked each."""
        rows = self._database.rows(
            "SELECT proof, is_revoked FROM devices WHERE account = ? AND root_key = ?"
            " ORDER BY device",
            account,
            root_key,
        )
        return [
            (msgspec.msgpack.decode(proof, type=DeviceProof), bool(is_revoked))
            for proof, is_revoked in rows
        ]


def _pin(row: Row) -> StoredPin:
    account, root_key, first_seen_ms, past, verified_root, changed_root = row
    starts = range(0, len(past), _KEY_BYTES)
    return StoredPin(
        account=account,
        root_key=root_key,
        first_seen_ms=first_seen_ms,
        past=tuple(past[start : start + _KEY_BYTES] for start in starts),
        verified_root=verified_root,
        changed_root=changed_root,
    )


def _list_end(row: Row) -> ListEnd:
    account, root_key, number, value, archive, entries = row
    return ListEnd(
        account=account,
        root_key=root_key,
        number=number,
        hash=value,
        archive=msgspec.msgpack.decode(archive, type=ArchiveKey) if archive else None,
        entries=msgspec.msgpack.decode(entries, type=tuple[DeviceListEntry, ...]),
    )
