"""``/v1/password``, ``recovery``, ``accounts/reset``: new passwords and ways back in."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import address, asking, services
from shared.rest import ErrorBody, SessionOpened, VaultOpened
from shared.rest_devices import AccountReset, PasswordChange, RecoveryChange, RecoveryQuestion

__all__ = ["blueprint"]

blueprint = Blueprint("vaults", __name__)


@blueprint.put("/password")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_409=ErrorBody, HTTP_429=ErrorBody),
    tags=["accounts"],
)
def change_password(json: PasswordChange) -> object:
    """Set a new password, by the old one."""
    services().vaults.change_password(asking().account, json, address=address())
    return "", 204


@blueprint.post("/recovery")
@api.validate(
    resp=ApiResponse(HTTP_200=VaultOpened, HTTP_401=ErrorBody, HTTP_429=ErrorBody),
    tags=["accounts"],
)
def open_by_recovery(json: RecoveryQuestion) -> object:
    """Fetch the vault with the recovery code."""
    return services().vaults.open_by_recovery(json, address=address())


@blueprint.post("/recovery/password")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_409=ErrorBody, HTTP_429=ErrorBody),
    tags=["accounts"],
)
def recover(json: RecoveryChange) -> object:
    """Set a new password and a new recovery code, by the old code."""
    services().vaults.recover(json, address=address())
    return "", 204


@blueprint.post("/accounts/reset")
@api.validate(
    resp=ApiResponse(
        HTTP_201=SessionOpened, HTTP_400=ErrorBody, HTTP_401=ErrorBody, HTTP_429=ErrorBody
    ),
    tags=["accounts"],
)
def reset(json: AccountReset) -> object:
    """Begin anew with a token of the server's administrator."""
    return services().resets.reset(json, address=address()), 201
