"""What a large group costs: ``python3 run.py bench group``.

A real engine makes a group of hundreds of accounts, each with one device, on a real server, and
goes on in it: it adds, removes and begins epochs, and another real engine in the same group
follows, talks and comes in on a second device. All others are accounts with real keys and without
a running program. 500 devices are promised to work; 1,000 are tried.

Times are in seconds by the wall clock and include everything: the server's work, the calls and
what both engines, which share a process here, do at the same time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from desktop.commands import AddMembers, CreateGroup, LogIn, RemoveMember, SendText
from desktop.events import ConversationOpened, Queued
from desktop.storage.intent_store import Rotate
from shared.errors import MimError
from shared.identifiers import ConversationId
from tests.checkout import commit_now
from tests.load.calibration import calibrate
from tests.load.crowd import LIMITS, Crowd, Guest, link_parts
from tests.scenarios.people import PASSWORD, Person, befriend
from tests.server_process import CHEAP_KDF, ServerProcess
from tests.wire_tape import WireTape

PROMISED = 500
TRIED = 1_000
_SPARE = 2  # Guests who come later.
_HOPELESS_S = 900
_LOOK_S = 0.02
_QUIET_S = 1


class Hall:
    """A group in the making, and what was measured."""

    def __init__(self, anna: Person, ben: Person, tape: WireTape, server: ServerProcess) -> None:
        self.anna, self.ben, self._tape, self._server = anna, ben, tape, server
        self.conversation_id = ConversationId(0)
        self.guests: list[Guest] = []
        self.found: dict[str, float] = {}

    def fill(self, count: int) -> None:
        """Register the guests; Anna, whose program knows nothing of it, befriends them."""
        crowd = Crowd(self._server.port, now_s=int(time.time()))
        host = link_parts(self.anna).sealing._context.me()
        for number in range(count):
            guest = crowd.guest(f"guest{number:04}")
            crowd.befriend(host, guest)
            self.guests.append(guest)
        crowd.close()

    async def settle(self) -> None:
        """Wait until Anna knows all her new contacts and her connections are quiet."""
        names = [guest.identity.user_name for guest in self.guests]
        await self.until(lambda: all(self.anna.session.contact(name) for name in names))
        seen = -1
        while seen != self._tape.total:
            seen = self._tape.total
            await asyncio.sleep(_QUIET_S)

    async def timed(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Note how long something takes, and how many bytes Anna's connections carried."""
        before, begun = self._tape.total, time.perf_counter()
        async with asyncio.timeout(_HOPELESS_S):
            await act()
        self.found[f"{name}_s"] = round(time.perf_counter() - begun, 2)
        self.found[f"{name}_bytes"] = self._tape.total - before
        print(f"  {name}: {self.found[f'{name}_s']} s", flush=True)

    # What is measured.

    async def create(self) -> None:
        others = [self.ben.session.own().account, *(g.account for g in self.guests[:-_SPARE])]
        command = CreateGroup(name="Hall", accounts=tuple(others))
        opened = await self.anna.session.ask_for(ConversationOpened, command)
        self.conversation_id = opened.conversation_id

    async def join(self) -> None:
        """Ben's device comes in with its Welcome."""
        conversations = self.ben.session.conversations
        await self.until(lambda: self.conversation_id in conversations)
        # It need not have joined to read; to write it must.
        await self.say(self.ben, "I am here")

    async def say(self, person: Person, text: str) -> None:
        command = SendText(conversation_id=self.conversation_id, text=text)
        row = (await person.session.ask_for(Queued, command)).row
        await self.until(lambda: person.rows.get(row.local_id, row).sequence > 0)
        other = self.ben if person is self.anna else self.anna
        await self.until(lambda: other.heard(text) is not None)

    async def talk(self) -> None:
        await self.say(self.anna, f"text {time.perf_counter()}")

    async def commit(self) -> None:
        """Anna's device begins an epoch, and Ben's has followed."""
        parts = link_parts(self.anna)
        log = parts.states.log(self.conversation_id)
        assert log is not None
        await parts.memberships.carry_out(self.conversation_id, Rotate(after=log.sequence))
        await self.until(self.has_followed)

    async def add(self) -> None:
        guest = self.guests[-_SPARE]
        command = AddMembers(conversation_id=self.conversation_id, accounts=(guest.account,))
        await self.anna.session.ask(command)
        await self.until(self.has_followed)

    async def remove(self) -> None:
        command = RemoveMember(
            conversation_id=self.conversation_id, account=self.guests[-_SPARE].account
        )
        await self.anna.session.ask(command)
        await self.until(self.has_followed)

    async def commit_by_other(self) -> None:
        """Ben's device, which has not committed yet, begins an epoch, and Anna's has followed."""
        parts = link_parts(self.ben)
        log = parts.states.log(self.conversation_id)
        assert log is not None
        await parts.memberships.carry_out(self.conversation_id, Rotate(after=log.sequence))
        await self.until(self.has_followed)

    def has_followed(self) -> bool:
        """Whether both devices are in the same epoch, live."""
        groups = [
            link_parts(person).states.group(self.conversation_id)
            for person in (self.anna, self.ben)
        ]
        one, other = groups
        return one is not None and other is not None and one.epoch == other.epoch

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event.
            await asyncio.sleep(_LOOK_S)


