"""Tests of `shared.e2ee.account`."""

from __future__ import annotations

import hashlib
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.e2ee import account
from shared.e2ee.account import (
    STANDARD_KDF,
    DeviceKeys,
    add_archive,
    certify_archive,
    certify_device,
    check_archive,
    check_device,
    derive_password_keys,
    is_at_least,
    make_recovery_code,
    make_secrets,
    open_archives,
    open_greeting,
    open_vault,
    open_vault_with_code,
    proof_of,
    recovery_auth_key,
    seal_archives,
    seal_greeting,
    seal_vault,
    with_recovery_code,
)
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair, aead_seal, seal_to
from shared.errors import Code, LocalError, RefusedError, SealError
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
        (bytes(32), [bytes(32), [[1, bytes(32)]], bytes(31)]),
        (bytes(32), [bytes(32), [[1, bytes(31)]], bytes(32)]),
        (bytes(32), [bytes(32), [[2, bytes(32)], [1, bytes(32)]], bytes(32)]),
        (bytes(32), [bytes(32), [[1, bytes(32)], [1, bytes(32)]], bytes(32)]),
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

    certificate = certify_device(device, root=root)

    check_device(certificate, root_key=root.public)
    check_device(proof_of(certificate), root_key=root.public)
    changed = [
        msgspec.structs.replace(certificate, device_id=8),
        msgspec.structs.replace(certificate, signature_key=draw(32)),
        msgspec.structs.replace(certificate, exchange_key=draw(32)),
    ]
    for forged in changed:
        with pytest.raises(SealError):
            check_device(forged, root_key=root.public)
        with pytest.raises(SealError):
            check_device(proof_of(forged), root_key=root.public)
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


def test_name_of_a_device_is_no_part_of_its_certificate() -> None:
    root = SignatureKeyPair(draw(32))
    device = DeviceKeys(7, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32)))

    named = msgspec.structs.replace(certify_device(device, root=root), sealed_name=b"name")

    check_device(named, root_key=root.public)


def test_recovery_auth_key_does_not_open_the_vault_and_forgives_writing() -> None:
    code = make_recovery_code(draw)
    secrets = make_secrets(code, draw)

    auth_key = recovery_auth_key(code)

    assert auth_key == recovery_auth_key(code.lower().replace("-", " "))
    assert auth_key != recovery_auth_key(make_recovery_code(draw))
    assert ExchangeKeyPair(auth_key).public != secrets.recovery_public
    with pytest.raises(SealError):
        recovery_auth_key(code[:-1])


def test_new_recovery_code_opens_the_vault_and_the_old_one_does_not() -> None:
    old, new = make_recovery_code(draw), make_recovery_code(draw)
    secrets = with_recovery_code(make_secrets(old, draw), new)

    vault = seal_vault(secrets, vault_key=draw(32), random=draw)

    assert open_vault_with_code(vault, recovery_code=new) == secrets
    with pytest.raises(SealError):
        open_vault_with_code(vault, recovery_code=old)


def test_archive_key_is_added_after_the_others() -> None:
    secrets = make_secrets(make_recovery_code(draw), draw)

    newer = add_archive(secrets, draw)

    assert [number for number, _ in newer.archives] == [1, 2]
    assert newer.archives[0] == secrets.archives[0]
    assert newer.archive[1] != secrets.archive[1]
    assert newer.root == secrets.root


def test_full_vault_fits_its_bound_and_takes_no_more_archive_keys() -> None:
    secrets = make_secrets(make_recovery_code(draw), draw)
    for _ in range(limits.ARCHIVES_MAX - 1):
        secrets = add_archive(secrets, draw)

    vault = seal_vault(secrets, vault_key=draw(32), random=draw)

    assert len(vault) <= limits.VAULT_BYTES_MAX
    with pytest.raises(RefusedError) as refusal:
        add_archive(secrets, draw)
    assert refusal.value.code is Code.TOO_LARGE
    device = ExchangeKeyPair(draw(32))
    sealed = seal_archives(secrets, device.public, random=draw)
    assert len(sealed) <= 8 * 1024
    opened = open_archives(sealed, device, root_key=secrets.root.public)
    assert opened == secrets.archives[-limits.ARCHIVES_SEALED_MAX :]


