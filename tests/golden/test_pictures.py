"""Every window looks exactly as it did when somebody last looked at it.

Where a change is wanted: ``python -m tests.golden.write``, look at the pictures, commit them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exhibits.scenes import SCENES
from tests.golden.compare import difference
from tests.golden.look import FOLDER, LOOKS, Look
from tests.golden.paint import paint


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_window_looks_like_its_golden_picture(look: Look, tmp_path: Path) -> None:
    paint(tmp_path, look)

    differences = [difference(look.path(s.name, tmp_path), look.path(s.name)) for s in SCENES]
    told = [words for words in differences if words]
    assert not told, "\n".join([*told, f"the actual pictures are in {tmp_path}"])


def test_every_golden_picture_belongs_to_a_window() -> None:
    wanted = {look.path(scene.name).name for look in LOOKS for scene in SCENES}

    assert {path.name for path in FOLDER.glob("*.png")} == wanted
