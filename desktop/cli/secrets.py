"""What a command needs that nobody may read over a shoulder: from the environment, or asked for.

| secret | variable | asked for by |
| --- | --- | --- |
| password | MIM_PASSWORD | register, login, passwd, revoke, recovery-code |
| new password | MIM_NEW_PASSWORD | passwd, recover |
| recovery code | MIM_RECOVERY_CODE | recover |
| reset token | MIM_RESET_TOKEN | recover --reset |
"""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass, field

from desktop.cli.arguments import Arguments
from desktop.engine import CommandFailedError

__all__ = ["Secrets", "ask_secrets"]

_WITH_PASSWORD = ("register", "login", "passwd", "revoke", "recovery-code")
_WITH_NEW_PASSWORD = ("passwd", "recover")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What was typed; empty where the command needs none."""

    password: str = field(default="", repr=False)
    new_password: str = field(default="", repr=False)
    recovery_code: str = field(default="", repr=False)
    reset_token: str = field(default="", repr=False)


def ask_secrets(arguments: Arguments) -> Secrets:
    """Take what the command needs from the environment or from the person.

    A password that is new is typed twice.

    Raises:
        CommandFailedError: With ``passwords`` if the two differ, with ``no_password`` if nobody
            is there to be asked.
    """
    command = arguments.command
    password = new_password = recovery_code = reset_token = ""
    if command in _WITH_PASSWORD:
        is_new = command == "register"
        password = _secret("MIM_PASSWORD", "Password: ", is_new=is_new)
    if command == "recover" and arguments.is_reset:
        reset_token = _secret("MIM_RESET_TOKEN", "Reset token: ")
    elif command == "recover":
        recovery_code = _secret("MIM_RECOVERY_CODE", "Recovery code: ")
    if command in _WITH_NEW_PASSWORD:
        new_password = _secret("MIM_NEW_PASSWORD", "New password: ", is_new=True)
    return Secrets(
        password=password,
        new_password=new_password,
        recovery_code=recovery_code,
        reset_token=reset_token,
    )


def _secret(variable: str, prompt: str, *, is_new: bool = False) -> str:
    kept = os.environ.get(variable)
    if kept:
        return kept
    if not sys.stdin.isatty():
        raise CommandFailedError(
            "no_password", f"Put it into {variable} or run this in a terminal."
        )
    typed = getpass.getpass(prompt)
    if is_new and getpass.getpass("Once more: ") != typed:
        raise CommandFailedError("passwords", "The two passwords differ.")
    return typed
