from __future__ import annotations

import msgspec
import pytest
from flask import Flask, abort, redirect

from backend.api.errors import error_response, register_errors
from shared.errors import Code, PeerError, TransportError
from shared.rest import STATUS, ErrorBody
from tests.backend.api.conftest import code_of


@pytest.fixture
def app() -> Flask:
    made = Flask("test")
    register_errors(made)
    return made


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_status(code: Code) -> None:
    response = error_response(code, "A sentence.")

    assert response.status_code == STATUS.get(code, 400)
    assert msgspec.json.decode(response.data, type=ErrorBody).error.code is code


def test_when_to_try_again_is_a_header_too() -> None:
    response = error_response(Code.RATE_LIMITED, "Wait.", {"retry_after_ms": "1500"})

    assert response.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.MALFORMED),
        (404, Code.NOT_FOUND),
        (405, Code.METHOD_NOT_ALLOWED),
        (413, Code.TOO_LARGE),
        (415, Code.UNSUPPORTED_MEDIA),
        (418, Code.MALFORMED),
        (503, Code.INTERNAL),
    ],
)
def test_what_flask_refuses_has_a_code(app: Flask, status: int, code: Code) -> None:
    app.add_url_rule("/", view_func=lambda: abort(status))

    assert code_of(app.test_client().get("/")) is code


def test_a_redirect_stays_one(app: Flask) -> None:
    app.add_url_rule("/", view_func=lambda: redirect("/there"))

    assert app.test_client().get("/").status_code == 302


def _fail(error: Exception) -> str:
    raise error


@pytest.mark.logs_warnings
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PeerError(Code.BAD_HASH, "No."), Code.BAD_HASH),
        (TransportError("secret path"), Code.OVERLOADED),
        (ValueError("secret value"), Code.INTERNAL),
    ],
)
def test_an_error_says_its_code_and_nothing_secret(
    app: Flask, error: Exception, code: Code
) -> None:
    app.add_url_rule("/", view_func=lambda: _fail(error))

    response = app.test_client().get("/")

    assert code_of(response) is code
    assert b"secret" not in response.data
