from __future__ import annotations

import os

import pytest

from shared import limits
from shared.errors import Code
from shared.rest_blobs import BlobStart, BlobStatus
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider
from tests.backend.uploads import start_of

BYTES = "application/octet-stream"
DATA = bytes(range(256)) * 4


def put(api: Api, who: Insider, blob_id: int, data: bytes, offset: object = 0, kind: str = BYTES):  # type: ignore[no-untyped-def] # As the client's.
    return api._client.put(
        f"/v1/blobs/{blob_id}/upload?offset={offset}",
        data=data,
        content_type=kind,
        headers={"Authorization": f"Bearer {who.token}"},
    )


def get(api: Api, who: Insider, blob_id: int, range_: str | None = None):  # type: ignore[no-untyped-def] # As the client's.
    headers = {"Authorization": f"Bearer {who.token}"}
    if range_ is not None:
        headers["Range"] = range_
    return api._client.get(f"/v1/blobs/{blob_id}", headers=headers)


@pytest.fixture
def blob(api: Api, anna: Insider) -> int:
    start = start_of(DATA)
    assert api("POST", "/v1/blobs", start, who=anna).status_code == 201
    assert put(api, anna, start.blob_id, DATA).status_code == 200
    read(api("POST", f"/v1/blobs/{start.blob_id}/finish", who=anna), BlobStatus)
    return start.blob_id


def test_an_upload_is_started_continued_and_finished(api: Api, anna: Insider) -> None:
    start = start_of(DATA)
    path = f"/v1/blobs/{start.blob_id}"

    begun = api("POST", "/v1/blobs", start, who=anna)
    first = read(put(api, anna, start.blob_id, DATA[:100]), BlobStatus)
    status = read(api("GET", f"{path}/upload", who=anna), BlobStatus)
    put(api, anna, start.blob_id, DATA[100:], 100)
    finished = read(api("POST", f"{path}/finish", who=anna), BlobStatus)

    assert begun.status_code == 201
    assert (first.received, status.received) == (100, 100)
    assert finished == BlobStatus(
        blob_id=start.blob_id, size=len(DATA), received=len(DATA), is_complete=True
    )
    assert get(api, anna, start.blob_id).data == DATA


def test_a_wrong_offset_says_where_to_go_on(api: Api, anna: Insider) -> None:
    start = start_of(DATA)
    api("POST", "/v1/blobs", start, who=anna)
    put(api, anna, start.blob_id, DATA[:100])

    answer = put(api, anna, start.blob_id, DATA, 0)

    assert answer.status_code == 409
    assert answer.get_json()["error"]["details"] == {"received": "100"}


@pytest.mark.parametrize(
    ("range_", "first", "last"),
    [("bytes=0-", 0, 1023), ("bytes=10-19", 10, 19), ("bytes=1000-5000", 1000, 1023)],
)
def test_ranges_are_served(
    api: Api, anna: Insider, blob: int, range_: str, first: int, last: int
) -> None:
    answer = get(api, anna, blob, range_)

    assert answer.status_code == 206
    assert answer.data == DATA[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("range_", ["bytes=1024-", "bytes=5-2,7-8", "lines=1-2"])
def test_a_range_that_is_not_there_is_refused(
    api: Api, anna: Insider, blob: int, range_: str
) -> None:
    answer = get(api, anna, blob, range_)

    if answer.status_code == 200:  # What is no range at all asks for everything.
        assert answer.data == DATA
    else:
        assert (answer.status_code, code_of(answer)) == (416, Code.BAD_RANGE)


def test_all_of_it_is_served_as_bytes_that_nobody_guesses_at(
    api: Api, anna: Insider, blob: int
) -> None:
    answer = get(api, anna, blob)

    assert (answer.status_code, answer.mimetype) == (200, BYTES)
    assert answer.headers["Content-Length"] == "1024"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_others_get_nothing(api: Api, anna: Insider, ben: Insider, blob: int) -> None:
    assert code_of(get(api, ben, blob)) is Code.NOT_FOUND
    for method, path in (
        ("GET", f"/v1/blobs/{blob}/upload"),
        ("POST", f"/v1/blobs/{blob}/finish"),
        ("DELETE", f"/v1/blobs/{blob}"),
        ("GET", "/v1/blobs/none"),
    ):
        assert code_of(api(method, path, who=ben)) is Code.NOT_FOUND
    for method, path in (("GET", f"/v1/blobs/{blob}"), ("PUT", f"/v1/blobs/{blob}/upload")):
        assert code_of(api(method, path)) is Code.UNAUTHENTICATED


def test_an_own_upload_is_let_go(api: Api, anna: Insider, blob: int) -> None:
    assert api("DELETE", f"/v1/blobs/{blob}", who=anna).status_code == 204
    assert code_of(get(api, anna, blob)) is Code.NOT_FOUND


def test_parts_have_a_type_and_a_bound(api: Api, anna: Insider) -> None:
    large = BlobStart(blob_id=5, size=limits.BLOB_BYTES_MAX, hash=bytes(32))
    api("POST", "/v1/blobs", large, who=anna)

    as_text = put(api, anna, 5, b"x", kind="text/plain")
    too_large = put(api, anna, 5, os.urandom(limits.BLOB_PART_BYTES_MAX + 1))
    as_much_as_fits = put(api, anna, 5, bytes(limits.BLOB_PART_BYTES_MAX))

    assert code_of(as_text) is Code.UNSUPPORTED_MEDIA
    assert code_of(too_large) is Code.TOO_LARGE
    assert as_much_as_fits.status_code == 200


@pytest.mark.parametrize("offset", ["-1", "x", 2**60])
def test_an_offset_is_a_number_in_bounds(api: Api, anna: Insider, offset: object) -> None:
    assert code_of(put(api, anna, 5, b"x", offset)) is Code.MALFORMED
