"""``/v1/key-packages``: publishing them, and taking those of others."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services
from shared.rest import ErrorBody
from shared.rest_devices import (
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackages,
    KeyPackageStock,
)

__all__ = ["blueprint"]

blueprint = Blueprint("key_packages", __name__)


@blueprint.get("/key-packages")
@api.validate(resp=ApiResponse(HTTP_200=KeyPackageStock, HTTP_401=ErrorBody), tags=["devices"])
def stock() -> object:
    """How many of the asking device are left."""
    return services().key_packages.stock(asking().device)


@blueprint.post("/key-packages")
@api.validate(
    resp=ApiResponse(HTTP_200=KeyPackageStock, HTTP_401=ErrorBody, HTTP_413=ErrorBody),
    tags=["devices"],
)
def publish(json: KeyPackages) -> object:
    """Publish more of the asking device."""
    return services().key_packages.publish(asking().device, json)


@blueprint.post("/key-packages/claims")
@api.validate(
    resp=ApiResponse(
        HTTP_200=ClaimedKeyPackages, HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_429=ErrorBody
    ),
    tags=["devices"],
)
def claim(json: KeyPackageClaim) -> object:
    """Take one of each device of some accounts."""
    account, device = asking()
    return services().key_packages.claim(account, device, json)
