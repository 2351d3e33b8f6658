"""What things cost on the wire: ``python3 run.py bench sizes``.

Two engines talk over the real protocol to a real server in a group of 2, 20 and 200 devices; the
others of it are accounts without a running program. Between each engine and the server stands a
tape that counts every byte of the TCP connections, so frames with their WebSocket heads, masks and
HTTP heads count, TCP and IP heads do not. Nothing is compressed on a link.

Each row is the median of some goes. *Sender* is everything on the sender's connections until it
shows the effect, both ways: what it sent and the answers. *Receiver* is everything on those of one
other device: what was pushed to it, its confirmation and the answer to that.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from desktop.commands import CreateGroup, EditMessage, MarkRead, React, SendText
from desktop.events import ConversationOpened, MessageRow, Queued
from desktop.storage.intent_store import Rotate
from shared.identifiers import ConversationId
from tests.load.calibration import calibrate
from tests.load.crowd import LIMITS, Crowd, Guest, link_parts
from tests.scenarios.people import Person, befriend
from tests.server_process import CHEAP_KDF, ServerProcess
from tests.wire_tape import WireTape, frame_sizes

SIZES = (2, 20, 200)
ROUNDS = 5
TEXT_BYTES_MAX = 600
TEXT = "See you at the lake."
_QUIET_S = 0.6  # For so long nothing more is on the wire: it is over.
_LOOK_S = 0.05

assert len(TEXT) == 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes of one thing, on the connections of two devices."""

    sender_up: int
    sender_down: int
    receiver_up: int
    receiver_down: int

    @property
    def sender(self) -> int:
        return self.sender_up + self.sender_down

    @property
    def receiver(self) -> int:
        return self.receiver_up + self.receiver_down


class Room:
    """Two people with a tape each, in a conversation of so many devices."""

    def __init__(self, anna: Person, ben: Person, tapes: tuple[WireTape, WireTape]) -> None:
        self.anna, self.ben, self._tapes = anna, ben, tapes
        self.conversation_id = ConversationId(0)

    def counted(self) -> Cost:
        """Return what was on the wire since the tapes began."""
        ways = [
            sum(len(getattr(each, way)) for each in tape.tapes)
            for tape in self._tapes
            for way in ("up", "down")
        ]
        return Cost(*ways)

    async def quiet(self) -> Cost:
        """Wait until nothing is on the wire any more."""
        last, since = self.counted(), time.monotonic()
        while time.monotonic() - since < _QUIET_S:
            await asyncio.sleep(_LOOK_S)
            now = self.counted()
            if now != last:
                last, since = now, time.monotonic()
        return last

    async def cost(self, act: Callable[[], Awaitable[None]]) -> Cost:
        """Return what one act costs."""
        before = await self.quiet()
        await act()
        after = await self.quiet()
        return Cost(
            after.sender_up - before.sender_up,
            after.sender_down - before.sender_down,
            after.receiver_up - before.receiver_up,
            after.receiver_down - before.receiver_down,
        )

    # What is measured.

    async def text(self) -> None:
        await self.say(TEXT)

    async def pushed_text(self) -> int:
        """Return how long the one frame is in which a text reaches a receiver's device."""
        await self.quiet()
        before = [len(frame_sizes(bytes(tape.down))) for tape in self._tapes[1].tapes]
        await self.text()
        await self.quiet()
        after = [frame_sizes(bytes(tape.down)) for tape in self._tapes[1].tapes]
        return max(size for seen, now in zip(before, after, strict=True) for size in now[seen:])

    async def say(self, text: str) -> MessageRow:
        command = SendText(conversation_id=self.conversation_id, text=text)
        row = (await self.anna.session.ask_for(Queued, command)).row
        await self.anna.until(lambda: self.anna.rows.get(row.local_id, row).sequence > 0)
        row = self.anna.rows[row.local_id]
        await self.ben.until(lambda: self._at(self.ben, row.sequence) is not None)
        return row

    async def read(self) -> None:
        """Ben has read what is there: his device says so, and Anna's is told."""
        head = max(row.sequence for row in self._rows(self.ben))
        await self.ben.session.ask(MarkRead(conversation_id=self.conversation_id, sequence=head))

    async def react(self) -> None:
        row = max(self._rows(self.anna), key=lambda each: each.sequence)
        emoji = "👍" if not any(e.emoji == "👍" for e in row.reactions) else "🎉"
        command = React(conversation_id=row.conversation_id, message_id=row.message_id, emoji=emoji)
        await self.anna.session.ask(command)

    async def edit(self) -> None:
        row = max((r for r in self._rows(self.anna) if r.is_own), key=lambda each: each.sequence)
        command = EditMessage(
            conversation_id=row.conversation_id, message_id=row.message_id, text=TEXT[::-1]
        )
        await self.anna.session.ask(command)

    async def commit(self) -> None:
        """Anna's device renews its leaf and begins an epoch, as after a hundred messages."""
        parts = link_parts(self.anna)
        log = parts.states.log(self.conversation_id)
        assert log is not None
        await parts.memberships.carry_out(self.conversation_id, Rotate(after=log.sequence))

    def _rows(self, person: Person) -> list[MessageRow]:
        here = [r for r in person.rows.values() if r.conversation_id == self.conversation_id]
        return [row for row in here if row.sequence and row.system is None]

    def _at(self, person: Person, sequence: int) -> MessageRow | None:
        return next((row for row in self._rows(person) if row.sequence == sequence), None)


