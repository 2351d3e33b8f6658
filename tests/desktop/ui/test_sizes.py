from __future__ import annotations

import pytest

from desktop.ui.sizes import size_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_960, "100 kB"),
        (999_500, "1.0 MB"),
        (845_000_000, "845 MB"),
        (2 * 1024**3, "2.1 GB"),
        (10**16, "10000 TB"),
    ],
)
def test_sizes_have_the_unit_in_which_they_are_short(count: int, words: str) -> None:
    assert size_words(count) == words
