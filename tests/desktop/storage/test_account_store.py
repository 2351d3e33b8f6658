from __future__ import annotations

import msgspec

from desktop.storage.account_store import Identity, PendingRegistration
from desktop.storage.storage import Storage
from shared.e2ee.account import DeviceKeys
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.identifiers import AccountId

IDENTITY = Identity(
    account=AccountId(4),
    user_name="anna",
    server_url="http://127.0.0.1:1",
    server_id="0" * 32,
    token="t" * 43,
    is_logged_in=True,
    root_key=b"r" * 32,
    device=DeviceKeys(9, SignatureKeyPair(b"s" * 32), ExchangeKeyPair(b"e" * 32)),
    archives=((1, ExchangeKeyPair(b"a" * 32)),),
    proof_signature=b"p" * 64,
    archive_signature=b"q" * 64,
)


def pending(name: str) -> PendingRegistration:
    return PendingRegistration(
        folded_name=name,
        server_id="0" * 32,
        root_key=b"r" * 32,
        archive_secret=b"a" * 32,
        device_id=9,
        signature_seed=b"s" * 32,
        exchange_secret=b"e" * 32,
        proof_signature=b"p" * 64,
        archive_signature=b"q" * 64,
        recovery_code="CODE",
    )


def test_an_account_is_loaded_as_it_was_saved(storage: Storage) -> None:
    assert storage.account.load() is None

    storage.account.save(IDENTITY)

    assert storage.account.load() == IDENTITY


def test_ending_the_session_forgets_the_token_alone(storage: Storage) -> None:
    storage.account.save(IDENTITY)

    storage.account.end_session()

    expected = msgspec.structs.replace(IDENTITY, token="", is_logged_in=False)
    assert storage.account.load() == expected


def test_positions_survive_a_new_session(storage: Storage) -> None:
    assert storage.account.positions() == (0, 0)
    storage.account.save(IDENTITY)
    storage.account.set_event_position(12)
    storage.account.raise_marks_since(500)
    storage.account.raise_marks_since(400)

    storage.account.save(msgspec.structs.replace(IDENTITY, token="new"))

    assert storage.account.positions() == (12, 500)


def test_registrations_are_kept_until_one_is_done(storage: Storage) -> None:
    for number in range(7):
        storage.account.save_registration(pending(f"anna{number}"))
    kept = [each.folded_name for each in storage.account.registrations()]

    storage.account.save(IDENTITY)

    assert kept == ["anna6", "anna5", "anna4", "anna3", "anna2"]
    assert storage.account.registrations() == []


def test_a_pending_registration_gives_its_device(storage: Storage) -> None:
    storage.account.save_registration(pending("anna"))

    assert storage.account.registrations()[0].device == IDENTITY.device


def test_no_secret_shows(storage: Storage) -> None:
    shown = repr(IDENTITY) + repr(pending("anna"))

    assert "CODE" not in shown
    assert "tttt" not in shown
    assert "ssss" not in shown


def test_a_setting_that_was_never_set_is_empty(storage: Storage) -> None:
    assert storage.account.setting("nothing") == ""
