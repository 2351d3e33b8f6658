"""Bursts of messages over links that lose answers, with epochs that are soon full.

What waits, is sealed again, edited or taken back meanwhile must come out in the order in which it
was typed, by itself, and look the same on every device; also while somebody comes and goes.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from desktop.commands import EditMessage, React, RecallMessage
from desktop.events import Alarm, MessageKind, MessageRow
from desktop.storage.intent_store import AddAccounts, Intent, RemoveAccount, Rotate
from shared import limits
from shared.frames import Accepted, Confirmed
from shared.identifiers import ConversationId
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]

_STEPS = 40
_EPOCH_MESSAGES = 24
_EDITED = "!"


class Crowd:
    """Seats that write, and what each has typed and nobody has taken back."""

    def __init__(
        self, draw: random.Random, seats: list[Seat], guest: Seat, chat: ConversationId
    ) -> None:
        self.draw, self.seats, self.chat = draw, seats, chat
        self.guest, self._is_guest_in = guest, False
        self.typed: dict[Seat, list[str]] = {seat: [] for seat in seats}
        self.taken_back: set[str] = set()
        self._numbers = itertools.count()
        self._losing: set[Seat] = set()
        seats[0].server.twist = self._twist

    async def step(self) -> None:
        """Let somebody do something, or something happen to their link."""
        seat = self.draw.choice(self.seats)
        match self.draw.randrange(14):
            case 0 | 1 | 2:
                for _ in range(self.draw.choice([1, 3, 8, 30])):
                    text = f"{self.seats.index(seat)} {next(self._numbers)}"
                    self.typed[seat].append(text)
                    seat.send(self.chat, text)
            case 3:
                self._losing.add(seat)
            case 4:
                self._losing.discard(seat)
            case 5:
                seat.loses = self.draw.choice(["", "handshakes"])
            case 6:
                await seat.down()
                seat.link()
            case 7:
                await seat.close()
                seat.open()
                seat.link()
            case 8 | 9:
                await self._take_back(seat)
            case 10:
                await self._edit(seat)
            case 11:
                await self._react(seat)
            case 12:
                log = seat.parts.states.log(self.chat)
                assert log is not None
                seat.parts.memberships.want(self.chat, Rotate(after=log.sequence))
            case _:
                self._let_guest_in_or_out()
        await asyncio.sleep(self.draw.choice([0, 0.005, 0.03]))

    async def heal(self) -> None:
        """Lose nothing more, connect all anew, and wait until nothing waits."""
        self._losing.clear()
        for seat in self.seats:
            seat.loses = ""
            await seat.down()
            seat.link()
        for seat in self.seats:
            await seat.until(lambda seat=seat: not self._waits(seat))  # type: ignore[misc]
        await self.seats[0].settle()

    def rows(self, seat: Seat) -> list[MessageRow]:
        """Return what a seat shows of what was typed."""
        return [row for row in seat.rows(self.chat) if row.system is None]

    def _let_guest_in_or_out(self) -> None:
        account = self.guest.account
        wish: Intent = RemoveAccount(account=account)
        if not self._is_guest_in:
            wish = AddAccounts(accounts=(account,), claim_id=self.draw.randbytes(16))
        self._is_guest_in = not self._is_guest_in
        self.seats[0].parts.memberships.want(self.chat, wish)

    async def _take_back(self, seat: Seat) -> None:
        if found := self._own(seat):
            row, texts = found
            texts.remove(row.text)
            self.taken_back.add(row.text)
            command = RecallMessage(conversation_id=self.chat, message_id=row.message_id)
            await seat.parts.messages.carry_out(command)

    async def _edit(self, seat: Seat) -> None:
        found = self._own(seat)
        if found and not found[0].text.endswith(_EDITED):
            row, texts = found
            text = row.text + _EDITED
            texts[texts.index(row.text)] = text
            command = EditMessage(conversation_id=self.chat, message_id=row.message_id, text=text)
            await seat.parts.messages.carry_out(command)

    def _own(self, seat: Seat) -> tuple[MessageRow, list[str]] | None:
        """Draw one of the newest messages of a seat's account; and the texts it is among."""
        typed = [self.typed[each] for each in self.seats if each.account == seat.account]
        still = {text for texts in typed for text in texts}
        rows = [row for row in self.rows(seat) if row.text in still]
        if not rows:
            return None
        row = self.draw.choice(rows[-20:])
        return row, next(texts for texts in typed if row.text in texts)

    async def _react(self, seat: Seat) -> None:
        if rows := [row for row in self.rows(seat) if row.sequence and row.text]:
            name = self.draw.choice(rows[-20:]).message_id
            command = React(conversation_id=self.chat, message_id=name, emoji="👍")
            await seat.parts.messages.carry_out(command)

    def _waits(self, seat: Seat) -> bool:
        return bool(seat.parts.context.storage.outbox.items(self.chat))

    def _twist(self, seat: Seat, _what: str, value: Any) -> Any:
        is_lost = seat in self._losing and isinstance(value, Accepted) and self.draw.random() < 0.8
        return Confirmed(self.chat, 0) if is_lost else value


@pytest.mark.parametrize("seed", range(4))
async def test_bursts_arrive_once_and_in_the_order_they_were_typed(
    seed: int, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EPOCH_MESSAGES_MAX", _EPOCH_MESSAGES)
    names = (("anna",), ("anna", "desk"), ("ben",), ("dave",))
    anna, desk, ben, dave = [await sit(*each).up() for each in names]
    chat = await anna.group("club", ben)
    await anna.settle()
    crowd = Crowd(random.Random(seed), [anna, desk, ben], dave, chat)

    for _ in range(_STEPS):
        await crowd.step()
    await crowd.heal()

    for seat in (*crowd.seats, dave):
        assert not [event for event in seat.told if isinstance(event, Alarm)]
        assert not [row for row in crowd.rows(seat) if row.kind is MessageKind.UNREADABLE]
        assert not seat.parts.context.storage.intents.of(chat)
    for seat in crowd.seats:
        texts = [row.text for row in crowd.rows(seat)]
        assert not crowd.taken_back & set(texts)
        for index, typed in enumerate(crowd.typed.values()):
            assert [text for text in texts if text.startswith(f"{index} ")] == typed
    shown = [
        [(row.sequence, row.kind, row.text, row.reactions) for row in crowd.rows(seat)]
        for seat in crowd.seats
    ]
    assert shown[0] == shown[1] == shown[2]
