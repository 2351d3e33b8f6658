"""Tests of `shared.e2ee.account`."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.e2ee.account import (
    STANDARD_KDF,
    DeviceKeys,
    certify_archive,
    certify_device,
    check_archive,
    check_device,
    derive_password_keys,
    is_at_least,
    make_recovery_code,
    make_secrets,
    open_greeting,
    open_vault,
    open_vault_with_code,
    seal_greeting,
    seal_vault,
)
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair, aead_seal
from shared.errors import LocalError, SealError
from shared.rest import Kdf

CHEAP_KDF = Kdf(version=1, passes=1, memory_bytes=8192)

_generator = random.Random(1)
draw = _generator.randbytes


def test_same_password_gives_other_keys_on_another_server_or_name() -> None:
    def keys(server_id: str, user_name: str) -> bytes:
        return derive_password_keys(
            "correct horse", server_id=server_id, user_name=user_name, kdf=CHEAP_KDF
        ).auth_key

    assert keys("a", "anna") == keys("a", "Ａnna")
    assert len({keys("a", "anna"), keys("b", "anna"), keys("a", "berta")}) == 3


def test_password_is_compared_after_composing_its_characters() -> None:
    composed, decomposed = "pässword", "pa\u0308ssword"

    keys = [
        derive_password_keys(word, server_id="s", user_name="anna", kdf=CHEAP_KDF)
        for word in (composed, decomposed)
    ]

    assert keys[0] == keys[1]
    assert keys[0].auth_key != keys[0].vault_key


def test_short_password_is_refused() -> None:
    with pytest.raises(LocalError):
        derive_password_keys("1234567", server_id="s", user_name="anna", kdf=CHEAP_KDF)


@pytest.mark.parametrize(
    ("announced", "accepted"),
    [
        (STANDARD_KDF, True),
        (Kdf(version=1, passes=4, memory_bytes=STANDARD_KDF.memory_bytes), True),
        (Kdf(version=1, passes=2, memory_bytes=STANDARD_KDF.memory_bytes), False),
        (Kdf(version=1, passes=3, memory_bytes=STANDARD_KDF.memory_bytes - 1), False),
        (Kdf(version=2, passes=3, memory_bytes=STANDARD_KDF.memory_bytes), False),
    ],
)
def test_weaker_kdf_is_seen(announced: Kdf, accepted: bool) -> None:
    assert is_at_least(announced, STANDARD_KDF) is accepted


def test_vault_opens_with_password_and_with_code_and_with_nothing_else() -> None:
    code, other_code = make_recovery_code(draw), make_recovery_code(draw)
    secrets = make_secrets(code, draw)
    vault_key = draw(32)

    vault = seal_vault(secrets, vault_key=vault_key, random=draw)

    assert open_vault(vault, vault_key=vault_key) == secrets
    assert open_vault_with_code(vault, recovery_code=code.lower().replace("-", " ")) == secrets
    with pytest.raises(SealError):
        open_vault(vault, vault_key=draw(32))
    with pytest.raises(SealError):
        open_vault_with_code(vault, recovery_code=other_code)
    assert secrets.root.seed not in vault


def test_recovery_code_with_a_typing_error_is_refused_before_it_is_tried() -> None:
    code = make_recovery_code(draw)
    wrong = ("0" if code[0] != "0" else "1") + code[1:]

    for entered in (wrong, code[:-1], code + "A", "U" * 32):
        with pytest.raises(SealError):
            make_secrets(entered, draw)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_vault(data: bytes) -> None:
    with pytest.raises(SealError):
        open_vault(data, vault_key=bytes(32))


def test_vault_of_a_later_version_is_refused() -> None:
    with pytest.raises(SealError, match="another version"):
        open_vault(msgspec.msgpack.encode([2, b"", b"", b""]), vault_key=bytes(32))


@pytest.mark.parametrize(
    ("key", "body"),
    [
        (bytes(16), [bytes(32), [[1, bytes(32)]], bytes(32)]),
        (bytes(32), [bytes(32), [], bytes(32)]),
        (bytes(32), [bytes(31), [[1, bytes(32)]], bytes(32)]),
        (bytes(32), "no array"),
    ],
)
def test_vault_with_wrong_sizes_inside_is_refused(key: bytes, body: object) -> None:
    vault_key = draw(32)
    data = b"mim.vault.v1"
    boxed = aead_seal(vault_key, key, data=data, random=draw)
    inner_key = key if len(key) == 32 else bytes(32)
    sealed_body = aead_seal(inner_key, msgspec.msgpack.encode(body), data=data, random=draw)

    with pytest.raises(SealError):
        open_vault(msgspec.msgpack.encode([1, boxed, b"", sealed_body]), vault_key=vault_key)


def test_device_certificate_holds_only_for_its_root_and_fields() -> None:
    root, other = SignatureKeyPair(draw(32)), SignatureKeyPair(draw(32))
    device = DeviceKeys(7, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32)))

    certificate = certify_device(device, root=root, sealed_name=b"name")

    check_device(certificate, root_key=root.public)
    changed = [
        msgspec.structs.replace(certificate, device_id=8),
        msgspec.structs.replace(certificate, signature_key=draw(32)),
        msgspec.structs.replace(certificate, exchange_key=draw(32)),
        msgspec.structs.replace(certificate, sealed_name=b"other"),
    ]
    for forged in changed:
        with pytest.raises(SealError):
            check_device(forged, root_key=root.public)
    with pytest.raises(SealError):
        check_device(certificate, root_key=other.public)


def test_archive_certificate_holds_only_for_its_root_and_number() -> None:
    root = SignatureKeyPair(draw(32))

    archive = certify_archive(1, ExchangeKeyPair(draw(32)), root=root)

    check_archive(archive, root_key=root.public)
    with pytest.raises(SealError):
        check_archive(msgspec.structs.replace(archive, number=2), root_key=root.public)


def test_greeting_opens_with_older_archive_keys_too() -> None:
    old, new = ExchangeKeyPair(draw(32)), ExchangeKeyPair(draw(32))

    sealed = seal_greeting("你好", archive_key=old.public, random=draw)

    assert open_greeting(sealed, archives=((1, old), (2, new))) == "你好"
    assert open_greeting(b"", archives=((1, old),)) == ""
    assert seal_greeting("", archive_key=old.public, random=draw) == b""
    with pytest.raises(SealError):
        open_greeting(sealed, archives=((2, new),))


def test_secrets_do_not_show_in_repr() -> None:
    secrets = make_secrets(make_recovery_code(lambda size: b"\x55" * size), lambda n: b"\x55" * n)

    assert "UUU" not in repr(secrets).replace(repr(secrets.recovery_public), "")
