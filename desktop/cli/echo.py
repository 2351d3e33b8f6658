"""Echo: a contact that answers each text with the same text, encrypted like anyone.

    python -m desktop.cli.echo --server URL --home DIR

It registers at its first start with a random password that lies in its home, readable by its
owner only. It accepts everyone, greets each new contact with one line, prints one JSON line when
it is ready, and stops on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import msgspec

from desktop.cli.arguments import kdf_floor
from desktop.cli.bot import GREETING, Dialogue, answer_to
from desktop.cli.outcome import ExitCode, exit_code_of
from desktop.cli.program import use_utf8
from desktop.cli.session import Client, Session, open_session
from desktop.commands import AcceptRequest, LogIn, MarkRead, OpenConversation, Register, SendText
from desktop.config import EngineConfig
from desktop.engine import CommandFailedError, Engine
from desktop.events import (
    ConversationOpened,
    LinkState,
    MessageRow,
    Queued,
)
from desktop.version import version
from shared.e2ee.account import STANDARD_KDF
from shared.errors import Code
from shared.identifiers import AccountId, ConversationId
from shared.rest import Kdf

__all__ = ["EchoArguments", "main", "make_echo_engine", "run_echo"]

logger = logging.getLogger(__name__)

_ROWS_MAX = 1_000_000
_RETRY_S = 5.0
_CONNECT_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoArguments:
    """The command line of Echo."""

    server: str
    home: Path
    user_name: str = "Echo"
    kdf_floor: Kdf = STANDARD_KDF


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line that says Echo is there."""

    ready: bool
    user_name: str
    account: str


def main(argv: list[str] | None = None) -> int:
    """Be Echo until told to stop; return the exit code as `mim-cli` does."""
    use_utf8()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    arguments = _parse(argv)
    try:
        asyncio.run(_run(arguments))
    except CommandFailedError as error:
        print(f"echo: {error.code}: {error.message}", file=sys.stderr)
        return exit_code_of(error)
    except KeyboardInterrupt:
        pass  # Asked to stop before the loop could hear it.
    return ExitCode.DONE


def make_echo_engine(arguments: EchoArguments) -> Client:
    """Return Echo's engine."""
    return Engine(
        EngineConfig(
            server_url=arguments.server,
            home=arguments.home,
            kdf_floor=arguments.kdf_floor,
            client_name=f"mim-echo {version()}",
            # A key in the key store would be the person's who started Echo; its home is enough.
            uses_key_store=False,
        )
    )


async def run_echo(
    session: Session,
    arguments: EchoArguments,
    *,
    stop: asyncio.Event,
    say_ready: Callable[[Ready], None],
) -> None:
    """Register or log in, say that Echo is ready, and answer until ``stop`` is set.

    Raises:
        CommandFailedError: If the account can not be used, or the server refuses it.
    """
    echo = _Echo(session)
    await _log_in(session, arguments)
    await session.catch_up(seconds=_CONNECT_WAIT_S)
    own = session.own()
    say_ready(Ready(ready=True, user_name=own.user_name, account=str(own.account)))
    serving = asyncio.create_task(echo.serve(), name="echo")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        serving.cancel()
        stopping.cancel()
        await asyncio.gather(serving, stopping, return_exceptions=True)


