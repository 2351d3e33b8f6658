"""Reading published vectors; ``MIM_VECTORS`` names their folder (the fixture ``vectors``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.e2ee.mls.crypto import SUITE, Suite


def load(folder: Path, name: str) -> Any:
    """Return what a file of vectors holds."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def unhex(text: str | None) -> bytes:
    return bytes.fromhex(text or "")


class Aes128Gcm:
    """The AEAD of suite 0x0001, which some published vectors are for."""

    number = 1
    key_bytes = 16
    nonce_bytes = 12

    def seal(self, *, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, plaintext, aad)

    def open(self, *, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes | None:
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, aad)
        except InvalidTag:
            return None


SUITE_1 = Suite(number=1, aead=Aes128Gcm())


def suite_of(vector: Any) -> Suite:
    return SUITE_1 if vector["cipher_suite"] == 1 else SUITE
