"""``/v1/heads``: where logs stand, signed."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services
from shared.rest import ErrorBody
from shared.rest_groups import HeadList, HeadQuestion

__all__ = ["blueprint"]

blueprint = Blueprint("heads", __name__)


@blueprint.post("/heads")
@api.validate(resp=ApiResponse(HTTP_200=HeadList, HTTP_401=ErrorBody), tags=["conversations"])
def heads(json: HeadQuestion) -> object:
    """The heads of some conversations."""
    account, device = asking()
    return services().signed_heads.heads(account, device, json.conversation_ids)
