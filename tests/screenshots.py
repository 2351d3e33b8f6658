"""Pictures of the windows that the README shows, into ``docs/screenshots``.

Run ``python -m tests.screenshots``; they are the same on every machine, because they are painted
as the golden pictures are, which show all windows. These are for people to look at.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.golden.look import LOOKS, ROOT
from tests.golden.paint import SMALL, paint

FOLDER = ROOT / "docs" / "screenshots"
_SHOWN = re.compile(r"docs/screenshots/(\w+?)_((?:light|dark)_\w+)\.png")


def shown() -> list[tuple[str, str]]:
    """Return scene and look of every picture in the README."""
    return _SHOWN.findall((ROOT / "README.md").read_text("utf-8"))


def main() -> None:
    for look in LOOKS:
        names = [scene for scene, look_name in shown() if look_name == look.name]
        if names:
            with tempfile.TemporaryDirectory() as scratch:
                paint(Path(scratch), look, names, level=SMALL)
                for name in names:
                    data = look.path(name, Path(scratch)).read_bytes()
                    (FOLDER / f"{name}_{look.name}.png").write_bytes(data)
    wanted = {f"{scene}_{look}.png" for scene, look in shown()}
    for path in FOLDER.glob("*.png"):
        if path.name not in wanted:
            path.unlink()


if __name__ == "__main__":
    main()
