"""Who this profile is: account, session, secrets, and small settings."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database
from shared.e2ee.account import Archives, DeviceKeys
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.identifiers import AccountId, DeviceId
from shared.rest import ArchiveKey
from shared.roster import DeviceProof

__all__ = ["AccountStore", "Identity", "PendingLogin", "PendingRegistration"]

_REGISTRATIONS_KEPT = 5
_LOGINS_KEPT = 5


class _Secrets(msgspec.Struct, frozen=True, array_like=True):
    signature_seed: bytes
    exchange_secret: bytes
    archives: tuple[tuple[int, bytes], ...]
    proof_signature: bytes
    archive_signature: bytes

    def __repr__(self) -> str:
        return "_Secrets()"


class PendingRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A registration as it is sent, kept until its outcome is known.

    The root secret is not among it: the vault that was sent has it, under the password.
    """

    folded_name: str
    server_id: str
    root_key: bytes
    archive_secret: bytes
    device_id: int
    signature_seed: bytes
    exchange_secret: bytes
    proof_signature: bytes
    archive_signature: bytes
    recovery_code: str

    def __repr__(self) -> str:
        return f"PendingRegistration(device={self.device_id})"

    @property
    def device(self) -> DeviceKeys:
        """The keys of the device being registered."""
        return DeviceKeys(
            self.device_id,
            SignatureKeyPair(self.signature_seed),
            ExchangeKeyPair(self.exchange_secret),
        )


