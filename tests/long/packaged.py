"""``python3 run.py test --long packaged``: what is packed is used as a person uses it.

Packs the app and the server, then, on a screen with a window manager, with real keys and mouse:
registers on the packed server, adds a friend, talks, sends an emoji and a file, compares the safety
number, and closes the window. Written down are the size, its biggest parts, and how soon the packed
app shows its first content beside the app from this checkout.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec

from launcher import package
from launcher.progress import megabytes
from tests.load.calibration import calibrate
from tests.load.desktop.starting import measure, mim
from tests.scenarios.desk import Desk, needed
from tests.scenarios.story import tell_packed

SIZE_MB_MAX = 200.0
START_RATIO_MAX = 1.5
RUNS = 7
PARTS_SHOWN = 14


class Report(msgspec.Struct):
    """What is measured of the packed folder."""

    machine: str
    calibration: str
    size_mb: float
    parts_mb: dict[str, float]
    packed_s: list[float]
    source_s: list[float]
    packed_median_s: float
    source_median_s: float
    ratio: float


def main() -> int:
    """Pack, use, measure.

    Returns:
        1 if a promise is not kept, 2 if this machine can not do it, else 0.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packed", type=Path, help="a packed folder, instead of packing anew")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    if missing := needed():
        sys.stderr.write(f"This needs {missing}.\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="mim-packaged-") as place:
        folder: Path = options.packed or Path(place) / "packed" / "mim"
        if options.packed is None and package.main(["--out", str(folder.parent)]):
            return 1
        with Desk() as desk:
            use(desk, folder, Path(place))
        print("registered, talked, sent a file, verified and quit with 0", flush=True)
        report = weigh(folder, options.runs)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    print(
        f"{report.size_mb:.0f} MB (aim ≤ {SIZE_MB_MAX:.0f}); first content after"
        f" {report.packed_median_s:.2f} s packed, {report.source_median_s:.2f} s from source:"
        f" {report.ratio:.2f} × (≤ {START_RATIO_MAX})"
    )
    return int(report.size_mb > SIZE_MB_MAX or report.ratio > START_RATIO_MAX)


def use(desk: Desk, folder: Path, place: Path) -> None:
    """Use the packed app on the packed server as a person does; it quits with 0."""
    server = subprocess.Popen(
        [folder / "mim-server", "run", "--data", str(place / "server"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with server:
        assert server.stdout is not None
        url: str = json.loads(server.stdout.readline())["url"]
        try:
            tell_packed(desk, folder / "mim", url, place)
        finally:
            server.terminate()


def weigh(folder: Path, runs: int) -> Report:
    """Measure size and start."""
    packed: list[float] = []
    source: list[float] = []
    # By turns, so that whatever else the machine does harms both alike; the first is not counted.
    for number in range(runs + 1):
        for program, times in (
            (mim(Path("mim"), packed=folder), packed),
            (mim(Path("mim")), source),
        ):
            start = measure(program, is_resting=False)
            if number:
                times.append(round(start.content_s, 3))
    ratio = statistics.median(packed) / statistics.median(source)
    return Report(
        machine=platform.platform(),
        calibration=str(calibrate()),
        size_mb=round(megabytes(folder), 1),
        parts_mb=parts(folder),
        packed_s=packed,
        source_s=source,
        packed_median_s=statistics.median(packed),
        source_median_s=statistics.median(source),
        ratio=round(ratio, 3),
    )


def parts(folder: Path) -> dict[str, float]:
    """Return the biggest parts in MB, and the rest."""
    sizes: dict[str, float] = defaultdict(float)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[_part(path.relative_to(folder))] += path.stat().st_size / 1e6
    ranked = sorted(sizes.items(), key=lambda each: -each[1])
    shown = {name: round(size, 1) for name, size in ranked[:PARTS_SHOWN]}
    return shown | {"others": round(sum(size for _, size in ranked[PARTS_SHOWN:]), 1)}


def _part(place: Path) -> str:
    """Name the part that a file belongs to."""
    names = [name for name in place.parts if name != "_internal"]
    if "libicu" in names[-1]:
        return "ICU (Qt's words, calendars, sorting)"
    if names[-1].startswith("libQt6") or "plugins" in names:
        return "Qt's libraries and plugins"
    if names[0] in ("PySide6", "shiboken6"):
        return "PySide6 (Qt for Python)"
    if names[0].startswith("lib"):
        return "system libraries"
    return names[0]


if __name__ == "__main__":
    sys.exit(main())
