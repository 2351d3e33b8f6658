"""Which version of Mim this is."""

from __future__ import annotations

from importlib import metadata

__all__ = ["VERSION"]

try:
    VERSION = metadata.version("mim")
except metadata.PackageNotFoundError:
    # Run from a checkout that is not installed, or packed without its metadata.
    VERSION = "0.1.0"
