"""The commands of `mim-cli group`: making groups, and who is in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from desktop.cli.arguments import Arguments
from desktop.cli.lookup import conversation_id_of, profile_of
from desktop.cli.printing import conversation_line, person_line, print_line
from desktop.cli.secure_printing import InviteLine, JoinLine, member_line
from desktop.cli.session import Session
from desktop.commands import (
    AddMembers,
    ApproveJoin,
    CreateGroup,
    DeclineJoin,
    JoinGroup,
    LeaveGroup,
    LoadJoinRequests,
    LoadMembers,
    MakeInvite,
    RemoveMember,
    SetGroupProfile,
    SetHistory,
    SetRole,
)
from desktop.engine import CommandFailedError
from desktop.events import (
    AnyAnswer,
    ConversationOpened,
    InviteMade,
    JoinRequestsLoaded,
    JoinStarted,
    Member,
    MembersLoaded,
)
from shared.errors import Code
from shared.identifiers import AccountId, ConversationId, fold_user_name
from shared.roster import Role

__all__ = ["run_group_command"]


async def run_group_command(session: Session, arguments: Arguments) -> None:
    """Carry out one of them and print its outcome.

    Raises:
        CommandFailedError: If it was refused or can not be carried out.
    """
    await session.catch_up(seconds=arguments.timeout_s)
    await _ACTIONS[arguments.action](session, arguments)


async def _create(session: Session, arguments: Arguments) -> None:
    accounts = [(await profile_of(session, name)).account for name in arguments.users]
    command = CreateGroup(name=arguments.text, accounts=tuple(dict.fromkeys(accounts)))
    opened = await session.ask_for(ConversationOpened, command)
    await _print_new_group(session, arguments, opened.conversation_id)


async def _add(session: Session, arguments: Arguments) -> None:
    profile = await profile_of(session, arguments.users[0])
    command = AddMembers(
        conversation_id=await conversation_id_of(session, arguments.user),
        accounts=(profile.account,),
    )
    await session.ask(command)


async def _remove(session: Session, arguments: Arguments) -> None:
    conversation_id, account = await _member(session, arguments)
    await session.ask(RemoveMember(conversation_id=conversation_id, account=account))


async def _role(session: Session, arguments: Arguments) -> None:
    conversation_id, account = await _member(session, arguments)
    role = Role[arguments.text.upper()]
    await session.ask(SetRole(conversation_id=conversation_id, account=account, role=role))


async def _leave(session: Session, arguments: Arguments) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    await session.ask(LeaveGroup(conversation_id=conversation_id))


async def _members(session: Session, arguments: Arguments) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    for member in await _loaded_members(session, conversation_id):
        print_line(member_line(member), as_json=arguments.as_json)


async def _rename(session: Session, arguments: Arguments) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    command = SetGroupProfile(conversation_id=conversation_id, name=arguments.text)

    def is_settled(_answer: AnyAnswer) -> bool:
        row = session.conversations.get(conversation_id)
        return row is not None and row.title == arguments.text.strip()

    await session.change(command, is_settled, seconds=arguments.timeout_s)


async def _history(session: Session, arguments: Arguments) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    has_history = arguments.text == "on"
    await session.ask(SetHistory(conversation_id=conversation_id, has_history=has_history))


async def _invite(session: Session, arguments: Arguments) -> None:
    command = MakeInvite(
        conversation_id=await conversation_id_of(session, arguments.user),
        needs_approval=arguments.needs_approval,
    )
    made = await session.ask_for(InviteMade, command)
    line = InviteLine(code=made.code, expires_at_ms=made.expires_at_ms)
    print_line(line, as_json=arguments.as_json)


async def _join(session: Session, arguments: Arguments) -> None:
    """Ask to come in, and wait as long as the time allows for a member's device to do it."""
    started = await session.ask_for(JoinStarted, JoinGroup(code=arguments.text))
    conversation_id = started.conversation_id

    def is_in() -> bool:
        row = session.conversations.get(conversation_id)
        return row is not None and row.own_role > 0

    seconds = 0.0 if started.needs_approval else arguments.timeout_s
    is_done = await session.wait_until(is_in, seconds=seconds)
    line = JoinLine(
        conversation_id=str(conversation_id),
        title=started.title,
        state="joined" if is_done else _waits_for(started),
    )
    print_line(line, as_json=arguments.as_json)


def _waits_for(started: JoinStarted) -> str:
    return "waiting for an admin" if started.needs_approval else "waiting for a member"


async def _requests(session: Session, arguments: Arguments) -> None:
    conversation_id = await conversation_id_of(session, arguments.user)
    command = LoadJoinRequests(conversation_id=conversation_id)
    loaded = await session.ask_for(JoinRequestsLoaded, command)
    for profile in loaded.profiles:
        print_line(person_line(profile), as_json=arguments.as_json)


async def _approve(session: Session, arguments: Arguments) -> None:
    conversation_id, account = await _asking(session, arguments)
    await session.ask(ApproveJoin(conversation_id=conversation_id, account=account))


async def _decline(session: Session, arguments: Arguments) -> None:
    conversation_id, account = await _asking(session, arguments)
    await session.ask(DeclineJoin(conversation_id=conversation_id, account=account))


async def _member(session: Session, arguments: Arguments) -> tuple[ConversationId, AccountId]:
    """Find a member by name, also one who is no contact."""
    conversation_id = await conversation_id_of(session, arguments.user)
    folded = fold_user_name(arguments.users[0])
    for member in await _loaded_members(session, conversation_id):
        if fold_user_name(member.profile.user_name) == folded:
            return conversation_id, member.profile.account
    raise CommandFailedError(Code.UNKNOWN_USER, "This person is no member.")


async def _loaded_members(session: Session, conversation_id: ConversationId) -> list[Member]:
    """Return the members, with the names of those who were not met yet."""
    command = LoadMembers(conversation_id=conversation_id)
    members = (await session.ask_for(MembersLoaded, command)).members
    unmet = [each for each in members if not each.profile.user_name]
    for member in unmet:
        await session.name_of(member.profile.account)
    return (await session.ask_for(MembersLoaded, command)).members if unmet else members


async def _asking(session: Session, arguments: Arguments) -> tuple[ConversationId, AccountId]:
    conversation_id = await conversation_id_of(session, arguments.user)
    command = LoadJoinRequests(conversation_id=conversation_id)
    loaded = await session.ask_for(JoinRequestsLoaded, command)
    folded = fold_user_name(arguments.users[0])
    for profile in loaded.profiles:
        if fold_user_name(profile.user_name) == folded:
            return conversation_id, profile.account
    raise CommandFailedError(Code.NO_REQUEST, "This person has not asked to join.")


async def _print_new_group(
    session: Session, arguments: Arguments, conversation_id: ConversationId
) -> None:
    def has_name() -> bool:
        # The server's word may be here before the name is.
        row = session.conversations.get(conversation_id)
        return row is not None and bool(row.title)

    await session.wait_until(has_name, seconds=arguments.timeout_s)
    row = session.conversations.get(conversation_id)
    if row is None:
        raise CommandFailedError("offline", "The new conversation has not come yet.")
    print_line(conversation_line(row), as_json=arguments.as_json)


_ACTIONS: dict[str, Callable[[Session, Arguments], Awaitable[None]]] = {
    "create": _create,
    "add": _add,
    "remove": _remove,
    "role": _role,
    "leave": _leave,
    "members": _members,
    "rename": _rename,
    "history": _history,
    "invite": _invite,
    "join": _join,
    "requests": _requests,
    "approve": _approve,
    "decline": _decline,
}
