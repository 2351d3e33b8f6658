from __future__ import annotations

import hashlib

import msgspec
import pytest

from shared import device_list
from shared.rest import ArchiveKey, DeviceCertificate, DeviceListEntry

CERTIFICATE = DeviceCertificate(
    device_id=5,
    signature_key=b"s" * 32,
    exchange_key=b"e" * 32,
    signature=b"g" * 64,
    sealed_name=b"name",
)
COMES = DeviceListEntry(number=1, signature=bytes(64), certificate=CERTIFICATE)
GOES = DeviceListEntry(number=2, signature=bytes(64), revoked=5)


def test_the_hash_is_over_exactly_these_bytes() -> None:
    first = b"mim.devices.v1" + bytes(32) + b"\0\0\0\x01\x01" + (5).to_bytes(8, "big")
    first += b"s" * 32 + b"e" * 32 + b"g" * 64
    expected = hashlib.blake2b(first, digest_size=32).digest()

    second = b"mim.devices.v1" + expected + b"\0\0\0\x02\x02" + (5).to_bytes(8, "big")

    assert device_list.list_hash([]) == bytes(32)
    assert device_list.list_hash([COMES]) == expected
    assert device_list.list_hash([COMES, GOES]) == hashlib.blake2b(second, digest_size=32).digest()


@pytest.mark.parametrize(
    "changed",
    [
        msgspec.structs.replace(COMES, number=2),
        msgspec.structs.replace(COMES, certificate=None, revoked=5),
        *(
            msgspec.structs.replace(
                COMES, certificate=msgspec.structs.replace(CERTIFICATE, **{name: value})
            )
            for name, value in (
                ("device_id", 6),
                ("signature_key", b"x" * 32),
                ("exchange_key", b"x" * 32),
                ("signature", b"x" * 64),
            )
        ),
    ],
)
def test_every_field_but_name_and_signature_changes_the_hash(changed: DeviceListEntry) -> None:
    assert device_list.hash_after(device_list.START, changed) != device_list.list_hash([COMES])


def test_a_name_and_a_signature_do_not() -> None:
    renamed = msgspec.structs.replace(CERTIFICATE, sealed_name=b"other")
    changed = DeviceListEntry(number=1, signature=b"x" * 64, certificate=renamed)

    assert device_list.list_hash([changed]) == device_list.list_hash([COMES])


def test_what_the_root_signs_names_its_purpose() -> None:
    archive = ArchiveKey(number=3, key=b"a" * 32, signature=bytes(64))

    assert device_list.signed_bytes(b"h" * 32) == b"mim.device_list.v1" + b"h" * 32
    assert device_list.archive_bytes(archive) == b"mim.archive.v1\0\0\0\x03" + b"a" * 32
    assert device_list.device_bytes(CERTIFICATE) == (
        b"mim.device.v1" + (5).to_bytes(8, "big") + b"s" * 32 + b"e" * 32
    )
