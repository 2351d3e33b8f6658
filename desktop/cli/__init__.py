"""`mim-cli`: Mim without a window, on the same engine as the app."""

from __future__ import annotations

from desktop.cli.program import main

__all__ = ["main"]
