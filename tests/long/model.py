"""``python3 run.py test --long model``: many seeds of the town against the plain model.

Seeds run in processes of their own, so that one's memory and chance do not touch another's. The
report is written after every seed, with the commit it was run at: a run that is stopped has counted
what it did, and the same command goes on where it ended, at whatever commit is checked out then.
Seeds that failed are run again; that they failed stays in the report.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import msgspec

from tests.checkout import commit_now
from tests.simulation.runs import RunResult, run_town
from tests.simulation.town import Plan

STEPS_SHOWN = 60
WRONG_SHOWN = 5


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One run that found nothing wrong."""

    seed: int
    commit: str
    processor_s: float
    simulated_s: float
    counts: dict[str, int]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One run that did, whether its seed went well later or not."""

    seed: int
    commit: str
    wrong: list[str]


class Report(msgspec.Struct, kw_only=True):
    """What has been run."""

    plan: dict[str, int]
    done: list[Seed] = []
    failures: list[Failure] = []

    def add(self, result: RunResult, *, commit: str, processor_s: float) -> None:
        """Count one seed."""
        if result.wrong:
            wrong = result.wrong[:WRONG_SHOWN]
            self.failures.append(Failure(seed=result.seed, commit=commit, wrong=wrong))
            return
        seed = Seed(
            seed=result.seed,
            commit=commit,
            processor_s=round(processor_s, 1),
            simulated_s=round(result.simulated_s),
            counts=result.counts,
        )
        self.done = sorted([*self.done, seed], key=lambda each: each.seed)

    @property
    def seeds(self) -> set[int]:
        """The seeds that went well."""
        return {each.seed for each in self.done}

    @property
    def failing(self) -> list[int]:
        """The seeds that failed and did not go well later."""
        return sorted({each.seed for each in self.failures} - self.seeds)

    def save(self, path: Path) -> None:
        """Write it, with sums in front and a line for each seed."""
        counts: Counter[str] = Counter()
        for each in self.done:
            counts.update(each.counts)
        commits = Counter(each.commit for each in self.done)
        times_s = [each.processor_s for each in self.done]
        head = {
            "plan": self.plan,
            "seeds_done": len(self.done),
            "seeds_failing": self.failing,
            "seeds_by_commit": dict(commits),
            "counts": dict(sorted(counts.items())),
            "processor_s": round(sum(times_s)),
            "median_seed_s": statistics.median(times_s) if times_s else 0,
        }
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
        for name, found in (("failures", self.failures), ("done", self.done)):
            rows = ",\n    ".join(msgspec.json.encode(each).decode() for each in found)
            lines.append(f'  "{name}": [\n    {rows}\n  ]' if rows else f'  "{name}": []')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> int:
    """Run the seeds and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    plan, commit = Plan(messages=chosen.messages), commit_now()
    report = begin_report(chosen.out, asdict(plan))
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    tasks = [(seed, plan) for seed in seeds if seed not in report.seeds]
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.processes, maxtasksperchild=1) as pool:
        for result, processor_s in pool.imap_unordered(_run, tasks):
            report.add(result, commit=commit, processor_s=processor_s)
            report.save(chosen.out)
            print(f"seed {result.seed}: {len(result.wrong)} wrong, {processor_s:.0f} s", flush=True)
            if result.wrong:
                _explain(result)
    return 1 if report.failing else 0


def begin_report(path: Path, plan: dict[str, int]) -> Report:
    """Return the report to go on with: the one in the file, if its towns are as large."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return Report(plan=plan)  # None is there, or one of another form.
    return found if found.plan == plan else Report(plan=plan)


def _run(task: tuple[int, Plan]) -> tuple[RunResult, float]:
    begun = time.process_time()
    return run_town(*task), time.process_time() - begun


def _explain(result: RunResult) -> None:
    for line in result.wrong[:20]:
        print(f"  {line}")
    for step in result.steps[-STEPS_SHOWN:]:
        print(f"    {step}")


if __name__ == "__main__":
    sys.exit(main())
