"""The commands of `mim-cli` about devices, password, recovery, verification and audits."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from desktop.cli.arguments import Arguments
from desktop.cli.lookup import conversation_id_of, profile_of
from desktop.cli.printing import person_line, print_line
from desktop.cli.secrets import Secrets
from desktop.cli.secure_printing import (
    AuditLine,
    DoneLine,
    RecoveryLine,
    SafetyLine,
    device_line,
    finding_line,
    verdict_line,
)
from desktop.cli.session import Session
from desktop.commands import (
    AcknowledgeRoot,
    ChangePassword,
    ExportAudit,
    LoadAudit,
    LoadDevices,
    LoadSafety,
    MakeRecoveryCode,
    Recover,
    RenameDevice,
    ResetAccount,
    RevokeDevice,
    SetVerified,
)
from desktop.engine import CommandFailedError
from desktop.events import (
    AuditExported,
    AuditLoaded,
    DeviceRow,
    DevicesLoaded,
    RecoveryCodeMade,
    Registered,
    SafetyLoaded,
)
from shared import limits
from shared.e2ee.evidence import check_proof
from shared.errors import Code, SealError

__all__ = ["DEVICE_COMMANDS", "check_audit", "run_device_command"]


async def run_device_command(session: Session, arguments: Arguments, secrets: Secrets) -> None:
    """Carry out one of them and print its outcome.

    Raises:
        CommandFailedError: If it was refused or can not be carried out.
    """
    await _COMMANDS[arguments.command](session, arguments, secrets)


def check_audit(arguments: Arguments) -> bool:
    """Check a proof that `mim-cli audit --export` wrote, without a server or a profile.

    Returns:
        Whether all of it holds.

    Raises:
        CommandFailedError: ``local``: the file cannot be read; ``malformed``: it is no proof.
    """
    assert arguments.check is not None
    try:
        with arguments.check.open("rb") as file:
            data = file.read(limits.PROOF_BYTES_MAX)
    except OSError as error:
        raise CommandFailedError("local", f"The file cannot be read: {error.strerror}.") from error
    try:
        report = check_proof(data)
    except SealError as error:
        raise CommandFailedError(Code.MALFORMED, "This is no proof of Mim.") from error
    for verdict in report.verdicts:
        print_line(verdict_line(verdict), as_json=arguments.as_json)
    return all(verdict.holds for verdict in report.verdicts)


async def _devices(session: Session, arguments: Arguments, _: Secrets) -> None:
    session.own()
    loaded = await session.ask_for(DevicesLoaded, LoadDevices())
    for device in loaded.devices:
        print_line(device_line(device), as_json=arguments.as_json)


async def _rename(session: Session, arguments: Arguments, _: Secrets) -> None:
    device = await _device(session, arguments)
    await session.ask(RenameDevice(device_id=device.device_id, name=arguments.text))


async def _revoke(session: Session, arguments: Arguments, secrets: Secrets) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    device = await _device(session, arguments)
    await session.ask(RevokeDevice(device_id=device.device_id, password=secrets.password))


async def _change_password(session: Session, _: Arguments, secrets: Secrets) -> None:
    session.own()
    command = ChangePassword(password=secrets.password, new_password=secrets.new_password)
    await session.ask(command)


async def _make_code(session: Session, arguments: Arguments, secrets: Secrets) -> None:
    session.own()
    command = MakeRecoveryCode(password=secrets.password)
    made = await session.ask_for(RecoveryCodeMade, command)
    _print_code(made.recovery_code, arguments)


async def _recover(session: Session, arguments: Arguments, secrets: Secrets) -> None:
    """Set a new password; the new recovery code is said once, like at registration."""
    if arguments.is_reset:
        reset = ResetAccount(
            user_name=arguments.user,
            reset_token=secrets.reset_token,
            new_password=secrets.new_password,
        )
        code = (await session.ask_for(Registered, reset)).recovery_code
    else:
        recover = Recover(
            user_name=arguments.user,
            recovery_code=secrets.recovery_code,
            new_password=secrets.new_password,
        )
        code = (await session.ask_for(RecoveryCodeMade, recover)).recovery_code
    await session.wait_until(lambda: session.is_logged_in, seconds=5)
    _print_code(code, arguments)
    if not arguments.as_json:
        print_line(person_line(session.own()), as_json=False)


async def _safety(session: Session, arguments: Arguments, _: Secrets) -> None:
    session.own()
    account = (await profile_of(session, arguments.user)).account
    if arguments.accept:
        await session.ask(AcknowledgeRoot(account=account))
    loaded = await session.ask_for(SafetyLoaded, LoadSafety(account=account))
    line = SafetyLine(
        user_name=arguments.user,
        number=loaded.number,
        qr_data=loaded.qr_data.hex(),
        is_verified=loaded.is_verified,
        has_changed=loaded.has_changed,
    )
    print_line(line, as_json=arguments.as_json)


async def _verify(session: Session, arguments: Arguments, _: Secrets) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    account = (await profile_of(session, arguments.user)).account
    await session.ask(SetVerified(account=account, is_verified=not arguments.undo))


async def _audit(session: Session, arguments: Arguments, _: Secrets) -> None:
    await session.catch_up(seconds=arguments.timeout_s)
    conversation_id = await conversation_id_of(session, arguments.user)
    loaded = await session.ask_for(AuditLoaded, LoadAudit(conversation_id=conversation_id))
    line = AuditLine(
        conversation_id=str(conversation_id),
        entries=loaded.entries,
        sequence=loaded.sequence,
        chain=loaded.chain,
        findings=len(loaded.findings),
    )
    print_line(line, as_json=arguments.as_json)
    for finding in loaded.findings:
        print_line(finding_line(finding), as_json=arguments.as_json)
    if arguments.export is not None:
        command = ExportAudit(conversation_id=conversation_id)
        exported = await session.ask_for(AuditExported, command)
        _write(arguments.export, exported.data)
        print_line(DoneLine(path=str(arguments.export)), as_json=arguments.as_json)


async def _device(session: Session, arguments: Arguments) -> DeviceRow:
    """Find one of the own devices by its id or its name."""
    session.own()
    loaded = await session.ask_for(DevicesLoaded, LoadDevices())
    named = [
        device
        for device in loaded.devices
        if not device.is_revoked and arguments.device in (str(device.device_id), device.name)
    ]
    if len(named) != 1:
        sentence = "Several devices have this name; give the id." if named else "No such device."
        raise CommandFailedError(Code.NOT_FOUND, sentence)
    return named[0]


def _print_code(code: str, arguments: Arguments) -> None:
    if arguments.as_json:
        print_line(RecoveryLine(recovery_code=code), as_json=True)
    else:
        print(f"Recovery code, shown this once: {code}", file=sys.stderr)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandFailedError("local", f"It cannot be written: {error.strerror}.") from error


_COMMANDS: dict[str, Callable[[Session, Arguments, Secrets], Awaitable[None]]] = {
    "devices": _devices,
    "rename-device": _rename,
    "revoke": _revoke,
    "passwd": _change_password,
    "recovery-code": _make_code,
    "recover": _recover,
    "safety": _safety,
    "verify": _verify,
    "audit": _audit,
}
DEVICE_COMMANDS = frozenset(_COMMANDS)
