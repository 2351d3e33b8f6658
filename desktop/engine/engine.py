"""The engine of one profile: takes commands, tells events, keeps the link.

All of it runs on one asyncio loop in one thread; what windows want comes over `desktop.bridge`.
Work on the local database is short and done right here; deriving keys from a password is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from desktop import commands
from desktop.commands import Command
from desktop.config import EngineConfig
from desktop.engine.account import AccountFlows
from desktop.engine.account_commands import AccountCommands
from desktop.engine.account_documents import AccountDocuments
from desktop.engine.alarms import Alarms
from desktop.engine.audit import Audit
from desktop.engine.changes import Changes
from desktop.engine.connection import Connection
from desktop.engine.contacts import Contacts
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext, Surroundings
from desktop.engine.conversations import Conversations
from desktop.engine.devices import Devices
from desktop.engine.downloads import Downloads
from desktop.engine.earlier_times import EarlierTimes
from desktop.engine.epoch_keys import EpochKeys
from desktop.engine.errors import CommandFailedError, failure_of
from desktop.engine.fading import Fading
from desktop.engine.file_commands import FileCommand, FileCommands
from desktop.engine.following import Following, Settled
from desktop.engine.group_commands import GroupCommands
from desktop.engine.group_states import GroupStates
from desktop.engine.http import HttpClient
from desktop.engine.imaging import ImagingProcess
from desktop.engine.joining import Joining
from desktop.engine.link_parts import LinkParts
from desktop.engine.memberships import Memberships
from desktop.engine.message_commands import MessageCommands
from desktop.engine.opening import Opening
from desktop.engine.passcode import Passcode
from desktop.engine.passwords import Passwords
from desktop.engine.pasted import PastedFiles
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.plans import Planner
from desktop.engine.preferences import PreferenceCommand, Preferences
from desktop.engine.prekeys import Prekeys
from desktop.engine.profiles import Profiles
from desktop.engine.requests import HandshakeMaker
from desktop.engine.rosters import Rosters
from desktop.engine.sealing import Sealing
from desktop.engine.signed_heads import SignedHeads
from desktop.engine.timeline import Timeline
from desktop.engine.transfers import Transfers
from desktop.engine.typing_state import TypingState
from desktop.engine.uploads import Uploads
from desktop.engine.vaults import Vaults
from desktop.engine.verification import Verification
from desktop.events import (
    AnyAnswer,
    ConversationOpened,
    Done,
    Event,
    Failed,
    LinkChanged,
    LinkState,
    Notice,
    NoticeKind,
    ProfileLoaded,
)
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.database import DatabaseFullError
from desktop.storage.storage import Storage
from shared import limits
from shared.entries import Entry
from shared.errors import Code, MimError
from shared.roster import RosterDocument
from shared.roster_rules import member_of

__all__ = ["Engine"]

logger = logging.getLogger(__name__)

_DECISIONS = (
    commands.AcceptRequest,
    commands.DeclineRequest,
    commands.WithdrawRequest,
    commands.RemoveContact,
    commands.BlockAccount,
    commands.UnblockAccount,
)
_COMMANDS_MAX = 2_000  # More at once are refused: the caller does not wait for answers.


class Engine:
    """One profile's engine; every method is called on its loop."""

    def __init__(self, config: EngineConfig, *, around: Surroundings | None = None) -> None:
        """Prepare; `start` opens the profile.

        Args:
            config: What the engine needs to know.
            around: Clocks, chance, network and disk, if not this machine's.
        """
        self._config = config
        self._around = around or Surroundings()
        self._passcode = Passcode(config, self._around, self._emit)
        self._listeners: list[Callable[[Event], None]] = []
        self._parts: _Parts | None = None
        self._commands: set[asyncio.Task[None]] = set()
        self._decisions: set[asyncio.Task[None]] = set()  # Those of them that an end waits for.
        self._connection: asyncio.Task[None] | None = None
        self._fading: asyncio.Task[None] | None = None

    def listen(self, callback: Callable[[Event], None]) -> None:
        """Call ``callback`` with every event, in order, on the engine's loop."""
        self._listeners.append(callback)

    async def start(self) -> None:
        """Open the profile, tell what is in it, and connect in the background.

        One with a passcode stays closed until `commands.Unlock`.

        Raises:
            CommandFailedError: ``profile_in_use``, or ``local``: the database cannot be opened.
        """
        try:
            self._open()
        except MimError as error:
            raise failure_of(error) from error

    async def stop(self) -> None:
        """End the link, store everything and let go of the profile.

        What a person has decided about people just before is carried out, if the server answers
        soon.
        """
        if self._decisions:
            await asyncio.wait(self._decisions, timeout=limits.LAST_COMMANDS_WAIT_MS / 1000)
        await self._disconnect()
        await self._end_fading()
        await self._end_commands()
        if self._parts is not None:
            await self._parts.transfers.stop()
            await self._parts.context.http.close()
            self._parts.changes.tell()
            self._parts.contacts.tell_due()
            self._parts.context.storage.close()
            self._parts = None
        self._passcode.release()

    def submit(self, command: Command) -> None:
        """Carry out a command; its answer is told as `Done` or `Failed`."""
        task = asyncio.get_running_loop().create_task(
            self._answer(command), name=type(command).__name__
        )
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
        if isinstance(command, _DECISIONS):
            self._decisions.add(task)
            task.add_done_callback(self._decisions.discard)

    async def ask(self, command: Command) -> AnyAnswer:
        """Carry out a command and return its answer.

        Raises:
            CommandFailedError: With the code and the sentence of `desktop.events.Failed`.
        """
        if len(self._commands) >= _COMMANDS_MAX:
            raise CommandFailedError(Code.OVERLOADED.value, "Too many commands at once.")
        try:
            return await self._carry_out(command)
        except MimError as error:
            if isinstance(error, DatabaseFullError):
                self._emit(Notice(kind=NoticeKind.DISK_FULL))
            failure = failure_of(error)
            if failure is error:
                raise
            raise failure from error

    def in_flight(self) -> int:
        """Return how many submits are sent and not answered, for tests and statistics."""
        run = None if self._parts is None else self._parts.connection.current
        return 0 if run is None else run.in_flight()

    async def _answer(self, command: Command) -> None:
        try:
            answer = await self.ask(command)
        except CommandFailedError as error:
            self._fail(command, error.code, error.message)
        except asyncio.CancelledError:
            self._fail(command, "local", "The engine has stopped.")
            raise
        except Exception:
            # The outermost loop: a bug of ours must not leave a window waiting.
            logger.exception("%s failed", type(command).__name__)
            self._fail(command, Code.INTERNAL.value, "Something went wrong in this app.")
        else:
            self._emit(Done(request_id=command.request_id, answer=answer))

    def _fail(self, command: Command, code: str, message: str) -> None:
        self._emit(Failed(request_id=command.request_id, code=code, message=message))

    async def _carry_out(self, command: Command) -> AnyAnswer:
        match command:
            case commands.Unlock():
                await self._unlock(command.passcode)
                return None
            case commands.WipeProfile():
                await self._wipe()
                return None
            case _ if self._passcode.is_locked:
                raise CommandFailedError("locked", "This profile waits for its passcode.")
        parts = self._started()
        match command:
            case commands.SetPasscode():
                storage = parts.context.storage
                await self._passcode.change(storage, command.passcode, command.new_passcode)
                return None
            case (
                commands.Register()
                | commands.LogIn()
                | commands.Recover()
                | commands.ResetAccount()
            ):
                answer = await parts.account_commands.come_in(command)
                self._logged_in()
                return answer
            case commands.LogOut():
                await self._log_out(wipe=command.wipe)
                return None
            case _:
                parts.context.me()
        return await self._carry_out_logged_in(parts, command)

    async def _carry_out_logged_in(self, parts: _Parts, command: Command) -> AnyAnswer:
        if isinstance(command, FileCommand):
            return await parts.files.carry_out(command)
        if isinstance(command, PreferenceCommand):
            parts.preferences.carry_out(command)
            return None
        match command:
            case commands.SearchUsers():
                return await parts.contacts.search(command.text)
            case commands.RequestContact():
                await parts.contacts.request(command.user_name, command.greeting)
            case commands.WithdrawRequest():
                await parts.contacts.withdraw(command.account)
            case commands.AcceptRequest():
                await parts.contacts.accept(command.account)
                await self._open_conversation(parts, command.account)
            case commands.DeclineRequest():
                await parts.contacts.decline(command.account)
            case commands.RemoveContact():
                await parts.contacts.remove(command.account)
                parts.preferences.forget_friend(command.account)
            case commands.BlockAccount():
                await parts.contacts.block(command.account)
            case commands.UnblockAccount():
                await parts.contacts.unblock(command.account)
            case commands.OpenConversation():
                opened = await self._open_conversation(parts, command.account)
                return ConversationOpened(conversation_id=opened.conversation_id)
            case commands.Reconnect():
                parts.connection.hurry()
                if not parts.context.me().is_revoked:
                    self._connect()  # If the server had said that it may not be.
            case commands.OpenNotes():
                opened = self._show(parts, await parts.conversations.open_notes())
                return ConversationOpened(conversation_id=opened.conversation_id)
            case commands.CreateGroup():
                opened = self._show(parts, await parts.groups.create(command))
                return ConversationOpened(conversation_id=opened.conversation_id)
            case commands.SetGroupProfile():
                parts.connection.deliver(command.conversation_id, parts.groups.rename(command))
            case (
                commands.AddMembers()
                | commands.RemoveMember()
                | commands.LeaveGroup()
                | commands.SetRole()
                | commands.SetHistory()
                | commands.MakeInvite()
                | commands.JoinGroup()
                | commands.LoadJoinRequests()
                | commands.ApproveJoin()
                | commands.DeclineJoin()
                | commands.LoadMembers()
            ):
                return await parts.groups.carry_out(command)
            case (
                commands.LoadDevices()
                | commands.RenameDevice()
                | commands.RevokeDevice()
                | commands.ChangePassword()
                | commands.MakeRecoveryCode()
                | commands.LoadServer()
                | commands.LoadSafety()
                | commands.SetVerified()
                | commands.AcknowledgeRoot()
                | commands.LoadAudit()
                | commands.ExportAudit()
            ):
                return await parts.account_commands.carry_out(command)
            case commands.CancelMessage():
                if not await parts.files.cancel_upload(command):
                    await parts.messages.carry_out(command)
            case (
                commands.LoadTimeline()
                | commands.SendText()
                | commands.EditMessage()
                | commands.RecallMessage()
                | commands.React()
                | commands.SetTimer()
                | commands.SearchMessages()
                | commands.MarkRead()
                | commands.SetTyping()
                | commands.SaveDraft()
                | commands.LoadDraft()
            ):
                return await parts.messages.carry_out(command)
            case commands.SetProfile():
                await parts.profiles.change(command.nickname, command.signature)
                parts.account.announce()
            case commands.SetAvatar():
                await parts.profiles.change_avatar(command.data)
                parts.account.announce()
            case commands.LoadProfile():
                return ProfileLoaded(profile=await parts.profiles.refresh(command.account))
            case commands.LoadAvatar():
                return await parts.profiles.load_avatar(command.account, command.avatar)
            case _:
                raise AssertionError(type(command))
        return None

    # Commands.

    async def _log_out(self, *, wipe: bool) -> None:
        parts = self._started()
        # The link goes first: nothing may arrive for an account that is leaving.
        await self._disconnect()
        await parts.transfers.stop()
        try:
            await parts.account.log_out(wipe=wipe)
            parts.changes.forget()  # Nobody is left whose rows these are.
        except MimError:
            self._connect()
            raise
        if wipe:
            await self._forget(parts)
            self._open()
        else:
            self._emit(LinkChanged(state=LinkState.OFFLINE))

    async def _unlock(self, passcode: str) -> None:
        if not self._passcode.is_set:
            return
        key = await self._passcode.open(passcode)
        if self._passcode.is_locked:
            self._passcode.release()
            try:
                self._open(key)
            except MimError:
                self._passcode.lock()
                raise
        else:
            self._passcode.tell()

    async def _wipe(self) -> None:
        if self._passcode.is_locked:
            self._passcode.wipe()
            self._passcode.release()
        elif self._parts is not None:
            await self._disconnect()
            await self._parts.transfers.stop()
            await self._forget(self._parts)
        self._open()

    async def _forget(self, parts: _Parts) -> None:
        """Close and delete the profile."""
        await self._end_fading()
        await self._end_commands()
        await parts.context.http.close()
        parts.changes.forget()
        parts.context.storage.wipe()
        PastedFiles(self._config.home).sweep()
        self._parts = None

    async def _end_commands(self) -> None:
        """End all commands but the one that asks for it."""
        others = [task for task in self._commands if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _open_conversation(self, parts: _Parts, account: int) -> StoredConversation:
        return self._show(parts, await parts.conversations.open_with(account))

    def _show(self, parts: _Parts, conversation: StoredConversation) -> StoredConversation:
        if parts.connection.current is not None:
            parts.connection.current.track(conversation)
        parts.changes.conversation(conversation.conversation_id)
        parts.contacts.tell()
        return conversation

    # Start and end.

    def _open(self, key: bytes | None = None) -> None:
        config, around = self._config, self._around
        if key is not None:
            storage = around.open_storage(
                config.home, uses_key_store=config.uses_key_store, key=key
            )
            self._passcode.settle(storage)
        elif self._passcode.is_set:
            self._passcode.lock()
            return
        else:
            storage = around.open_storage(config.home, uses_key_store=config.uses_key_store)
        self._passcode.tell()
        self._parts = parts = _Parts(config, storage, self._emit, around)
        self._tell_key_file(storage)
        is_logged_in = parts.account.resume()
        parts.account.announce()
        if is_logged_in:
            parts.preferences.tell_privacy()
            parts.contacts.tell()
            parts.contents.expire()
            parts.changes.tell_all()
            if parts.context.me().is_revoked:
                self._tell_revoked()
            else:
                self._connect()
        self._fading = asyncio.get_running_loop().create_task(parts.fading.run(), name="fading")

    async def _end_fading(self) -> None:
        if self._fading is not None:
            self._fading.cancel()
            await asyncio.gather(self._fading, return_exceptions=True)
            self._fading = None

    def _tell_key_file(self, storage: Storage) -> None:
        """Tell once per profile that the key lies in a file."""
        name = "key_file_told"
        if storage.key_file is not None and not storage.account.setting(name):
            self._emit(Notice(kind=NoticeKind.KEY_FILE, detail=str(storage.key_file)))
            storage.account.set_setting(name, "1")

    def _logged_in(self) -> None:
        parts = self._started()
        parts.preferences.tell_privacy()
        parts.contacts.tell()
        parts.changes.tell_all()
        self._connect()

    def _connect(self) -> None:
        self._started().transfers.start()
        if self._connection is None or self._connection.done():
            parts = self._started()
            self._connection = asyncio.get_running_loop().create_task(
                self._stay_connected(parts), name="connection"
            )

    async def _stay_connected(self, parts: _Parts) -> None:
        code = await parts.connection.run()
        if code is Code.UNAUTHENTICATED:
            await parts.account_commands.note_refused()

    def _tell_revoked(self) -> None:
        self._emit(
            LinkChanged(
                state=LinkState.REFUSED,
                code=Code.UNAUTHENTICATED.value,
                message="This device was ended.",
            )
        )

    async def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.cancel()
            with suppress(asyncio.CancelledError):
                await self._connection
            self._connection = None

    def _started(self) -> _Parts:
        assert self._parts is not None, "start() comes first"
        return self._parts

    def _emit(self, event: Event) -> None:
        if isinstance(event, LinkChanged) and event.state is LinkState.ONLINE:
            self._started().transfers.wake()
        for listener in self._listeners:
            listener(event)


class _Parts:
    """The parts of a started engine, wired together."""

    def __init__(
        self,
        config: EngineConfig,
        storage: Storage,
        emit: Callable[[Event], None],
        around: Surroundings,
    ) -> None:
        self.context = EngineContext(
            config=config,
            storage=storage,
            http=HttpClient(config.server_url, around.make_network()),
            emit=emit,
            now_ms=around.now_ms,
            wall_ms=around.wall_ms,
            random=around.random,
            chance=around.chance,
        )
        context = self.context
        alarms = Alarms(context)
        keys = PeerKeys(context, alarms)
        vaults = Vaults(context)
        self.account = AccountFlows(context, keys, vaults)
        self.states = states = GroupStates(context)
        self.changes = changes = Changes(context, states)
        self.contacts = Contacts(context, keys)
        contents, maker = Contents(context, changes), HandshakeMaker(context)
        prekeys = Prekeys(context, keys, alarms)
        rosters = Rosters(context, states, keys, alarms)
        following = Following(context, states, alarms, changes)
        self.conversations = Conversations(context, states, keys, prekeys, maker, contents)
        self.profiles = Profiles(context)
        self.sealing = Sealing(context, states, contents)
        self.opening = Opening(context, states, keys, alarms)
        self.timeline = Timeline(context, states, self.opening, contents, changes)
        self.typing = TypingState(context)
        joining = Joining(context, states, rosters, following, prekeys, alarms)
        self.memberships = Memberships(
            context, states, following, joining, Planner(context, keys, prekeys), maker, keys
        )
        self.groups = GroupCommands(
            context, states, keys, self.conversations, self.memberships, contents, changes
        )
        self.contents = contents
        self.fading = Fading(context, contents, alarms)
        documents = AccountDocuments(context, keys, alarms)
        self.preferences = Preferences(context, documents, self.contacts, changes)
        self.preferences.on_changed = self._share_document
        self.contacts.on_blocked = self._note_blocked
        heads = SignedHeads(context, alarms)
        self.account_commands = AccountCommands(
            context,
            flows=self.account,
            devices=Devices(context, keys, vaults, documents, self.memberships.add_warrants),
            documents=documents,
            passwords=Passwords(context, vaults, self.account),
            verification=Verification(context, keys, documents),
            audit=Audit(context, keys, heads, alarms),
        )
        imaging, downloads = ImagingProcess(), Downloads(context)
        uploads = Uploads(context, imaging)
        self.transfers = Transfers(
            context, changes, uploads, downloads, lambda *sent: self.connection.deliver(*sent)
        )
        self.files = FileCommands(context, changes, self.transfers, downloads, imaging)
        self.sealing.on_no_blob = self.transfers.upload_again
        keys.on_change.append(self._note_keys)
        following.on_settled.append(self._repeat_profile)
        following.on_roster.append(self._meet)
        self.connection = Connection(
            context,
            LinkParts(
                account_commands=self.account_commands,
                alarms=alarms,
                changes=changes,
                contacts=self.contacts,
                conversations=self.conversations,
                fading=self.fading,
                earlier=EarlierTimes(context, self.timeline, changes, alarms.exhibits),
                epoch_keys=EpochKeys(context, states, rosters, alarms),
                following=following,
                group_commands=self.groups,
                heads=heads,
                keys=keys,
                memberships=self.memberships,
                preferences=self.preferences,
                prekeys=prekeys,
                profiles=self.profiles,
                rosters=rosters,
                sealing=self.sealing,
                states=states,
                timeline=self.timeline,
                typing=self.typing,
                confirmed={},
            ),
        )
        self.messages = MessageCommands(
            context,
            states,
            self.sealing,
            contents,
            self.timeline,
            changes,
            self.typing,
            self.connection,
        )

    def _note_keys(self, account: int) -> None:
        """Share with the own devices what was learnt, and show what it means for sending."""
        self._share_document()
        self.contacts.tell_soon()
        run = self.connection.current
        for conversation in self.context.storage.conversations.all():
            conversation_id = conversation.conversation_id
            roster = self.states.roster(conversation_id)
            if roster is None or member_of(roster, account) is None:
                continue
            self.changes.conversation(conversation_id)
            is_waiting = self.context.storage.outbox.has_items(conversation_id)
            if run is not None and is_waiting:
                run.chores.open(conversation_id)  # Sending may go on.

    def _note_blocked(self, account: int) -> None:
        conversation = self.context.storage.conversations.with_peer(account)
        if conversation is not None:
            self.changes.conversation(conversation.conversation_id)

    def _share_document(self) -> None:
        """Let the own other devices know of a change; without a link the next one begins so."""
        run = self.connection.current
        if run is not None:
            self.account_commands.note_keys(run.chores.queue)
            run.chores.share_privacy()

    def _meet(
        self, _conversation_id: int, _entry: Entry, _before: RosterDocument, after: RosterDocument
    ) -> None:
        """Learn the names of those who came."""
        run = self.connection.current
        if run is not None:
            run.chores.meet([each.account for each in after.members])

    def _repeat_profile(self, conversation_id: int, settled: Settled) -> None:
        """Tell those who came what was set before: they cannot read it."""
        if not settled.newcomers:
            return
        for content in self.contents.repeated(conversation_id):
            self.connection.deliver(conversation_id, self.contents.queue(conversation_id, content))
