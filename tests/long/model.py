"""``python3 run.py test --long model``: many seeds of the town against the plain model.

Seeds run in processes of their own, so that one's memory and chance do not touch another's. The
report is written after every seed: a run that is stopped has counted what it did, and the same
command on the same commit goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.simulation.runs import RunResult, run_town
from tests.simulation.town import Plan

STEPS_SHOWN = 60


@dataclass(slots=True)
class Report:
    """What has been run; every field of it is in the file.

    Attributes:
        plan: How large each seed's town is.
        counts: How often what happened, in all seeds together.
        duration_s: Of all sittings together.
    """

    commit: str
    plan: dict[str, int]
    asked_seeds: int
    done_seeds: list[int] = field(default_factory=list)
    failed_seeds: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seed_s: list[float] = field(default_factory=list)
    duration_s: float = 0.0

    def add(self, result: RunResult, *, seconds: float) -> None:
        """Count one seed."""
        self.done_seeds = sorted([*self.done_seeds, result.seed])
        if result.wrong:
            self.failed_seeds = sorted([*self.failed_seeds, result.seed])
        counts = Counter(self.counts)
        counts.update(result.counts)
        self.counts = dict(sorted(counts.items()))
        self.seed_s.append(round(seconds, 1))

    def save(self, path: Path) -> None:
        """Write it, with long lists on one line."""
        said = asdict(self)
        said["seeds"] = len(self.done_seeds)
        said["median_seed_s"] = statistics.median(self.seed_s) if self.seed_s else 0
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in said.items()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read what `save` wrote."""
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: said[name] for name in cls.__slots__})


def main() -> int:
    """Run the seeds and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    plan = Plan(messages=chosen.messages)
    report = begin_report(chosen.out, Report(commit_now(), asdict(plan), chosen.seeds))
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    tasks = [(seed, plan) for seed in seeds if seed not in report.done_seeds]
    begun, before_s = time.monotonic(), report.duration_s
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.processes, maxtasksperchild=1) as pool:
        for result, seconds in pool.imap_unordered(_run, tasks):
            report.add(result, seconds=seconds)
            report.duration_s = round(before_s + time.monotonic() - begun, 1)
            report.save(chosen.out)
            print(f"seed {result.seed}: {len(result.wrong)} wrong, {seconds:.0f} s", flush=True)
            if result.wrong:
                _explain(result)
    return 1 if report.failed_seeds else 0


def begin_report(path: Path, fresh: Report) -> Report:
    """Return the report to go on with: the one in the file, if it is of the same run."""
    if not path.exists():
        return fresh
    try:
        found = Report.load(path)
    except (KeyError, ValueError):
        return fresh  # Of another form: it is written anew.
    is_same = (found.commit, found.plan) == (fresh.commit, fresh.plan)
    if is_same:
        found.asked_seeds = fresh.asked_seeds
    return found if is_same else fresh


def _run(task: tuple[int, Plan]) -> tuple[RunResult, float]:
    begun = time.monotonic()
    return run_town(*task), time.monotonic() - begun


def _explain(result: RunResult) -> None:
    for line in result.wrong[:20]:
        print(f"  {line}")
    for step in result.steps[-STEPS_SHOWN:]:
        print(f"    {step}")


def commit_now() -> str:
    """Return the commit that is checked out."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
