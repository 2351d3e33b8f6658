"""The devices of an account: showing, naming and revoking them.

Revoking is one transaction: the password is checked, the list goes on, tokens and links of the
devices end, the new archive key, the vault and the account document take the place of the old
ones, and each remaining device finds the new archive secret sealed to it. All of it or nothing.
"""

from __future__ import annotations

import logging

from backend.bus import SessionClosed
from backend.services.account_documents import put_document
from backend.services.context import Context
from backend.services.credentials import authenticated, spend_login
from backend.services.device_lists import check_archive, revoke_devices, tell_devices_changed
from backend.services.rate_limits import Limiter
from backend.services.vaults import is_same_vault, replace_vault
from backend.store import accounts as accounts_store
from backend.store import devices as store
from backend.store.database import Session
from backend.store.key_packages import forget_packages
from backend.store.tables import Device, User
from backend.store.unit import Unit
from shared.errors import Code, MimError, RefusedError
from shared.events import EventKind
from shared.rest_devices import DeviceInfo, DeviceName, DeviceOverview, Revocation

__all__ = ["Devices"]

logger = logging.getLogger(__name__)


class Devices:
    """What an account may ask about, and do to, its own devices."""

    def __init__(self, context: Context, limiter: Limiter) -> None:
        self._context = context
        self._limiter = limiter
        self._seen: dict[int, int] = {}

    def overview(self, account: int, device: int) -> DeviceOverview:
        """Return all devices, and what was sealed for the asking one."""

        def query(session: Session) -> DeviceOverview:
            user = _user(session, account)
            logged_in = set(store.sessions_of(session, account))
            rows = store.devices_of_list(session, account, user.root_number)
            return DeviceOverview(
                devices=[self._info(row, asking=device, logged_in=logged_in) for row in rows],
                sealed_archive=next(
                    (row.sealed_archive for row in rows if row.device_id == device), b""
                ),
            )

        return self._context.read(query)

    def rename(self, account: int, device_id: int, name: DeviceName) -> None:
        """Store a new sealed name of an own device.

        Raises:
            RefusedError: With ``not_found``.
        """

        def work(unit: Unit) -> None:
            device = store.find_device(unit.session, device_id)
            if device is None or device.account != account:
                raise RefusedError(Code.NOT_FOUND, "There is no such device.")
            device.sealed_name = name.sealed_name
            self._context.tell(unit, account, EventKind.DEVICES_CHANGED, account=account)

        self._context.change(work)

    def revoke(self, account: int, revocation: Revocation, *, address: str) -> None:
        """End devices for good; a repeat of what was done is no error.

        Raises:
            RefusedError: With ``wrong_credentials``, ``conflict``, ``bad_certificate``,
                ``not_found`` or ``rate_limited``.
        """
        name = self._context.read(lambda session: _user(session, account).user_name)
        spend_login(self._limiter, address=address, user_name=name)

        def work(unit: Unit) -> None:
            user = authenticated(
                accounts_store.find_user(unit.session, account), revocation.auth_key
            )
            if not is_same_vault(user, revocation.vault, revocation.vault_version):
                self._revoke(unit, user, revocation)

        self._context.change(work)

    def note_seen(self, device: int) -> None:
        """Note that a device is, or was just now, here; it is written lazily."""
        self._seen[device] = self._context.wall_ms()

    def flush_seen(self) -> None:
        """Store who was seen; best effort."""
        seen, self._seen = self._seen, {}
        if not seen:
            return

        def work(unit: Unit) -> None:
            for device, at_ms in seen.items():
                store.note_seen(unit.session, device, at_ms)

        try:
            self._context.change(work)
        except MimError as error:
            logger.warning("Which devices were seen when is not stored: %s", error)

    def _revoke(self, unit: Unit, user: User, revocation: Revocation) -> None:
        gone = revoke_devices(unit, user, revocation.entries)
        replace_vault(user, revocation.vault, replaced=revocation.vault_version)
        _replace_archive(user, revocation)
        _store_archives(unit, user, revocation)
        if revocation.account_document is not None:
            put_document(self._context, unit, user.account, revocation.account_document)
        forget_packages(unit.session, [device.device_id for device in gone])
        for device in gone:
            device.sealed_archive = b""  # Its token opens nothing more, and says so.
            self._context.announce(unit, SessionClosed(device.device_id))
        tell_devices_changed(self._context, unit, user.account)

    def _info(self, row: Device, *, asking: int, logged_in: set[int]) -> DeviceInfo:
        return DeviceInfo(
            certificate=store.certificate_of(row),
            created_ms=row.created_ms,
            last_seen_ms=max(row.last_seen_ms, self._seen.get(row.device_id, 0)),
            is_current=row.device_id == asking,
            is_revoked=bool(row.revoked_ms),
            has_session=row.device_id in logged_in,
        )


def _user(session: Session, account: int) -> User:
    user = accounts_store.find_user(session, account)
    assert user is not None, "who asks has an account"
    return user


def _replace_archive(user: User, revocation: Revocation) -> None:
    archive = revocation.archive_key
    if archive.number <= user.archive_number:
        raise RefusedError(Code.CONFLICT, "There is a newer archive key; read the vault again.")
    check_archive(archive, root_key=user.root_key)
    user.archive_number = archive.number
    user.archive_key = archive.key
    user.archive_signature = archive.signature


def _store_archives(unit: Unit, user: User, revocation: Revocation) -> None:
    remaining = {
        device.device_id: device for device in store.live_devices(unit.session, [user.account])
    }
    for sealed in revocation.sealed_archives:
        device = remaining.get(sealed.device_id)
        if device is None:
            raise RefusedError(Code.NOT_FOUND, "An archive is sealed to no device of yours.")
        device.sealed_archive = sealed.sealed
