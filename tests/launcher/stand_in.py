"""Stands in for the server, Echo, the app and the demo where only the launcher is looked at.

Each notes its process id in a file of its folder and lives until it is ended or, as the app, until
its folder holds a file ``close`` with the exit status to use.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

POLL_S = 0.02
LIFE_S = 60.0


def argument(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def note(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")


def live_until(file: Path | None) -> int:
    deadline = time.monotonic() + LIFE_S
    while time.monotonic() < deadline:
        if file is not None and file.exists() and (text := file.read_text(encoding="utf-8")):
            return int(text)
        time.sleep(POLL_S)
    return 9


def main() -> int:
    if "run" in sys.argv:
        folder = Path(argument("--data"))
        note(folder, "pids")
        if (folder / "broken").exists():
            print("the server is broken", file=sys.stderr)
            return 1
        print(json.dumps({"url": f"http://127.0.0.1:{argument('--port')}"}), flush=True)
        return live_until(None)
    home = Path(argument("--home"))
    if home.name == "echo":
        note(home, "pids")
        print(json.dumps({"ready": True}), flush=True)
        return live_until(None)
    if home.name == "people":
        print(f"demo on {argument('--server')}", flush=True)
        return 0
    second = "--second" in sys.argv
    note(home, "second" if second else "first")
    return live_until(home / ("close-second" if second else "close"))


if __name__ == "__main__":
    sys.exit(main())
