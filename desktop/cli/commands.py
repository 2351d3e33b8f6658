"""The commands of `mim-cli`: each asks the engine, waits for what it promises, and prints."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

from desktop.cli.arguments import Arguments
from desktop.cli.device_commands import DEVICE_COMMANDS, run_device_command
from desktop.cli.file_commands import FILE_COMMANDS, run_file_command
from desktop.cli.group_commands import run_group_command
from desktop.cli.lookup import contact_of, conversation_id_of, profile_of
from desktop.cli.message_commands import MESSAGE_COMMANDS, print_message, run_message_command
from desktop.cli.printing import (
    Line,
    contact_line,
    conversation_line,
    person_line,
    print_line,
    registered_line,
    request_line,
)
from desktop.cli.secrets import Secrets
from desktop.cli.session import Session
from desktop.cli.tail import follow
from desktop.commands import (
    AcceptRequest,
    BlockAccount,
    DeclineRequest,
    LogIn,
    LogOut,
    MarkRead,
    Register,
    RemoveContact,
    RequestContact,
    SearchMessages,
    SearchUsers,
    SetRemark,
    UnblockAccount,
)
from desktop.engine import CommandFailedError
from desktop.events import (
    MessageRow,
    MessagesFound,
    Registered,
    Request,
    UsersFound,
)
from shared.errors import Code

__all__ = ["run_command"]


async def run_command(session: Session, arguments: Arguments, secrets: Secrets) -> None:
    """Carry out one command and print its outcome.

    Raises:
        CommandFailedError: If it was refused or can not be carried out.
    """
    match arguments.command:
        case "register":
            await _register(session, arguments, secrets.password)
        case "login":
            await session.ask(LogIn(user_name=arguments.user, password=secrets.password))
            await _settle(session)
            _print(person_line(session.own()), arguments)
        case "group":
            await run_group_command(session, arguments)
        case command if command in MESSAGE_COMMANDS:
            await run_message_command(session, arguments)
        case command if command in FILE_COMMANDS:
            await run_file_command(session, arguments)
        case command if command in DEVICE_COMMANDS:
            await run_device_command(session, arguments, secrets)
        case _:
            await _COMMANDS[arguments.command](session, arguments)


async def _register(session: Session, arguments: Arguments, password: str) -> None:
    registered = await session.ask_for(
        Registered,
        Register(
            user_name=arguments.user,
            password=password,
            nickname=arguments.nickname or arguments.user,
        ),
    )
    await _settle(session)
    line = registered_line(session.own(), recovery_code=registered.recovery_code)
    _print(line, arguments)
    if not arguments.as_json:
        print(f"Recovery code, shown this once: {registered.recovery_code}", file=sys.stderr)


async def _settle(session: Session) -> None:
    """The answer and the event about the account may come in either order."""
    await session.wait_until(lambda: session.is_logged_in, seconds=5)


async def _log_out(session: Session, arguments: Arguments) -> None:
    session.own()
    await session.ask(LogOut(wipe=arguments.wipe))


async def _who_am_i(session: Session, arguments: Arguments) -> None:
    _print(person_line(session.own()), arguments)


async def _search(session: Session, arguments: Arguments) -> None:
    session.own()
    found = await session.ask_for(UsersFound, SearchUsers(text=arguments.text))
    for profile in found.profiles:
        _print(person_line(profile), arguments)


async def _request(session: Session, arguments: Arguments) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    await session.ask(RequestContact(user_name=arguments.user, greeting=arguments.message))


async def _requests(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        for request in session.requests:
            _print(request_line(request), arguments)

    await _show_newest(session, arguments, show)


async def _accept(session: Session, arguments: Arguments) -> None:
    request = await _waiting_request(session, arguments)
    await session.ask(AcceptRequest(account=request.profile.account))


async def _decline(session: Session, arguments: Arguments) -> None:
    request = await _waiting_request(session, arguments)
    await session.ask(DeclineRequest(account=request.profile.account))


async def _remove(session: Session, arguments: Arguments) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    contact = contact_of(session, arguments.user)
    await session.ask(RemoveContact(account=contact.profile.account))


async def _block(session: Session, arguments: Arguments) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    profile = await profile_of(session, arguments.user)
    await session.ask(BlockAccount(account=profile.account))


async def _unblock(session: Session, arguments: Arguments) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    profile = await profile_of(session, arguments.user)
    await session.ask(UnblockAccount(account=profile.account))


async def _blocked(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        for profile in session.blocked:
            _print(person_line(profile), arguments)

    await _show_newest(session, arguments, show)


async def _remark(session: Session, arguments: Arguments) -> None:
    await session.reach(seconds=arguments.timeout_s)
    contact = contact_of(session, arguments.user)
    await session.ask(SetRemark(account=contact.profile.account, remark=arguments.text))


async def _contacts(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        for contact in session.contacts:
            _print(contact_line(contact), arguments)

    await _show_newest(session, arguments, show)


async def _conversations(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        newest_first = sorted(session.conversations.values(), key=lambda r: -r.last_at_ms)
        for row in newest_first:
            _print(conversation_line(row), arguments)

    await _show_newest(session, arguments, show)


async def _search_messages(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        found = await session.ask_for(MessagesFound, SearchMessages(text=arguments.text))
        for row in found.rows:
            await print_message(session, arguments, row)

    await _show_newest(session, arguments, show)


async def _history(session: Session, arguments: Arguments) -> None:
    async def show() -> None:
        conversation_id = await conversation_id_of(session, arguments.user)
        rows = await session.rows(conversation_id, limit=arguments.limit)
        for row in rows:
            await print_message(session, arguments, row)
        newest = max((row.sequence for row in rows), default=0)
        if newest:
            await session.ask(MarkRead(conversation_id=conversation_id, sequence=newest))

    await _show_newest(session, arguments, show)


async def _tail(session: Session, arguments: Arguments) -> None:
    await session.catch_up(seconds=arguments.timeout_s)

    async def show(row: MessageRow) -> None:
        await print_message(session, arguments, row)

    await follow(session, show, count=arguments.count, seconds=arguments.seconds)


async def _show_newest(
    session: Session, arguments: Arguments, show: Callable[[], Awaitable[None]]
) -> None:
    """Show what is known after catching up; out of reach, show what is kept and still say so."""
    unreached = await session.reach(seconds=arguments.timeout_s)
    await show()
    if unreached:
        raise CommandFailedError("offline", f"{unreached.message} This is what is kept here.")


async def _waiting_request(session: Session, arguments: Arguments) -> Request:
    await session.catch_up(seconds=arguments.timeout_s)
    request = session.request(arguments.user)
    if request is None:
        raise CommandFailedError(Code.NO_REQUEST, "There is no request from this person.")
    return request


def _print(line: Line, arguments: Arguments) -> None:
    print_line(line, as_json=arguments.as_json)


_COMMANDS: dict[str, Callable[[Session, Arguments], Awaitable[None]]] = {
    "logout": _log_out,
    "whoami": _who_am_i,
    "search": _search,
    "request": _request,
    "requests": _requests,
    "accept": _accept,
    "decline": _decline,
    "remove": _remove,
    "contacts": _contacts,
    "block": _block,
    "unblock": _unblock,
    "blocked": _blocked,
    "remark": _remark,
    "history": _history,
    "tail": _tail,
    "conversations": _conversations,
    "search-messages": _search_messages,
}
