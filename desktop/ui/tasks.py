"""Starts the windows' coroutines and keeps them until they are done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject

__all__ = ["cancel_all", "create_task", "spawn"]

logger = logging.getLogger(__name__)

# asyncio itself keeps only weak references; a task nobody holds may vanish while it waits.
_running: set[asyncio.Task[None]] = set()


def create_task(
    work: Coroutine[Any, Any, None], *, name: str, owner: QObject | None = None
) -> asyncio.Task[None]:
    """Start a coroutine on the windows' loop and keep it until it is done.

    Args:
        work: The coroutine.
        name: For the log.
        owner: A widget the coroutine works on; when Qt deletes it, the task is cancelled.
    """
    task = asyncio.get_event_loop_policy().get_event_loop().create_task(work, name=name)
    _running.add(task)
    if owner is not None:
        owner.destroyed.connect(task.cancel)
    task.add_done_callback(_forget)
    return task


def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a coroutine under its own name."""
    return create_task(work, name=getattr(work, "__qualname__", "task"))


async def cancel_all() -> None:
    """Cancel what still runs, but for the caller, and wait until it has ended."""
    current = asyncio.current_task()
    others = [task for task in _running if task is not current]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _forget(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and task.exception() is not None:
        logger.error("task %s failed", task.get_name(), exc_info=task.exception())
