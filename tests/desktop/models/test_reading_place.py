from __future__ import annotations

import msgspec

from desktop.models.reading_place import ReadingPlace


def test_a_place_is_written_short_and_read_as_it_was() -> None:
    place = ReadingPlace(7, 5 << 20, -12)

    written = msgspec.json.encode(place)

    assert written == b"[7,5242880,-12]"
    assert msgspec.json.decode(written, type=ReadingPlace) == place
