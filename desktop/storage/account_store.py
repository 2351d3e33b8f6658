"""Who this profile is: account, session, secrets, and small settings."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database
from shared.e2ee.account import DeviceKeys
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.identifiers import AccountId, DeviceId

__all__ = ["AccountStore", "Identity", "PendingRegistration"]

_REGISTRATIONS_KEPT = 5


class _Secrets(msgspec.Struct, frozen=True, array_like=True):
    signature_seed: bytes
    exchange_secret: bytes
    archives: tuple[tuple[int, bytes], ...]

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


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The account of this profile with what this device needs to act for it."""

    account: AccountId
    user_name: str
    server_url: str
    server_id: str
    token: str
    is_logged_in: bool
    root_key: bytes
    device: DeviceKeys
    archives: tuple[tuple[int, ExchangeKeyPair], ...]

    def __repr__(self) -> str:
        return f"Identity({self.account}, device={self.device.device_id})"


class AccountStore:
    """The tables ``account``, ``registrations`` and ``settings``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Identity | None:
        """Return the account of this profile, ``None`` before there is one."""
        row = self._database.row(
            "SELECT account, device, user_name, server_url, server_id, token, is_logged_in,"
            " root_key, secrets FROM account"
        )
        if row is None:
            return None
        account, device, user_name, server_url, server_id, token, is_logged_in, root_key, kept = row
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
        )

    def save(self, identity: Identity) -> None:
        """Keep the account; a registration that was pending is settled with it."""
        secrets = _Secrets(
            identity.device.signature.seed,
            identity.device.exchange.secret,
            tuple((number, pair.secret) for number, pair in identity.archives),
        )
        with self._database.transaction():
            self._database.run(
                "INSERT INTO account (id, account, device, user_name, server_url, server_id,"
                " token, is_logged_in, root_key, secrets) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET account = excluded.account,"
                " device = excluded.device, user_name = excluded.user_name,"
                " server_url = excluded.server_url, server_id = excluded.server_id,"
                " token = excluded.token, is_logged_in = excluded.is_logged_in,"
                " root_key = excluded.root_key, secrets = excluded.secrets",
                identity.account,
                identity.device.device_id,
                identity.user_name,
                identity.server_url,
                identity.server_id,
                identity.token,
                int(identity.is_logged_in),
                identity.root_key,
                msgspec.msgpack.encode(secrets),
            )
            self.drop_registrations()

    def end_session(self) -> None:
        """Forget the session; all else stays."""
        self._database.run("UPDATE account SET token = '', is_logged_in = 0")

    def registrations(self) -> list[PendingRegistration]:
        """Return the registrations whose outcome is not known, the newest first."""
        rows = self._database.rows("SELECT body FROM registrations ORDER BY id DESC")
        return [msgspec.msgpack.decode(row[0], type=PendingRegistration) for row in rows]

    def save_registration(self, pending: PendingRegistration) -> None:
        """Keep a registration before it is sent; the oldest of too many goes."""
        with self._database.transaction():
            self._database.run(
                "INSERT INTO registrations (body) VALUES (?)", msgspec.msgpack.encode(pending)
            )
            self._database.run(
                "DELETE FROM registrations WHERE id NOT IN"
                " (SELECT id FROM registrations ORDER BY id DESC LIMIT ?)",
                _REGISTRATIONS_KEPT,
            )

    def drop_registrations(self) -> None:
        """Forget them: one of them is done."""
        self._database.run("DELETE FROM registrations")

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
