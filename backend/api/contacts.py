"""``/v1/contacts``, ``contact-requests`` and ``blocks``."""

from __future__ import annotations

from flask import Blueprint

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared.errors import Code, RefusedError
from shared.rest import ContactList, ContactRequest, ErrorBody

__all__ = ["blueprint"]

blueprint = Blueprint("contacts", __name__)

_ANSWERS = ApiResponse(HTTP_200=ContactList, HTTP_401=ErrorBody, HTTP_404=ErrorBody)


@blueprint.get("/contacts")
@api.validate(resp=ApiResponse(HTTP_200=ContactList, HTTP_401=ErrorBody), tags=["contacts"])
def contacts() -> object:
    """All contacts and all requests that wait."""
    return services().contacts.listing(asking().account)


@blueprint.delete("/contacts/<account>")
@api.validate(
    resp=ApiResponse(HTTP_200=ContactList, HTTP_401=ErrorBody, HTTP_403=ErrorBody),
    tags=["contacts"],
)
def remove_contact(account: str) -> object:
    """End a friendship on both sides."""
    return services().contacts.remove(asking().account, _number_or(account, Code.NOT_CONTACT))


@blueprint.post("/contact-requests")
@api.validate(
    resp=ApiResponse(
        HTTP_201=ContactList, HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_409=ErrorBody
    ),
    tags=["contacts"],
)
def request_contact(json: ContactRequest) -> object:
    """Ask somebody to become a contact."""
    return services().contacts.request(asking().account, json), 201


@blueprint.delete("/contact-requests/<account>")
@api.validate(resp=_ANSWERS, tags=["contacts"])
def withdraw_request(account: str) -> object:
    """Take an own request back."""
    return services().contacts.withdraw(asking().account, _number_or(account, Code.NO_REQUEST))


@blueprint.post("/contact-requests/<account>/accept")
@api.validate(resp=_ANSWERS, tags=["contacts"])
def accept_request(account: str) -> object:
    """Say yes."""
    return services().contacts.accept(asking().account, _number_or(account, Code.NO_REQUEST))


@blueprint.post("/contact-requests/<account>/decline")
@api.validate(resp=_ANSWERS, tags=["contacts"])
def decline_request(account: str) -> object:
    """Say no."""
    return services().contacts.decline(asking().account, _number_or(account, Code.NO_REQUEST))


@blueprint.put("/blocks/<account>")
@api.validate(
    resp=ApiResponse(
        HTTP_200=ContactList,
        HTTP_401=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_429=ErrorBody,
        HTTP_503=ErrorBody,
    ),
    tags=["contacts"],
)
def block(account: str) -> object:
    """Let nothing of somebody through; they are not told."""
    return services().blocks.block(asking().account, _number_or(account, Code.UNKNOWN_USER))


@blueprint.delete("/blocks/<account>")
@api.validate(
    resp=ApiResponse(
        HTTP_200=ContactList, HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_429=ErrorBody
    ),
    tags=["contacts"],
)
def unblock(account: str) -> object:
    """Let somebody through again."""
    return services().blocks.unblock(asking().account, _number_or(account, Code.UNKNOWN_USER))


def _number_or(account: str, code: Code) -> int:
    """Return the account; what is no number is nobody's."""
    try:
        return whole_number(account)
    except RefusedError as error:
        raise RefusedError(code, "There is no such person in your list.") from error
