"""Pictures of the windows, light and dark, Chinese and English, into ``docs/screenshots``.

Run ``python -m tests.screenshots [NAME...]``; they are the same on every machine, because they are
painted as the golden pictures are. These are for people to look at.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.exhibits.scenes import SCENES
from tests.golden.look import LOOKS
from tests.golden.paint import paint

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"


def main(names: list[str]) -> None:
    folder = Path(os.environ.get("MIM_SCREENSHOTS", str(FOLDER)))
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [
        scene.name for scene in SCENES if (scene.name in names if names else scene.has_pictures)
    ]
    total = 0
    for look in LOOKS:
        with tempfile.TemporaryDirectory() as scratch:
            paint(Path(scratch), look, chosen)
            for name in chosen:
                data = look.path(name, Path(scratch)).read_bytes()
                (folder / f"{name}_{look.name}.png").write_bytes(data)
                total += len(data)
    sys.stdout.write(f"{folder}: {total / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
