"""Counts the published vectors, so that nobody takes a run without them for one with them."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests of published vectors ran and how many had none to run."""
    counts = {
        outcome: sum(
            "vector" in getattr(report, "nodeid", "").rpartition("::")[2]
            for report in terminalreporter.stats.get(outcome, [])
            if getattr(report, "when", "call") in ("call", "setup")
        )
        for outcome in ("passed", "failed", "error", "skipped")
    }
    run = counts["passed"] + counts["failed"] + counts["error"]
    terminalreporter.write_line(f"vectors: {run} run, {counts['skipped']} skipped")
