"""Every attack is told to the person it is aimed at, and works where its check is switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.e2ee.evidence import decode_evidence
from tests.hostile.attack import Attack
from tests.hostile.attacks import ATTACKS
from tests.hostile.stage import Room, storage_of, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.logs_warnings]

_TRIES_MAX = 12
_SOON_S = 0.7

each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@each_attack
async def test_an_attack_is_told_with_its_evidence(attack: Attack, room: Room) -> None:
    await attack.play(room)

    await until(lambda: bool(room.alarms(attack.finding)))
    assert kept_evidence(room, attack) == attack.evidence
    assert not attack.prevents or not attack.fooled(room)
    room.stage.proxy.be_honest()
    if attack.heals:
        await hear_anna(room)


@each_attack
async def test_an_attack_works_without_the_check(
    attack: Attack, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for off in attack.off:
        monkeypatch.setattr(off.place, off.instead)

    await attack.play(room)

    await until(lambda: attack.fooled(room))
    assert room.alarms(attack.finding) == []


def kept_evidence(room: Room, attack: Attack) -> type | None:
    findings = storage_of(room.stage.ben).findings
    (alarm, *_) = room.alarms(attack.finding)
    kept = [
        each
        for each in findings.findings(alarm.conversation_id)
        if each.kind == attack.finding and each.sequence == alarm.sequence
    ]
    return type(decode_evidence(kept[-1].evidence)) if kept[-1].evidence else None


async def hear_anna(room: Room) -> None:
    """Anna is heard again; what was made up, and coming in anew, may stand in the way of a few."""
    for number in range(_TRIES_MAX):
        text = f"again {number}"
        await room.say(room.stage.anna, text)
        if await is_soon(lambda text=text: room.shows(text)):  # type: ignore[misc]
            return
    raise AssertionError("Ben hears nothing any more")


async def is_soon(is_so: Callable[[], bool]) -> bool:
    try:
        await until(is_so, seconds=_SOON_S)
    except TimeoutError:
        return False
    return True
