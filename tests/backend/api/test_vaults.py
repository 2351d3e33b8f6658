from __future__ import annotations

from backend.services.resets import allow_reset
from shared.errors import Code
from shared.rest import SessionOpened, VaultOpened
from shared.rest_devices import RecoveryQuestion
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider
from tests.backend.revoking import reset_of
from tests.backend.roots import Root
from tests.backend.services.test_vaults import password_change, recovery_change


def test_a_password_is_changed(api: Api, anna: Insider) -> None:
    response = api("PUT", "/v1/password", password_change(anna), who=anna)

    assert response.status_code == 204
    assert code_of(api("PUT", "/v1/password", password_change(anna))) is Code.UNAUTHENTICATED


def test_the_recovery_code_opens_and_changes(api: Api, anna: Insider) -> None:
    question = RecoveryQuestion(
        user_name="anna", recovery_auth_key=anna.registration.recovery_auth_key
    )

    vault = read(api("POST", "/v1/recovery", question), VaultOpened)
    changed = api("POST", "/v1/recovery/password", recovery_change(anna))
    again = api("POST", "/v1/recovery", question)

    assert vault.account == anna.account
    assert changed.status_code == 204
    assert (again.status_code, code_of(again)) == (401, Code.WRONG_CREDENTIALS)


def test_a_token_of_the_administrator_begins_anew(api: Api, anna: Insider) -> None:
    token = api.office.services.context.change(
        lambda unit: allow_reset(unit.session, "anna", now_ms=unit.now_ms)
    )
    root = Root()

    response = api("POST", "/v1/accounts/reset", reset_of("anna", token, root, root.certificate()))

    assert response.status_code == 201
    assert read(response, SessionOpened).account == anna.account
