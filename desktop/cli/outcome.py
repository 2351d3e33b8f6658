"""Exit codes of `mim-cli`, and which one each refusal means.

| exit code | means |
| --- | --- |
| 0 | done |
| 2 | the command line makes no sense |
| 3 | refused by a rule; standard error says its code and a sentence |
| 4 | the server is not reachable |
| 5 | something on this machine is in the way: profile in use, not logged in, disk |
"""

from __future__ import annotations

from enum import IntEnum

from desktop.engine import CommandFailedError

__all__ = ["ExitCode", "exit_code_of"]

_LOCAL_CODES = frozenset(
    {"local", "profile_in_use", "not_logged_in", "no_file", "file_changed", "damaged"}
)


class ExitCode(IntEnum):
    """What a script sees."""

    DONE = 0
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    LOCAL = 5


def exit_code_of(error: CommandFailedError) -> ExitCode:
    """Return the exit code for a command that failed."""
    if error.code == "offline":
        return ExitCode.UNREACHABLE
    return ExitCode.LOCAL if error.code in _LOCAL_CODES else ExitCode.REFUSED