def test_archive_secrets_open_on_their_device_when_its_root_signed_them() -> None:
    secrets = add_archive(make_secrets(make_recovery_code(draw), draw), draw)
    device, other = ExchangeKeyPair(draw(32)), ExchangeKeyPair(draw(32))

    sealed = seal_archives(secrets, device.public, random=draw)

    assert open_archives(sealed, device, root_key=secrets.root.public) == secrets.archives
    with pytest.raises(SealError):
        open_archives(sealed, other, root_key=secrets.root.public)
    with pytest.raises(SealError):
        open_archives(sealed, device, root_key=SignatureKeyPair(draw(32)).public)


def test_archive_secrets_signed_for_another_device_are_refused() -> None:
    secrets = make_secrets(make_recovery_code(draw), draw)
    device, other = ExchangeKeyPair(draw(32)), ExchangeKeyPair(draw(32))
    body = msgspec.msgpack.encode([[1, secrets.archive[1].secret]])
    for_other = secrets.root.sign(b"mim.archives.v1" + other.public + body) + body
    for_device = secrets.root.sign(b"mim.archives.v1" + device.public + body) + body

    def sealed(data: bytes) -> bytes:
        return seal_to(device.public, data, context=b"mim.archives.v1", random=draw)

    root_key = secrets.root.public
    assert open_archives(sealed(for_device), device, root_key=root_key) == secrets.archives
    with pytest.raises(SealError):
        open_archives(sealed(for_other), device, root_key=root_key)


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x90", msgspec.msgpack.encode([[1, b"short"]])])
def test_signed_archive_secrets_that_are_none_are_refused(body: bytes) -> None:
    root, device = SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32))
    signed = root.sign(b"mim.archives.v1" + device.public + body) + body
    sealed = seal_to(device.public, signed, context=b"mim.archives.v1", random=draw)

    with pytest.raises(SealError):
        open_archives(sealed, device, root_key=root.public)


def _fixed(seed: int) -> bytes:
    return bytes([seed]) * 32


def test_formats_are_the_fixed_ones() -> None:
    code = make_recovery_code(lambda size: b"\x42" * size)
    root = SignatureKeyPair(_fixed(1))
    device = DeviceKeys(7, SignatureKeyPair(_fixed(2)), ExchangeKeyPair(_fixed(3)))
    secrets = make_secrets(code, lambda size: b"\x05" * size)

    def drawn_twos(size: int) -> bytes:
        return b"\x06" * size

    formats = {
        "code": code.encode(),
        "auth": recovery_auth_key(code),
        "device": certify_device(device, root=root).signature,
        "archive": certify_archive(3, device.exchange, root=root).signature,
        "archives": seal_archives(secrets, device.exchange.public, random=drawn_twos),
        "vault": seal_vault(secrets, vault_key=_fixed(4), random=drawn_twos),
    }

    assert {
        name: hashlib.blake2b(data, digest_size=16).hexdigest() for name, data in formats.items()
    } == {
        "code": "b758ec7fde2d7055bd9c2f02f028703e",
        "auth": "bf6a74ccd5aae74c683ef8281f052328",
        "device": "0754bf2b662c02c0aeb4a9da0f48b445",
        "archive": "bc50d26a0a40c7283b221c0780bcdbbb",
        "archives": "ca8a4b322f102e6ff02e921612305e97",
        "vault": "1a299188bbdbff9ac15eb2bb658bb31f",
    }


def test_parts_of_a_vault_do_not_show_in_repr() -> None:
    body = account._VaultBody(b"U" * 32, [(1, b"U" * 32)], b"U" * 32)
    vault = account._Vault(1, b"U" * 72, b"U" * 80, b"U" * 90)

    assert (repr(body), repr(vault)) == ("_VaultBody()", "_Vault()")
