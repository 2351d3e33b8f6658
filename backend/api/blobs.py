"""``/v1/blobs``: the bytes of attachments, up in parts and down in ranges."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request
from werkzeug.datastructures import ContentRange

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared import limits
from shared.errors import Code, PeerError, RefusedError
from shared.rest import ErrorBody
from shared.rest_blobs import BlobStart, BlobStatus

__all__ = ["blueprint"]

blueprint = Blueprint("blobs", __name__)

_BYTES = "application/octet-stream"


class PartQuery(msgspec.Struct, frozen=True):
    """Where a part begins."""

    offset: Annotated[int, msgspec.Meta(ge=0, le=limits.BLOB_BYTES_MAX)] = 0


@blueprint.post("/blobs")
@api.validate(
    resp=ApiResponse(
        HTTP_201=BlobStatus,
        HTTP_401=ErrorBody,
        HTTP_403=ErrorBody,
        HTTP_409=ErrorBody,
        HTTP_413=ErrorBody,
        HTTP_429=ErrorBody,
    ),
    tags=["attachments"],
)
def start(json: BlobStart) -> object:
    """Announce sealed bytes that are to be uploaded."""
    return services().blobs.start(asking().account, json), 201


@blueprint.get("/blobs/<blob>/upload")
@api.validate(
    resp=ApiResponse(HTTP_200=BlobStatus, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["attachments"],
)
def upload_status(blob: str) -> object:
    """How far an own upload is."""
    return services().blobs.status(asking().account, whole_number(blob))


@blueprint.put("/blobs/<blob>/upload")
@api.validate(
    resp=ApiResponse(
        HTTP_200=BlobStatus,
        HTTP_401=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_409=ErrorBody,
        HTTP_413=ErrorBody,
        HTTP_415=ErrorBody,
    ),
    tags=["attachments"],
)
def upload(blob: str, query: PartQuery) -> object:
    """The next part, the body; it begins where the last one ended."""
    account = asking().account
    if request.mimetype != _BYTES:
        raise PeerError(Code.UNSUPPORTED_MEDIA, f"The body must be {_BYTES}.")
    if (request.content_length or 0) > limits.BLOB_PART_BYTES_MAX:
        raise RefusedError(
            Code.TOO_LARGE, f"A part has at most {limits.BLOB_PART_BYTES_MAX} bytes."
        )
    data = request.get_data(cache=False)
    return services().blobs.write(account, whole_number(blob), data, offset=query.offset)


@blueprint.post("/blobs/<blob>/finish")
@api.validate(
    resp=ApiResponse(
        HTTP_200=BlobStatus,
        HTTP_400=ErrorBody,
        HTTP_401=ErrorBody,
        HTTP_404=ErrorBody,
        HTTP_409=ErrorBody,
    ),
    tags=["attachments"],
)
def finish(blob: str) -> object:
    """Say that all parts are there: they are checked, and can be named from now on."""
    return services().blobs.finish(asking().account, whole_number(blob))


@blueprint.delete("/blobs/<blob>")
@api.validate(
    resp=ApiResponse("HTTP_204", HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_409=ErrorBody),
    tags=["attachments"],
)
def remove(blob: str) -> object:
    """Let go of an own upload that no message names."""
    services().blobs.remove(asking().account, whole_number(blob))
    return "", 204


@blueprint.get("/blobs/<blob>")
@api.validate(
    resp=ApiResponse(
        "HTTP_200", "HTTP_206", HTTP_401=ErrorBody, HTTP_404=ErrorBody, HTTP_416=ErrorBody
    ),
    tags=["attachments"],
)
def fetch(blob: str) -> object:
    """The bytes, all or one range of them."""
    content = services().blobs.open(asking().account, whole_number(blob))
    asked = request.range
    bounds = (0, content.size) if asked is None else asked.range_for_length(content.size)
    if bounds is None:
        content.file.close()
        raise RefusedError(Code.BAD_RANGE, "There is no such range.")
    first, stop = bounds
    response = Response(
        services().blobs.pieces(content, first=first, stop=stop),
        status=200 if asked is None else 206,
        mimetype=_BYTES,
    )
    # Not begun, the generator would not close it.
    response.call_on_close(content.file.close)
    response.content_length = stop - first
    response.accept_ranges = "bytes"
    if asked is not None:
        response.content_range = ContentRange("bytes", first, stop, content.size)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
