"""Flows that are killed at their first await, their second, … and at every commit, and must heal.

A kill at step n drops everything the program had in memory before its n-th callback runs; a kill
at commit n happens in place of the n-th transaction. Nothing but the disk and what has left over
the network is there afterwards. Then the program is started again, and nobody does anything: what
was begun is finished or never was, and everything is as the plain model says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from desktop import commands
from desktop.engine import CommandFailedError
from desktop.events import DevicesLoaded, RecoveryCodeMade
from shared import limits
from shared.errors import Code, MimError, RefusedError
from shared.identifiers import AccountId, ConversationId
from tests.simulation.device import PASSWORD, Device
from tests.simulation.town import Plan, Town

__all__ = ["FLOWS", "CrashResult", "crash_everywhere"]

_PLAN = Plan(people=3, devices=3, directs=2, groups=1)
_MADE_UP = 100_000  # More steps than any flow has.


@dataclass(frozen=True, slots=True)
class CrashResult:
    """How often a flow was killed, and what did not heal."""

    flow: str
    kills_at_awaits: int = 0
    kills_at_commits: int = 0
    wrong: tuple[str, ...] = ()


Flow = Callable[[Town, int, bool], Awaitable[bool]]


async def crash_everywhere(
    flow: str, folder: Path, *, first: int = 1, stride: int = 1
) -> CrashResult:
    """Kill a flow at every await and at every commit, or at each ``stride``-th of them.

    Args:
        flow: One of `FLOWS`.
        folder: Where the town's disks lie.
        first: The first await, and the first commit, that it is killed at.
        stride: How many awaits, or commits, lie between two kills.
    """
    town = Town(_PLAN, seed=1, folder=folder)
    await town.found()
    result = CrashResult(flow)
    for is_commit in (False, True):
        for place in range(first, _MADE_UP, stride):
            try:
                if not await FLOWS[flow](town, place, is_commit):
                    break
                wrong = await _heal(town)
            except (AssertionError, CommandFailedError, MimError, TimeoutError) as error:
                wrong = [f"{type(error).__name__}: {error}"]
            if is_commit:
                result = replace(result, kills_at_commits=result.kills_at_commits + 1)
            else:
                result = replace(result, kills_at_awaits=result.kills_at_awaits + 1)
            if wrong:
                what = "commit" if is_commit else "await"
                named = tuple(f"{flow} killed at {what} {place}: {each}" for each in wrong[:5])
                result = replace(result, wrong=result.wrong + named)
                break
    await town.close()
    return result


async def _heal(town: Town) -> list[str]:
    """Let everybody come back, say something, and compare."""
    for device in town.devices:
        device.dies_at_commit = 0
    await town.settle()
    for conversation in town.conversations:
        await town.say(town.devices[0], conversation)
    await asyncio.sleep(10)
    return await town.judge()


async def _with_kill(
    device: Device, work: Awaitable[object], place: int, *, is_commit: bool
) -> bool:
    """Do something on a running device that is killed at ``place``; whether it was."""
    process = device.process
    assert process is not None
    if is_commit:
        device.dies_at_commit = device.commits + place
    else:
        process.dies_at = process.steps + place
    try:
        await work
        # What it goes on to do of itself belongs to the flow.
        await asyncio.sleep(3)
    except (asyncio.CancelledError, CommandFailedError):
        pass
    if process.is_dead:
        return True
    process.dies_at = device.dies_at_commit = 0
    return False


def _new_name(place: int, is_commit: bool) -> str:
    """Return a name that no device had, so that it finds no profile of another one."""
    return f"{'c' if is_commit else 'a'}{place}"


def _group(town: Town) -> int:
    return next(each for each, is_group in town.is_group.items() if is_group)


async def _change_members(town: Town, place: int, is_commit: bool) -> bool:
    """The owner's device commits: the last one in goes, or comes."""
    owner, last = town.devices[0], town.devices[2]
    conversation, account = ConversationId(_group(town)), AccountId(last.account)
    facts = town.read_logs()[conversation]
    members = [fact.members for fact in facts if fact.members is not None][-1]
    command = (
        commands.RemoveMember(conversation_id=conversation, account=account)
        if account in members
        else commands.AddMembers(conversation_id=conversation, accounts=(account,))
    )
    return await _with_kill(owner, owner.ask(command), place, is_commit=is_commit)


async def _be_added(town: Town, place: int, is_commit: bool) -> bool:
    """The device that comes in is killed while it joins."""
    owner, last = town.devices[0], town.devices[2]
    conversation, account = ConversationId(_group(town)), AccountId(last.account)
    facts = town.read_logs()[conversation]
    members = [fact.members for fact in facts if fact.members is not None][-1]
    if account in members:
        await owner.ask(commands.RemoveMember(conversation_id=conversation, account=account))
        await asyncio.sleep(5)
    command = commands.AddMembers(conversation_id=conversation, accounts=(account,))
    return await _with_kill(last, owner.ask(command), place, is_commit=is_commit)


async def _rejoin(town: Town, place: int, is_commit: bool) -> bool:
    """A rolled-back profile is killed while it gets a fresh leaf."""
    device, conversation = town.devices[1], town.direct_of(town.devices[1])
    # A second backup within a day is taken for a copy in use, and ended.
    for each in town.devices:
        await each.stop()
    await asyncio.sleep(limits.COPY_FORGIVEN_MS / 1000)
    await town.settle()
    copy = device.save_copy()
    await town.say(device, conversation)
    await asyncio.sleep(3)
    device.kill()
    device.restore_copy(copy)
    await device.start()
    return await _with_kill(device, town.say(device, conversation), place, is_commit=is_commit)


