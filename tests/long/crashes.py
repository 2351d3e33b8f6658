"""``python3 run.py test --long crashes``: every flow killed at every await and every commit."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.long.model import commit_now
from tests.simulation.crashes import FLOWS, crash_everywhere
from tests.simulation.runs import memory_folder, no_warnings_logged, simulate


def main() -> int:
    """Run all flows and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--flow", choices=sorted(FLOWS), action="append")
    chosen = parser.parse_args()
    begun = time.monotonic()
    report: dict[str, object] = {"commit": commit_now(), "stride": chosen.stride}
    has_failed = False
    for flow in chosen.flow or FLOWS:
        work = tempfile.TemporaryDirectory(prefix="mim-crash-", dir=memory_folder())
        with no_warnings_logged(), work as folder:
            result = simulate(crash_everywhere(flow, Path(folder), stride=chosen.stride))
        counts = {"awaits": result.kills_at_awaits, "commits": result.kills_at_commits}
        print(flow, counts, *result.wrong, sep="\n  ", flush=True)
        report[flow] = {**counts, "wrong": list(result.wrong)}
        has_failed |= bool(result.wrong)
    report["duration_s"] = round(time.monotonic() - begun, 1)
    chosen.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
