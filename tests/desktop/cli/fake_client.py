"""A client that answers from a small world in memory, without a server or a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from desktop.commands import (
    AcceptRequest,
    AcknowledgeRoot,
    AddMembers,
    ApproveJoin,
    BlockAccount,
    ChangePassword,
    Command,
    CreateGroup,
    DeclineJoin,
    DeclineRequest,
    ExportAudit,
    JoinGroup,
    LeaveGroup,
    LoadAudit,
    LoadDevices,
    LoadJoinRequests,
    LoadMembers,
    LoadProfile,
    LoadSafety,
    LoadTimeline,
    LogIn,
    LogOut,
    MakeInvite,
    MakeRecoveryCode,
    MarkRead,
    OpenConversation,
    OpenNotes,
    Recover,
    Register,
    RemoveContact,
    RemoveMember,
    RenameDevice,
    RequestContact,
    ResetAccount,
    RevokeDevice,
    SearchMessages,
    SearchUsers,
    SendText,
    SetGroupProfile,
    SetHistory,
    SetRemark,
    SetRole,
    SetVerified,
    UnblockAccount,
)
from desktop.engine import CommandFailedError
from desktop.events import (
    Account,
    AccountChanged,
    AnyAnswer,
    AuditExported,
    AuditFinding,
    AuditLoaded,
    Contact,
    ContactsChanged,
    ConversationOpened,
    ConversationRow,
    ConversationsChanged,
    DeviceRow,
    DevicesLoaded,
    Event,
    InviteMade,
    JoinRequestsLoaded,
    JoinStarted,
    LinkChanged,
    LinkState,
    LoggedIn,
    Member,
    MembersLoaded,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Notice,
    NoticeKind,
    PresenceState,
    Profile,
    ProfileLoaded,
    Queued,
    RecoveryCodeMade,
    Registered,
    Request,
    SafetyLoaded,
    TimelineChanged,
    TimelinePage,
    UsersFound,
)
from shared.identifiers import AccountId, ConversationId

ANNA = Profile(account=AccountId(1), user_name="anna", nickname="Anna")
BEN = Profile(account=AccountId(2), user_name="Ben", nickname="Ben B.")
CARL = Profile(account=AccountId(3), user_name="carl", nickname="Carl")
WITH_BEN = ConversationId(2**62)
RECOVERY_CODE = "AAAA-BBBB"
GROUP = ConversationId(77)
NOTES = ConversationId(78)
DEVICES = (
    DeviceRow(
        device_id=11,
        name="desk",
        created_ms=1,
        last_seen_ms=2,
        is_current=True,
        is_revoked=False,
        has_session=True,
    ),
    DeviceRow(
        device_id=12,
        name="lap",
        created_ms=1,
        last_seen_ms=2,
        is_current=False,
        is_revoked=False,
        has_session=False,
    ),
    DeviceRow(
        device_id=13,
        name="lap",
        created_ms=1,
        last_seen_ms=2,
        is_current=False,
        is_revoked=True,
        has_session=False,
    ),
)
# Commands that answer nothing.
SILENT = (
    AcknowledgeRoot,
    AddMembers,
    ApproveJoin,
    ChangePassword,
    DeclineJoin,
    LeaveGroup,
    RemoveMember,
    RenameDevice,
    RevokeDevice,
    SetHistory,
    SetRole,
    SetVerified,
)


def make_row(
    local_id: int,
    *,
    sender: Profile = BEN,
    text: str = "hello",
    state: MessageState = MessageState.RECEIVED,
    sequence: int | None = None,
    kind: MessageKind = MessageKind.TEXT,
    refusal: str = "",
) -> MessageRow:
    """A line of the conversation with Ben, as Anna has it."""
    place = local_id if sequence is None else sequence
    return MessageRow(
        conversation_id=WITH_BEN,
        local_id=local_id,
        order=local_id << 20,
        sequence=place,
        message_id=f"{local_id:032x}",
        sender=sender.account,
        is_own=sender == ANNA,
        kind=kind,
        text=text,
        shown_at_ms=1_000 * local_id,
        sent_at_ms=1_000 * local_id,
        received_at_ms=1_000 * local_id + 5,
        state=state,
        refusal=refusal,
    )


def make_conversation(*, unread: int = 0, first_unread: int = 0, head: int = 0) -> ConversationRow:
    """The conversation with Ben."""
    return ConversationRow(
        conversation_id=WITH_BEN,
        peer=BEN,
        preview="",
        preview_is_own=False,
        preview_state=None,
        last_at_ms=7,
        unread=unread,
        first_unread=first_unread,
        head=head,
        draft="",
        can_send=True,
    )


def make_group(title: str = "Chess") -> ConversationRow:
    """A group of Anna's."""
    return msgspec.structs.replace(
        make_conversation(),
        conversation_id=GROUP,
        peer=Profile(account=AccountId(0), user_name="", nickname=""),
        kind=2,
        title=title,
        own_role=3,
    )


