"""``/v1/conversations/ID/…``: leaving, warrants that wait, and asking to come in."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared.errors import Code, RefusedError
from shared.rest import ErrorBody
from shared.rest_groups import JoinRequest, JoinRequestList, Leaving, WarrantList

__all__ = ["blueprint"]

blueprint = Blueprint("groups", __name__)

_PATH = "/conversations/<conversation>"


@blueprint.post(f"{_PATH}/leave")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_404=ErrorBody),
    tags=["groups"],
)
def leave(conversation: str, json: Leaving) -> object:
    """The own account goes."""
    services().groups.leave(asking().account, whole_number(conversation), json)
    return "", 204


@blueprint.get(f"{_PATH}/warrants")
@api.validate(
    resp=ApiResponse(HTTP_200=WarrantList, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["groups"],
)
def warrants(conversation: str) -> object:
    """What waits for a commit."""
    return services().groups.warrants(asking().account, whole_number(conversation))


@blueprint.post(f"{_PATH}/warrants")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_404=ErrorBody),
    tags=["groups"],
)
def add_warrants(conversation: str, json: WarrantList) -> object:
    """Revocations and archive keys of the own account, to be carried out."""
    services().groups.add_warrants(asking().account, whole_number(conversation), json)
    return "", 204


@blueprint.post(f"{_PATH}/join-requests")
@api.validate(
    resp=ApiResponse(
        "HTTP_201",
        HTTP_401=ErrorBody,
        HTTP_403=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_409=ErrorBody,
    ),
    tags=["groups"],
)
def request_join(conversation: str, json: JoinRequest) -> object:
    """Ask to come into a group."""
    services().groups.request_join(asking().account, whole_number(conversation), json)
    return "", 201


@blueprint.get(f"{_PATH}/join-requests")
@api.validate(
    resp=ApiResponse(HTTP_200=JoinRequestList, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["groups"],
)
def join_requests(conversation: str) -> object:
    """The requests that the asking account may carry out."""
    return services().groups.join_requests(asking().account, whole_number(conversation))


@blueprint.delete(f"{_PATH}/join-requests/<account>")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_404=ErrorBody),
    tags=["groups"],
)
def drop_join_request(conversation: str, account: str) -> object:
    """Withdraw the own request, or decline somebody's."""
    own = asking().account
    try:
        place, person = whole_number(conversation), whole_number(account)
    except RefusedError as error:
        raise RefusedError(Code.NO_REQUEST, "There is no such request any more.") from error
    services().groups.drop_join_request(own, place, person)
    return "", 204
