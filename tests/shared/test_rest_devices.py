from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared import limits, rest_devices
from shared.rest import ArchiveKey, DeviceListEntry

ENTRY = DeviceListEntry(number=2, signature=bytes(64), revoked=22)
REVOCATION = rest_devices.Revocation(
    auth_key=bytes(32),
    entries=[ENTRY],
    archive_key=ArchiveKey(number=2, key=bytes(32), signature=bytes(64)),
    vault=b"vault",
    vault_version=3,
    sealed_archives=[rest_devices.SealedArchive(device_id=21, sealed=b"sealed")],
    account_document=rest_devices.AccountDocument(version=1, sealed=b"document"),
)


def refuses(kind: type[Any], value: msgspec.Struct) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except msgspec.ValidationError:
        return True
    return False


def test_a_revocation_comes_back_as_it_was() -> None:
    data = msgspec.json.encode(REVOCATION)

    assert msgspec.json.decode(data, type=rest_devices.Revocation) == REVOCATION


def test_a_revocation_ends_at_least_one_device() -> None:
    assert refuses(rest_devices.Revocation, msgspec.structs.replace(REVOCATION, entries=[]))


def test_what_the_server_keeps_has_a_bound() -> None:
    document = limits.ACCOUNT_DOCUMENT_BYTES_MAX
    vault = msgspec.structs.replace(REVOCATION, vault=bytes(limits.VAULT_BYTES_MAX + 1))
    packages = [b"package"] * (limits.KEY_PACKAGES_POOL + 1)
    package = bytes(limits.KEY_PACKAGE_BYTES_MAX + 1)

    assert refuses(rest_devices.Revocation, vault)
    assert refuses(
        rest_devices.AccountDocument,
        rest_devices.AccountDocument(version=1, sealed=bytes(document + 1)),
    )
    assert refuses(rest_devices.KeyPackages, rest_devices.KeyPackages(packages=packages))
    assert refuses(rest_devices.KeyPackages, rest_devices.KeyPackages(packages=[package]))


def test_a_claim_names_accounts_and_16_bytes() -> None:
    good = rest_devices.KeyPackageClaim(claim_id=bytes(16), accounts=[1])

    assert not refuses(rest_devices.KeyPackageClaim, good)
    for wrong in (
        rest_devices.KeyPackageClaim(claim_id=bytes(15), accounts=[1]),
        rest_devices.KeyPackageClaim(claim_id=bytes(16), accounts=[]),
        rest_devices.KeyPackageClaim(claim_id=bytes(16), accounts=[0]),
    ):
        assert refuses(rest_devices.KeyPackageClaim, wrong)


@pytest.mark.parametrize(
    "value",
    [
        REVOCATION,
        REVOCATION.sealed_archives[0],
        REVOCATION.account_document,
        rest_devices.DeviceName(sealed_name=b"vault"),
        rest_devices.KeyPackages(packages=[b"vault"]),
        rest_devices.KeyPackageInfo(account=1, device_id=2, package=b"vault", is_last_resort=False),
        rest_devices.RecoveryQuestion(user_name="anna", recovery_auth_key=b"vault" * 6 + b"12"),
        rest_devices.PasswordChange(
            auth_key=bytes(32),
            new_auth_key=bytes(32),
            kdf_version=1,
            vault=b"vault",
            vault_version=1,
        ),
    ],
)
def test_what_is_secret_or_sealed_is_not_in_the_repr(value: msgspec.Struct) -> None:
    shown = repr(value)

    assert "\\x00" not in shown
    assert "vault" not in shown
    assert "sealed" not in shown.lower().removeprefix("sealedarchive")
