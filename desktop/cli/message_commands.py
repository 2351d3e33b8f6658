"""The commands of `mim-cli` that write messages and change them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from desktop.cli.arguments import Arguments
from desktop.cli.lookup import conversation_id_of, mentions_in
from desktop.cli.printing import message_line, print_line, system_line
from desktop.cli.session import Session
from desktop.commands import (
    Command,
    EditMessage,
    FindMessage,
    React,
    RecallMessage,
    SendText,
    SetTimer,
)
from desktop.engine import CommandFailedError
from desktop.events import (
    AnyAnswer,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Queued,
)
from shared.errors import Code
from shared.identifiers import ConversationId

__all__ = ["MESSAGE_COMMANDS", "print_message", "run_message_command"]

# How far each state is; a message that is read was delivered too.
_PROGRESS = {
    MessageState.ACCEPTED: 1,
    MessageState.DELIVERED: 2,
    MessageState.READ: 3,
}


async def run_message_command(session: Session, arguments: Arguments) -> None:
    """Carry out one of them and print its outcome.

    Raises:
        CommandFailedError: If it was refused or can not be carried out.
    """
    unreached = await session.reach(seconds=arguments.timeout_s)
    await MESSAGE_COMMANDS[arguments.command](session, arguments, unreached)


async def print_message(session: Session, arguments: Arguments, row: MessageRow) -> None:
    """Print a line of a timeline."""
    sender = await session.name_of(row.sender)
    if row.kind is MessageKind.SYSTEM:
        subjects = [await session.name_of(account) for account in row.subjects]
        line = system_line(row, sender=sender, subjects=subjects)
        print_line(line, as_json=arguments.as_json)
        return
    quoted = "" if row.quote is None else await session.name_of(row.quote.sender)
    print_line(message_line(row, sender=sender, quoted=quoted), as_json=arguments.as_json)


async def _send(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    await _send_text(session, arguments, conversation_id, unreached)


async def _reply(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    row = await _found(session, arguments.message)
    await _send_text(session, arguments, row.conversation_id, unreached, reply_to=row.message_id)


async def _send_text(
    session: Session,
    arguments: Arguments,
    conversation_id: ConversationId,
    unreached: CommandFailedError | None,
    *,
    reply_to: str = "",
) -> None:
    """Put the text into the outbox, wait for its state, and print what became of it.

    The row is printed in any case: a script that is told "not reachable" learns the message's
    name and that it still waits, and need not send it twice.
    """
    newest = _newest_rows(session)
    queued = await session.ask_for(
        Queued,
        SendText(
            conversation_id=conversation_id,
            text=arguments.text,
            reply_to=reply_to,
            mentions=await mentions_in(session, conversation_id, arguments.text),
        ),
    )

    def row() -> MessageRow:
        return newest.get((conversation_id, queued.row.local_id), queued.row)

    def is_settled() -> bool:
        is_refused = row().state is MessageState.REFUSED
        return is_refused or _PROGRESS.get(row().state, 0) >= _PROGRESS[arguments.wait]

    seconds = 0.0 if unreached else arguments.timeout_s
    is_done = await session.wait_until(is_settled, seconds=seconds)
    await print_message(session, arguments, row())
    if row().state is MessageState.REFUSED:
        raise CommandFailedError(row().refusal, "The server refused this message.")
    if not is_done:
        raise unreached or CommandFailedError(
            "offline", f"The message is {row().state} and not {arguments.wait} yet."
        )


async def _edit(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    row = await _found(session, arguments.message)
    command = EditMessage(
        conversation_id=row.conversation_id, message_id=row.message_id, text=arguments.text
    )
    await _change(session, arguments, command, unreached)


async def _recall(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    row = await _found(session, arguments.message)
    command = RecallMessage(conversation_id=row.conversation_id, message_id=row.message_id)
    await _change(session, arguments, command, unreached)


async def _react(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    row = await _found(session, arguments.message)
    command = React(
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        emoji=arguments.text,
        is_removed=arguments.undo,
    )
    await _change(session, arguments, command, unreached)


async def _change(
    session: Session,
    arguments: Arguments,
    command: Command,
    unreached: CommandFailedError | None,
) -> None:
    """Change a message, wait until the log has the change, and print the message."""
    newest = _newest_rows(session)

    def row_of(queued: Queued) -> MessageRow:
        return newest.get((queued.row.conversation_id, queued.row.local_id), queued.row)

    def is_settled(answer: AnyAnswer) -> bool:
        return isinstance(answer, Queued) and not row_of(answer).is_changing

    seconds = arguments.timeout_s
    queued = await session.change(command, is_settled, seconds=seconds, unreached=unreached)
    assert isinstance(queued, Queued)
    await print_message(session, arguments, row_of(queued))


async def _set_timer(
    session: Session, arguments: Arguments, unreached: CommandFailedError | None
) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    timer_s = int(arguments.seconds or 0)

    def is_settled(_answer: AnyAnswer) -> bool:
        row = session.conversations.get(conversation_id)
        return row is not None and row.timer_s == timer_s

    command = SetTimer(conversation_id=conversation_id, seconds=timer_s)
    seconds = arguments.timeout_s
    await session.change(command, is_settled, seconds=seconds, unreached=unreached)


async def _found(session: Session, message_id: str) -> MessageRow:
    """Return the message that is named by the beginning of its id."""
    session.own()
    found = await session.ask_for(MessagesFound, FindMessage(message_id=message_id))
    rows = [row for row in found.rows if row.kind is not MessageKind.SYSTEM]
    if not rows:
        raise CommandFailedError(Code.NOT_FOUND.value, "There is no such message here.")
    if len(rows) > 1:
        raise CommandFailedError(Code.MALFORMED.value, "Several messages begin so; give more.")
    return rows[0]


def _newest_rows(session: Session) -> dict[tuple[ConversationId, int], MessageRow]:
    """Return rows as they are told from now on, by conversation and local id."""
    newest: dict[tuple[ConversationId, int], MessageRow] = {}

    def note(row: MessageRow) -> None:
        newest[row.conversation_id, row.local_id] = row

    session.on_row(note)
    return newest


_Run = Callable[[Session, Arguments, CommandFailedError | None], Awaitable[None]]
MESSAGE_COMMANDS: dict[str, _Run] = {
    "send": _send,
    "reply": _reply,
    "edit": _edit,
    "recall": _recall,
    "react": _react,
    "timer": _set_timer,
}
