from __future__ import annotations

import re

from shared import rest
from tests.backend.api.conftest import Api


def test_every_call_of_the_table_is_described(api: Api) -> None:
    spec = api("GET", "/openapi.json").get_json()

    described = {
        f"{method.upper()} {re.sub('{[a-z_]+}', '*', path)}"
        for path, methods in spec["paths"].items()
        for method in methods
    }
    assert rest.__doc__ is not None
    table = set()
    for row in re.findall(r"^\| ([A-Z, ]+) (/v1/[^ ?|]+)", rest.__doc__, re.MULTILINE):
        path = re.sub("ACCOUNT|HASH|ID", "*", row[1])
        table |= {f"{method} {path}" for method in row[0].split(", ")}
    assert table - described == {"GET /v1/link"}  # A WebSocket: OpenAPI has no word for it.
    assert described <= table


def test_bodies_are_the_shared_types(api: Api) -> None:
    spec = api("GET", "/openapi.json").get_json()

    schemas = set(spec["components"]["schemas"])
    bodies = {"Registration", "SessionOpened", "ContactList", "Creation", "ErrorBody", "Entry"}
    assert bodies <= schemas
    assert all(hasattr(rest, name) for name in bodies)


def test_every_reference_is_there(api: Api) -> None:
    response = api("GET", "/openapi.json")

    names = set(re.findall(r'"#/components/schemas/([^"]+)"', response.text))
    assert names <= set(response.get_json()["components"]["schemas"])


def test_the_pages_need_no_other_host(api: Api) -> None:
    page = api("GET", "/docs/swagger/")

    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="https?://', page.text)
