from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop.engine.alarms import Finding
from desktop.engine.errors import ServerRefusedError
from desktop.engine.joining import Joining
from desktop.events import Alarm
from desktop.storage.intent_store import Rotate
from shared.e2ee.handshakes import LogState
from shared.errors import Code, PeerError
from shared.identifiers import ConversationId
from shared.rest_groups import WelcomeInfo
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def joining(seat: Seat) -> Joining:
    return seat.parts.memberships._joining


async def invited(sit: Sit) -> tuple[Seat, Seat, ConversationId, WelcomeInfo]:
    """Return Anna, Ben, their chat, and Ben's Welcome; Ben has the log and no leaf."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    kept: list[WelcomeInfo] = []

    def keep(seat: Seat, what: str, value: Any) -> Any:
        if what.startswith("GET") and what.endswith("welcome"):
            kept.append(value)
        return value

    prekeys = ben.parts.context.storage.database.rows("SELECT * FROM prekeys")
    anna.server.twist = keep
    chat = await anna.direct(ben)
    anna.server.twist = lambda _seat, _what, value: value
    await ben.down()
    restore(ben, prekeys)
    ben.parts.states.drop_group(chat)
    return anna, ben, chat, kept[0]


def restore(seat: Seat, rows: list[Any]) -> None:
    """Give a seat the private halves back that a Welcome has used up."""
    database = seat.parts.context.storage.database
    places = ", ".join("?" * len(rows[0]))
    for row in rows:
        database.run(f"INSERT OR IGNORE INTO prekeys VALUES ({places})", *row)


async def test_a_welcome_brings_the_device_in_and_is_used_up(sit: Sit) -> None:
    anna, ben, chat, info = await invited(sit)
    anna.server.logs[chat].welcomes[ben.device] = info

    assert await joining(ben).by_welcome(chat)

    assert ben.is_live(chat)
    assert ben.device not in anna.server.logs[chat].welcomes
    assert ben.parts.context.storage.records.own(chat, 1) is not None
    assert not await joining(ben).by_welcome(chat)  # There is none any more.


async def test_what_came_after_the_welcome_is_followed_at_once(sit: Sit) -> None:
    anna, ben, chat, info = await invited(sit)
    await ben.up()
    ben.parts.states.drop_group(chat)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    anna.server.logs[chat].welcomes[ben.device] = info

    assert await joining(ben).by_welcome(chat)

    group = ben.parts.states.group(chat)
    assert group is not None
    assert group.epoch == 2


@pytest.mark.logs_warnings
@pytest.mark.parametrize("part", ["welcome", "tree"])
async def test_a_welcome_that_does_not_hold_leaves_no_state(sit: Sit, part: str) -> None:
    anna, ben, chat, info = await invited(sit)
    data = bytearray(getattr(info, part))
    data[-1] ^= 1
    broken = msgspec.structs.replace(info, **{part: bytes(data)})
    anna.server.logs[chat].welcomes[ben.device] = broken

    assert not await joining(ben).by_welcome(chat)

    assert not ben.is_live(chat)
    assert ben.device not in anna.server.logs[chat].welcomes


@pytest.mark.logs_warnings
async def test_a_welcome_of_another_handshake_than_it_names_is_not_taken(sit: Sit) -> None:
    anna, ben, chat, info = await invited(sit)
    await ben.up()
    await anna.parts.memberships.carry_out(
        chat, Rotate(after=anna.server.logs[chat].newest_handshake)
    )
    await anna.settle()
    ben.parts.states.drop_group(chat)
    newest = anna.server.logs[chat].newest_handshake
    anna.server.logs[chat].welcomes[ben.device] = msgspec.structs.replace(info, sequence=newest)

    assert not await joining(ben).by_welcome(chat)

    assert not ben.is_live(chat)


async def test_a_welcome_whose_handshake_everybody_skipped_lets_nobody_in(sit: Sit) -> None:
    anna, ben, chat, info = await invited(sit)
    groups = ben.parts.context.storage.groups
    verdict = groups.verdict(chat, 1)
    assert verdict is not None
    groups.save_verdict(chat, msgspec.structs.replace(verdict, is_valid=False))
    anna.server.logs[chat].welcomes[ben.device] = info

    assert not await joining(ben).by_welcome(chat)

    assert not ben.is_live(chat)


async def test_a_welcome_to_what_is_not_here_yet_is_left_for_a_join_by_oneself(sit: Sit) -> None:
    anna, ben, chat, info = await invited(sit)
    anna.server.logs[chat].welcomes[ben.device] = msgspec.structs.replace(info, sequence=9)

    assert not await joining(ben).by_welcome(chat)


async def test_a_server_that_cannot_answer_does_not_look_like_no_welcome(sit: Sit) -> None:
    anna, ben, chat, _ = await invited(sit)

    def busy(_seat: Seat, what: str, value: Any) -> Any:
        if what.endswith("welcome"):
            raise ServerRefusedError(Code.RATE_LIMITED, "later", {})
        return value

    anna.server.logs[chat].welcomes[ben.device] = WelcomeInfo(sequence=1, welcome=b"", tree=b"")
    anna.server.twist = busy

    with pytest.raises(ServerRefusedError) as error:
        await joining(ben).by_welcome(chat)

    assert error.value.code is Code.RATE_LIMITED


async def log_of(seat: Seat, chat: ConversationId) -> LogState:
    log = seat.parts.states.log(chat)
    assert log is not None
    return log


async def test_the_state_to_join_on_is_the_newest_valid_handshakes(sit: Sit) -> None:
    anna, ben, chat, _ = await invited(sit)

    public = await joining(ben).public_state(chat, await log_of(ben, chat))

    assert public == anna.server.logs[chat].states[-1]


async def test_without_a_signed_state_nothing_is_joined_on(sit: Sit) -> None:
    anna, ben, chat, _ = await invited(sit)
    log = await log_of(ben, chat)
    anna.server.logs[chat].states.clear()

    with pytest.raises(PeerError) as error:
        await joining(ben).public_state(chat, log)

    assert error.value.code is Code.NOT_FOUND


@pytest.mark.logs_warnings
async def test_what_a_member_signed_counts_more_than_what_the_log_led_to(sit: Sit) -> None:
    anna, ben, chat, _ = await invited(sit)
    await ben.up()
    before = await log_of(ben, chat)
    await anna.parts.memberships.carry_out(chat, Rotate(after=before.sequence))
    await anna.settle()
    await ben.down()
    here = await log_of(ben, chat)
    forged = LogState(before.view, here.document, here.sequence)

    with pytest.raises(PeerError) as error:
        await joining(ben).public_state(chat, forged)

    assert error.value.code is Code.STALE
    kinds = [event.kind for event in ben.told if isinstance(event, Alarm)]
    assert kinds == [Finding.STALE_GROUP_INFO]
    assert (await log_of(ben, chat)).encode() == here.encode()
