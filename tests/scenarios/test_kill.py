"""A thousand messages while the server is killed ten times: each arrives, once, in one order.

Five of the kills hit a server that waits between commit and answer, so that what is in flight is
stored already and its sender does not know it.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.events import MessageState
from shared.entries import EntryKind
from tests.scenarios.people import PATIENCE_S, Person, befriended, facts
from tests.scenarios.wire_counts import WireCounts
from tests.server_process import CHEAP_KDF, ServerProcess

SEED = 20260102
MESSAGES = 1_000
KILLS = 10
PAUSE_MS = 100
SENT = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.READ)


@dataclass
class Tally:
    """What the kills met; all of it must have happened for the run to prove anything."""

    kills: int = 0
    in_flight: list[int] = field(default_factory=list)
    committed_unanswered: list[int] = field(default_factory=list)


def entries_stored(data: Path, scratch: Path) -> int:
    """How many entries lie in the database of a dead server, read from a copy.

    Opening the database itself would do the recovery that the server has to do.
    """
    shutil.copytree(data, scratch)
    database = sqlite3.connect(scratch / "mim.sqlite")
    try:
        count: int = database.execute("SELECT count(*) FROM entries").fetchone()[0]
    finally:
        database.close()
        shutil.rmtree(scratch)
    return count


def handshakes(data: Path) -> list[int]:
    """Return the sequences of all handshakes that the server has stored."""
    database = sqlite3.connect(f"file:{data / 'mim.sqlite'}?mode=ro", uri=True)
    rows = database.execute("SELECT sequence FROM entries WHERE kind = ?", (EntryKind.HANDSHAKE,))
    sequences = [row[0] for row in rows]
    database.close()
    return sequences


class Progress:
    """Waits until enough messages are known to be safe."""

    def __init__(self, *people: Person) -> None:
        self._people = people
        self._changed = asyncio.Event()
        for person in people:
            person.session.on_row(lambda _: self._changed.set())

    async def until(self, count: int) -> None:
        async with asyncio.timeout(4 * PATIENCE_S):
            while accepted(*self._people) < count:
                self._changed.clear()
                await self._changed.wait()


def accepted(*people: Person) -> int:
    """How many own messages these people know to be safe."""
    return sum(row.is_own and row.state in SENT for p in people for row in p.rows.values())


async def write(person: Person, other: Person, *, count: int, draw: random.Random) -> None:
    """Write with short breaks, so that the two texts mix and something is always under way."""
    for number in range(count):
        await person.say(other, f"{person.name} {number}")
        if draw.random() < 0.3:
            await asyncio.sleep(draw.random() * 0.01)


async def kill(server: ServerProcess, tally: Tally, *people: Person, is_pausing: bool) -> None:
    """Kill the server while submits are in flight, and count what that hit.

    A server that pauses after its commits is killed in such a pause.
    """
    if is_pausing:
        await stored_unanswered(server, *people)
    in_flight = await submits_in_flight(*people)
    server.kill()
    tally.kills += 1
    tally.in_flight.append(in_flight)
    for person in people:
        # What the server had sent off before it died is still read; then the link is gone.
        await person.until(lambda person=person: not person.session.is_online)  # type: ignore[misc]
    known = accepted(*people)
    handshakes = 1  # The one that made the conversation.
    stored = entries_stored(server.data, server.data.with_name("scratch")) - handshakes
    tally.committed_unanswered.append(stored - known)


async def submits_in_flight(*people: Person) -> int:
    """Wait until an outbox has sent something that is not answered; return how much."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            count = sum(person.engine.in_flight() for person in people)
            if count:
                return count
            await asyncio.sleep(0)


async def stored_unanswered(server: ServerProcess, *people: Person) -> None:
    """Wait until the log holds entries whose senders do not know it yet."""
    address = f"file:{server.data / 'mim.sqlite'}?mode=ro"
    database = sqlite3.connect(address, uri=True)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                stored: int = database.execute("SELECT count(*) FROM entries").fetchone()[0]
                if stored - 1 > accepted(*people) + 1:
                    return
                await asyncio.sleep(0.002)
    finally:
        database.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """One server in two moods on the same data and port: prompt, and pausing after commits."""
    data = tmp_path / "server"
    prompt = ServerProcess(data, *CHEAP_KDF).start()
    pause = ("--pause-after-commit-ms", str(PAUSE_MS))
    pausing = ServerProcess(data, *CHEAP_KDF, *pause, port=prompt.port)
    yield prompt, pausing
    for server in (prompt, pausing):
        if server.is_running:
            server.stop()
    checked = prompt.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Traceback" not in prompt.log_text()


@pytest.mark.asyncio
@pytest.mark.timeout(400)
async def test_a_thousand_messages_survive_ten_kills(
    servers: tuple[ServerProcess, ServerProcess], tmp_path: Path
) -> None:
    draw = random.Random(SEED)
    tally = Tally()
    prompt, pausing = servers
    async with befriended(prompt.url, tmp_path) as (anna, ben):
        with WireCounts() as wire:
            await _run(prompt, pausing, anna, ben, draw=draw, tally=tally)
        ours, theirs = await anna.timeline(ben), await ben.timeline(anna)

    expected = [f"{name} {number}" for name in ("anna", "ben") for number in range(MESSAGES // 2)]
    lost = set(expected) - {row.text for row in theirs}
    twice = len(theirs) - len({row.text for row in theirs})
    print(
        f"\nseed {SEED}: {tally.kills} kills, in flight {tally.in_flight}, committed and not "
        f"answered {tally.committed_unanswered}, {wire.resent} submits sent again, "
        f"{wire.repeats_answered} repeats dropped by the server, "
        f"{len(theirs)} messages, {len(lost)} lost, {twice} twice"
    )
    assert not lost
    assert twice == 0
    assert facts(ours) == facts(theirs)
    texts, rotations = [row.sequence for row in ours], handshakes(prompt.data)
    assert sorted([*texts, *rotations]) == list(range(1, MESSAGES + len(rotations) + 1))
    assert texts == sorted(texts)
    for name in ("anna", "ben"):
        own = [row.text for row in ours if row.text.startswith(name)]
        assert own == [f"{name} {number}" for number in range(MESSAGES // 2)]
    assert tally.kills == KILLS
    assert min(tally.in_flight) >= 1
    assert sum(count > 0 for count in tally.committed_unanswered) >= 1
    assert wire.resent > 0
    assert wire.repeats_answered > 0


async def _run(
    prompt: ServerProcess,
    pausing: ServerProcess,
    anna: Person,
    ben: Person,
    *,
    draw: random.Random,
    tally: Tally,
) -> None:
    """Write from both sides; kill at seeded counts of accepted messages; wait for the end."""
    points = sorted(draw.sample(range(20, MESSAGES - 100), KILLS))
    progress = Progress(anna, ben)
    server = prompt
    async with asyncio.TaskGroup() as writers:
        for person, other in ((anna, ben), (ben, anna)):
            own_draw = random.Random(draw.random())
            writers.create_task(write(person, other, count=MESSAGES // 2, draw=own_draw))
        for number, point in enumerate(points):
            await progress.until(point)
            await kill(server, tally, anna, ben, is_pausing=server is pausing)
            # Every other time the next one dies between its commit and its answers.
            server = pausing if number % 2 == 0 else prompt
            await asyncio.to_thread(server.start)
    await progress.until(MESSAGES)
    await ben.until_heard(f"anna {MESSAGES // 2 - 1}")
    await anna.until_heard(f"ben {MESSAGES // 2 - 1}")
