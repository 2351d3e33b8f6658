"""What people do with groups: create, add, remove, leave, roles, names, invitations."""

from __future__ import annotations

import logging

import msgspec

from desktop import commands
from desktop.commands import Command
from desktop.engine.changes import Changes
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.conversations import Conversations
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.group_states import GroupStates
from desktop.engine.memberships import Memberships
from desktop.engine.peer_keys import PeerKeys
from desktop.events import (
    AnyAnswer,
    InviteMade,
    JoinRequestsLoaded,
    JoinStarted,
    Member,
    MembersLoaded,
)
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.intent_store import (
    AddAccounts,
    AdmitJoin,
    RemoveAccount,
    SetHistoryKept,
    SetMemberRole,
)
from desktop.storage.people_store import profile_of
from shared import limits
from shared.content import Profile
from shared.e2ee.handshakes import LogState
from shared.e2ee.warrants import (
    InviteCode,
    accept_invite,
    make_invite,
    make_leave,
    make_open_code,
)
from shared.errors import Code, RefusedError, SealError
from shared.identifiers import AccountId, ConversationId
from shared.rest_groups import JoinRequest, JoinRequestInfo, JoinRequestList, Leaving
from shared.roster import ConversationKind, InviteWarrant, Role, RosterDocument
from shared.roster_rules import may_add, may_remove, member_of

__all__ = ["GroupCommands"]

logger = logging.getLogger(__name__)

_ID_BYTES = 16
_SEED_BYTES = 32


