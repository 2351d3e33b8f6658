from __future__ import annotations

import secrets

from backend.config import STANDARD_KDF
from shared.errors import Code
from shared.rest import Credentials, ServerInfo, SessionOpened, SessionRequest, VaultOpened
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider
from tests.backend.people import registration


def test_anyone_may_ask_about_the_server(api: Api) -> None:
    info = read(api("GET", "/v1/server"), ServerInfo)

    assert (info.protocol_min, info.protocol_max, info.sealing_format) == (1, 1, 1)
    assert info.kdf == STANDARD_KDF
    assert info.time_ms == api.office.clock.now_ms


def test_registering_opens_a_session(api: Api) -> None:
    asked = registration("carl")

    response = api("POST", "/v1/accounts", asked)

    opened = read(response, SessionOpened)
    assert response.status_code == 201
    assert opened.device_id == asked.device.device_id


def test_a_name_that_is_taken_is_409(api: Api, anna: Insider) -> None:
    response = api("POST", "/v1/accounts", registration("Anna"))

    assert (response.status_code, code_of(response)) == (409, Code.USER_EXISTS)


def test_the_password_opens_vault_and_session(api: Api, anna: Insider) -> None:
    key = anna.registration.auth_key

    vault = read(api("POST", "/v1/vault", Credentials(user_name="anna", auth_key=key)), VaultOpened)
    session = api(
        "POST",
        "/v1/sessions",
        SessionRequest(user_name="anna", auth_key=key, device_id=anna.device),
    )

    assert vault.account == anna.account
    assert session.status_code == 201
    assert read(session, SessionOpened).account == anna.account


def test_a_wrong_password_is_401(api: Api, anna: Insider) -> None:
    asked = Credentials(user_name="anna", auth_key=secrets.token_bytes(32))

    response = api("POST", "/v1/vault", asked)

    assert (response.status_code, code_of(response)) == (401, Code.WRONG_CREDENTIALS)


def test_logging_out_ends_the_session(api: Api, anna: Insider) -> None:
    response = api("DELETE", "/v1/sessions/current?forget_device=true", who=anna)

    again = api("GET", "/v1/me", who=anna)
    assert (response.status_code, response.data) == (204, b"")
    assert code_of(again) is Code.UNAUTHENTICATED
