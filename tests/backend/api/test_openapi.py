from __future__ import annotations

import re
from types import ModuleType

from shared import entries, rest, rest_blobs, rest_devices, rest_groups
from tests.backend.api.conftest import Api


def calls_of(*modules: ModuleType) -> set[str]:
    """Return the calls in the tables of these modules."""
    calls = set()
    for module in modules:
        assert module.__doc__ is not None
        for row in re.findall(r"^\| ([A-Z, ]+) (/v1/[^ ?|]+)", module.__doc__, re.MULTILINE):
            path = re.sub("ACCOUNT|HASH|ID", "*", row[1])
            calls |= {f"{method} {path}" for method in row[0].split(", ")}
    return calls


def test_every_call_of_the_table_is_described(api: Api) -> None:
    spec = api("GET", "/openapi.json").get_json()

    described = {
        f"{method.upper()} {re.sub('{[a-z_]+}', '*', path)}"
        for path, methods in spec["paths"].items()
        for method in methods
    }
    table = calls_of(rest, rest_groups, rest_devices, rest_blobs)
    assert table - described == {"GET /v1/link"}  # A WebSocket: OpenAPI has no word for it.
    assert described <= table


def test_bodies_are_the_shared_types(api: Api) -> None:
    spec = api("GET", "/openapi.json").get_json()

    schemas = set(spec["components"]["schemas"])
    bodies = {"Registration", "SessionOpened", "ContactList", "Revocation", "ErrorBody", "Entry"}
    assert bodies <= schemas
    modules = (rest, rest_groups, rest_devices, entries)
    assert all(any(hasattr(module, name) for module in modules) for name in bodies)


def test_every_reference_is_there(api: Api) -> None:
    response = api("GET", "/openapi.json")

    names = set(re.findall(r'"#/components/schemas/([^"]+)"', response.text))
    assert names <= set(response.get_json()["components"]["schemas"])


def test_the_pages_need_no_other_host(api: Api) -> None:
    page = api("GET", "/docs/swagger/")

    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="https?://', page.text)
