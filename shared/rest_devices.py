"""Bodies of the REST API about devices, key packages, the vault; the rules of `shared.rest` hold.

| call | body → answer | may answer |
| --- | --- | --- |
| GET /v1/devices | → DeviceOverview | |
| PUT /v1/devices/ID/name | DeviceName → 204 | not_found |
| POST /v1/devices/revocations | Revocation → 204 | wrong_credentials, conflict, bad_certificate, not_found |
| PUT /v1/password | PasswordChange → 204 | wrong_credentials, conflict |
| POST /v1/recovery | RecoveryQuestion → VaultOpened | wrong_credentials, rate_limited |
| POST /v1/recovery/password | RecoveryChange → 204 | wrong_credentials, conflict, rate_limited |
| POST /v1/accounts/reset | AccountReset → 201 SessionOpened | wrong_credentials, bad_certificate |
| GET /v1/account-document | → AccountDocument, version 0 if there is none | |
| PUT /v1/account-document | AccountDocument (version = the one replaced + 1) → 204 | conflict |
| GET /v1/key-packages | → KeyPackageStock of the asking device | |
| POST /v1/key-packages | KeyPackages → KeyPackageStock | too_large |
| POST /v1/key-packages/claims | KeyPackageClaim → ClaimedKeyPackages | not_found, rate_limited |

The device list of an account is a chain: ``hash(n) = BLAKE2b-256("mim.devices.v1" ‖ hash(n-1) ‖
canonical(entry n))``, `shared.e2ee.devices`. A list is appended to by compare-and-swap: an entry
whose ``number`` is not the next gets ``conflict``.
"""  # noqa: E501

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.identifiers import Id, Milliseconds
from shared.rest import ArchiveKey, Body, DeviceCertificate, DeviceListEntry, Key, Name

__all__ = [
    "AccountDocument",
    "AccountReset",
    "ClaimedKeyPackages",
    "DeviceInfo",
    "DeviceName",
    "DeviceOverview",
    "KeyPackageClaim",
    "KeyPackageInfo",
    "KeyPackageStock",
    "KeyPackages",
    "PasswordChange",
    "RecoveryChange",
    "RecoveryQuestion",
    "Revocation",
    "SealedArchive",
]

Vault = Annotated[bytes, msgspec.Meta(max_length=limits.VAULT_BYTES_MAX)]
KeyPackageBytes = Annotated[bytes, msgspec.Meta(max_length=limits.KEY_PACKAGE_BYTES_MAX)]
SealedName = Annotated[bytes, msgspec.Meta(max_length=limits.DEVICE_NAME_BYTES_MAX)]
ClaimId = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


class SealedArchive(Body, frozen=True):
    """The newest archive secrets, sealed to one device's exchange key."""

    device_id: Id
    sealed: Annotated[bytes, msgspec.Meta(max_length=8 * 1024)]

    def __repr__(self) -> str:
        return f"SealedArchive({self.device_id})"


class DeviceInfo(Body, frozen=True):
    """A device of the asking account."""

    certificate: DeviceCertificate
    created_ms: Milliseconds
    last_seen_ms: Milliseconds
    is_current: bool
    is_revoked: bool
    has_session: bool


class DeviceOverview(Body, frozen=True):
    """All devices of the asking account, and what was sealed for the asking one."""

    devices: list[DeviceInfo]
    sealed_archive: bytes = b""

    def __repr__(self) -> str:
        return f"DeviceOverview({len(self.devices)} devices)"


class DeviceName(Body, frozen=True):
    """A device's new name, sealed under the archive secret."""

    sealed_name: SealedName

    def __repr__(self) -> str:
        return "DeviceName()"


class AccountDocument(Body, frozen=True):
    """Pins, verified marks, remarks, groups of friends, mutes, settings: sealed (`e2ee`)."""

    version: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    sealed: Annotated[bytes, msgspec.Meta(max_length=limits.ACCOUNT_DOCUMENT_BYTES_MAX)] = b""

    def __repr__(self) -> str:
        return f"AccountDocument(version={self.version})"


class Revocation(Body, frozen=True):
    """Ends devices, in one transaction: tokens, list entries, a new archive key, the vault."""

    auth_key: Key
    entries: Annotated[
        list[DeviceListEntry], msgspec.Meta(min_length=1, max_length=limits.DEVICES_MAX)
    ]
    archive_key: ArchiveKey
    vault: Vault
    vault_version: int  # The one replaced.
    sealed_archives: Annotated[list[SealedArchive], msgspec.Meta(max_length=limits.DEVICES_MAX)]
    account_document: AccountDocument | None = None

    def __repr__(self) -> str:
        return "Revocation()"


class PasswordChange(Body, frozen=True):
    """A new password, by the old one; with ``recovery_auth_key`` a new recovery code too."""

    auth_key: Key
    new_auth_key: Key
    kdf_version: int
    vault: Vault
    vault_version: int  # The one replaced.
    recovery_auth_key: Key | None = None

    def __repr__(self) -> str:
        return "PasswordChange()"


class RecoveryQuestion(Body, frozen=True):
    """Asks for the vault with what only the recovery code gives."""

    user_name: Name
    recovery_auth_key: Key

    def __repr__(self) -> str:
        return "RecoveryQuestion()"


class RecoveryChange(Body, frozen=True):
    """A new password and a new recovery code, by the old code; all sessions end."""

    user_name: Name
    recovery_auth_key: Key
    new_auth_key: Key
    new_recovery_auth_key: Key
    kdf_version: int
    vault: Vault
    vault_version: int  # The one replaced.

    def __repr__(self) -> str:
        return "RecoveryChange()"


class AccountReset(Body, frozen=True):
    """Password and code are lost: a new root, with a token from the server's administrator.

    The old root and its device list stay readable as `shared.rest.PastRoot`; contacts see the
    change, groups have to add the account again.
    """

    user_name: Name
    reset_token: Name
    auth_key: Key
    recovery_auth_key: Key
    kdf_version: int
    root_key: Key
    archive_key: ArchiveKey
    device: DeviceCertificate
    entry: DeviceListEntry
    vault: Vault

    def __repr__(self) -> str:
        return "AccountReset()"


class KeyPackages(Body, frozen=True):
    """More key packages of the asking device; ``last_resort`` replaces the one before."""

    packages: Annotated[list[KeyPackageBytes], msgspec.Meta(max_length=limits.KEY_PACKAGES_POOL)]
    last_resort: KeyPackageBytes | None = None

    def __repr__(self) -> str:
        return f"KeyPackages({len(self.packages)})"


class KeyPackageStock(Body, frozen=True):
    """How many are left, the last-resort one not counted."""

    count: int
    has_last_resort: bool


class KeyPackageClaim(Body, frozen=True):
    """Takes one package of each device of these accounts; the same claim gets the same again."""

    claim_id: ClaimId
    accounts: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=limits.MEMBERS_MAX)]


class KeyPackageInfo(Body, frozen=True):
    """A package and whose it is."""

    account: Id
    device_id: Id
    package: bytes
    is_last_resort: bool

    def __repr__(self) -> str:
        return f"KeyPackageInfo({self.device_id})"


class ClaimedKeyPackages(Body, frozen=True):
    """One package of each device that has any left; the asking device's own is not among them."""

    packages: list[KeyPackageInfo]
