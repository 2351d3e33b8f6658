"""How windows reach the engine: commands go out here, their effects come back as events."""

from __future__ import annotations

from typing import Protocol

from desktop.commands import Command
from desktop.events import AnyAnswer

__all__ = ["CommandFailedError", "Port"]


class CommandFailedError(Exception):
    """The engine answered a command with `desktop.events.Failed`.

    Args:
        code: One of `shared.errors.Code` or one of the client's own codes.
        message: A sentence in English; windows translate by ``code``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Port(Protocol):
    """What the bridge offers to windows; nothing here ever waits for the engine."""

    def send(self, command: Command) -> None:
        """Hand a command over; its effects arrive as events, a failure as a quiet line."""

    async def ask(self, command: Command) -> AnyAnswer:
        """Hand a command over and return its answer.

        Raises:
            CommandFailedError: If the engine answers `desktop.events.Failed`.
        """
