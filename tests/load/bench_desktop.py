"""Speed and memory of the desktop app: ``python3 run.py bench desktop [SECTION…]``.

| section | what | held to |
| --- | --- | --- |
| login | first content of the log-in screen, beside others' | half of Telegram Desktop's |
| account | first content with an account of 100,000 messages, and rows in its list | 0.6 s |
| memory | idle; after 10,000 rows with pictures; growth over 10,000 page loads | 130, 200, 5 MB |
| million | a chat of 1,000,000: opening, frames, a word of two characters | 50, 8, 100 ms |
| idle | processor time while nothing happens | 0.5 % |
| keys | from a key to its pixels while 500 messages a second arrive | 16 ms |

The others are Telegram Desktop, Gajim, Dino and Psi+. Every program runs on an Xvfb of its own;
those that are not installed are named and left out.
"First content" is the first picture of the screen with more than a blank ground in it. What is
measured goes to ``docs/measured/desktop.json``, beside how fast the machine was meanwhile.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

import msgspec

from tests.checkout import commit_now
from tests.load.calibration import REFERENCE_MS, calibrate
from tests.load.desktop.figures import Figure
from tests.load.desktop.sections import SECTIONS
from tests.screen import has_screen
from tests.server_process import ROOT

RUNS = 5
OUT = ROOT / "docs" / "measured" / "desktop.json"


class Report(msgspec.Struct):
    """What is written down; sections that did not run now keep what they had."""

    machine: str = ""
    commits: dict[str, str] = {}
    calibration: dict[str, float] = {}
    sections: dict[str, list[Figure]] = {}


def main() -> int:
    """Measure, print, write, and say whether the promises are kept.

    Returns:
        1 if one is not, 2 if this machine can not measure, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all if none")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no {', '.join(unknown)}")
    if not has_screen():
        sys.stderr.write("This needs Xvfb. Type: sudo apt-get install -y xvfb\n")
        return 2
    report = load(options.out)
    kept = True
    for name in options.sections or SECTIONS:
        speed = calibrate()
        print(f"{name}: {speed}", flush=True)
        figures = SECTIONS[name](options.runs)
        for figure in figures:
            print(f"  {figure}", flush=True)
        kept = kept and all(figure.is_kept for figure in figures)
        report.sections[name] = figures
        report.calibration[name] = round(speed.loop_ms / REFERENCE_MS, 3)
        report.commits[name] = commit_now()
        report.machine = f"{platform.platform()}, Python {platform.python_version()}"
        options.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    print("every promise is kept" if kept else "NOT EVERY PROMISE IS KEPT")
    return 0 if kept else 1


def load(path: Path) -> Report:
    """Return what was measured before."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return Report()


if __name__ == "__main__":
    sys.exit(main())
