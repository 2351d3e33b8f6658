"""What all tests share: no screen is touched, nobody's warnings pass, vectors are found."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports Qt: windows are real, but painted into memory.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OUR_LOGGERS = ("shared", "backend", "desktop")


class WarningCollector(logging.Handler):
    """Keeps what our loggers say at WARNING and above during one test."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_log_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which our code warned, unless it is marked ``logs_warnings``."""
    collector = WarningCollector()
    for name in OUR_LOGGERS:
        logging.getLogger(name).addHandler(collector)
    yield
    for name in OUR_LOGGERS:
        logging.getLogger(name).removeHandler(collector)
    if collector.lines and request.node.get_closest_marker("logs_warnings") is None:
        pytest.fail("unexpected log warnings:\n" + "\n".join(collector.lines), pytrace=False)


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published MLS vectors, named by ``MIM_VECTORS``."""
    folder = os.environ.get("MIM_VECTORS")
    if not folder:
        pytest.skip("the published vectors are not part of the repository; MIM_VECTORS names them")
    return Path(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests of published vectors ran and how many had none to run.

    Nobody shall take a run without the vectors for one with them. It stands here because only
    this file is loaded where the tests themselves run in other processes.
    """
    counts = {
        outcome: sum(
            _is_of_published_vectors(getattr(report, "nodeid", ""))
            for report in terminalreporter.stats.get(outcome, [])
            if getattr(report, "when", "call") in ("call", "setup")
        )
        for outcome in ("passed", "failed", "error", "skipped")
    }
    run = counts["passed"] + counts["failed"] + counts["error"]
    terminalreporter.write_line(f"vectors: {run} run, {counts['skipped']} skipped")


def _is_of_published_vectors(node_id: str) -> bool:
    file, _, name = node_id.rpartition("::")
    return "e2ee" in file and "vector" in name
