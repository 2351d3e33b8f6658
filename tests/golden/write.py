"""Write the golden pictures anew: ``python -m tests.golden.write [SCENE…]``.

Nothing else writes them. Look at every changed picture before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.exhibits.scenes import SCENES
from tests.golden.compare import difference
from tests.golden.look import FOLDER, LOOKS
from tests.golden.paint import SMALL, paint


def main(names: list[str]) -> int:
    unknown = set(names) - {scene.name for scene in SCENES}
    if unknown:
        sys.stderr.write(f"There is no {', '.join(unknown)}.\n")
        return 2
    for look in LOOKS:
        there = [s.name for s in SCENES if not names or s.name in names]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            paint(folder, look, names, level=SMALL)
            for name in there:
                fresh, golden = look.path(name, folder), look.path(name)
                if words := difference(fresh, golden):
                    sys.stdout.write(f"{words}\n")
                    golden.write_bytes(fresh.read_bytes())
    _drop_old()
    return 0


def _drop_old() -> None:
    """Remove the pictures of scenes that are no more."""
    wanted = {look.path(scene.name) for look in LOOKS for scene in SCENES}
    for path in FOLDER.glob("golden_*.png"):
        if path not in wanted:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
