"""Key packages: each device publishes some, whoever adds it to a conversation takes one.

A package is taken once and for good, in the transaction that answers. A repeat of a claim gets
the same packages, so that a lost answer costs none. A device whose pool is empty gives its
last-resort package, again and again; one that is revoked or forgotten gives none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from backend.services.context import Context
from backend.services.rate_limits import Limiter
from backend.store import key_packages as store
from backend.store.accounts import count_users
from backend.store.database import Session
from backend.store.devices import live_devices
from backend.store.tables import Device
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, MimError, RefusedError
from shared.events import EventKind
from shared.rest_devices import (
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackageInfo,
    KeyPackages,
    KeyPackageStock,
)

__all__ = ["KeyPackagePool"]

logger = logging.getLogger(__name__)

_CLAIM_KEPT_MS = 7 * 24 * 3600 * 1000


class KeyPackagePool:
    """What devices publish and others take."""

    def __init__(self, context: Context, limiter: Limiter) -> None:
        self._context = context
        self._limiter = limiter

    def stock(self, device: int) -> KeyPackageStock:
        """Return how many of a device are left."""
        return self._context.read(lambda session: store.stock_of(session, device))

    def publish(self, device: int, published: KeyPackages) -> KeyPackageStock:
        """Add to a device's pool; what was published before is not added again.

        Raises:
            RefusedError: With ``too_large`` if the pool would be larger than its bound, or
                ``malformed`` if a package is empty.
        """
        resort = published.last_resort
        if not all(published.packages) or resort == b"":
            raise RefusedError(Code.MALFORMED, "A key package is not empty.")

        def work(unit: Unit) -> KeyPackageStock:
            store.add_packages(unit.session, device, published.packages)
            if resort is not None:
                store.set_last_resort(unit.session, device, resort)
            stock = store.stock_of(unit.session, device)
            if stock.count > limits.KEY_PACKAGES_POOL:
                raise RefusedError(
                    Code.TOO_LARGE,
                    f"A device publishes at most {limits.KEY_PACKAGES_POOL} key packages.",
                )
            return stock

        return self._context.change(work)

    def claim(self, account: int, device: int, claim: KeyPackageClaim) -> ClaimedKeyPackages:
        """Take one package of each device of some accounts, but the asking one.

        Raises:
            RefusedError: With ``not_found``, ``rate_limited``, or ``too_large`` if that is more
                than one conversation can have.
        """
        known = self._context.read(
            lambda session: store.find_claim(session, device, claim.claim_id)
        )
        if known is not None:
            return known
        self._limiter.spend("key_package_claims_per_account", str(account))

        def work(unit: Unit) -> ClaimedKeyPackages:
            repeated = store.find_claim(unit.session, device, claim.claim_id)
            if repeated is not None:
                return repeated
            wanted = _wanted_devices(unit.session, device, claim.accounts)
            answer = self._take(unit, wanted)
            store.store_claim(unit.session, device, claim.claim_id, answer, at_ms=unit.now_ms)
            return answer

        return self._context.change(work)

    def prune(self) -> None:
        """Forget claims that nobody repeats any more."""
        than_ms = self._context.wall_ms() - _CLAIM_KEPT_MS
        try:
            # Most of the time there is nothing, and nobody has to wait for a commit.
            if self._context.read(lambda session: store.has_older(session, than_ms)):
                self._context.change(lambda unit: store.forget_older(unit.session, than_ms))
        except MimError as error:
            logger.warning("Old claims of key packages are kept for now: %s", error)

    def _take(self, unit: Unit, devices: Sequence[Device]) -> ClaimedKeyPackages:
        owners = {device.device_id: device.account for device in devices}
        taken = store.take_one_each(unit.session, owners, at_ms=unit.now_ms)
        resorts = store.last_resorts(unit.session, owners.keys() - taken.keys())
        self._tell_low(unit, owners, taken)
        return ClaimedKeyPackages(
            packages=[
                KeyPackageInfo(
                    account=account,
                    device_id=device_id,
                    package=taken.get(device_id) or resorts[device_id],
                    is_last_resort=device_id in resorts,
                )
                for device_id, account in owners.items()
                if device_id in taken or device_id in resorts
            ]
        )

    def _tell_low(self, unit: Unit, owners: dict[int, int], taken: dict[int, bytes]) -> None:
        """Tell accounts of which a device passes the mark just now, or has none left."""
        left = store.count_left(unit.session, taken)
        low = {
            owners[device_id]
            for device_id in taken
            if left[device_id] in (limits.KEY_PACKAGES_LOW - 1, 0)
        }
        self._context.tell_all(unit, low, EventKind.KEY_PACKAGES_LOW)


def _wanted_devices(session: Session, asking: int, accounts: Sequence[int]) -> list[Device]:
    wanted = set(accounts)
    if count_users(session, wanted) < len(wanted):
        raise RefusedError(Code.NOT_FOUND, "There is no such account.")
    devices = [found for found in live_devices(session, wanted) if found.device_id != asking]
    if len(devices) > limits.MLS_LEAVES_MAX:
        raise RefusedError(Code.TOO_LARGE, "A conversation cannot have so many devices.")
    return devices
