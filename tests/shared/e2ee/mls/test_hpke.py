from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest

from shared.e2ee.mls import hpke
from shared.e2ee.mls.crypto import SUITE, Suite
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.keys import HpkePrivateKey
from tests.shared.e2ee.mls.vectors import SUITE_1, load, unhex


def check_base_mode(suite: Suite, case: dict[str, Any]) -> None:
    private = HpkePrivateKey(unhex(case["skRm"]))
    output, info = unhex(case["enc"]), unhex(case["info"])
    if "shared_secret" in case:
        assert suite.kem.decap(output, private) == unhex(case["shared_secret"])
    if "ikmR" in case:
        assert suite.kem.derive_keypair(unhex(case["ikmR"])) == (private, unhex(case["pkRm"]))
    context = hpke.setup_receiver(suite, output, private, info)
    assert context.base_nonce == unhex(case["base_nonce"])
    first = int(case["base_nonce"], 16)
    for step in case["encryptions"]:
        aad, sealed = unhex(step["aad"]), unhex(step["ct"])
        plaintext = unhex(step["pt"])
        number = int(step["nonce"], 16) ^ first
        assert context.open(aad, sealed, sequence=number) == plaintext
        assert context.seal(aad, plaintext, sequence=number) == sealed
    for step in case.get("exports", []):
        exported = context.export(unhex(step["exporter_context"]), int(step["L"]))
        assert exported == unhex(step["exported_value"])


def suite_for(case: dict[str, Any]) -> Suite | None:
    suites = {3: SUITE, 1: SUITE_1}
    fits = case["mode"] == 0 and case["kem_id"] == 0x20 and case["kdf_id"] == 1
    return suites.get(case["aead_id"]) if fits else None


def test_hpke_vectors_of_the_rfc(vectors: Path) -> None:
    found = load(vectors, "hpke/rfc9180-base-only.json")
    checked = 0
    for case in found if isinstance(found, list) else [found]:
        suite = suite_for(case)
        assert suite is not None
        check_base_mode(suite, case)
        checked += 1
    assert checked


def test_hpke_vectors_of_the_package() -> None:
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "r") as file:
        found = json.load(file)
    suites = [(suite_for(case), case) for case in found]
    fitting = [(suite, case) for suite, case in suites if suite is not None]

    assert fitting
    for suite, case in fitting:
        check_base_mode(suite, case)


def test_encrypt_with_label_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/crypto-basics.json"):
        part = case["encrypt_with_label"]
        private = HpkePrivateKey(unhex(part["priv"]))
        named: dict[str, bytes] = {
            "label": part["label"].encode(),
            "context": unhex(part["context"]),
        }

        opened = hpke.decrypt_with_label(
            SUITE,
            private,
            output=unhex(part["kem_output"]),
            ciphertext=unhex(part["ciphertext"]),
            **named,
        )
        output, sealed = hpke.encrypt_with_label(
            SUITE, unhex(part["pub"]), plaintext=opened, **named
        )

        assert opened == unhex(part["plaintext"])
        again = hpke.decrypt_with_label(SUITE, private, output=output, ciphertext=sealed, **named)
        assert again == opened


@pytest.mark.parametrize("changed", ["label", "context", "ciphertext", "output"])
def test_what_was_changed_on_the_way_is_refused(changed: str) -> None:
    private, public = SUITE.kem.derive_keypair(b"receiver")
    output, sealed = hpke.encrypt_with_label(
        SUITE, public, label=b"label", context=b"context", plaintext=b"secret"
    )
    parts = {"label": b"label", "context": b"context", "output": output, "ciphertext": sealed}
    parts[changed] = bytes([parts[changed][0] ^ 1]) + parts[changed][1:]

    with pytest.raises(MlsError) as refused:
        hpke.decrypt_with_label(SUITE, private, **parts)

    assert (refused.value.reason, refused.value.check) == (Reason.HPKE_OPEN, Check.SECRET)


def test_the_group_imports_what_a_joiner_exported() -> None:
    private, public = SUITE.kem.derive_keypair(b"external")

    output, secret = hpke.export_to(SUITE, public)

    assert hpke.import_from(SUITE, output, private) == secret