class FakeClient:
    """Anna's client.

    ``link`` is what is told after the start; ``failures`` are raised for commands of a type;
    ``after_send`` are the states a sent message goes through at once.
    """

    def __init__(
        self,
        *,
        is_logged_in: bool = True,
        link: Sequence[LinkState] = (LinkState.CONNECTING, LinkState.ONLINE),
        link_code: str = "",
        rows: Sequence[MessageRow] = (),
        conversation: ConversationRow | None = None,
        blocked: tuple[Profile, ...] = (),
        after_send: Sequence[MessageState] = (MessageState.ACCEPTED,),
        refusal: str = "",
        start_failure: CommandFailedError | None = None,
        failures: dict[type[Command], CommandFailedError] | None = None,
    ) -> None:
        self.asked: list[Command] = []
        self.is_stopped = False
        self.rows = list(rows)
        self.contacts = [
            Contact(profile=BEN, presence=PresenceState.ONLINE, conversation_id=WITH_BEN)
        ]
        self.requests = [
            Request(profile=CARL, greeting="It is Carl", is_own=False, at_ms=5),
        ]
        self._conversation = conversation
        self._blocked = blocked
        self._listeners: list[Callable[[Event], None]] = []
        self._is_logged_in = is_logged_in
        self._link = link
        self._link_code = link_code
        self._after_send = after_send
        self._refusal = refusal
        self._start_failure = start_failure
        self._failures = failures or {}

    def listen(self, callback: Callable[[Event], None]) -> None:
        self._listeners.append(callback)

    def emit(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    async def until_asked(self, is_so: Callable[[], bool]) -> None:
        """Wait until what was asked makes something so."""
        while not is_so():
            self._was_asked.clear()
            await self._was_asked.wait()

    async def start(self) -> None:
        self._was_asked = asyncio.Event()
        if self._start_failure:
            raise self._start_failure
        self.emit(LinkChanged(state=LinkState.OFFLINE))
        account = Account(profile=ANNA, server_url="", is_logged_in=self._is_logged_in)
        self.emit(AccountChanged(account=account if self._is_logged_in else None))
        self.emit(
            ContactsChanged(contacts=self.contacts, requests=self.requests, blocked=self._blocked)
        )
        conversation = self._conversation or make_conversation()
        self.emit(ConversationsChanged(rows=[conversation], is_snapshot=True))
        for state in self._link:
            self.emit(LinkChanged(state=state, code=self._link_code, message="So it is."))

    async def stop(self) -> None:
        self.is_stopped = True

    def submit(self, command: Command) -> None:
        self.asked.append(command)

    async def ask(self, command: Command) -> AnyAnswer:
        self.asked.append(command)
        self._was_asked.set()
        failure = self._failures.get(type(command))
        if failure:
            raise failure
        return self._answer(command)

    def _answer(self, command: Command) -> AnyAnswer:
        match command:
            case Register():
                self._log_in()
                return Registered(recovery_code=RECOVERY_CODE)
            case LogIn():
                self._log_in()
                return LoggedIn()
            case SearchUsers():
                return UsersFound(profiles=[BEN, CARL])
            case OpenConversation():
                return ConversationOpened(conversation_id=WITH_BEN)
            case LoadProfile():
                return ProfileLoaded(profile=CARL)
            case LoadTimeline():
                return self._page(command)
            case SendText():
                return self._queue(command.text)
            case SearchMessages():
                return MessagesFound(rows=self.rows)
            case (
                CreateGroup()
                | SetGroupProfile()
                | OpenNotes()
                | LoadMembers()
                | LoadJoinRequests()
                | MakeInvite()
                | JoinGroup()
            ):
                return self._answer_group(command)
            case (
                LoadDevices()
                | MakeRecoveryCode()
                | Recover()
                | ResetAccount()
                | LoadSafety()
                | LoadAudit()
                | ExportAudit()
            ):
                return self._answer_secure(command)
            case LogOut() | RequestContact() | AcceptRequest() | DeclineRequest():
                return None
            case BlockAccount() | UnblockAccount() | SetRemark():
                return None
            case RemoveContact() | MarkRead():
                return None
            case _ if type(command) in SILENT:
                return None
            case _:
                raise AssertionError(f"unexpected {command!r}")

    def _answer_group(self, command: Command) -> AnyAnswer:
        match command:
            case CreateGroup():
                self.emit(ConversationsChanged(rows=[make_group()]))
                return ConversationOpened(conversation_id=GROUP)
            case SetGroupProfile():
                if self._refusal:
                    self.emit(Notice(kind=NoticeKind.CHANGE_REFUSED, detail=self._refusal))
                elif self._after_send:
                    self.emit(ConversationsChanged(rows=[make_group(command.name or "")]))
                return None
            case OpenNotes():
                return ConversationOpened(conversation_id=NOTES)
            case LoadMembers():
                # Of Carl no more is known until his profile was asked for.
                known = any(isinstance(each, LoadProfile) for each in self.asked)
                return MembersLoaded(
                    conversation_id=command.conversation_id,
                    members=[
                        Member(profile=ANNA, role=3, device_count=2),
                        Member(profile=BEN, role=1, is_verified=True),
                        Member(
                            profile=CARL
                            if known
                            else Profile(account=CARL.account, user_name="", nickname=""),
                            role=1,
                        ),
                    ],
                )
            case LoadJoinRequests():
                return JoinRequestsLoaded(conversation_id=command.conversation_id, profiles=[CARL])
            case MakeInvite():
                return InviteMade(code="CODE", expires_at_ms=9)
            case JoinGroup():
                needs_approval = command.code == "ASK"
                if command.code == "IN":
                    self.emit(ConversationsChanged(rows=[make_group()]))
                return JoinStarted(
                    conversation_id=GROUP, title="Chess", needs_approval=needs_approval
                )
            case _:
                raise AssertionError(f"unexpected {command!r}")

    def _answer_secure(self, command: Command) -> AnyAnswer:
        match command:
            case LoadDevices():
                return DevicesLoaded(devices=list(DEVICES))
            case MakeRecoveryCode():
                return RecoveryCodeMade(recovery_code=RECOVERY_CODE)
            case Recover():
                self._log_in()
                return RecoveryCodeMade(recovery_code=RECOVERY_CODE)
            case ResetAccount():
                self._log_in()
                return Registered(recovery_code=RECOVERY_CODE)
            case LoadSafety():
                return SafetyLoaded(
                    account=command.account,
                    number="12345 67890",
                    qr_data=b"qr",
                    is_verified=False,
                    has_changed=True,
                )
            case LoadAudit():
                finding = AuditFinding(
                    kind="fork",
                    blamed="server",
                    sequence=7,
                    account=0,
                    at_ms=1_000,
                    message="Two heads disagree.",
                )
                return AuditLoaded(
                    conversation_id=command.conversation_id,
                    entries=9,
                    chain="ab",
                    sequence=9,
                    findings=[finding],
                )
            case ExportAudit():
                return AuditExported(data=b"proof")
            case _:
                raise AssertionError(f"unexpected {command!r}")

    def _log_in(self) -> None:
        self.emit(AccountChanged(account=Account(profile=ANNA, server_url="", is_logged_in=True)))

    def _page(self, command: LoadTimeline) -> TimelinePage:
        older = [r for r in self.rows if command.before is None or r.order < command.before]
        rows = older[-command.limit :]
        return TimelinePage(
            conversation_id=command.conversation_id,
            rows=rows,
            has_older=len(older) > len(rows),
            has_newer=command.before is not None,
        )

    def _queue(self, text: str) -> Queued:
        local_id = max((row.local_id for row in self.rows), default=0) + 1
        row = make_row(local_id, sender=ANNA, text=text, state=MessageState.WAITING, sequence=0)
        self.rows.append(row)
        for state in self._after_send:
            row = msgspec.structs.replace(
                row, state=state, sequence=local_id, refusal=self._refusal
            )
            self.rows[-1] = row
            self.emit(TimelineChanged(conversation_id=WITH_BEN, rows=[row]))
        return Queued(row=msgspec.structs.replace(row, state=MessageState.WAITING, sequence=0))
