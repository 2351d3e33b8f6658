"""``python3 run.py test --long model``: many seeds of the town against the plain model.

Seeds run in processes of their own, so that one's memory and chance do not touch another's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.simulation.runs import RunResult, run_town
from tests.simulation.town import Plan

STEPS_SHOWN = 60


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
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    failed: list[RunResult] = []
    tasks = [(seed, plan) for seed in range(chosen.first, chosen.first + chosen.seeds)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.processes, maxtasksperchild=1) as pool:
        for result in pool.imap_unordered(_run, tasks):
            counts.update(result.counts)
            print(f"seed {result.seed}: {len(result.wrong)} wrong", flush=True)
            if result.wrong:
                failed.append(result)
                _explain(result)
    report = {
        "commit": commit_now(),
        "seeds": chosen.seeds,
        "first_seed": chosen.first,
        "messages_each": chosen.messages,
        "counts": dict(sorted(counts.items())),
        "failed_seeds": sorted(each.seed for each in failed),
        "duration_s": round(time.monotonic() - begun, 1),
    }
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _run(task: tuple[int, Plan]) -> RunResult:
    return run_town(*task)


def _explain(result: RunResult) -> None:
    for line in result.wrong[:20]:
        print(f"  {line}")
    for step in result.steps[-STEPS_SHOWN:]:
        print(f"    {step}")


def commit_now() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
