from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest

from shared.e2ee.mls import crypto
from shared.e2ee.mls.crypto import SUITE, ChaCha20Poly1305, X25519Kem
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.keys import HpkePrivateKey, SignaturePrivateKey
from tests.shared.e2ee.mls.members import randomness
from tests.shared.e2ee.mls.vectors import load, unhex


def cases(vectors: Path, name: str, *keys: str) -> Any:
    """Yield every test of a Wycheproof file with its group."""
    for group in load(vectors, f"wycheproof/{name}")["testGroups"]:
        for test in group["tests"]:
            yield group, test, [unhex(test[key]) for key in keys]


def test_crypto_basics_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/crypto-basics.json"):
        part = case["ref_hash"]
        assert crypto.ref_hash(part["label"].encode(), unhex(part["value"])) == unhex(part["out"])
        part = case["expand_with_label"]
        out = crypto.expand_with_label(
            unhex(part["secret"]), part["label"].encode(), unhex(part["context"]), part["length"]
        )
        assert out == unhex(part["out"])
        part = case["derive_secret"]
        out = crypto.derive_secret(unhex(part["secret"]), part["label"].encode())
        assert out == unhex(part["out"])
        part = case["derive_tree_secret"]
        out = crypto.derive_tree_secret(
            unhex(part["secret"]), part["label"].encode(), part["generation"], part["length"]
        )
        assert out == unhex(part["out"])
        part = case["sign_with_label"]
        label, content = part["label"].encode(), unhex(part["content"])
        public, key = unhex(part["pub"]), SignaturePrivateKey(unhex(part["priv"]))
        assert crypto.verify_with_label(public, label, content, unhex(part["signature"]))
        assert crypto.sign_with_label(key, label, content) == unhex(part["signature"])
        assert crypto.public_signature_key(key) == public


def test_hkdf_vectors_of_wycheproof(vectors: Path) -> None:
    for _, test, (material, salt, info, okm) in cases(
        vectors, "hkdf_sha256_test.json", "ikm", "salt", "info", "okm"
    ):
        prk = crypto.extract(salt, material)
        if test["result"] == "valid":
            assert crypto.expand(prk, info, test["size"]) == okm
        else:
            with pytest.raises(MlsError):
                crypto.expand(prk, info, test["size"])


