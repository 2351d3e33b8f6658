"""Who takes part: Ben, who is lied to; Anna, who is honest; Carol, who helps the server; Dave.

Ben's engine talks to the proxy, the others' to the real server. All are real engines on a real
server. Carol is a plain member of every room: what she knows the server may know, so her part
tells what a server can do that has bribed somebody. Dave has an account and is in no room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from desktop import commands, events
from desktop.engine.link_parts import LinkParts
from desktop.storage.storage import Storage
from shared.e2ee.evidence import Finding
from shared.e2ee.handshakes import LogState
from shared.entries import Entry, EntryKind
from shared.identifiers import ConversationId
from tests.desktop.engine.people import Person
from tests.hostile.proxy import Proxy

__all__ = ["Room", "Stage", "parts_of", "storage_of", "until"]

_PATIENCE_S = 12.0


async def until(is_so: Callable[[], bool], *, seconds: float = _PATIENCE_S) -> None:
    """Wait until something is so: an event may make it so, or a row, or the lie."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - many things may make it so.
            await asyncio.sleep(0.005)


def parts_of(person: Person) -> LinkParts:
    """Return what somebody's link hands its frames to."""
    assert person.engine._parts is not None
    return person.engine._parts.connection._parts


def storage_of(person: Person) -> Storage:
    """Return somebody's database."""
    assert person.engine._parts is not None
    return person.engine._parts.context.storage


@dataclass(slots=True)
class Stage:
    """The server that lies, and everybody."""

    proxy: Proxy
    anna: Person
    ben: Person
    carol: Person
    dave: Person
    ended_device: int  # One that Dave had and has ended.
    ended_package: bytes  # A key package of it.
    made: int = 0

    @property
    def everybody(self) -> tuple[Person, ...]:
        return self.anna, self.ben, self.carol, self.dave

    async def room(self) -> Room:
        """Return a new group of Anna, who owns it, Ben and Carol, in which all are settled."""
        self.made += 1
        command = commands.CreateGroup(
            name=f"room {self.made}", accounts=(self.ben.account, self.carol.account)
        )
        opened = await self.anna.engine.ask(command)
        assert isinstance(opened, events.ConversationOpened)
        room = Room(self, opened.conversation_id)
        await until(lambda: all(room.is_settled(each) for each in self.everybody[:3]))
        room.start = len(self.proxy.log(room.number))
        room.told_before = len(self.ben.told)
        # What is known and told of an account is kept for good; each room begins anew.
        database = storage_of(self.ben).database
        database.run("DELETE FROM findings WHERE conversation_id = 0")
        for table in ("device_lists", "devices"):
            database.run(f"DELETE FROM {table} WHERE account = ?", self.dave.account)
        return room


@dataclass(slots=True)
class Room:
    """One group, and what Ben has been told about it."""

    stage: Stage
    number: ConversationId
    start: int = 0  # How long the log was when all were settled.
    told_before: int = 0
    notes: dict[str, object] = field(default_factory=dict)  # What an attack keeps for its end.

    def is_settled(self, person: Person) -> bool:
        """Whether somebody is a member with a leaf, and as far as the server."""
        storage, parts = storage_of(person), parts_of(person)
        stored = storage.conversations.get(self.number)
        is_in = stored is not None and storage.groups.is_live(self.number)
        return (
            is_in
            and stored is not None
            and stored.have == len(self.stage.proxy.log(self.number)) >= 2
            and parts.states.is_current(self.number)
            and not parts.memberships.is_busy(self.number)
        )

    async def say(self, person: Person, text: str) -> None:
        """Let somebody say something, and wait until the real server has it."""
        row = await person.send(self.number, text)
        messages = storage_of(person).messages

        def is_taken() -> bool:
            now = messages.row(row.local_id)
            return now is not None and now.state is not events.MessageState.WAITING

        await until(is_taken)

    def row(self, text: str) -> events.MessageRow | None:
        """Return what Ben is shown of a text."""
        return next((row for row in self.rows() if row.text == text), None)

    def rows(self) -> list[events.MessageRow]:
        """Return what Ben is shown."""
        return storage_of(self.stage.ben).messages.before(self.number, None, 500)

    def shows(self, *texts: str) -> bool:
        """Whether Ben is shown all of these."""
        return all(self.row(text) is not None for text in texts)

    def alarms(self, finding: Finding) -> list[events.Alarm]:
        """Return what Ben was told of one kind, here or about an account."""
        told = [
            each
            for each in self.stage.ben.told[self.told_before :]
            if isinstance(each, events.Alarm)
        ]
        return [
            each
            for each in told
            if each.kind == finding and each.conversation_id in (self.number, 0)
        ]

    @property
    def newest_handshake(self) -> int:
        """The newest handshake of the real log."""
        log = self.stage.proxy.log(self.number)
        return max(each.sequence for each in log if each.kind is EntryKind.HANDSHAKE)

    @property
    def log(self) -> LogState:
        """The roster and devices as Ben's device believes them."""
        state = parts_of(self.stage.ben).states.log(self.number)
        assert state is not None
        return state

    def edit(self, entry_of: Callable[[Entry], list[Entry]], *, breaks_chain: bool = False) -> None:
        """Show Ben something else for every message from now on."""

        def edit(entries: list[Entry]) -> list[Entry]:
            shown = list(entries[: self.start])
            for entry in entries[self.start :]:
                is_message = entry.kind is EntryKind.APPLICATION
                shown += entry_of(entry) if is_message else [entry]
            return shown

        self.stage.proxy.edit(self.number, edit, breaks_chain=breaks_chain)

    async def show(self, *forged: Entry) -> None:
        """Show Ben these as the newest entries."""

        def edit(entries: list[Entry]) -> list[Entry]:
            return [*entries[: self.start], *forged, *entries[self.start :]]

        self.stage.proxy.edit(self.number, edit)
        await self.stage.proxy.push_shown(self.number)

    def changed(self, **changes: object) -> Callable[[Entry], list[Entry]]:
        """Return what changes fields of an entry."""
        return lambda entry: [msgspec.structs.replace(entry, **changes)]
