"""``python3 run.py test --long hands``: a whole first day by mouse alone, then by keyboard alone.

Register, add, chat, file, group, verify, log out, new device: with real X events on a screen with
a window manager, read back over AT-SPI, a friend and a server in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios.desk import Desk, needed
from tests.scenarios.hands import KeyboardHands, MouseHands
from tests.scenarios.story import tell_day
from tests.server_process import ServerProcess


def main() -> int:
    """Tell both stories; they end at the first thing that is not as it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if missing := needed():
        sys.stderr.write(f"This needs {missing}.\n")
        return 2
    took = {}
    for name, hands in (("mouse", MouseHands), ("keyboard", KeyboardHands)):
        with tempfile.TemporaryDirectory(prefix="mim-hands-") as folder, Desk() as desk:
            place = Path(folder)
            server = ServerProcess(place / "server").start()
            try:
                begun = time.monotonic()
                tell_day(desk, hands, server.url, place)
                took[f"{name}_s"] = round(time.monotonic() - begun, 1)
            finally:
                server.stop()
        print(f"a whole day by {name} alone: {took[f'{name}_s']} s", flush=True)
    said = {"machine": platform.platform(), **took}
    options.out.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
