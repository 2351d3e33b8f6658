from __future__ import annotations

from pathlib import Path

import pytest

from desktop.models.reading_place import ReadingPlace
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import ConversationId

ONE, TWO = ConversationId(1), ConversationId(2)
PLACE = ReadingPlace(7, 5 << 20, -12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "windows.json"


def test_a_place_is_there_after_a_restart(path: Path) -> None:
    places = ReadingPlaces(SettingsStore(path))
    places.keep(ONE, PLACE)
    places.store()

    again = ReadingPlaces(SettingsStore(path))

    assert again.find(ONE) == PLACE
    assert again.find(TWO) is None


def test_at_the_end_there_is_nothing_to_remember(path: Path) -> None:
    places = ReadingPlaces(SettingsStore(path))
    places.keep(ONE, PLACE)

    places.keep(ONE, None)

    assert places.find(ONE) is None


def test_beyond_the_bound_the_one_left_the_longest_ago_goes(path: Path) -> None:
    places = ReadingPlaces(SettingsStore(path))
    for number in range(limits.READING_PLACES_MAX):
        places.keep(ConversationId(number), PLACE)
    places.keep(ConversationId(0), PLACE)

    places.keep(ConversationId(9_999), PLACE)
    places.store()

    again = ReadingPlaces(SettingsStore(path))
    assert again.find(ConversationId(0)) == PLACE
    assert again.find(ConversationId(1)) is None
    assert len(SettingsStore(path).settings.places) == limits.READING_PLACES_MAX


def test_what_belonged_to_another_account_is_forgotten(path: Path) -> None:
    places = ReadingPlaces(SettingsStore(path))
    places.keep(ONE, PLACE)
    places.store()

    places.clear()

    assert ReadingPlaces(SettingsStore(path)).find(ONE) is None