def test_hmac_vectors_of_wycheproof(vectors: Path) -> None:
    for group, test, (key, message, tag) in cases(
        vectors, "hmac_sha256_test.json", "key", "msg", "tag"
    ):
        computed = crypto.mac(key, message)[: group["tagSize"] // 8]
        assert crypto.is_same(computed, tag) == (test["result"] == "valid")


def test_chacha20_poly1305_vectors_of_wycheproof(vectors: Path) -> None:
    for group, test, (key, nonce, aad, message, sealed, tag) in cases(
        vectors, "chacha20_poly1305_test.json", "key", "iv", "aad", "msg", "ct", "tag"
    ):
        opened = ChaCha20Poly1305().open(key=key, nonce=nonce, aad=aad, ciphertext=sealed + tag)
        is_valid = test["result"] == "valid" and group["ivSize"] == 96
        assert opened == (message if is_valid else None)
        if is_valid:
            again = ChaCha20Poly1305().seal(key=key, nonce=nonce, aad=aad, plaintext=message)
            assert again == sealed + tag


def test_ed25519_vectors_of_wycheproof(vectors: Path) -> None:
    from nacl import bindings, exceptions

    for group, test, (message, signature) in cases(vectors, "ed25519_test.json", "msg", "sig"):
        public = unhex(group["publicKey"]["pk"])
        try:
            bindings.crypto_sign_open(signature + message, public)
            held = len(signature) == 64
        except (exceptions.CryptoError, ValueError):
            held = False
        assert held == (test["result"] == "valid")


def test_x25519_vectors_of_wycheproof(vectors: Path) -> None:
    kem = X25519Kem()
    for _, test, (public, private, shared) in cases(
        vectors, "x25519_test.json", "public", "private", "shared"
    ):
        if any(shared):
            assert kem.accepts(public)
            assert crypto._exchange(private, public) == shared
        else:
            assert test["result"] != "valid"


def test_x25519_vectors_that_give_zero_are_refused(vectors: Path) -> None:
    for _, _, (public, private, shared) in cases(
        vectors, "x25519_test.json", "public", "private", "shared"
    ):
        if not any(shared):
            # By the exchange, and by the look at the key alone.
            assert not X25519Kem().accepts(public)
            with pytest.raises(MlsError) as refused:
                crypto._exchange(private, public)
            assert refused.value.reason is Reason.HPKE_KEY


def test_hkdf_vectors_of_the_rfc() -> None:
    with cryptography_vectors.open_vector_file("KDF/rfc-5869-HKDF-SHA256.txt", "r") as file:
        text = file.read()
    blocks = [block for block in text.split("COUNT") if "IKM" in block]
    assert len(blocks) == 3

    for block in blocks:
        lines = [line.partition("=") for line in block.splitlines()]
        field = {name.strip(): value.strip() for name, _, value in lines}
        prk = crypto.extract(unhex(field["salt"]), unhex(field["IKM"]))
        assert prk == unhex(field["PRK"])
        okm = crypto.expand(prk, unhex(field["info"]), int(field["L"]))
        assert okm == unhex(field["OKM"])


def test_xchacha_vectors_are_for_another_part_of_the_program(vectors: Path) -> None:
    from nacl import bindings, exceptions

    for group, test, (key, nonce, aad, message, sealed, tag) in cases(
        vectors, "xchacha20_poly1305_test.json", "key", "iv", "aad", "msg", "ct", "tag"
    ):
        try:
            opened: bytes | None = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed + tag, aad, nonce, key
            )
        except (exceptions.CryptoError, ValueError, TypeError):
            opened = None
        is_valid = test["result"] == "valid" and group["ivSize"] == 192
        assert opened == (message if is_valid else None)


def test_derived_keys_belong_together() -> None:
    private, public = SUITE.kem.derive_keypair(b"seed")

    assert SUITE.kem.public_of(private) == public
    assert SUITE.kem.accepts(public)


def test_both_ends_of_an_encapsulation_share_a_secret() -> None:
    private, public = SUITE.kem.derive_keypair(b"seed")

    secret, output = SUITE.kem.encap(public, randomness("encap"))

    assert SUITE.kem.decap(output, private) == secret


def test_keys_of_another_size_are_refused() -> None:
    assert not SUITE.kem.accepts(b"\x09" + bytes(30))
    assert not SUITE.kem.accepts(b"\x09" + bytes(32))


def test_exchange_with_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        SUITE.kem.decap(b"short", HpkePrivateKey(bytes(32)))

    assert (refused.value.reason, refused.value.check) == (Reason.HPKE_KEY, Check.SECRET)


def test_output_longer_than_hkdf_gives_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        crypto.expand(bytes(32), b"", 255 * 32 + 1)

    assert refused.value.reason is Reason.NOT_ENCODABLE


def test_a_signature_of_another_size_or_key_is_refused() -> None:
    key = SignaturePrivateKey(b"k" * 32)
    public = crypto.public_signature_key(key)
    signature = crypto.sign_with_label(key, b"label", b"content")

    assert crypto.verify_with_label(public, b"label", b"content", signature)
    assert not crypto.verify_with_label(public, b"label", b"content", signature + b"\0")
    assert not crypto.verify_with_label(public, b"label", b"content", signature[:-1])
    assert not crypto.verify_with_label(public[:-1], b"label", b"content", signature)
    assert not crypto.verify_with_label(public + b"\0", b"label", b"content", signature)
    assert not crypto.verify_with_label(public, b"other", b"content", signature)


def test_an_empty_salt_is_a_block_of_zeros() -> None:
    assert crypto.extract(b"", b"x") == crypto.extract(bytes(32), b"x")


def test_the_suite_does_not_show_what_it_draws() -> None:
    assert json.dumps(repr(SUITE.aead))
    assert len(SUITE.random(32)) == 32
