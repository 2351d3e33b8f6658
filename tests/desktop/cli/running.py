"""Runs one command line against a fake client."""

from __future__ import annotations

import asyncio

import pytest

from desktop.cli.arguments import parse_arguments
from desktop.cli.commands import run_command
from desktop.cli.secrets import Secrets
from desktop.cli.session import open_session
from desktop.engine import CommandFailedError
from tests.desktop.cli.fake_client import FakeClient


def run(client: FakeClient, *argv: str, secrets: Secrets | None = None) -> None:
    """Run a command to its end."""
    arguments = parse_arguments(["--server", "s", "--home", "h", *argv], version="1")

    async def run_it() -> None:
        async with open_session(client) as session:
            await run_command(session, arguments, secrets or Secrets())

    asyncio.run(run_it())
    assert client.is_stopped


def failure(client: FakeClient, *argv: str) -> CommandFailedError:
    """Run a command that fails; return why."""
    with pytest.raises(CommandFailedError) as caught:
        run(client, *argv)
    return caught.value
