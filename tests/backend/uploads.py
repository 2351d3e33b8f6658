"""Attachments that tests upload; the bytes mean nothing."""

from __future__ import annotations

import hashlib

from shared.rest_blobs import BlobStart, BlobStatus
from tests.backend.office import Insider, Office
from tests.backend.people import Answer, Person, new_id

__all__ = ["begin", "begin_at", "put", "start_of", "upload"]

BYTES = {"Content-Type": "application/octet-stream"}


def start_of(data: bytes, blob_id: int | None = None) -> BlobStart:
    """Return what announces these bytes."""
    sealed_hash = hashlib.blake2b(data, digest_size=32).digest()
    return BlobStart(blob_id=blob_id or new_id(), size=len(data), hash=sealed_hash)


def begin(office: Office, who: Insider, data: bytes, blob_id: int | None = None) -> int:
    return office.services.blobs.start(who.account, start_of(data, blob_id)).blob_id


def upload(office: Office, who: Insider, data: bytes, blob_id: int | None = None) -> int:
    """Upload these bytes and return their number."""
    blob_id = begin(office, who, data, blob_id)
    office.services.blobs.write(who.account, blob_id, data, offset=0)
    assert office.services.blobs.finish(who.account, blob_id).is_complete
    return blob_id


def begin_at(person: Person, data: bytes) -> int:
    answer = person.call("POST", "/v1/blobs", start_of(data))
    assert answer.status == 201
    return answer.read(BlobStatus).blob_id


def put(person: Person, blob_id: int, data: bytes, *, offset: int = 0) -> Answer:
    return person.call("PUT", f"/v1/blobs/{blob_id}/upload?offset={offset}", data, **BYTES)
