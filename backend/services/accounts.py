"""Accounts, devices and sessions: registering, logging in, logging out.

The password never comes here. What comes is ``auth_key``, made from it on the device; it is
stored as a salted hash and compared in constant time. A wrong password and an unknown user get
the same answer after the same work.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from backend.bus import SessionClosed
from backend.config import SEALING_FORMAT, VERSION
from backend.services.context import Context
from backend.services.rate_limits import Limiter
from backend.store import accounts as store
from backend.store import contacts as contacts_store
from backend.store.database import Session
from backend.store.tables import Device, User
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.identifiers import check_nickname, check_user_name, fold_user_name
from shared.rest import (
    Credentials,
    DeviceCertificate,
    Registration,
    ServerInfo,
    SessionOpened,
    SessionRequest,
    VaultOpened,
)

__all__ = ["Accounts"]

_TOKEN_BYTES = 32
_TOKEN_LENGTH_MAX = 100
_SALT_BYTES = 16
_NOBODYS_SALT = bytes(_SALT_BYTES)
_NOBODYS_HASH = bytes(32)


class Accounts:
    """Who may come in."""

    def __init__(self, context: Context, limiter: Limiter, server_id: str) -> None:
        self._context = context
        self._limiter = limiter
        self._server_id = server_id

    def server_info(self) -> ServerInfo:
        """Return what a client must know before it logs in."""
        settings = self._context.settings
        return ServerInfo(
            server_id=self._server_id,
            name=settings.name,
            version=VERSION,
            protocol_min=limits.PROTOCOL_VERSION,
            protocol_max=limits.PROTOCOL_VERSION,
            sealing_format=SEALING_FORMAT,
            kdf=settings.kdf,
            time_ms=self._context.wall_ms(),
        )

    def register(self, registration: Registration, *, address: str) -> SessionOpened:
        """Make an account with its first device and log it in.

        Raises:
            RefusedError: With ``user_exists``, ``bad_user_name``, ``bad_nickname``,
                ``bad_certificate``, ``client_too_old`` or ``rate_limited``.
        """
        self._limiter.spend("registrations_per_address", address)
        if registration.kdf_version != self._context.settings.kdf.version:
            raise RefusedError(
                Code.CLIENT_TOO_OLD, "This server makes keys from passwords in another way."
            )
        user_name = check_user_name(registration.user_name)
        nickname = check_nickname(registration.nickname)
        token = _new_token()

        def work(unit: Unit) -> SessionOpened:
            user = _user_of(registration, user_name, nickname, unit)
            self._check_name_is_free(unit, user.folded_name)
            unit.session.add(user)
            self._add_device(unit, user.account, registration.device, number=1)
            self._befriend_echo(unit, user)
            return _open(unit, user.account, registration.device.device_id, token)

        return self._context.change(work)

    def open_vault(self, credentials: Credentials, *, address: str) -> VaultOpened:
        """Return what a client with the password needs to log in.

        Raises:
            RefusedError: With ``wrong_credentials`` or ``rate_limited``.
        """
        folded = fold_user_name(credentials.user_name)
        self._spend_login(address, folded)

        def query(session: Session) -> VaultOpened:
            user = _authenticated(store.find_by_name(session, folded), credentials.auth_key)
            devices = store.devices_of(session, user.account)
            return VaultOpened(
                account=user.account,
                root_key=user.root_key,
                vault=user.vault,
                vault_version=user.vault_version,
                devices=[store.certificate_of(device) for device in devices],
            )

        return self._context.read(query)

    def open_session(self, request: SessionRequest, *, address: str) -> SessionOpened:
        """Log in on a known device, or on a new one in place of one that has logged out.

        Raises:
            RefusedError: With ``wrong_credentials``, ``device_limit``, ``bad_certificate`` or
                ``rate_limited``.
        """
        folded = fold_user_name(request.user_name)
        self._spend_login(address, folded)
        token = _new_token()

        def work(unit: Unit) -> SessionOpened:
            user = _authenticated(store.find_by_name(unit.session, folded), request.auth_key)
            if store.has_other_session(unit.session, user.account, request.device_id):
                raise RefusedError(
                    Code.DEVICE_LIMIT,
                    "This account is logged in on another device. Log out there first.",
                )
            device = store.find_device(unit.session, request.device_id)
            if device is None:
                self._add_next_device(unit, user, request)
            elif device.account != user.account or device.forgotten_ms:
                raise RefusedError(Code.BAD_CERTIFICATE, "This device cannot log in any more.")
            self._context.announce(unit, SessionClosed(request.device_id))
            return _open(unit, user.account, request.device_id, token)

        return self._context.change(work)

    def close_session(self, *, account: int, device: int, forget_device: bool) -> None:
        """Log a device out; a forgotten one can only come back as a new one."""

        def work(unit: Unit) -> None:
            store.close_session(unit.session, device)
            row = store.find_device(unit.session, device)
            if forget_device and row is not None and row.account == account:
                row.forgotten_ms = unit.now_ms
            self._context.announce(unit, SessionClosed(device))

        self._context.change(work)

    def authenticate(self, authorization: str) -> tuple[int, int]:
        """Return account and device of an ``Authorization: Bearer TOKEN`` header.

        Raises:
            RefusedError: With ``unauthenticated``.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _TOKEN_LENGTH_MAX:
            raise RefusedError(Code.UNAUTHENTICATED, "Log in first.")
        digest = _hash_token(token)
        found = self._context.read(lambda session: store.find_session(session, digest))
        if found is None:
            raise RefusedError(Code.UNAUTHENTICATED, "Log in first.")
        return found

    def _spend_login(self, address: str, folded_name: str) -> None:
        self._limiter.spend("logins_per_address", address)
        # Hashed, so that a name of any length costs the same memory.
        who = hashlib.blake2b(folded_name.encode(errors="replace"), digest_size=16).hexdigest()
        self._limiter.spend("logins_per_account", who)

    def _check_name_is_free(self, unit: Unit, folded_name: str) -> None:
        if store.find_by_name(unit.session, folded_name) is not None:
            raise RefusedError(Code.USER_EXISTS, "This user name is taken.")

    def _add_next_device(self, unit: Unit, user: User, request: SessionRequest) -> None:
        certificate = request.device
        if certificate is None or certificate.device_id != request.device_id:
            raise RefusedError(Code.BAD_CERTIFICATE, "A new device needs its certificate.")
        number = len(store.devices_of(unit.session, user.account)) + 1
        self._add_device(unit, user.account, certificate, number=number)
        everybody = [user.account, *contacts_store.contact_accounts(unit.session, user.account)]
        for account in everybody:
            self._context.tell(unit, account, EventKind.DEVICES_CHANGED, account=user.account)

    def _add_device(
        self, unit: Unit, account: int, certificate: DeviceCertificate, *, number: int
    ) -> None:
        if store.find_device(unit.session, certificate.device_id) is not None:
            raise RefusedError(Code.BAD_CERTIFICATE, "This device belongs to an account already.")
        unit.session.flush()
        unit.session.add(
            Device(
                device_id=certificate.device_id,
                account=account,
                number=number,
                signature_key=certificate.signature_key,
                exchange_key=certificate.exchange_key,
                signature=certificate.signature,
                sealed_name=certificate.sealed_name,
                created_ms=unit.now_ms,
            )
        )
        unit.session.flush()

    def _befriend_echo(self, unit: Unit, user: User) -> None:
        """Make the bot a contact; the other account counts as the one who asked.

        The bot itself meets everyone who was faster than it at the first start.
        """
        name = self._context.settings.echo
        echo = store.find_by_name(unit.session, fold_user_name(name)) if name else None
        if echo is None:
            return
        people = [user]
        if echo.account == user.account:
            people = store.find_by_prefix(unit.session, "", limits.CONTACTS_MAX)
        for person in people:
            if person.account != echo.account:
                self._make_contacts(unit, person, echo)

    def _make_contacts(self, unit: Unit, asking: User, answering: User) -> None:
        contacts_store.add_contact(
            unit.session, asking=asking.account, answering=answering.account, at_ms=unit.now_ms
        )
        for to, about in ((asking, answering), (answering, asking)):
            self._context.tell(unit, to.account, EventKind.CONTACTS_CHANGED, account=about.account)


