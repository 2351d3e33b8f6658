from __future__ import annotations

import pytest

from desktop.ui.assets import ASSETS


@pytest.mark.parametrize("folder", ["icons", "fonts", "emoji"])
def test_what_others_made_has_its_licence_beside_it(folder: str) -> None:
    assert (ASSETS / folder / "LICENSE").stat().st_size > 500


def test_both_languages_are_there() -> None:
    names = {path.name for path in (ASSETS / "translations").iterdir()}

    assert names == {"en.json", "zh.json"}
