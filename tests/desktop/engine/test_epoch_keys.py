from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from desktop import commands
from desktop.engine import epoch_keys
from desktop.engine.alarms import Finding
from desktop.engine.epoch_keys import EpochKeys
from desktop.engine.errors import ServerRefusedError
from desktop.events import Alarm
from desktop.storage.intent_store import Rotate
from shared.e2ee.epoch_records import seal_record
from shared.errors import Code
from shared.identifiers import ConversationId
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def keys_of(seat: Seat) -> EpochKeys:
    return seat.parts.connection._parts.epoch_keys


async def epochs(sit: Sit, count: int) -> tuple[Seat, Seat, ConversationId]:
    """Return Anna, Ben and a chat of theirs with so many epochs, a message in each."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(count):
        if number:
            newest = anna.server.logs[chat].newest_handshake
            await anna.parts.memberships.carry_out(chat, Rotate(after=newest))
        await anna.say(chat, f"epoch {number + 1}")
    return anna, ben, chat


def forget_records(seat: Seat) -> None:
    seat.parts.context.storage.database.run("DELETE FROM records")


def kept(seat: Seat, chat: ConversationId) -> list[int]:
    rows = seat.parts.context.storage.database.rows(
        "SELECT DISTINCT parent FROM records WHERE conversation_id = ? ORDER BY parent", chat
    )
    return [int(row[0]) for row in rows]


async def test_all_that_is_asked_for_is_fetched_page_by_page(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ben, chat = await epochs(sit, 4)
    forget_records(ben)
    ben.calls.clear()
    monkeypatch.setattr(epoch_keys, "_PAGE", 2)

    await keys_of(ben).fetch(chat, {1, 5})

    assert kept(ben, chat) == [1, 5]
    assert len([call for call in ben.calls if "records" in call]) == 2


async def test_asking_for_nothing_asks_nothing(sit: Sit) -> None:
    _, ben, chat = await epochs(sit, 1)
    ben.calls.clear()

    await keys_of(ben).fetch(chat, set())

    assert ben.calls == []


async def test_a_record_that_does_not_open_is_left_out_and_the_next_one_counts(sit: Sit) -> None:
    anna, ben, chat = await epochs(sit, 1)
    forget_records(ben)
    log = anna.server.logs[chat]
    log.records.insert(0, (1, ben.account, anna.device, os.urandom(200)))

    await keys_of(ben).fetch(chat, {1})

    assert kept(ben, chat) == [1]
    assert len(ben.parts.context.storage.records.all_of(chat, 1)) == 1


@pytest.mark.logs_warnings
async def test_a_record_of_another_epoch_is_not_believed_and_told(sit: Sit) -> None:
    anna, ben, chat = await epochs(sit, 2)
    records = anna.parts.context.storage.records
    newest = records.own(chat, anna.server.logs[chat].newest_handshake)
    assert newest is not None
    forget_records(ben)
    log = anna.server.logs[chat]
    log.records[:] = [(1, ben.account, anna.device, sealed_to(ben, chat, newest))]

    await keys_of(ben).fetch(chat, {1})

    assert kept(ben, chat) == []
    assert wrong_records(ben) == [(1, anna.account)]


def wrong_records(seat: Seat) -> list[tuple[int, int]]:
    """Return which handshakes, and whose, were told to have a record of another epoch."""
    told = [event for event in seat.told if isinstance(event, Alarm)]
    assert {event.kind for event in told} <= {Finding.WRONG_RECORD}
    return [(event.sequence, event.account) for event in told]


@pytest.mark.logs_warnings
async def test_a_record_of_other_secrets_than_the_own_state_has_is_told_and_made_up_for(
    sit: Sit,
) -> None:
    anna, ben, chat = await epochs(sit, 2)
    first = anna.parts.context.storage.records.own(chat, 1)
    assert first is not None
    log = anna.server.logs[chat]
    newest = log.newest_handshake
    log.records[:] = [
        (newest, ben.account, anna.device, sealed_to(ben, chat, first)),
        *(each for each in log.records if (each[0], each[1]) != (newest, ben.account)),
    ]
    keys_of(ben)._checked.clear()

    await keys_of(ben).complement(chat)

    assert wrong_records(ben) == [(newest, anna.account)]
    assert len([r for r in log.records if r[:2] == (newest, ben.account)]) == 2


def sealed_to(seat: Seat, chat: ConversationId, record: bytes) -> bytes:
    _, archive = seat.parts.context.me().archives[-1]
    return seal_record(record, conversation_id=chat, archive_key=archive.public, random=os.urandom)


@pytest.mark.logs_warnings
async def test_a_committer_who_sealed_junk_to_an_account_is_made_up_for(sit: Sit) -> None:
    anna, ben, chat = await epochs(sit, 1)
    log = anna.server.logs[chat]
    log.records[:] = [
        (parent, account, device, os.urandom(200) if account == ben.account else record)
        for parent, account, device, record in log.records
    ]
    desk = sit("ben", "desk")

    keys_of(ben)._checked.clear()
    await keys_of(ben).complement(chat)
    await desk.up()

    assert desk.texts(chat) == ["epoch 1"]
    assert wrong_records(ben) == []  # It may have been sealed to a key that comes later.


async def test_an_epoch_is_looked_after_once(sit: Sit) -> None:
    _, ben, chat = await epochs(sit, 2)
    await keys_of(ben).complement(chat)
    ben.calls.clear()

    await keys_of(ben).complement(chat)

    assert ben.calls == []


async def test_without_history_no_record_is_added(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await anna.do(commands.SetHistory(conversation_id=club, has_history=False))
    anna.server.logs[club].records.clear()
    ben.calls.clear()

    await keys_of(ben).complement(club)

    assert (ben.calls, anna.server.logs[club].records) == ([], [])


@pytest.mark.logs_warnings
@pytest.mark.parametrize("code", [Code.EXISTS, Code.TOO_LARGE])
async def test_a_place_that_is_full_is_no_fault(sit: Sit, code: Code) -> None:
    anna, ben, chat = await epochs(sit, 1)
    anna.server.logs[chat].records.clear()
    anna.server.twist = refusing(code)
    keys_of(ben)._checked.clear()

    await keys_of(ben).complement(chat)

    ben.calls.clear()
    await keys_of(ben).complement(chat)
    assert ben.calls == []


@pytest.mark.logs_warnings
async def test_any_other_refusal_is_tried_again(sit: Sit) -> None:
    anna, ben, chat = await epochs(sit, 1)
    anna.server.logs[chat].records.clear()
    anna.server.twist = refusing(Code.RATE_LIMITED)
    keys_of(ben)._checked.clear()
    with pytest.raises(ServerRefusedError):
        await keys_of(ben).complement(chat)
    anna.server.twist = lambda _seat, _what, value: value
    anna.server.logs[chat].records.clear()

    await keys_of(ben).complement(chat)

    assert [account for _, account, _, _ in anna.server.logs[chat].records] == [ben.account]


def refusing(code: Code) -> Callable[[Seat, str, Any], Any]:
    def twist(_seat: Seat, what: str, value: Any) -> Any:
        if what.startswith("POST") and what.endswith("/records"):
            raise ServerRefusedError(code, "no", {})
        return value

    return twist
