"""The headless client: commands in, events out, no Qt. Windows, scripts and bots all use it."""

from __future__ import annotations

from desktop.config import EngineConfig
from desktop.engine.engine import Engine
from desktop.engine.errors import CommandFailedError

__all__ = ["CommandFailedError", "Engine", "EngineConfig"]