def _user_of(registration: Registration, user_name: str, nickname: str, unit: Unit) -> User:
    salt = secrets.token_bytes(_SALT_BYTES)
    return User(
        account=unit.next_id(),
        user_name=user_name,
        folded_name=fold_user_name(user_name),
        nickname=nickname,
        auth_salt=salt,
        auth_hash=_hash_auth_key(registration.auth_key, salt),
        kdf_version=registration.kdf_version,
        root_key=registration.root_key,
        archive_number=registration.archive_key.number,
        archive_key=registration.archive_key.key,
        archive_signature=registration.archive_key.signature,
        vault=registration.vault,
        created_ms=unit.now_ms,
    )


def _open(unit: Unit, account: int, device: int, token: str) -> SessionOpened:
    store.open_session(
        unit.session,
        account=account,
        device_id=device,
        token_hash=_hash_token(token),
        now_ms=unit.now_ms,
    )
    return SessionOpened(account=account, device_id=device, token=token)


def _authenticated(user: User | None, auth_key: bytes) -> User:
    """Return the user if the key is right; nobody's key is compared for nobody."""
    salt = _NOBODYS_SALT if user is None else user.auth_salt
    expected = _NOBODYS_HASH if user is None else user.auth_hash
    is_right = hmac.compare_digest(_hash_auth_key(auth_key, salt), expected)
    if user is None or not is_right:
        raise RefusedError(Code.WRONG_CREDENTIALS, "Unknown user or wrong password.")
    return user


def _hash_auth_key(auth_key: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(auth_key, digest_size=32, salt=salt, person=b"mim.auth.v1").digest()


def _new_token() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()


def _hash_token(token: str) -> bytes:
    data = token.encode(errors="replace")
    return hashlib.blake2b(data, digest_size=32, person=b"mim.token.v1").digest()
