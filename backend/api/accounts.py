"""``/v1/server``, ``accounts``, ``vault``, ``sessions``: coming in and going out."""

from __future__ import annotations

import msgspec
from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import address, asking, services
from shared.rest import (
    Credentials,
    ErrorBody,
    Registration,
    ServerInfo,
    SessionOpened,
    SessionRequest,
    VaultOpened,
)

__all__ = ["blueprint"]

blueprint = Blueprint("accounts", __name__)


class LogoutQuery(msgspec.Struct, frozen=True):
    """Whether the device may not come back."""

    forget_device: bool = False


@blueprint.get("/server")
@api.validate(resp=ApiResponse(HTTP_200=ServerInfo), tags=["server"])
def server_info() -> object:
    """What a client must know before it logs in."""
    return services().accounts.server_info()


@blueprint.post("/accounts")
@api.validate(
    resp=ApiResponse(HTTP_201=SessionOpened, HTTP_409=ErrorBody, HTTP_429=ErrorBody),
    tags=["accounts"],
)
def register(json: Registration) -> object:
    """Make an account with its first device."""
    return services().accounts.register(json, address=address()), 201


@blueprint.post("/vault")
@api.validate(
    resp=ApiResponse(HTTP_200=VaultOpened, HTTP_401=ErrorBody, HTTP_429=ErrorBody),
    tags=["accounts"],
)
def open_vault(json: Credentials) -> object:
    """Fetch what a client with the password needs to log in."""
    return services().accounts.open_vault(json, address=address())


@blueprint.post("/sessions")
@api.validate(
    resp=ApiResponse(
        HTTP_201=SessionOpened, HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_429=ErrorBody
    ),
    tags=["accounts"],
)
def open_session(json: SessionRequest) -> object:
    """Log in on a device."""
    return services().accounts.open_session(json, address=address()), 201


@blueprint.delete("/sessions/current")
@api.validate(resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody), tags=["accounts"])
def close_session(query: LogoutQuery) -> object:
    """Log the asking device out."""
    account, device = asking()
    services().accounts.close_session(
        account=account, device=device, forget_device=query.forget_device
    )
    return "", 204
