"""``/v1/conversations``: creating them, and reading what is in their logs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared import limits
from shared.errors import Code, RefusedError
from shared.rest import (
    Conversation,
    ConversationList,
    EntryPage,
    ErrorBody,
    RecordList,
)
from shared.rest_groups import Creation

__all__ = ["blueprint"]

blueprint = Blueprint("conversations", __name__)

_HASH_LENGTH = 64


class EntryQuery(msgspec.Struct, frozen=True):
    """The run ``after + 1 … after + limit``."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=limits.ENTRIES_PER_FRAME_MAX)] = 100


class RecordQuery(msgspec.Struct, frozen=True):
    """Records of epochs before a handshake; 0: from the newest on."""

    before: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=limits.ENTRIES_PER_FRAME_MAX)] = 200


@blueprint.get("/conversations")
@api.validate(
    resp=ApiResponse(HTTP_200=ConversationList, HTTP_401=ErrorBody), tags=["conversations"]
)
def conversations() -> object:
    """All conversations of the account."""
    return services().conversations.listing(asking().account)


@blueprint.post("/conversations")
@api.validate(
    resp=ApiResponse(
        HTTP_201=Conversation, HTTP_401=ErrorBody, HTTP_403=ErrorBody, HTTP_409=ErrorBody
    ),
    tags=["conversations"],
)
def create(json: Creation) -> object:
    """Make a conversation of two, a group, or the own notes, with its first handshake."""
    account, device = asking()
    services().creations.create(account, device, json)
    made = services().conversations.conversation(account, json.submission.conversation_id)
    return made, 201


@blueprint.get("/conversations/<conversation>")
@api.validate(
    resp=ApiResponse(HTTP_200=Conversation, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["conversations"],
)
def conversation_info(conversation: str) -> object:
    """One conversation with its members and their marks."""
    return services().conversations.conversation(asking().account, whole_number(conversation))


@blueprint.get("/conversations/<conversation>/entries")
@api.validate(
    resp=ApiResponse(HTTP_200=EntryPage, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["conversations"],
)
def entries(conversation: str, query: EntryQuery) -> object:
    """A run of its log; it may be shorter than asked for."""
    return services().conversations.entries(
        asking().account, whole_number(conversation), after=query.after, limit=query.limit
    )


@blueprint.get("/conversations/<conversation>/records")
@api.validate(
    resp=ApiResponse(HTTP_200=RecordList, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["conversations"],
)
def records(conversation: str, query: RecordQuery) -> object:
    """The epoch records sealed to the asking account, the newest handshake's first."""
    return services().conversations.records(
        asking().account, whole_number(conversation), before=query.before, limit=query.limit
    )


@blueprint.get("/conversations/<conversation>/documents/<document_hash>")
@api.validate(
    resp=ApiResponse("HTTP_200", HTTP_401=ErrorBody, HTTP_404=ErrorBody), tags=["conversations"]
)
def document(conversation: str, document_hash: str) -> object:
    """The bytes of a roster document, by their hash."""
    account = asking().account
    content = services().conversations.document(
        account, whole_number(conversation), _hash_of(document_hash)
    )
    return Response(content, mimetype="application/octet-stream")


def _hash_of(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(text) != _HASH_LENGTH or len(found) * 2 != _HASH_LENGTH:
        raise RefusedError(Code.NOT_FOUND, "There is no such document.")
    return found
