from __future__ import annotations

from desktop.models.names import named, shown_name
from tests.desktop.fake_port import profile

BEN = profile(2, "ben", "Ben")


def test_the_own_name_for_somebody_comes_before_theirs() -> None:
    assert shown_name(BEN, "Uncle Ben") == named(BEN, "Uncle Ben").nickname == "Uncle Ben"


def test_without_one_it_is_their_nickname() -> None:
    assert shown_name(BEN, "") == "Ben"
    assert named(BEN, "") is BEN