async def measure(size: int) -> dict[str, float]:
    """Return what a group of so many devices costs."""
    with tempfile.TemporaryDirectory(prefix="mim-group-") as place:
        folder = Path(place)
        server = ServerProcess(folder / "server", *CHEAP_KDF, *LIMITS).start()
        tape = await WireTape(server.port).start()
        anna = Person("anna", url=tape.url, folder=folder)
        ben = Person("ben", url=server.url, folder=folder)
        desk = Person("ben", url=server.url, folder=folder / "desk")
        try:
            for person in (anna, ben):
                await person.start()
                await person.register()
            await befriend(anna, ben)
            hall = Hall(anna, ben, tape, server)
            # One below the size: somebody is added, and the last device is a second one.
            await asyncio.to_thread(hall.fill, size - 3 + _SPARE)
            await hall.settle()
            for name in (
                "create", "join", "talk", "commit", "add", "remove", "commit_by_other", "talk",
            ):  # fmt: skip
                await hall.timed(name, getattr(hall, name))
            await hall.timed("second_device", lambda: come_in(hall, desk))
            document = link_parts(anna).states.roster(hall.conversation_id)
            assert document is not None
            assert len(document.members) == size - 1
            sizes = sizes_in(server, hall.conversation_id)
            return {**hall.found, **sizes}
        finally:
            for person in (anna, ben, desk):
                await person.stop()
            await tape.stop()
            server.stop()


async def come_in(hall: Hall, desk: Person) -> None:
    """Ben logs in on a second device, which reads all and writes."""
    await desk.start()
    await desk.session.ask(LogIn(user_name="ben", password=PASSWORD))
    await hall.until(lambda: hall.conversation_id in desk.session.conversations)
    command = SendText(conversation_id=hall.conversation_id, text="from my desk")
    row = (await desk.session.ask_for(Queued, command)).row
    await hall.until(lambda: desk.rows.get(row.local_id, row).sequence > 0)
    await hall.until(lambda: hall.anna.heard("from my desk") is not None)


def sizes_in(server: ServerProcess, conversation_id: int) -> dict[str, float]:
    """Return how large the parts of the newest commits are, as the server keeps them."""
    database = sqlite3.connect(server.data / "mim.sqlite")
    found: dict[str, float] = {}
    for name, query in {
        "creation_commit_bytes": "SELECT length(payload) FROM entries WHERE conversation_id = ?"
        " AND sequence = 1",
        "largest_later_commit_bytes": "SELECT max(length(payload)) FROM entries"
        " WHERE conversation_id = ? AND kind = 1 AND sequence > 1",
        "newest_tree_bytes": "SELECT length(tree) FROM public_states WHERE conversation_id = ?"
        " ORDER BY sequence DESC LIMIT 1",
    }.items():
        (value,) = database.execute(query, (conversation_id,)).fetchone()
        found[name] = value
    database.close()
    return found


def main() -> int:
    """Measure and print.

    Returns:
        1 if a group of the promised size does not work; the larger one is only tried.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[PROMISED, TRIED])
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    commit = commit_now()
    report: dict[str, object] = {}  # By size, each with the commit that it was measured at.
    if chosen.out is not None and chosen.out.exists():
        report = json.loads(chosen.out.read_text(encoding="utf-8"))
    status = 0
    for size in chosen.sizes:
        calibration = calibrate()
        print(f"{size} devices; {calibration}", flush=True)
        try:
            found: dict[str, object] = {"commit": commit, **asyncio.run(measure(size))}
        except (AssertionError, TimeoutError, OSError, MimError) as error:
            found = {"commit": commit, "failed": f"{type(error).__name__}: {error}"}
            status = status or int(size <= PROMISED)
        found["calibration_ratio"] = round(calibration.ratio, 2)
        report[f"{size} devices"] = found
        print(json.dumps(found, indent=1), flush=True)
        if chosen.out is not None:
            chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
