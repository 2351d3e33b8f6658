from __future__ import annotations

from tests.sounds import PATH, make


def test_the_sound_is_the_one_that_is_made_here() -> None:
    assert PATH.read_bytes() == make()
    assert len(make()) < 20_000