class GroupCommands:
    """Carries out the commands about groups."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        keys: PeerKeys,
        conversations: Conversations,
        memberships: Memberships,
        contents: Contents,
        changes: Changes,
    ) -> None:
        self._context = context
        self._states = states
        self._keys = keys
        self._conversations = conversations
        self._memberships = memberships
        self._contents = contents
        self._changes = changes

    async def carry_out(self, command: Command) -> AnyAnswer:
        """Carry out one command; errors as of `Engine.ask`."""
        match command:
            case commands.AddMembers():
                await self._add(command.conversation_id, command.accounts)
            case commands.RemoveMember():
                await self._remove(command.conversation_id, command.account)
            case commands.LeaveGroup():
                await self._leave(command.conversation_id)
            case commands.SetRole():
                await self._set_role(command)
            case commands.SetHistory():
                intent = SetHistoryKept(has_history=command.has_history)
                await self._memberships.carry_out(command.conversation_id, intent)
            case commands.MakeInvite():
                return self._invite(command.conversation_id, command.needs_approval)
            case commands.JoinGroup():
                return await self._join(command.code)
            case commands.LoadJoinRequests():
                return await self._load_requests(command.conversation_id)
            case commands.ApproveJoin():
                await self._approve(command.conversation_id, command.account)
            case commands.DeclineJoin():
                await self._decline(command.conversation_id, command.account)
            case commands.LoadMembers():
                return self.members(command.conversation_id)
            case _:
                raise AssertionError(type(command))
        return None

    async def create(self, command: commands.CreateGroup) -> StoredConversation:
        """Make a group."""
        return await self._conversations.create_group(command.name, command.accounts)

    def rename(self, command: commands.SetGroupProfile) -> int:
        """Queue what a group is to show of itself; return its local id in the outbox.

        Raises:
            RefusedError: ``forbidden``, or ``malformed``: the name is empty or too long.
        """
        document = self._roster(command.conversation_id)
        if not may_add(document, self._context.me().account):
            raise RefusedError(Code.FORBIDDEN, "Only owner and admins name a group.")
        old = self._contents.profile(command.conversation_id)
        name = old.name if command.name is None and old else (command.name or "").strip()
        if not 0 < len(name) <= limits.GROUP_NAME_LENGTH_MAX:
            raise RefusedError(Code.MALFORMED, "The name of a group has 1 to 100 characters.")
        profile = Profile(
            self._context.random(_ID_BYTES),
            name,
            (old.avatar if old else b"") if command.avatar is None else command.avatar,
            (old.announcement if old else "")
            if command.announcement is None
            else command.announcement[: limits.ANNOUNCEMENT_LENGTH_MAX],
        )
        return self._contents.queue(command.conversation_id, profile)

    def members(self, conversation_id: ConversationId) -> MembersLoaded:
        """Return the members, from the local database."""
        document, log = self._roster(conversation_id), self._states.log(conversation_id)
        members = [
            Member(
                profile=self._context.storage.people.profile(AccountId(each.account)),
                role=each.role.value,
                is_verified=self._keys.is_verified(each.account),
                device_count=0 if log is None else len(log.leaves_of(account=each.account)),
            )
            for each in document.members
        ]
        return MembersLoaded(conversation_id=conversation_id, members=members)

    async def admit_invited(self, conversation_id: int) -> None:
        """Let those in who were invited by a code, whatever this account's role."""
        log = self._states.log(conversation_id)
        if log is None or member_of(log.document, self._context.me().account) is None:
            return
        try:
            requests = await self._requests(conversation_id)
        except ServerRefusedError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return  # No member any more; the log says so in a moment.
        for request in requests:
            if isinstance(request.invite, InviteWarrant):
                self._admit(log, request.invite)
        self._changes.conversation(conversation_id)

    def _admit(self, log: LogState, warrant: InviteWarrant) -> None:
        if member_of(log.document, warrant.account) is None:
            intent = AdmitJoin(warrant=warrant, claim_id=self._claim_id(warrant))
            self._memberships.want(log.document.conversation_id, intent)

    @staticmethod
    def _claim_id(warrant: InviteWarrant) -> bytes:
        # The same for the same request: asked twice, nothing is claimed twice.
        return warrant.join_signature[:_ID_BYTES]

    async def _add(self, conversation_id: int, accounts: tuple[AccountId, ...]) -> None:
        document = self._group(conversation_id)
        if not may_add(document, self._context.me().account):
            raise RefusedError(Code.FORBIDDEN, "Only owner and admins add members.")
        if len(document.members) + len(accounts) > limits.MEMBERS_MAX:
            raise RefusedError(Code.TOO_LARGE, "A group has at most 1000 members.")
        intent = AddAccounts(accounts=tuple(accounts), claim_id=self._context.random(_ID_BYTES))
        await self._memberships.carry_out(conversation_id, intent)

    async def _remove(self, conversation_id: int, account: int) -> None:
        if not may_remove(self._group(conversation_id), self._context.me().account, account):
            raise RefusedError(Code.FORBIDDEN, "Only who ranks higher removes a member.")
        await self._memberships.carry_out(conversation_id, RemoveAccount(account=account))

    async def _set_role(self, command: commands.SetRole) -> None:
        document, me = self._group(command.conversation_id), self._context.me().account
        own, other = member_of(document, me), member_of(document, command.account)
        if own is None or own.role is not Role.OWNER or other is None:
            raise RefusedError(Code.FORBIDDEN, "Only an owner gives roles.")
        intent = SetMemberRole(account=command.account, role=Role(command.role).value)
        await self._memberships.carry_out(command.conversation_id, intent)

    async def _leave(self, conversation_id: ConversationId) -> None:
        """Sign the wish to leave; whoever commits next carries it out."""
        me, document = self._context.me(), self._group(conversation_id)
        warrant = make_leave(document, account=me.account, proof=me.proof, key=me.device.signature)
        body = msgspec.json.encode(Leaving(warrant=warrant))
        await self._context.http.call("POST", f"/v1/conversations/{conversation_id}/leave", body)
        store = self._context.storage
        with store.database.transaction():
            store.conversations.set_can_write(conversation_id, can_write=False)
            store.intents.remove_all(conversation_id)
        self._changes.conversation(conversation_id)

    def _invite(self, conversation_id: ConversationId, needs_approval: bool) -> InviteMade:
        me, document = self._context.me(), self._group(conversation_id)
        if not may_add(document, me.account):
            raise RefusedError(Code.FORBIDDEN, "Only owner and admins invite.")
        profile = self._contents.profile(conversation_id)
        title = "" if profile is None else profile.name
        if needs_approval:
            return InviteMade(code=make_open_code(document, title=title).text(), expires_at_ms=0)
        expires_at_ms = self._context.server_time().at_ms + limits.INVITE_AGE_MAX_MS
        code = make_invite(
            document,
            title=title,
            expires_at_ms=expires_at_ms,
            inviter=me.account,
            proof=me.proof,
            key=me.device.signature,
            seed=self._context.random(_SEED_BYTES),
        )
        return InviteMade(code=code.text(), expires_at_ms=expires_at_ms)

    async def _join(self, text: str) -> JoinStarted:
        me = self._context.me()
        try:
            code = InviteCode.parse(text)
            warrant = None
            if not code.needs_approval:
                warrant = accept_invite(code, account=me.account, root_key=me.root_key)
        except SealError as error:
            raise RefusedError(Code.BAD_INVITE, str(error)) from error
        body = JoinRequest(root_key=me.root_key, invite=warrant)
        path = f"/v1/conversations/{code.conversation_id}/join-requests"
        await self._context.http.call("POST", path, msgspec.json.encode(body))
        return JoinStarted(
            conversation_id=ConversationId(code.conversation_id),
            title=code.title,
            needs_approval=code.needs_approval,
        )

    async def _load_requests(self, conversation_id: ConversationId) -> JoinRequestsLoaded:
        requests = await self._requests(conversation_id)
        return JoinRequestsLoaded(
            conversation_id=conversation_id,
            profiles=[profile_of(each.profile) for each in requests if each.invite is None],
        )

    async def _approve(self, conversation_id: int, account: int) -> None:
        requests = await self._requests(conversation_id)
        found = next((each for each in requests if each.profile.account == account), None)
        if found is None:
            raise RefusedError(Code.NO_REQUEST, "Nobody like that asks to come in.")
        await self._add(conversation_id, (AccountId(account),))

    async def _decline(self, conversation_id: int, account: int) -> None:
        path = f"/v1/conversations/{conversation_id}/join-requests/{account}"
        await self._context.http.call("DELETE", path)

    async def _requests(self, conversation_id: int) -> list[JoinRequestInfo]:
        path = f"/v1/conversations/{conversation_id}/join-requests"
        answer = await self._context.http.get(path, JoinRequestList)
        return answer.requests

    def _group(self, conversation_id: int) -> RosterDocument:
        document = self._roster(conversation_id)
        if document.kind is not ConversationKind.GROUP:
            raise CommandFailedError("local", "This is no group.")
        return document

    def _roster(self, conversation_id: int) -> RosterDocument:
        document = self._states.roster(conversation_id)
        if document is None:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such conversation.")
        return document
