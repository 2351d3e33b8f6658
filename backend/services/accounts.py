"""Accounts and sessions: registering, logging in, logging out.

The password never comes here. What comes is ``auth_key``, made from it on the device
(`backend.services.credentials`). A wrong password and an unknown user get the same answer after
the same work. Each device of an account has a session of its own.
"""

from __future__ import annotations

from backend.bus import SessionClosed
from backend.config import SEALING_FORMAT, VERSION
from backend.services.context import Context, RefusedWithDetailsError
from backend.services.credentials import (
    authenticated,
    hash_token,
    new_token,
    set_auth_key,
    set_recovery_key,
    spend_login,
)
from backend.services.device_lists import add_device, check_archive, tell_devices_changed
from backend.services.rate_limits import Limiter
from backend.store import accounts as store
from backend.store import contacts as contacts_store
from backend.store import devices as devices_store
from backend.store.database import Session
from backend.store.key_packages import forget_packages
from backend.store.tables import Device, User
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.identifiers import check_nickname, check_user_name, fold_user_name
from shared.rest import (
    Credentials,
    Registration,
    ServerInfo,
    SessionOpened,
    SessionRequest,
    VaultOpened,
)

__all__ = ["Accounts", "check_kdf", "open_session"]

_TOKEN_LENGTH_MAX = 100


class Accounts:
    """Who may come in."""

    def __init__(self, context: Context, limiter: Limiter, server_id: str, head_key: bytes) -> None:
        self._context = context
        self._limiter = limiter
        self._server_id = server_id
        self._head_key = head_key

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
            head_key=self._head_key,
        )

    def register(self, registration: Registration, *, address: str) -> SessionOpened:
        """Make an account with its first device and log it in.

        Raises:
            RefusedError: With ``user_exists``, ``bad_user_name``, ``bad_nickname``,
                ``bad_certificate``, ``client_too_old`` or ``rate_limited``.
        """
        self._limiter.spend("registrations_per_address", address)
        check_kdf(self._context, registration.kdf_version)
        device = registration.device
        if registration.entry.certificate != device:
            raise RefusedError(Code.BAD_CERTIFICATE, "The first entry is of another device.")
        check_archive(registration.archive_key, root_key=registration.root_key)
        user_name = check_user_name(registration.user_name)
        nickname = check_nickname(registration.nickname)
        token = new_token()

        def work(unit: Unit) -> SessionOpened:
            user = _user_of(registration, user_name, nickname, unit)
            self._check_name_is_free(unit, user.folded_name)
            unit.session.add(user)
            unit.session.flush()
            add_device(unit, user, registration.entry, device_id=device.device_id)
            self._befriend_echo(unit, user)
            return open_session(unit, user.account, device.device_id, token)

        return self._context.change(work)

    def open_vault(self, credentials: Credentials, *, address: str) -> VaultOpened:
        """Return what a client with the password needs to log in.

        Raises:
            RefusedError: With ``wrong_credentials`` or ``rate_limited``.
        """
        folded = spend_login(self._limiter, address=address, user_name=credentials.user_name)

        def query(session: Session) -> VaultOpened:
            user = authenticated(store.find_by_name(session, folded), credentials.auth_key)
            return store.opened_vault(session, user)

        return self._context.read(query)

    def open_session(self, request: SessionRequest, *, address: str) -> SessionOpened:
        """Log in on a known device, or, with the next entry of the device list, on a new one.

        Raises:
            RefusedError: With ``wrong_credentials``, ``device_limit``, ``bad_certificate``,
                ``conflict`` or ``rate_limited``.
        """
        folded = spend_login(self._limiter, address=address, user_name=request.user_name)
        token = new_token()

        def work(unit: Unit) -> SessionOpened:
            user = authenticated(store.find_by_name(unit.session, folded), request.auth_key)
            device = devices_store.find_device(unit.session, request.device_id)
            if device is None:
                add_device(unit, user, request.entry, device_id=request.device_id)
                tell_devices_changed(self._context, unit, user.account)
            else:
                self._check_known(device, user, request)
                device.last_seen_ms = unit.now_ms
            self._context.announce(unit, SessionClosed(request.device_id))
            return open_session(unit, user.account, request.device_id, token)

        return self._context.change(work)

    def close_session(self, *, account: int, device: int, forget_device: bool) -> None:
        """Log a device out; a forgotten one can only come back as a new one."""

        def work(unit: Unit) -> None:
            devices_store.close_session(unit.session, device)
            row = devices_store.find_device(unit.session, device)
            if forget_device and row is not None and row.account == account:
                row.forgotten_ms = unit.now_ms
                forget_packages(unit.session, [device])
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
        digest = hash_token(token)
        found = self._context.read(lambda session: devices_store.find_session(session, digest))
        if found is not None:
            return found
        if self._context.read(lambda session: devices_store.is_of_revoked(session, digest)):
            raise RefusedWithDetailsError(
                Code.UNAUTHENTICATED, "Another device has ended this one.", revoked="1"
            )
        raise RefusedError(Code.UNAUTHENTICATED, "Log in first.")

    def _check_name_is_free(self, unit: Unit, folded_name: str) -> None:
        if store.find_by_name(unit.session, folded_name) is not None:
            raise RefusedError(Code.USER_EXISTS, "This user name is taken.")

    def _check_known(self, device: Device, user: User, request: SessionRequest) -> None:
        """Let a device come back; its entry may come again, if its answer was lost."""
        certificate = None if request.entry is None else request.entry.certificate
        is_same = certificate is None or certificate.signature_key == device.signature_key
        has_gone = bool(device.forgotten_ms or device.revoked_ms)
        if device.account != user.account or has_gone or not is_same:
            raise RefusedError(Code.BAD_CERTIFICATE, "This device cannot log in any more.")

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


def check_kdf(context: Context, kdf_version: int) -> None:
    """Check that a client makes keys from passwords as this server announces.

    Raises:
        RefusedError: With ``client_too_old``.
    """
    if kdf_version != context.settings.kdf.version:
        raise RefusedError(
            Code.CLIENT_TOO_OLD, "This server makes keys from passwords in another way."
        )


def open_session(unit: Unit, account: int, device: int, token: str) -> SessionOpened:
    """Store a session of a device, in place of its last one."""
    devices_store.open_session(
        unit.session,
        account=account,
        device_id=device,
        token_hash=hash_token(token),
        now_ms=unit.now_ms,
    )
    return SessionOpened(account=account, device_id=device, token=token)


def _user_of(registration: Registration, user_name: str, nickname: str, unit: Unit) -> User:
    user = User(
        account=unit.next_id(),
        user_name=user_name,
        folded_name=fold_user_name(user_name),
        nickname=nickname,
        kdf_version=registration.kdf_version,
        root_number=1,
        root_key=registration.root_key,
        archive_number=registration.archive_key.number,
        archive_key=registration.archive_key.key,
        archive_signature=registration.archive_key.signature,
        vault=registration.vault,
        vault_version=1,
        created_ms=unit.now_ms,
    )
    set_auth_key(user, registration.auth_key)
    set_recovery_key(user, registration.recovery_auth_key)
    return user
