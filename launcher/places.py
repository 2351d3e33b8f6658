"""Where the checkout, its environment and the launcher's own files are."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cache_home() -> Path:
    """The folder in which this system wants programs to keep what they can make again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def workshop(root: Path = ROOT) -> Path:
    """The folder for ``.venv`` and ``.tools``: the checkout, or a cache if that is read-only."""
    if os.access(root, os.W_OK):
        return root
    name = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    return cache_home() / "mim" / f"checkout-{name}"


def environment(root: Path = ROOT) -> Path:
    """The virtual environment of this checkout, made or not."""
    return workshop(root) / ".venv"


def program(env: Path, name: str) -> Path:
    """A program of a virtual environment, such as ``python`` or ``ruff``."""
    if sys.platform == "win32":
        return env / "Scripts" / f"{name}.exe"
    return env / "bin" / name
