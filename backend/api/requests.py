"""Who asks, and whom to ask: the session of a request and the services of its app."""

from __future__ import annotations

from typing import NamedTuple

from flask import current_app, request

from backend.services.services import Services
from shared.errors import Code, RefusedError

__all__ = ["SERVICES", "Asking", "address", "asking", "services", "whole_number"]

SERVICES = "mim.services"
_NUMBER_LENGTH_MAX = 19


class Asking(NamedTuple):
    """The account and device of a request."""

    account: int
    device: int


def services() -> Services:
    """Return the services of the app that serves this request."""
    found = current_app.extensions[SERVICES]
    assert isinstance(found, Services)
    return found


def address() -> str:
    """Return the address a request comes from."""
    return request.remote_addr or ""


def asking() -> Asking:
    """Return who asks.

    Raises:
        RefusedError: With ``unauthenticated`` or ``rate_limited``.
    """
    header = request.headers.get("Authorization", "")
    account, device = services().accounts.authenticate(header)
    services().limiter.spend("requests_per_account", str(account))
    return Asking(account, device)


def whole_number(text: str) -> int:
    """Return an identifier of a path; what is none names nothing.

    Raises:
        RefusedError: With ``not_found``.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= _NUMBER_LENGTH_MAX
    number = int(text) if is_number else 0
    if not 1 <= number < 2**63:
        raise RefusedError(Code.NOT_FOUND, "There is nothing of this name.")
    return number
