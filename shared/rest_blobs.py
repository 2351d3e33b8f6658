"""Bodies of the REST API about attachments' bytes; the rules of `shared.rest` hold.

| call | body → answer | may answer |
| --- | --- | --- |
| POST /v1/blobs | BlobStart → 201 BlobStatus; the same again: the same blob | exists, too_large, quota, rate_limited |
| GET /v1/blobs/ID/upload | → BlobStatus of an own blob | not_found |
| PUT /v1/blobs/ID/upload?offset=0 | application/octet-stream, at most 4 MiB → BlobStatus | not_found, conflict (details.received), too_large, unsupported_media |
| POST /v1/blobs/ID/finish | → BlobStatus | not_found, conflict (details.received), bad_hash |
| DELETE /v1/blobs/ID | own, and no message names it → 204 | not_found, conflict |
| GET /v1/blobs/ID | Range: bytes=FIRST-[LAST] → 200 or 206, the bytes | not_found, bad_range |

The client chooses the identifier, at random, so that a start whose answer was lost is repeated and
not doubled. A part continues exactly where the last one ended.
"""  # noqa: E501

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.identifiers import Hash, Id
from shared.rest import Body

__all__ = ["BlobStart", "BlobStatus"]


class BlobStart(Body, frozen=True):
    """Announces sealed bytes: how many, and their BLAKE2b-256."""

    blob_id: Id
    size: Annotated[int, msgspec.Meta(ge=1, le=limits.BLOB_BYTES_MAX)]
    hash: Hash


class BlobStatus(Body, frozen=True):
    """How far an upload is; only a complete blob can be named by a message and fetched."""

    blob_id: Id
    size: int
    received: int
    is_complete: bool