async def _log_in(town: Town, place: int, is_commit: bool) -> bool:
    """A new device is killed while it logs in and fetches what there is."""
    device = await town.new_device("person1", _new_name(place, is_commit))
    command = commands.LogIn(user_name="person1", password=PASSWORD)
    was_killed = await _with_kill(device, device.ask(command), place, is_commit=is_commit)
    if not device.is_running:
        await device.start()
        await asyncio.sleep(3)
    if not device.account:
        await device.ask(command)
    await device.until(lambda: device.is_online)
    # The next try is a device that the server has never seen, and there is a limit to them.
    await town.devices[1].ask(commands.RevokeDevice(device_id=device.device_id, password=PASSWORD))
    device.kill()
    town.devices.remove(device)
    return was_killed


async def _revoke(town: Town, place: int, is_commit: bool) -> bool:
    """A device is killed while it revokes another one of its owner."""
    other = await town.new_device("person1", _new_name(place, is_commit))
    await other.ask(commands.LogIn(user_name="person1", password=PASSWORD))
    await other.until(lambda: other.is_online)
    device = town.devices[1]
    command = commands.RevokeDevice(device_id=other.device_id, password=PASSWORD)
    was_killed = await _with_kill(device, device.ask(command), place, is_commit=is_commit)
    if not device.is_running:
        await device.start()
    await device.until(lambda: device.is_online)
    loaded = await device.ask(commands.LoadDevices())
    assert isinstance(loaded, DevicesLoaded)
    is_revoked = any(d.device_id == other.device_id and d.is_revoked for d in loaded.devices)
    if not is_revoked:
        await device.ask(command)
    other.kill()
    town.devices.remove(other)
    return was_killed


async def _create(town: Town, place: int, is_commit: bool) -> bool:
    """A device is killed while it makes a group: that is there for all, once, or for nobody."""
    owner, accounts = town.devices[0], tuple(AccountId(d.account) for d in town.devices[1:])
    before = set(town.read_logs())
    command = commands.CreateGroup(name=f"Group at {place}", accounts=accounts)
    was_killed = await _with_kill(owner, owner.ask(command), place, is_commit=is_commit)
    await town.settle()
    made = set(town.read_logs()) - before
    assert len(made) <= 1, "One group was wanted and two were made."
    assert made or was_killed, "Nothing was made, though nobody was killed."
    for conversation in made:
        for device in town.devices:
            await town.say(device, conversation)
    return was_killed


async def _change_password(town: Town, place: int, is_commit: bool) -> bool:
    """A device is killed while it changes the password: one of the two counts, and all goes on."""
    device, other = town.devices[1], "another password"
    command = commands.ChangePassword(password=PASSWORD, new_password=other)
    was_killed = await _with_kill(device, device.ask(command), place, is_commit=is_commit)
    await _come_back(device)
    counting = []
    for password in (other, PASSWORD):
        back = commands.ChangePassword(password=password, new_password=PASSWORD)
        if await _is_done(device, back):
            counting.append(password)
    # The second one is the first one's work, if that counted.
    assert counting in ([other, PASSWORD], [PASSWORD])
    return was_killed


async def _recover(town: Town, place: int, is_commit: bool) -> bool:
    """A new device is killed while it recovers the account, all others being lost."""
    lost, new_password = town.devices[2], "another password"
    code = await lost.ask(commands.MakeRecoveryCode(password=PASSWORD))
    assert isinstance(code, RecoveryCodeMade)
    lost_id, name = lost.device_id, lost.user_name
    device = await town.new_device(name, _new_name(place, is_commit))
    command = commands.Recover(
        user_name=name, recovery_code=code.recovery_code, new_password=new_password
    )
    was_killed = await _with_kill(device, device.ask(command), place, is_commit=is_commit)
    if not device.is_running:
        await device.start()
        await asyncio.sleep(3)
    # A person tries once more, and else the password that was just chosen.
    if not device.account and not await _is_done(device, command):
        await device.ask(commands.LogIn(user_name=name, password=new_password))
    await device.until(lambda: device.is_online)
    await device.ask(commands.RevokeDevice(device_id=lost_id, password=new_password))
    await device.ask(commands.ChangePassword(password=new_password, new_password=PASSWORD))
    lost.kill()
    town.devices.remove(device)
    town.devices[2] = device
    return was_killed


async def _come_back(device: Device) -> None:
    if not device.is_running:
        await device.start()
    await device.until(lambda: device.is_online)


async def _is_done(device: Device, command: commands.Command) -> bool:
    """Ask for something that the wrong secret does not get; whether it was done."""
    try:
        await device.ask(command)
    except (CommandFailedError, RefusedError) as error:
        if error.code != Code.WRONG_CREDENTIALS:
            raise
        return False
    return True


FLOWS: dict[str, Flow] = {
    "create": _create,
    "commit": _change_members,
    "join": _be_added,
    "rejoin": _rejoin,
    "log in": _log_in,
    "revoke": _revoke,
    "change password": _change_password,
    "recover": _recover,
}
