"""The commands of `mim-cli` about files: ``send-file`` and ``fetch``, with progress."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from desktop.cli.arguments import Arguments
from desktop.cli.lookup import conversation_id_of
from desktop.cli.printing import FetchedLine, message_line, print_line, size_words
from desktop.cli.session import Session
from desktop.commands import FindMessage, SaveFile, SendFile
from desktop.engine import CommandFailedError
from desktop.engine.file_names import safe_name
from desktop.events import (
    Event,
    FileState,
    MessageRow,
    MessagesFound,
    MessageState,
    Queued,
    TransferProgress,
)
from shared.errors import Code

__all__ = ["FILE_COMMANDS", "run_file_command"]

_STEP = 10  # Per cent: where nobody watches, one line for each.


async def run_file_command(session: Session, arguments: Arguments) -> None:
    """Carry out one of them and print its outcome.

    Raises:
        CommandFailedError: If it was refused or can not be carried out.
    """
    await FILE_COMMANDS[arguments.command](session, arguments)


class _Progress:
    """Says on standard error how far a transfer is, and notes that something happens at all."""

    def __init__(self, out: TextIO) -> None:
        self.steps = 0  # Grows with everything that happens.
        self.local_id = 0
        self._out = out
        self._is_watched = out.isatty()
        self._said = -1
        self._has_line = False

    def note(self, event: Event) -> None:
        """Take an event of the engine."""
        if not isinstance(event, TransferProgress) or event.local_id != self.local_id:
            return
        self.steps += 1
        percent = 100 * event.done // max(1, event.total)
        if self._is_watched:
            self._out.write(f"\r{percent:3} % of {size_words(event.total)} ")
            self._has_line = True
        elif percent // _STEP > self._said:
            self._said = percent // _STEP
            self._out.write(f"{percent} %\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the line to others."""
        if self._has_line:
            self._out.write("\n")
            self._out.flush()


async def _send_file(session: Session, arguments: Arguments) -> None:
    """Send a file; the row is printed in any case, as by ``send``."""
    unreached = await session.reach(seconds=arguments.timeout_s)
    conversation_id = await conversation_id_of(session, arguments.user)
    rows: dict[int, MessageRow] = {}
    progress = _Progress(sys.stderr)

    def note(row: MessageRow) -> None:
        rows[row.local_id] = row
        progress.steps += 1

    session.on_row(note)
    session.on_event(progress.note)
    queued = await session.ask_for(
        Queued,
        SendFile(
            conversation_id=conversation_id,
            path=str(arguments.path),
            text=arguments.caption,
        ),
    )
    progress.local_id = queued.row.local_id

    def row() -> MessageRow:
        return rows.get(queued.row.local_id, queued.row)

    def is_settled() -> bool:
        file = row().file
        has_failed = file is not None and file.state is FileState.FAILED
        return has_failed or row().state is not MessageState.WAITING

    async def is_done() -> bool:
        return await session.wait_until(is_settled, seconds=arguments.timeout_s)

    if unreached is None:
        await _while_it_goes_on(is_done, progress)
    progress.end()
    line = message_line(row(), sender=await session.name_of(row().sender))
    print_line(line, as_json=arguments.as_json)
    _raise_if_stuck(row(), unreached)


def _raise_if_stuck(row: MessageRow, unreached: CommandFailedError | None) -> None:
    if row.file is not None and row.file.state is FileState.FAILED:
        raise CommandFailedError(row.file.code, "The file could not be sent.")
    if row.state is MessageState.REFUSED:
        raise CommandFailedError(row.refusal, "The server refused this message.")
    if row.state is MessageState.WAITING:
        raise unreached or CommandFailedError(
            "offline", "The file is on its way; it goes on when this profile is next used."
        )


async def _fetch(session: Session, arguments: Arguments) -> None:
    """Write a message's file to a place; what is there is not replaced unasked."""
    unreached = await session.reach(seconds=arguments.timeout_s)
    row = await _message(session, arguments.message)
    assert row.file is not None
    path = await asyncio.to_thread(_target, arguments, row.file.name)
    progress = _Progress(sys.stderr)
    progress.local_id = row.local_id
    session.on_event(progress.note)
    if unreached is not None and row.file.state is not FileState.HERE:
        raise unreached
    command = SaveFile(conversation_id=row.conversation_id, local_id=row.local_id, path=str(path))
    asked = asyncio.ensure_future(session.ask(command))

    async def is_done() -> bool:
        return bool((await asyncio.wait([asked], timeout=arguments.timeout_s))[0])

    await _while_it_goes_on(is_done, progress)
    progress.end()
    if not asked.done():
        asked.cancel()
        raise CommandFailedError(
            "offline", "The file is on its way; the same command goes on from there."
        )
    asked.result()
    line = FetchedLine(message_id=row.message_id, path=str(path), size=row.file.size)
    print_line(line, as_json=arguments.as_json)


def _target(arguments: Arguments, name: str) -> Path:
    """Return where to write to.

    Raises:
        CommandFailedError: ``exists``.
    """
    path = arguments.path
    if path.is_dir():
        path = path / safe_name(name)
    if path.exists() and not arguments.force:
        raise CommandFailedError(Code.EXISTS.value, f"{path} is there already; see --force.")
    return path.absolute()


async def _message(session: Session, message_id: str) -> MessageRow:
    found = await session.ask_for(MessagesFound, FindMessage(message_id=message_id))
    if not found.rows:
        raise CommandFailedError(Code.NOT_FOUND.value, "There is no such message here.")
    if len(found.rows) > 1:
        raise CommandFailedError(Code.MALFORMED.value, "Several messages begin so; give more.")
    if found.rows[0].file is None:
        raise CommandFailedError("no_file", "This message has no file.")
    return found.rows[0]


async def _while_it_goes_on(is_done: Callable[[], Awaitable[bool]], progress: _Progress) -> None:
    """Wait for the end, again and again for as long as something happens meanwhile."""
    steps = -1
    while steps != progress.steps:
        steps = progress.steps
        if await is_done():
            return


FILE_COMMANDS: dict[str, Callable[[Session, Arguments], Awaitable[None]]] = {
    "send-file": _send_file,
    "fetch": _fetch,
}
