"""Which version of Mim this is."""

from __future__ import annotations

__all__ = ["version"]


def version() -> str:
    """Return the version that is installed, or that of a checkout."""
    from importlib import metadata  # It reads mail headers; no start waits for that.

    try:
        return metadata.version("mim")
    except metadata.PackageNotFoundError:
        # Run from a checkout that is not installed, or packed without its metadata.
        return "0.1.0"
