from __future__ import annotations

import secrets

import msgspec
import pytest

from backend.bus import SessionClosed
from shared.errors import Code, RefusedError
from shared.rest import Credentials, VaultOpened
from shared.rest_devices import PasswordChange, RecoveryChange, RecoveryQuestion
from tests.backend.office import ADDRESS, Insider, Office


def password_change(insider: Insider, **changes: object) -> PasswordChange:
    made = PasswordChange(
        auth_key=insider.registration.auth_key,
        new_auth_key=secrets.token_bytes(32),
        kdf_version=1,
        vault=secrets.token_bytes(300),
        vault_version=1,
    )
    return msgspec.structs.replace(made, **changes)


def recovery_change(insider: Insider, **changes: object) -> RecoveryChange:
    made = RecoveryChange(
        user_name=insider.name,
        recovery_auth_key=insider.registration.recovery_auth_key,
        new_auth_key=secrets.token_bytes(32),
        new_recovery_auth_key=secrets.token_bytes(32),
        kdf_version=1,
        vault=secrets.token_bytes(300),
        vault_version=1,
    )
    return msgspec.structs.replace(made, **changes)


def opened(office: Office, insider: Insider, key: bytes) -> VaultOpened:
    asked = Credentials(user_name=insider.name, auth_key=key)
    return office.services.accounts.open_vault(asked, address=ADDRESS)


def recovered(office: Office, insider: Insider, key: bytes) -> VaultOpened:
    question = RecoveryQuestion(user_name=insider.name, recovery_auth_key=key)
    return office.services.vaults.open_by_recovery(question, address=ADDRESS)


def hand_in(office: Office, insider: Insider, change: PasswordChange | RecoveryChange) -> None:
    vaults = office.services.vaults
    match change:
        case PasswordChange():
            vaults.change_password(insider.account, change, address=ADDRESS)
        case RecoveryChange():
            vaults.recover(change, address=ADDRESS)


def refusal_of(office: Office, insider: Insider, change: PasswordChange | RecoveryChange) -> Code:
    with pytest.raises(RefusedError) as caught:
        hand_in(office, insider, change)
    assert opened(office, insider, insider.registration.auth_key).vault_version == 1
    return caught.value.code


def test_a_new_password_opens_the_new_vault_and_the_old_one_nothing(office: Office) -> None:
    anna = office.join("anna")
    change = password_change(anna)

    office.services.vaults.change_password(anna.account, change, address=ADDRESS)

    vault = opened(office, anna, change.new_auth_key)
    assert (vault.vault, vault.vault_version) == (change.vault, 2)
    with pytest.raises(RefusedError):
        opened(office, anna, anna.registration.auth_key)
    assert office.services.accounts.authenticate(f"Bearer {anna.token}")
    assert recovered(office, anna, anna.registration.recovery_auth_key) == vault


def test_a_new_code_can_come_with_it(office: Office) -> None:
    anna = office.join("anna")
    key = secrets.token_bytes(32)
    change = password_change(anna, recovery_auth_key=key)

    office.services.vaults.change_password(anna.account, change, address=ADDRESS)

    assert recovered(office, anna, key).vault == change.vault
    with pytest.raises(RefusedError):
        recovered(office, anna, anna.registration.recovery_auth_key)


def test_a_change_whose_answer_was_lost_can_be_repeated(office: Office) -> None:
    anna = office.join("anna")
    change = password_change(anna)
    recovery = recovery_change(anna, vault_version=2)
    vaults = office.services.vaults

    for _ in range(2):
        vaults.change_password(anna.account, change, address=ADDRESS)
    for _ in range(2):
        vaults.recover(recovery, address=ADDRESS)

    assert opened(office, anna, recovery.new_auth_key).vault_version == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"auth_key": bytes(32)}, Code.WRONG_CREDENTIALS),
        ({"vault_version": 0}, Code.CONFLICT),
        ({"vault_version": 2}, Code.CONFLICT),
        ({"kdf_version": 2}, Code.CLIENT_TOO_OLD),
    ],
)
def test_a_password_is_not_changed(office: Office, changes: dict[str, object], code: Code) -> None:
    anna = office.join("anna")

    assert refusal_of(office, anna, password_change(anna, **changes)) is code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recovery_auth_key": bytes(32)}, Code.WRONG_CREDENTIALS),
        ({"user_name": "nobody"}, Code.WRONG_CREDENTIALS),
        ({"vault_version": 2}, Code.CONFLICT),
        ({"kdf_version": 2}, Code.CLIENT_TOO_OLD),
    ],
)
def test_nothing_is_recovered(office: Office, changes: dict[str, object], code: Code) -> None:
    anna = office.join("anna")

    assert refusal_of(office, anna, recovery_change(anna, **changes)) is code


def test_the_code_opens_the_vault(office: Office) -> None:
    anna = office.join("anna")

    vault = recovered(office, anna, anna.registration.recovery_auth_key)

    assert vault == opened(office, anna, anna.registration.auth_key)
    with pytest.raises(RefusedError) as caught:
        recovered(office, anna, anna.registration.auth_key)
    assert caught.value.code is Code.WRONG_CREDENTIALS


def test_recovering_ends_all_sessions_and_the_old_code(office: Office) -> None:
    anna = office.join("anna")
    change = recovery_change(anna)

    office.services.vaults.recover(change, address=ADDRESS)

    with pytest.raises(RefusedError):
        office.services.accounts.authenticate(f"Bearer {anna.token}")
    assert SessionClosed(anna.device) in office.heard
    assert recovered(office, anna, change.new_recovery_auth_key).vault == change.vault
    with pytest.raises(RefusedError):
        recovered(office, anna, anna.registration.recovery_auth_key)


def test_of_two_changes_at_once_one_wins(office: Office) -> None:
    anna = office.join("anna")
    winner = password_change(anna)
    office.services.vaults.change_password(anna.account, winner, address=ADDRESS)
    loser = password_change(anna, auth_key=winner.new_auth_key)

    with pytest.raises(RefusedError) as caught:
        office.services.vaults.change_password(anna.account, loser, address=ADDRESS)

    assert caught.value.code is Code.CONFLICT


def test_secrets_are_in_no_repr(office: Office) -> None:
    anna = office.join("anna")
    question = RecoveryQuestion(user_name="anna", recovery_auth_key=bytes(32))

    assert repr(password_change(anna)) == "PasswordChange()"
    assert repr(recovery_change(anna)) == "RecoveryChange()"
    assert repr(question) == "RecoveryQuestion()"
