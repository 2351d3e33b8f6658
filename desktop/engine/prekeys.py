"""Key packages: published for others to add this device with, and claimed to add theirs."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.peer_keys import PeerKeys
from desktop.storage.account_store import Identity
from shared import limits
from shared.e2ee.credentials import credential_bytes, read_credential
from shared.e2ee.evidence import SwappedPackage
from shared.e2ee.facade import (
    DeviceKeys,
    Prekey,
    check_prekey,
    is_prekey_current,
    is_welcomed,
    make_prekey,
)
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.errors import SealError
from shared.rest_devices import (
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackageInfo,
    KeyPackages,
    KeyPackageStock,
)

__all__ = ["ClaimedPackage", "Prekeys", "mls_keys"]


@dataclass(frozen=True, slots=True, repr=False)
class ClaimedPackage:
    """A package that was checked, and whose it is."""

    account: int
    device_id: int
    package: bytes
    is_last_resort: bool


def mls_keys(identity: Identity) -> DeviceKeys:
    """Return what this device's leaves say, and the key they sign with."""
    credential = credential_bytes(
        account=identity.account, root_key=identity.root_key, proof=identity.proof
    )
    return DeviceKeys(credential, SignaturePrivateKey(identity.device.signature.seed))


class Prekeys:
    """The key packages of this device, and those of others."""

    def __init__(self, context: EngineContext, keys: PeerKeys, alarms: Alarms) -> None:
        self._context = context
        self._keys = keys
        self._alarms = alarms

    async def publish(self) -> None:
        """Fill the pool up; private halves are stored before the packages are sent."""
        stock = await self._context.http.get("/v1/key-packages", KeyPackageStock)
        count = 0
        if stock.count < limits.KEY_PACKAGES_LOW:
            count = limits.KEY_PACKAGES_POOL - stock.count
        if not count and stock.has_last_resort:
            return
        with self._context.storage.database.transaction():
            made = [self._make(is_last_resort=False) for _ in range(count)]
            last = None if stock.has_last_resort else self._make(is_last_resort=True)
        body = KeyPackages(packages=made, last_resort=last)
        await self._context.http.send("POST", "/v1/key-packages", KeyPackageStock, body)

    async def claim(self, claim_id: bytes, accounts: list[int]) -> tuple[ClaimedPackage, ...]:
        """Take a package of each device of these accounts; those that do not hold are left out.

        Of more devices than one commit can add the rest is left out too: they are in the roster,
        and come in by themselves.

        Args:
            claim_id: 16 bytes of the intent; the same claim gets the same packages again.
            accounts: Whose; the own one brings the own other devices.
        """
        if not accounts:
            return ()
        asked = sorted(accounts)[: limits.ADDED_DEVICES_MAX]  # Each has a device at least.
        body = KeyPackageClaim(claim_id=claim_id, accounts=asked)
        answer = await self._context.http.send(
            "POST", "/v1/key-packages/claims", ClaimedKeyPackages, body
        )
        wanted = set(asked)
        packages = [each for each in answer.packages if each.account in wanted]
        found = [each for info in packages for each in await self._checked(info)]
        return tuple(found[: limits.ADDED_DEVICES_MAX])

    async def _checked(self, info: KeyPackageInfo) -> list[ClaimedPackage]:
        """Return the package, if the account's device list vouches for it."""
        known = await self._keys.need(info.account)
        if info.device_id not in known.devices and info.device_id not in known.revoked:
            known = await self._keys.fetch(info.account)  # It may have come just now.
        proof = known.devices.get(info.device_id)
        if proof is None and info.device_id in known.revoked:
            return []  # The server may not have heard yet, and nobody is fooled by it.
        try:
            device = check_prekey(info.package)
            credential = read_credential(device.credential, device.signature_key)
        except SealError:
            return self._swapped(info, known.root_key)
        whose = (credential.account, credential.root_key, credential.device_id)
        is_listed = proof is not None and proof.signature_key == device.signature_key
        if whose != (info.account, known.root_key, info.device_id) or not is_listed:
            return self._swapped(info, known.root_key)
        if not is_prekey_current(info.package, now_s=self._context.server_time().at_ms // 1000):
            return []  # Its device joins by itself.
        return [ClaimedPackage(info.account, info.device_id, info.package, info.is_last_resort)]

    def _swapped(self, info: KeyPackageInfo, root_key: bytes) -> list[ClaimedPackage]:
        evidence = SwappedPackage(
            account=info.account,
            device_id=info.device_id,
            package=info.package,
            root_key=root_key,
            devices=self._keys.listed(info.account, root_key),
        )
        self._alarms.raise_alarm(
            Finding.SWAPPED_KEY_PACKAGE, blamed="server", account=info.account, evidence=evidence
        )
        return []

    def find(self, welcome: bytes) -> Prekey | None:
        """Return the package that a Welcome is for."""
        database = self._context.storage.database
        for package, private in database.rows("SELECT package, private FROM prekeys"):
            if is_welcomed(welcome, package):
                return Prekey(package, private)
        return None

    def used(self, prekey: Prekey) -> None:
        """Delete the private half that was used, so that nobody can use it again."""
        self._context.storage.database.run(
            "DELETE FROM prekeys WHERE package = ? AND is_last_resort = 0", prekey.public
        )

    def _make(self, *, is_last_resort: bool) -> bytes:
        prekey = make_prekey(
            mls_keys(self._context.me()),
            now_s=self._context.server_time().at_ms // 1000,
            lifetime_s=limits.KEY_PACKAGE_LIFETIME_S,
        )
        self._context.storage.database.run(
            "INSERT INTO prekeys (package, private, is_last_resort) VALUES (?, ?, ?)",
            prekey.public,
            prekey.private,
            int(is_last_resort),
        )
        return prekey.public
