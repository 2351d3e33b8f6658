from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from desktop import commands, events
from desktop.commands import Command
from desktop.engine import CommandFailedError
from desktop.engine.account import AccountFlows
from desktop.engine.account_commands import AccountCommand, AccountCommands
from desktop.engine.account_documents import AccountDocuments
from desktop.engine.alarms import Alarms
from desktop.engine.audit import Audit
from desktop.engine.devices import Devices
from desktop.engine.errors import ServerRefusedError
from desktop.engine.passwords import Passwords
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.signed_heads import SignedHeads
from desktop.engine.vaults import Vaults
from desktop.engine.verification import Verification
from desktop.events import Notice, NoticeKind
from shared.errors import Code
from shared.events import Event, EventKind
from shared.frames import Events
from tests.desktop.engine.office import ME, Office
from tests.desktop.engine.people import PASSWORD, Person, befriend
from tests.desktop.engine.small_server import Seat
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]
DOCUMENT = "GET /v1/account-document"


def make(office: Office) -> AccountCommands:
    context = office.context
    alarms = Alarms(context)
    keys, vaults = PeerKeys(context, alarms), Vaults(context)
    documents = AccountDocuments(context, keys, alarms)
    flows = AccountFlows(context, keys, vaults)
    return AccountCommands(
        context,
        flows=flows,
        devices=Devices(context, keys, vaults, documents, lambda _: None),
        documents=documents,
        passwords=Passwords(context, vaults, flows),
        verification=Verification(context, keys, documents),
        audit=Audit(context, keys, SignedHeads(context, alarms), alarms),
    )


async def tell(seat: Seat, kind: EventKind, account: int) -> list[str]:
    """Let the server tell of an account, and return what was asked then."""
    seat.calls.clear()
    event = Event(position=1, at_ms=1, kind=kind.value, account=account)
    seat.queue(Events((event,), 1))
    await seat.settle()
    return seat.calls


async def test_each_command_is_answered_by_its_part(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    chat = await befriend(anna, ben)
    loaded = await anna.engine.ask(commands.LoadDevices())
    assert isinstance(loaded, events.DevicesLoaded)
    device = loaded.devices[0]
    tried: list[tuple[AccountCommand, type[object]]] = [
        (commands.LoadDevices(), events.DevicesLoaded),
        (commands.LoadServer(), events.ServerLoaded),
        (commands.RenameDevice(device_id=device.device_id, name="Desk"), type(None)),
        (commands.LoadSafety(account=ben.account), events.SafetyLoaded),
        (commands.SetVerified(account=ben.account, is_verified=True), type(None)),
        (commands.AcknowledgeRoot(account=ben.account), type(None)),
        (commands.LoadAudit(conversation_id=chat), events.AuditLoaded),
        (commands.ExportAudit(conversation_id=chat), events.AuditExported),
        (commands.MakeRecoveryCode(password=PASSWORD), events.RecoveryCodeMade),
        (commands.ChangePassword(password=PASSWORD, new_password="another one"), type(None)),
    ]

    answers = [type(await anna.engine.ask(command)) for command, _ in tried]

    assert answers == [kind for _, kind in tried]
    with pytest.raises(CommandFailedError) as failed:
        await anna.engine.ask(commands.RevokeDevice(device_id=5, password="another one"))
    assert failed.value.code == "not_found"
    known = {type(command) for command, _ in tried} | {commands.RevokeDevice}
    assert known == set(get_args(AccountCommand))


async def test_each_way_in_ends_with_being_logged_in(
    anna: Person, server: ServerProcess, tmp_path: Path
) -> None:
    code = (await anna.register()).recovery_code
    reset = server.command("reset-account", anna.name).stdout.strip()
    ways: list[tuple[Command, type[object]]] = [
        (commands.LogIn(user_name=anna.name, password=PASSWORD), events.LoggedIn),
        (
            commands.Recover(user_name=anna.name, recovery_code=code, new_password=PASSWORD),
            events.RecoveryCodeMade,
        ),
        (
            commands.ResetAccount(
                user_name=anna.name, reset_token=reset, new_password="another one"
            ),
            events.Registered,
        ),
    ]

    for number, (way, answer) in enumerate(ways):
        phone = await Person(anna.name, tmp_path / f"phone{number}", server.url).start()
        assert type(await phone.engine.ask(way)) is answer
        await phone.online()
        await phone.stop()


async def test_a_link_begins_with_what_the_own_devices_have_pinned(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    await anna.direct(ben)
    await anna.down()
    anna.calls.clear()

    await anna.up()

    # Whose keys are taken for good is settled before anybody's are fetched.
    assert anna.calls[:2] == [DOCUMENT, f"GET /v1/users/{anna.account}/keys"]


async def test_own_devices_that_changed_are_looked_up(sit: Sit) -> None:
    anna = await sit("anna").up()

    asked = await tell(anna, EventKind.DEVICES_CHANGED, anna.account)

    assert f"GET /v1/users/{anna.account}/keys" in asked
    assert DOCUMENT in asked


async def test_somebody_elses_devices_are_no_business_of_the_account(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    await anna.direct(ben)

    asked = await tell(anna, EventKind.DEVICES_CHANGED, ben.account)

    assert asked == [f"GET /v1/users/{ben.account}/keys"]


async def test_a_document_that_changed_is_fetched(sit: Sit) -> None:
    anna = await sit("anna").up()

    assert DOCUMENT in await tell(anna, EventKind.ACCOUNT_DOCUMENT_CHANGED, 0)


async def test_what_is_learnt_of_people_is_shared_with_the_own_devices(sit: Sit) -> None:
    phone, desk = await sit("anna").up(), await sit("anna", "desk").up()
    ben = await sit("ben").up()

    await phone.direct(ben)
    await desk.down()
    await desk.up()

    pin = desk.parts.context.storage.keys.pin(ben.account)
    assert pin is not None
    assert pin.root_key == ben.owner.root.public


async def test_a_session_that_another_device_ended_is_told_as_that(office: Office) -> None:
    path = f"GET /v1/users/{ME.account}/keys"
    office.http.give(path, ServerRefusedError(Code.UNAUTHENTICATED, "no", {"revoked": "1"}))

    await make(office).note_refused()

    assert Notice(kind=NoticeKind.REVOKED) in office.told
    assert office.context.storage.account.load() == office.context.identity
    assert office.context.me().is_revoked


async def test_a_session_that_has_just_ended_asks_for_the_password(office: Office) -> None:
    path = f"GET /v1/users/{ME.account}/keys"
    office.http.give(path, ServerRefusedError(Code.UNAUTHENTICATED, "no", {}))

    await make(office).note_refused()

    kept = office.context.storage.account.load()
    assert kept is not None
    assert (kept.is_logged_in, kept.is_revoked) == (False, False)
    assert not [each for each in office.told if isinstance(each, Notice)]
    assert office.context.identity is None


async def test_who_is_logged_out_is_told_nothing(office: Office) -> None:
    office.context.identity = None

    await make(office).note_refused()

    assert office.told == []
    assert office.http.calls == []


async def test_a_profile_in_use_twice_is_ended_here_and_what_it_has_stays(office: Office) -> None:
    parts = make(office)

    parts.end_copy()
    office.told.clear()
    await parts.note_refused()

    kept = office.context.storage.account.load()
    assert kept is not None
    assert (kept.is_revoked, kept.token, kept.is_logged_in) == (True, "", True)
    assert office.told == []  # It was told already, and nobody is asked for the password.
    assert office.http.calls == []
