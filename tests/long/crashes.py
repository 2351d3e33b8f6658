"""``python3 run.py test --long crashes``: every flow killed at every await and every commit.

The kills of one flow are shared out to slices, each in a town and a process of its own: slice n of
16 kills at every 16th place from the n-th on. The report is written after every slice; the same
command goes on where it ended, and says which commit each slice was run at.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.checkout import commit_now
from tests.simulation.crashes import FLOWS, CrashResult, crash_everywhere
from tests.simulation.runs import memory_folder, no_warnings_logged, simulate

SLICES = 16


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a flow's kills, all of which were tried."""

    flow: str
    first: int
    commit: str
    awaits: int
    commits: int
    wrong: list[str]
    seconds: float


class Report(msgspec.Struct, kw_only=True):
    """What has been run; ``slices`` that failed are run again by the same command."""

    slices_each: int
    slices: list[Slice] = []

    def add(self, done: Slice) -> None:
        """Take a slice into account, in place of an earlier run of it."""
        others = [s for s in self.slices if (s.flow, s.first) != (done.flow, done.first)]
        self.slices = sorted([*others, done], key=lambda each: (each.flow, each.first))

    def is_done(self, flow: str, first: int) -> bool:
        """Whether a slice was run and all has healed."""
        return any((s.flow, s.first) == (flow, first) and not s.wrong for s in self.slices)

    def save(self, path: Path) -> None:
        """Write it, with sums by flow in front and a line for each slice."""
        flows = {flow: _sum(s for s in self.slices if s.flow == flow) for flow in FLOWS}
        head = {
            "commits": sorted({each.commit for each in self.slices}),
            "kills_at_awaits": sum(each.awaits for each in self.slices),
            "kills_at_commits": sum(each.commits for each in self.slices),
            "processor_s": round(sum(each.seconds for each in self.slices)),
            "flows": flows,
            "slices_each": self.slices_each,
        }
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
        rows = [msgspec.json.encode(each).decode() for each in self.slices]
        lines.append('  "slices": [\n    ' + ",\n    ".join(rows) + "\n  ]")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _sum(slices: Iterable[Slice]) -> dict[str, int]:
    found = list(slices)
    return {
        "slices": len(found),
        "awaits": sum(each.awaits for each in found),
        "commits": sum(each.commits for each in found),
        "wrong": sum(len(each.wrong) for each in found),
    }


def main() -> int:
    """Run what is left of all flows and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--slices", type=int, default=SLICES, help="of each flow")
    parser.add_argument("--flow", choices=sorted(FLOWS), action="append")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    report = begin_report(chosen.out, chosen.slices)
    commit = commit_now()
    # One slice of every flow first: what is broken shows early.
    tasks = [
        (flow, first, chosen.slices, commit)
        for first in range(1, chosen.slices + 1)
        for flow in chosen.flow or FLOWS
        if not report.is_done(flow, first)
    ]
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.processes, maxtasksperchild=1) as pool:
        for done in pool.imap_unordered(_run, tasks):
            report.add(done)
            report.save(chosen.out)
            print(f"{done.flow} from {done.first}: {done.awaits} + {done.commits}", flush=True)
            for line in done.wrong:
                print(f"  {line}", flush=True)
    return int(any(each.wrong for each in report.slices))


def begin_report(path: Path, slices_each: int) -> Report:
    """Return the report to go on with: the one in the file, if it has slices of the same size."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return Report(slices_each=slices_each)  # None is there, or one of another form.
    return found if found.slices_each == slices_each else Report(slices_each=slices_each)


def _run(task: tuple[str, int, int, str]) -> Slice:
    flow, first, slices, commit = task
    begun = time.process_time()
    work = tempfile.TemporaryDirectory(prefix="mim-crash-", dir=memory_folder())
    with no_warnings_logged(), work as folder:
        result: CrashResult = simulate(
            crash_everywhere(flow, Path(folder), first=first, stride=slices)
        )
    return Slice(
        flow=flow,
        first=first,
        commit=commit,
        awaits=result.kills_at_awaits,
        commits=result.kills_at_commits,
        wrong=list(result.wrong),
        seconds=round(time.process_time() - begun, 1),
    )


if __name__ == "__main__":
    sys.exit(main())
