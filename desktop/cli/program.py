"""The program `mim-cli`: from a command line to an exit code (`desktop.cli.outcome`)."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
from collections.abc import Callable

from desktop.cli.arguments import Arguments, parse_arguments
from desktop.cli.commands import run_command
from desktop.cli.device_commands import check_audit
from desktop.cli.outcome import ExitCode, exit_code_of
from desktop.cli.secrets import Secrets, ask_secrets
from desktop.cli.session import Client, open_session
from desktop.config import EngineConfig
from desktop.engine import CommandFailedError, Engine
from desktop.version import version

__all__ = ["main", "make_engine", "say_failure", "use_utf8"]


def make_engine(arguments: Arguments) -> Client:
    """Return the engine for a command line."""
    return Engine(
        EngineConfig(
            server_url=arguments.server,
            home=arguments.home,
            kdf_floor=arguments.kdf_floor,
            client_name=f"mim-cli {version()}",
        )
    )


def main(
    argv: list[str] | None = None,
    *,
    make_client: Callable[[Arguments], Client] = make_engine,
) -> int:
    """Run one command; return the exit code.

    Raises:
        SystemExit: With 2 for a command line that makes no sense, with 0 after ``--help``.
    """
    use_utf8()
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    arguments = parse_arguments(argv, version=version())
    try:
        if arguments.is_offline:
            return ExitCode.DONE if check_audit(arguments) else ExitCode.REFUSED
        secrets = ask_secrets(arguments)
        asyncio.run(_run(arguments, secrets, make_client))
    except CommandFailedError as error:
        return say_failure(error)
    except KeyboardInterrupt:
        return ExitCode.DONE if arguments.command == "tail" else 130
    except BrokenPipeError:
        # The reader has gone, as in ``mim-cli … tail | head -1``: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    return ExitCode.DONE


def say_failure(error: CommandFailedError) -> ExitCode:
    """Say code and sentence on standard error; return the exit code."""
    print(f"mim-cli: {error.code}: {error.message}", file=sys.stderr)
    return exit_code_of(error)


def use_utf8() -> None:
    """Write UTF-8 whatever the console's own encoding is; scripts read nothing else."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


async def _run(
    arguments: Arguments, secrets: Secrets, make_client: Callable[[Arguments], Client]
) -> None:
    async with open_session(make_client(arguments)) as session:
        await run_command(session, arguments, secrets)
