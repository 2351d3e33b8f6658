"""``/v1/conversations/ID/…``: handshakes, what travels with them, and dropping content."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared.rest import ErrorBody
from shared.rest_groups import (
    Blanking,
    GroupInfoList,
    Handshake,
    HandshakeAccepted,
    RecordAddition,
    WelcomeInfo,
)

__all__ = ["blueprint"]

blueprint = Blueprint("handshakes", __name__)

_PATH = "/conversations/<conversation>"


@blueprint.post(f"{_PATH}/handshakes")
@api.validate(
    resp=ApiResponse(
        HTTP_201=HandshakeAccepted,
        HTTP_401=ErrorBody,
        HTTP_403=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_409=ErrorBody,
        HTTP_429=ErrorBody,
    ),
    tags=["handshakes"],
)
def handshakes(conversation: str, json: Handshake) -> object:
    """Append a commit with all that travels with it."""
    account, device = asking()
    return (
        services().handshakes.submit(account, device, whole_number(conversation), json),
        201,
    )


@blueprint.get(f"{_PATH}/group-infos")
@api.validate(
    resp=ApiResponse(HTTP_200=GroupInfoList, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["handshakes"],
)
def group_infos(conversation: str) -> object:
    """The newest public states, newest first."""
    return services().conversations.group_infos(asking().account, whole_number(conversation))


@blueprint.get(f"{_PATH}/welcome")
@api.validate(
    resp=ApiResponse(HTTP_200=WelcomeInfo, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["handshakes"],
)
def welcome(conversation: str) -> object:
    """The newest Welcome for the asking device."""
    account, device = asking()
    return services().conversations.welcome(account, device, whole_number(conversation))


@blueprint.delete(f"{_PATH}/welcome")
@api.validate(resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody), tags=["handshakes"])
def drop_welcome(conversation: str) -> object:
    """Forget it: joined, or of no use."""
    services().conversations.drop_welcome(asking().device, whole_number(conversation))
    return "", 204


@blueprint.post(f"{_PATH}/records")
@api.validate(
    resp=ApiResponse("HTTP_201", HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_409=ErrorBody),
    tags=["handshakes"],
)
def add_record(conversation: str, json: RecordAddition) -> object:
    """Another record for the own account."""
    account, device = asking()
    services().conversations.add_record(account, device, whole_number(conversation), json)
    return "", 201


@blueprint.post(f"{_PATH}/blank")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_404=ErrorBody),
    tags=["handshakes"],
)
def blank(conversation: str, json: Blanking) -> object:
    """Drop the payload of a message."""
    services().blankings.blank(asking().account, whole_number(conversation), json)
    return "", 204
