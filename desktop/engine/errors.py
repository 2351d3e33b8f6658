"""Errors of the engine, and the words windows know them by."""

from __future__ import annotations

from desktop.storage.database import DatabaseFullError
from desktop.storage.profile_lock import ProfileInUseError
from shared.errors import Code, LocalError, MimError, PeerError, RefusedError, TransportError

__all__ = ["CommandFailedError", "ServerRefusedError", "failure_of"]


class CommandFailedError(MimError):
    """A command was not carried out; ``code`` and ``message`` as in `desktop.events.Failed`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ServerRefusedError(RefusedError):
    """The server said no; ``details`` are what a program may need."""

    def __init__(self, code: Code, message: str, details: dict[str, str]) -> None:
        super().__init__(code, message)
        self.details = details


def failure_of(error: MimError) -> CommandFailedError:
    """Return what a window is told of an error."""
    match error:
        case CommandFailedError():
            return error
        case RefusedError() | PeerError():
            return CommandFailedError(error.code.value, error.message)
        case ProfileInUseError():
            return CommandFailedError("profile_in_use", str(error))
        case DatabaseFullError():
            return CommandFailedError("local", "The disk is full; nothing was stored.")
        case TransportError():
            return CommandFailedError("offline", "The server cannot be reached.")
        case LocalError():
            return CommandFailedError("local", str(error))
        case _:
            return CommandFailedError("local", "Something sealed could not be opened.")
