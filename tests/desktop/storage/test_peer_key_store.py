from __future__ import annotations

import os

from desktop.storage.peer_key_store import ListEnd, StoredPin
from desktop.storage.storage import Storage
from shared.e2ee.account import DeviceKeys, certify_archive, certify_device, proof_of
from shared.e2ee.devices import append_device, append_revocation, check_list
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair

A, B, C = b"a" * 32, b"b" * 32, b"c" * 32


def test_a_pin_is_kept_with_its_past_and_marks(storage: Storage) -> None:
    pin = StoredPin(
        account=5, root_key=A, first_seen_ms=9, past=(B, C), verified_root=A, changed_root=None
    )

    storage.keys.save_pin(pin)

    assert storage.keys.pin(5) == pin
    assert storage.keys.pins() == [pin]
    assert storage.keys.pin(6) is None
    assert (pin.is_verified, pin.is_blocked) == (True, False)


def test_only_a_root_that_waits_to_be_looked_at_blocks(storage: Storage) -> None:
    storage.keys.save_pin(StoredPin(account=5, root_key=A, first_seen_ms=1, changed_root=B))
    storage.keys.save_pin(StoredPin(account=6, root_key=A, first_seen_ms=1, changed_root=A))
    storage.keys.save_pin(StoredPin(account=7, root_key=A, first_seen_ms=1))

    assert storage.keys.blocked() == frozenset({5})


def test_a_list_is_kept_by_root_with_its_devices(storage: Storage) -> None:
    root = SignatureKeyPair(os.urandom(32))
    keys = DeviceKeys(50, SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32)))
    certificate = certify_device(keys, root=root)
    entries = [append_device([], certificate, root=root)]
    entries.append(append_revocation(entries, 50, root=root))
    devices = check_list(entries, root_key=root.public)
    archive = certify_archive(1, ExchangeKeyPair(os.urandom(32)), root=root)
    end = ListEnd(
        account=5,
        root_key=root.public,
        number=2,
        hash=devices.hash,
        archive=archive,
        entries=tuple(entries),
    )

    storage.keys.save_devices(5, root.public, devices)
    storage.keys.save_list_end(end)

    assert storage.keys.list_end(5, root.public) == end
    assert storage.keys.list_ends() == [end]
    assert storage.keys.list_end(5, A) is None
    assert storage.keys.devices(5, root.public) == [(proof_of(certificate), True)]
    assert storage.keys.device(5, 50, root_key=root.public) == proof_of(certificate)
    assert storage.keys.device(5, 50, root_key=A) is None
