"""What is checked out: measurements name it."""

from __future__ import annotations

import subprocess

from tests.server_process import ROOT

__all__ = ["commit_now"]


def commit_now() -> str:
    """Return the commit that is checked out, in short; empty outside of a checkout."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()
