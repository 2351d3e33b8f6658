from __future__ import annotations

import pytest

from shared.e2ee.mls import keys
from shared.e2ee.mls.errors import MlsError, Reason

KINDS = [
    keys.HpkePublicKey,
    keys.HpkePrivateKey,
    keys.SignaturePublicKey,
    keys.SignaturePrivateKey,
    keys.Secret,
    keys.PathSecret,
]


@pytest.mark.parametrize("kind", KINDS)
def test_key_of_another_size_is_refused(kind: type[keys.Key]) -> None:
    for size in (0, 31, 33):
        with pytest.raises(MlsError) as refused:
            kind(bytes(size))
        assert refused.value.reason is Reason.KEY_SIZE


def test_pre_shared_keys_have_any_size() -> None:
    assert keys.Psk(b"") == b""
    assert keys.Psk(b"short") == b"short"


@pytest.mark.parametrize("kind", [*KINDS, keys.Psk])
def test_text_of_a_key_shows_its_type_alone(kind: type[keys.Key]) -> None:
    key = kind(b"S" * 32)

    for text in (repr(key), str(key), f"{key}", f"{key:>40}", f"{key!r}", f"{[key]}"):
        assert "SSS" not in text
        assert kind.__name__ in text