class _Echo:
    """Answers whatever is owed, whenever something changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dialogues: dict[ConversationId, Dialogue] = {}
        self._changed = asyncio.Event()
        session.on_row(self._note)
        session.on_event(lambda _: self._changed.set())

    async def serve(self) -> None:
        """Work off what is owed; then wait for the next change.

        Raises:
            CommandFailedError: With the server's code once it refuses this profile for good.
        """
        while True:
            self._changed.clear()
            link = self._session.link
            if link is not None and link.state is LinkState.REFUSED:
                raise CommandFailedError(link.code or "refused", link.message)
            is_done = await self._accept_everyone()
            is_done &= await self._greet_everyone()
            is_done &= await self._answer_everyone()
            # What failed is tried again after a while, even if nothing changes.
            await self._wait(None if is_done else _RETRY_S)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _note(self, row: MessageRow) -> None:
        dialogue = self._dialogues.get(row.conversation_id)
        if dialogue is not None:
            dialogue.note(row)

    async def _accept_everyone(self) -> bool:
        waiting = [r.profile.account for r in self._session.requests if not r.is_own]
        return all([await self._try(self._accept(account)) for account in waiting])

    async def _accept(self, account: AccountId) -> None:
        await self._session.ask(AcceptRequest(account=account))

    async def _greet_everyone(self) -> bool:
        """Open the conversation with each contact that has none yet; greeting follows there."""
        known = {row.peer.account for row in self._session.conversations.values()}
        new = [
            contact.profile.account
            for contact in self._session.contacts
            if contact.conversation_id is None and contact.profile.account not in known
        ]
        return all([await self._try(self._open(account)) for account in new])

    async def _open(self, account: AccountId) -> None:
        opened = await self._session.ask_for(ConversationOpened, OpenConversation(account=account))
        await self._answer(opened.conversation_id)

    async def _answer_everyone(self) -> bool:
        writable = [
            conversation_id
            for conversation_id, row in self._session.conversations.items()
            if row.can_send
        ]
        return all([await self._try(self._answer(each)) for each in writable])

    async def _answer(self, conversation_id: ConversationId) -> None:
        """Send all that is owed in one conversation; each line is stored before the next."""
        dialogue = await self._dialogue(conversation_id)
        if dialogue.owes_greeting:
            dialogue.own.add(await self._send(conversation_id, GREETING))
        while (row := dialogue.next_unanswered()) is not None:
            local_id = await self._send(conversation_id, answer_to(row))
            dialogue.answered(row.sequence, local_id=local_id)
            await self._session.ask(
                MarkRead(conversation_id=conversation_id, sequence=row.sequence)
            )

    async def _dialogue(self, conversation_id: ConversationId) -> Dialogue:
        dialogue = self._dialogues.setdefault(conversation_id, Dialogue())
        if not dialogue.is_loaded:
            # Rows that arrive while this waits are noted too, being in the dictionary already.
            dialogue.load(await self._session.rows(conversation_id, limit=_ROWS_MAX))
        return dialogue

    async def _send(self, conversation_id: ConversationId, text: str) -> int:
        queued = await self._session.ask_for(
            Queued, SendText(conversation_id=conversation_id, text=text)
        )
        return queued.row.local_id

    async def _try(self, work: Coroutine[object, object, None]) -> bool:
        try:
            await work
        except CommandFailedError as error:
            logger.info("put off: %s", error.code)
            return False
        return True


async def _log_in(session: Session, arguments: EchoArguments) -> None:
    if session.is_logged_in:
        return
    password = _load_password(arguments.home)
    try:
        await session.ask(
            Register(user_name=arguments.user_name, password=password, nickname=arguments.user_name)
        )
    except CommandFailedError as error:
        if error.code != Code.USER_EXISTS:
            raise
        # Stopped between registering and noting it, or the session has ended.
        await session.ask(LogIn(user_name=arguments.user_name, password=password))
    await session.wait_until(lambda: session.is_logged_in, seconds=5)


def _load_password(home: Path) -> str:
    """Return the password in the home; make it, for the owner's eyes only, if there is none."""
    path = home / "password"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_suffix(".new")
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    return path.read_text("ascii")


async def _run(arguments: EchoArguments) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)
    async with open_session(make_echo_engine(arguments)) as session:
        await run_echo(session, arguments, stop=stop, say_ready=_print_ready)


def _print_ready(ready: Ready) -> None:
    print(msgspec.json.encode(ready).decode(), flush=True)


def _parse(argv: list[str] | None) -> EchoArguments:
    parser = argparse.ArgumentParser(prog="mim-echo", description=__doc__, allow_abbrev=False)
    parser.add_argument("--server", required=True, metavar="URL")
    parser.add_argument("--home", required=True, type=Path, metavar="DIR")
    parser.add_argument("--user-name", default="Echo", metavar="NAME")
    parser.add_argument("--kdf-floor", type=kdf_floor, default=STANDARD_KDF, help=argparse.SUPPRESS)
    return EchoArguments(**vars(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
