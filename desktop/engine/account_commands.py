"""Commands about the own account, devices and other people's keys, and events that touch them."""

from __future__ import annotations

from desktop import commands
from desktop.commands import Command
from desktop.engine.account import AccountFlows
from desktop.engine.account_documents import AccountDocuments
from desktop.engine.audit import Audit
from desktop.engine.chores import Chores
from desktop.engine.context import EngineContext
from desktop.engine.devices import Devices
from desktop.engine.passwords import Passwords
from desktop.engine.verification import Verification
from desktop.events import AnyAnswer, Notice, NoticeKind, ServerLoaded
from shared.events import Event, EventKind
from shared.rest import ServerInfo

__all__ = ["AccountCommand", "AccountCommands"]

AccountCommand = (
    commands.LoadDevices
    | commands.RenameDevice
    | commands.RevokeDevice
    | commands.ChangePassword
    | commands.MakeRecoveryCode
    | commands.LoadServer
    | commands.LoadSafety
    | commands.SetVerified
    | commands.AcknowledgeRoot
    | commands.LoadAudit
    | commands.ExportAudit
)


class AccountCommands:
    """Hands commands and events to the parts that know what to do."""

    def __init__(
        self,
        context: EngineContext,
        *,
        flows: AccountFlows,
        devices: Devices,
        documents: AccountDocuments,
        passwords: Passwords,
        verification: Verification,
        audit: Audit,
    ) -> None:
        self._context = context
        self._flows = flows
        self._devices = devices
        self._documents = documents
        self._passwords = passwords
        self._verification = verification
        self._audit = audit

    async def come_in(self, command: Command) -> AnyAnswer:
        """Carry out a command that ends with being logged in.

        Raises:
            CommandFailedError, RefusedError, PeerError, TransportError: Why it was not done.
        """
        match command:
            case commands.Register():
                return await self._flows.register(
                    command.user_name, command.password, command.nickname
                )
            case commands.LogIn():
                return await self._flows.log_in(command.user_name, command.password)
            case commands.Recover():
                return await self._passwords.recover(
                    command.user_name, command.recovery_code, command.new_password
                )
            case commands.ResetAccount():
                return await self._flows.reset(
                    command.user_name, command.reset_token, command.new_password
                )
            case _:
                raise AssertionError(type(command))

    async def carry_out(self, command: AccountCommand) -> AnyAnswer:
        """Carry out a command; errors as in `come_in`."""
        match command:
            case commands.LoadDevices():
                return await self._devices.load()
            case commands.RenameDevice():
                await self._devices.rename(command.device_id, command.name)
            case commands.RevokeDevice():
                await self._devices.revoke(command.device_id, command.password)
            case commands.ChangePassword():
                await self._passwords.change(command.password, command.new_password)
            case commands.MakeRecoveryCode():
                return await self._passwords.make_recovery_code(command.password)
            case commands.LoadServer():
                info = await self._context.http.get("/v1/server", ServerInfo)
                return ServerLoaded(name=info.name, version=info.version)
            case commands.LoadSafety():
                return await self._verification.load(command.account)
            case commands.SetVerified():
                await self._verification.set_verified(
                    command.account, is_verified=command.is_verified
                )
            case commands.AcknowledgeRoot():
                await self._verification.acknowledge(command.account)
            case commands.LoadAudit():
                return await self._audit.load(command.conversation_id)
            case commands.ExportAudit():
                return await self._audit.export(command.conversation_id)
        return None

    def begin(self, chores: Chores) -> None:
        """Queue what every link begins with."""
        chores.add("document", 0, self._documents.refresh)
        chores.add("own devices", 0, self._devices.refresh)

    def note_event(self, event: Event, chores: Chores) -> None:
        """Queue what an event of the own account points to."""
        if event.kind == EventKind.ACCOUNT_DOCUMENT_CHANGED:
            chores.add("document", 0, self._documents.refresh)
        elif event.kind == EventKind.DEVICES_CHANGED and event.account == self._own():
            chores.add("own devices", 0, self._devices.refresh)
            chores.add("document", 0, self._documents.refresh)

    def note_keys(self, chores: Chores) -> None:
        """Queue to share what this device has learnt of people's keys."""
        chores.add("document", 0, self._documents.refresh)

    async def note_refused(self) -> None:
        """Find out why the server does not take the session any more, and tell."""
        if self._context.identity is None or self._context.identity.is_revoked:
            return
        if await self._devices.is_ended():
            self._flows.end_revoked()
            self._context.emit(Notice(kind=NoticeKind.REVOKED))
        else:
            self._flows.end_session()

    def end_copy(self) -> None:
        """This profile is used in two places: here its device is ended; inside a transaction."""
        self._flows.end_revoked()
        self._context.emit(Notice(kind=NoticeKind.PROFILE_COPIED))

    def _own(self) -> int:
        return 0 if self._context.identity is None else self._context.identity.account
