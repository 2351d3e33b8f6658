"""``/v1/devices``, ``account-document``: the devices of an account and what they share."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import address, asking, services, whole_number
from shared.rest import ErrorBody
from shared.rest_devices import AccountDocument, DeviceName, DeviceOverview, Revocation

__all__ = ["blueprint"]

blueprint = Blueprint("devices", __name__)


@blueprint.get("/devices")
@api.validate(resp=ApiResponse(HTTP_200=DeviceOverview, HTTP_401=ErrorBody), tags=["devices"])
def devices() -> object:
    """All devices of the asking account."""
    account, device = asking()
    return services().devices.overview(account, device)


@blueprint.put("/devices/<device>/name")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_404=ErrorBody), tags=["devices"]
)
def rename(device: str, json: DeviceName) -> object:
    """Give an own device another name."""
    services().devices.rename(asking().account, whole_number(device), json)
    return "", 204


@blueprint.post("/devices/revocations")
@api.validate(
    resp=ApiResponse(
        "HTTP_204",
        HTTP_400=ErrorBody,
        HTTP_401=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_409=ErrorBody,
        HTTP_429=ErrorBody,
    ),
    tags=["devices"],
)
def revoke(json: Revocation) -> object:
    """End own devices for good."""
    services().devices.revoke(asking().account, json, address=address())
    return "", 204


@blueprint.get("/account-document")
@api.validate(resp=ApiResponse(HTTP_200=AccountDocument, HTTP_401=ErrorBody), tags=["devices"])
def account_document() -> object:
    """What the devices of the account share, sealed."""
    return services().account_documents.document(asking().account)


@blueprint.put("/account-document")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_409=ErrorBody), tags=["devices"]
)
def replace_account_document(json: AccountDocument) -> object:
    """Store the next version of it."""
    services().account_documents.replace(asking().account, json)
    return "", 204
