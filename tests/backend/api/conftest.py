"""The API without sockets: Flask's own client on a real database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from werkzeug.test import TestResponse

from shared.errors import Code
from shared.rest import ErrorBody
from tests.backend.office import Insider, Office

T = TypeVar("T")


class Api:
    """Makes requests as somebody, or as nobody."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._client = office.app.flask.test_client()

    def __call__(
        self, method: str, path: str, body: object = None, *, who: Insider | None = None
    ) -> TestResponse:
        headers = {} if who is None else {"Authorization": f"Bearer {who.token}"}
        data = None if body is None else msgspec.json.encode(body)
        kind = None if body is None else "application/json"
        return self._client.open(path, method=method, data=data, content_type=kind, headers=headers)


def read(response: TestResponse, model: type[T]) -> T:
    assert response.status_code < 400, response.data
    assert response.mimetype == "application/json"
    return msgspec.json.decode(response.data, type=model)


def code_of(response: TestResponse) -> Code:
    assert response.status_code >= 400
    return msgspec.json.decode(response.data, type=ErrorBody).error.code


@pytest.fixture
def api(office: Office) -> Callable[..., TestResponse]:
    return Api(office)


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")
