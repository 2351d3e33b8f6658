from __future__ import annotations

import msgspec
import pytest

from shared import limits
from shared.rest_blobs import BlobStart, BlobStatus


def test_a_start_comes_back_as_it_was() -> None:
    start = BlobStart(blob_id=2**63 - 1, size=limits.BLOB_BYTES_MAX, hash=bytes(32))

    assert msgspec.json.decode(msgspec.json.encode(start), type=BlobStart) == start


@pytest.mark.parametrize(
    "change",
    [{"blob_id": 0}, {"size": 0}, {"size": limits.BLOB_BYTES_MAX + 1}, {"hash": bytes(31)}],
    ids=repr,
)
def test_a_start_has_bounds(change: dict[str, object]) -> None:
    good = BlobStart(blob_id=1, size=1, hash=bytes(32))
    data = msgspec.json.encode(msgspec.structs.replace(good, **change))

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=BlobStart)


def test_a_status_comes_back_as_it_was() -> None:
    status = BlobStatus(blob_id=7, size=10, received=3, is_complete=False)

    assert msgspec.json.decode(msgspec.json.encode(status), type=BlobStatus) == status
