"""Runs of a town, one seed after the other, each in a folder of its own in memory."""

from __future__ import annotations

import asyncio
import gc
import logging
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.simulation.clock import SimulatedLoop
from tests.simulation.town import Plan, Town

__all__ = ["RunResult", "memory_folder", "no_warnings_logged", "run_town", "simulate"]

T = TypeVar("T")
_GARBAGE = 50_000  # Twenty engines hold much that lives as long as the run: it is looked at less.


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to."""

    seed: int
    wrong: list[str]
    steps: list[str]
    counts: dict[str, int]
    simulated_s: float


def memory_folder() -> str | None:
    """Return a folder in memory, where there is one: a simulation has no disk to wait for."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() else None


def simulate(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine on a simulated loop."""
    loop = SimulatedLoop()
    thresholds = gc.get_threshold()
    gc.set_threshold(_GARBAGE, *thresholds[1:])
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        gc.set_threshold(*thresholds)
        gc.collect()


@contextmanager
def no_warnings_logged() -> Iterator[None]:
    """Leave out what the parts log of cuts, crashes and refusals: these happen all the time."""
    loggers = [logging.getLogger(name) for name in ("desktop", "backend", "shared")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def run_town(seed: int, plan: Plan) -> RunResult:
    """Run one seed and compare it with the model."""
    with (
        no_warnings_logged(),
        tempfile.TemporaryDirectory(prefix="mim-town-", dir=memory_folder()) as folder,
    ):
        return simulate(_run(seed, plan, Path(folder)))


async def _run(seed: int, plan: Plan, folder: Path) -> RunResult:
    town = Town(plan, seed=seed, folder=folder)
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    try:
        await town.found()
        await town.live()
        await town.settle()
        wrong = await town.judge()
    except (AssertionError, TimeoutError) as error:
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        await town.close()
    return RunResult(seed, wrong, town.steps, town.counts, loop.time() - begin_s)