async def measure(size: int, rounds: int) -> tuple[dict[str, Cost], int]:
    """Return the cost of each act among so many devices, and the size of a pushed text's frame."""
    with tempfile.TemporaryDirectory(prefix="mim-sizes-") as place:
        server = ServerProcess(Path(place) / "server", *CHEAP_KDF, *LIMITS).start()
        tapes = (await WireTape(server.port).start(), await WireTape(server.port).start())
        anna = Person("anna", url=tapes[0].url, folder=Path(place))
        ben = Person("ben", url=tapes[1].url, folder=Path(place))
        try:
            for person in (anna, ben):
                await person.start()
                await person.register()
            await befriend(anna, ben)
            room = Room(anna, ben, tapes)
            room.conversation_id = await _conversation(room, server, size)
            return await _measure(room, rounds), await room.pushed_text()
        finally:
            await anna.stop()
            await ben.stop()
            for tape in tapes:
                await tape.stop()
            server.stop()


async def _conversation(room: Room, server: ServerProcess, size: int) -> ConversationId:
    anna, ben = room.anna, room.ben
    if size == 2:
        return anna.conversation_id(ben)
    guests = await asyncio.to_thread(_guests, server.port, anna, size - 2)
    await room.quiet()
    accounts = (ben.session.own().account, *(each.account for each in guests))
    command = CreateGroup(name="Lake", accounts=accounts)
    opened = await anna.session.ask_for(ConversationOpened, command)
    await ben.until(lambda: opened.conversation_id in ben.session.conversations)
    return opened.conversation_id


def _guests(port: int, host: Person, count: int) -> list[Guest]:
    crowd, identity = Crowd(port, now_s=int(time.time())), link_parts(host).sealing._context.me()
    guests = [crowd.guest(f"guest{number:04}") for number in range(count)]
    for guest in guests:
        crowd.befriend(identity, guest)
    crowd.close()
    return guests


async def _measure(room: Room, rounds: int) -> dict[str, Cost]:
    for _ in range(2):  # Both devices are in, and the ones before the first are over.
        await room.say("warm")
    acts: dict[str, Callable[[], Awaitable[None]]] = {
        "text": room.text,
        "read": room.read,
        "reaction": room.react,
        "edit": room.edit,
        "commit": room.commit,
    }
    goes: dict[str, list[Cost]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            goes[name].append(await room.cost(act))
    return {name: _median(costs) for name, costs in goes.items()}


def _median(costs: list[Cost]) -> Cost:
    fields = ("sender_up", "sender_down", "receiver_up", "receiver_down")
    return Cost(*(round(statistics.median(getattr(c, name) for c in costs)) for name in fields))


def table(found: dict[int, dict[str, Cost]]) -> list[str]:
    """Return the table of PROTOCOL.md."""
    lines = [
        "| bytes on the wire | devices | sender sends | gets | a receiver gets | sends |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in next(iter(found.values())):
        for size, costs in found.items():
            cost = costs[name]
            lines.append(
                f"| {name} | {size} | {cost.sender_up:,} | {cost.sender_down:,} |"
                f" {cost.receiver_down:,} | {cost.receiver_up:,} |"
            )
    return lines


def main() -> int:
    """Measure, print the table, and say whether the promise is kept.

    Returns:
        1 if a text of 20 characters costs more than 600 bytes with its answer, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    print(calibrate(), flush=True)
    found: dict[int, dict[str, Cost]] = {}
    frames: list[int] = []
    for size in chosen.sizes:
        found[size], frame = asyncio.run(measure(size, chosen.rounds))
        frames.append(frame)
        for name, cost in found[size].items():
            print(f"{size} devices: {name}: {cost}", flush=True)
    print("\n".join(table(found)))
    sent = max(costs["text"].sender for costs in found.values())
    pushed = max(frames)
    is_kept = max(sent, pushed) <= TEXT_BYTES_MAX
    print(
        f"a text of {len(TEXT)} characters: {sent} bytes to send it and be told that it is in the"
        f" log, {pushed} to push it to a device; promised {TEXT_BYTES_MAX}:"
        f" {'kept' if is_kept else 'NOT KEPT'}"
    )
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