class PendingLogin(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a device that is being added to an account, kept before they are sent.

    If the answer is lost, the next try finds the device in the account's list and goes on with it.
    """

    folded_name: str
    server_id: str
    root_key: bytes
    device_id: int
    signature_seed: bytes
    exchange_secret: bytes

    def __repr__(self) -> str:
        return f"PendingLogin(device={self.device_id})"

    @property
    def device(self) -> DeviceKeys:
        """The keys of the device being added."""
        return DeviceKeys(
            self.device_id,
            SignatureKeyPair(self.signature_seed),
            ExchangeKeyPair(self.exchange_secret),
        )


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The account of this profile with what this device needs to act for it.

    Attributes:
        archives: By number, rising; the last one is in use.
        proof_signature: The root's, on this device's keys.
        archive_signature: The root's, on the newest archive key.
        head_key: What the server signs heads of logs with, as seen first; empty if it does not.
        is_revoked: This device was ended, by another one or as a copy; what is here stays readable.
    """

    account: AccountId
    user_name: str
    server_url: str
    server_id: str
    token: str
    is_logged_in: bool
    root_key: bytes
    device: DeviceKeys
    archives: Archives
    proof_signature: bytes
    archive_signature: bytes
    head_key: bytes = b""
    is_revoked: bool = False

    def __repr__(self) -> str:
        return f"Identity({self.account}, device={self.device.device_id})"

    @property
    def proof(self) -> DeviceProof:
        """This device's public keys, signed by the root."""
        return DeviceProof(
            device_id=self.device.device_id,
            signature_key=self.device.signature.public,
            exchange_key=self.device.exchange.public,
            signature=self.proof_signature,
        )

    @property
    def archive_key(self) -> ArchiveKey:
        """The newest archive key's public half, signed by the root."""
        number, pair = self.archives[-1]
        return ArchiveKey(number=number, key=pair.public, signature=self.archive_signature)


class AccountStore:
    """The tables ``account``, ``registrations``, ``logins`` and ``settings``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Identity | None:
        """Return the account of this profile, ``None`` before there is one."""
        row = self._database.row(
            "SELECT account, device, user_name, server_url, server_id, token, is_logged_in,"
            " root_key, secrets, head_key, is_revoked FROM account"
        )
        if row is None:
            return None
        account, device, user_name, server_url, server_id, token, is_logged_in, root_key = row[:8]
        kept, head_key, is_revoked = row[8:]
        secrets = msgspec.msgpack.decode(kept, type=_Secrets)
        return Identity(
            account=AccountId(account),
            user_name=user_name,
            server_url=server_url,
            server_id=server_id,
            token=token,
            is_logged_in=bool(is_logged_in),
            root_key=root_key,
            device=DeviceKeys(
                DeviceId(device),
                SignatureKeyPair(secrets.signature_seed),
                ExchangeKeyPair(secrets.exchange_secret),
            ),
            archives=tuple((n, ExchangeKeyPair(secret)) for n, secret in secrets.archives),
            proof_signature=secrets.proof_signature,
            archive_signature=secrets.archive_signature,
            head_key=head_key,
            is_revoked=bool(is_revoked),
        )

    def save(self, identity: Identity) -> None:
        """Keep the account; a registration or a login that was pending is settled with it."""
        secrets = _Secrets(
            identity.device.signature.seed,
            identity.device.exchange.secret,
            tuple((number, pair.secret) for number, pair in identity.archives),
            identity.proof_signature,
            identity.archive_signature,
        )
        with self._database.transaction():
            self._database.run(
                "INSERT INTO account (id, account, device, user_name, server_url, server_id,"
                " token, is_logged_in, root_key, secrets, head_key, is_revoked)"
                " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET account = excluded.account,"
                " device = excluded.device, user_name = excluded.user_name,"
                " server_url = excluded.server_url, server_id = excluded.server_id,"
                " token = excluded.token, is_logged_in = excluded.is_logged_in,"
                " root_key = excluded.root_key, secrets = excluded.secrets,"
                " head_key = excluded.head_key, is_revoked = excluded.is_revoked",
                identity.account,
                identity.device.device_id,
                identity.user_name,
                identity.server_url,
                identity.server_id,
                identity.token,
                int(identity.is_logged_in),
                identity.root_key,
                msgspec.msgpack.encode(secrets),
                identity.head_key,
                int(identity.is_revoked),
            )
            self.drop_registrations()
            self._database.run("DELETE FROM logins")

    def end_session(self) -> None:
        """Forget the session; all else stays."""
        self._database.run("UPDATE account SET token = '', is_logged_in = 0")

    def registrations(self) -> list[PendingRegistration]:
        """Return the registrations whose outcome is not known, the newest first."""
        rows = self._database.rows("SELECT body FROM registrations ORDER BY id DESC")
        return [msgspec.msgpack.decode(row[0], type=PendingRegistration) for row in rows]

    def save_registration(self, pending: PendingRegistration) -> None:
        """Keep a registration before it is sent; the oldest of too many goes."""
        self._save_pending("registrations", pending, kept=_REGISTRATIONS_KEPT)

    def drop_registrations(self) -> None:
        """Forget them: one of them is done."""
        self._database.run("DELETE FROM registrations")

    def logins(self) -> list[PendingLogin]:
        """Return the devices whose coming is not known to be done, the newest first."""
        rows = self._database.rows("SELECT body FROM logins ORDER BY id DESC")
        return [msgspec.msgpack.decode(row[0], type=PendingLogin) for row in rows]

    def save_login(self, pending: PendingLogin) -> None:
        """Keep a device's keys before they are sent; the oldest of too many goes."""
        self._save_pending("logins", pending, kept=_LOGINS_KEPT)

    def _save_pending(self, table: str, pending: msgspec.Struct, *, kept: int) -> None:
        with self._database.transaction():
            self._database.run(
                f"INSERT INTO {table} (body) VALUES (?)", msgspec.msgpack.encode(pending)
            )
            self._database.run(
                f"DELETE FROM {table} WHERE id NOT IN"
                f" (SELECT id FROM {table} ORDER BY id DESC LIMIT ?)",
                kept,
            )

    def positions(self) -> tuple[int, int]:
        """Return the newest event applied and the time of the newest receipt stored."""
        row = self._database.row("SELECT event_position, marks_since_ms FROM account")
        return (0, 0) if row is None else (row[0], row[1])

    def set_event_position(self, position: int) -> None:
        """Note the newest event applied."""
        self._database.run("UPDATE account SET event_position = ?", position)

    def raise_marks_since(self, at_ms: int) -> None:
        """Note the time of a receipt stored; it only grows."""
        self._database.run("UPDATE account SET marks_since_ms = max(marks_since_ms, ?)", at_ms)

    def setting(self, name: str) -> str:
        """Return a setting, empty if it was never set."""
        row = self._database.row("SELECT value FROM settings WHERE name = ?", name)
        return "" if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._database.run(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value
        )
