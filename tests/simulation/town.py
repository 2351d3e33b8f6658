"""Eight people, twenty devices, twelve conversations, and a seeded hand that lets things happen.

Every step is drawn from one seed and written down, so that a failure can be run again and cut to
its smallest beginning (`tests.simulation.runs`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from desktop import commands
from desktop.engine import CommandFailedError
from desktop.events import (
    ContactsChanged,
    ConversationOpened,
    ConversationRow,
    DevicesLoaded,
    LinkChanged,
    LinkState,
    MessageKind,
    MessageRow,
    MessageState,
    Queued,
    TimelinePage,
)
from shared.identifiers import AccountId, ConversationId
from shared.roster import decode_document
from tests.simulation.clock import SimulatedLoop
from tests.simulation.device import PASSWORD, Device
from tests.simulation.model import Line, LogFact, Model, Screen
from tests.simulation.server import SimulatedServer

__all__ = ["Plan", "Town"]

START_MS = 1_800_000_000_000
_SETTLE_S = 1_800


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a run is."""

    people: int = 8
    devices: int = 20
    directs: int = 7
    groups: int = 5
    messages: int = 500
    revokes: int = 3  # How often, among about a thousand happenings.


class Town:
    """One run."""

    def __init__(self, plan: Plan, *, seed: int, folder: Path) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self.plan, self.seed = plan, seed
        self.model = Model()
        self.steps: list[str] = []
        self.counts: dict[str, int] = {}
        self._loop, self._folder = loop, folder
        self._chance = Random(seed)
        self.server = SimulatedServer(
            loop, folder / "server", wall_ms=lambda: START_MS + int(loop.time() * 1000)
        )
        self.devices: list[Device] = []
        self.revoked: set[str] = set()
        self.conversations: dict[int, list[int]] = {}  # Conversation → who was ordered in.
        self.is_group: dict[int, bool] = {}
        self._copies: dict[str, Path] = {}
        self._rolled_back: set[str] = set()
        self._typed_since: dict[str, list[str]] = {}

    # Setting up.

    async def found(self) -> None:
        """Register everybody, make friends, conversations and further devices."""
        for number in range(self.plan.people):
            device = await self.new_device(f"person{number}", "a")
            await device.ask(
                commands.Register(
                    user_name=device.user_name, password=PASSWORD, nickname=device.user_name
                )
            )
            await device.until(lambda device=device: device.is_online)  # type: ignore[misc]
        people = list(self.devices)
        for number in range(self.plan.directs):
            # Whom one invites to a group is a contact: the first one knows everybody.
            await self._befriend(people[0], people[number + 1])
        for number in range(self.plan.groups):
            await self._make_group(people, f"Group {number}")
        while len(self.devices) < self.plan.devices - self.plan.devices // 4:
            await self.add_device()

    async def _befriend(self, anna: Device, ben: Device) -> None:
        await anna.ask(commands.RequestContact(user_name=ben.user_name, greeting="hello"))
        await ben.until(lambda: bool((e := ben.last(ContactsChanged)) and e.requests))
        await ben.ask(commands.AcceptRequest(account=AccountId(anna.account)))
        await anna.until(lambda: bool(anna.contacts.get(ben.account)))
        conversation = anna.contacts[ben.account]
        self.conversations[conversation] = [anna.account, ben.account]
        self.is_group[conversation] = False

    async def _make_group(self, people: list[Device], name: str) -> None:
        others = self._chance.sample(people[1:], self._chance.randint(1, len(people) - 1))
        chosen = [people[0], *others]
        accounts = tuple(AccountId(each.account) for each in chosen[1:])
        answer = await chosen[0].ask(commands.CreateGroup(name=name, accounts=accounts))
        assert isinstance(answer, ConversationOpened)
        self.conversations[answer.conversation_id] = [each.account for each in chosen]
        self.is_group[answer.conversation_id] = True
        await people[0].ask(
            commands.SetRole(conversation_id=answer.conversation_id, account=accounts[0], role=2)
        )

    async def add_device(self) -> None:
        """Somebody logs in on one more device, with the password alone."""
        name = f"person{self._chance.randrange(self.plan.people)}"
        letter = "abcdefghijklmnopqrstuvwxyz"[sum(d.user_name == name for d in self.devices)]
        device = await self.new_device(name, letter)
        await device.ask(commands.LogIn(user_name=name, password=PASSWORD))

    async def new_device(self, user_name: str, letter: str) -> Device:
        device = Device(
            f"{user_name}{letter}",
            server=self.server,
            home=self._folder,
            chance=Random(self._chance.getrandbits(64)),
            user_name=user_name,
        )
        self.devices.append(device)
        return await device.start()

    # Living.

    async def live(self) -> None:
        """Let things happen until enough was said."""
        happenings: list[tuple[int, str, Callable[[], Awaitable[None]]]] = [
            (700, "send", self._send),
            (40, "offline", self._go_offline),
            (50, "online", self._go_online),
            (25, "crash", self._crash),
            (40, "start", self._start),
            (20, "lose answers", self._lose_answers),
            (20, "add member", self._add_member),
            (15, "remove member", self._remove_member),
            (4, "new device", self._late_device),
            (self.plan.revokes, "revoke", self._revoke),
            (8, "copy", self._copy),
            (3, "roll back", self._roll_back),
            (2, "restart server", self._restart_server),
        ]
        weights = [weight for weight, _, _ in happenings]
        while self.counts.get("send", 0) < self.plan.messages:
            _, name, happen = self._chance.choices(happenings, weights)[0]
            self.counts[name] = self.counts.get(name, 0) + 1
            await happen()
            await asyncio.sleep(self._chance.expovariate(2))

    def _note(self, step: str) -> None:
        self.steps.append(f"{self._loop.time():.3f} {step}")

    def _pick(self, *, running: bool = True) -> Device | None:
        fit = [d for d in self.devices if d.is_running is running and d.name not in self.revoked]
        return self._chance.choice(fit) if fit else None

    async def _try(self, device: Device, command: commands.Command) -> object:
        """Carry out a command; what a rule, a cut or a death stops is no fault."""
        try:
            async with asyncio.timeout(60):
                return await device.ask(command)
        except CommandFailedError as error:
            self._note(f"{device.name}: {type(command).__name__}: {error.code}")
            return error
        except (TimeoutError, asyncio.CancelledError):
            self._note(f"{device.name}: {type(command).__name__}: no answer")
            return TimeoutError()

    def direct_of(self, device: Device) -> int:
        """Return a conversation of two that somebody is in."""
        return next(
            each
            for each, accounts in self.conversations.items()
            if device.account in accounts and not self.is_group[each]
        )

    async def say(self, device: Device, conversation: int) -> None:
        """Write one more text."""
        text = f"said {len(self.model.typed) + 1}"
        self.model.note_typed(conversation, device.account, text)
        await device.ask(commands.SendText(conversation_id=ConversationId(conversation), text=text))

    async def _send(self) -> None:
        device = self._pick()
        if device is None:
            return
        rows = [row for row in device.rows.values() if row.can_send]
        if not rows:
            return
        conversation = self._chance.choice(rows).conversation_id
        text = f"message {len(self.model.typed) + 1} of {self.seed}"
        self._note(f"{device.name} writes to {conversation}: {text}")
        self.model.note_typed(conversation, device.account, text)
        answer = await self._try(device, commands.SendText(conversation_id=conversation, text=text))
        if isinstance(answer, Queued):
            self._typed_since.setdefault(device.name, []).append(text)

    async def _go_offline(self) -> None:
        if (device := self._pick()) is not None:
            self._note(f"{device.name} goes offline")
            device.route.is_up = False
            device.route.cut()

    async def _go_online(self) -> None:
        down = [each for each in self.devices if not each.route.is_up]
        if down:
            device = self._chance.choice(down)
            self._note(f"{device.name} comes online")
            device.route.is_up, device.route.loss = True, 0.0

    async def _crash(self) -> None:
        if (device := self._pick()) is not None and device.process is not None:
            after = self._chance.randrange(1, 40)
            self._note(f"{device.name} dies after {after} steps")
            device.process.dies_at = device.process.steps + after

    async def _start(self) -> None:
        if (device := self._pick(running=False)) is not None:
            self._note(f"{device.name} starts")
            await device.start()

    async def _lose_answers(self) -> None:
        if (device := self._pick()) is not None:
            device.route.loss = self._chance.choice((0.0, 0.3))
            self._note(f"{device.name} loses {device.route.loss}")

    def _admin_of_group(self) -> tuple[Device, ConversationRow] | None:
        device = self._pick()
        if device is None:
            return None
        rows = [r for r in device.rows.values() if r.kind == 2 and r.own_role >= 2]
        return (device, self._chance.choice(rows)) if rows else None

    async def _add_member(self) -> None:
        if (found := self._admin_of_group()) is not None:
            device, row = found
            account = self._chance.choice(self.devices).account
            self._note(f"{device.name} adds {account} to {row.conversation_id}")
            await self._try(
                device,
                commands.AddMembers(
                    conversation_id=row.conversation_id, accounts=(AccountId(account),)
                ),
            )

    async def _remove_member(self) -> None:
        if (found := self._admin_of_group()) is not None:
            device, row = found
            account = self._chance.choice(self.devices).account
            if account != device.account:
                self._note(f"{device.name} removes {account} from {row.conversation_id}")
                await self._try(
                    device,
                    commands.RemoveMember(
                        conversation_id=row.conversation_id, account=AccountId(account)
                    ),
                )

    async def _late_device(self) -> None:
        if len(self.devices) < self.plan.devices:
            self._note("somebody logs in on a new device")
            await self.add_device()

    async def _revoke(self) -> None:
        device = self._pick()
        if device is None:
            return
        loaded = await self._try(device, commands.LoadDevices())
        others = [
            each
            for each in self.devices
            if each.user_name == device.user_name and each is not device
        ]
        if not others or not isinstance(loaded, DevicesLoaded):
            return
        other = self._chance.choice(others)
        ids = {each.device_id for each in loaded.devices if not each.is_revoked}
        if other.device_id in ids:
            self._note(f"{device.name} revokes {other.name}")
            self.revoked.add(other.name)
            self.model.refused.update(self._typed_since.get(other.name, []))
            await self._try(
                device, commands.RevokeDevice(device_id=other.device_id, password=PASSWORD)
            )

    async def _copy(self) -> None:
        if (device := self._pick()) is not None:
            self._note(f"{device.name} is copied")
            self._copies[device.name] = device.save_copy()
            self._typed_since[device.name] = []

    async def _roll_back(self) -> None:
        copied = [
            each
            for each in self.devices
            if each.name in self._copies
            and each.name not in self.revoked
            # A second time within a day ends that copy, by design; the town lives an hour.
            and each.name not in self._rolled_back
        ]
        if copied:
            device = self._chance.choice(copied)
            self._note(f"{device.name} is rolled back")
            self._rolled_back.add(device.name)
            device.kill()
            device.restore_copy(self._copies.pop(device.name))
            # What was typed after the copy and not sent yet is gone with it.
            self.model.refused.update(self._typed_since.pop(device.name, []))
            await device.start()

    async def _restart_server(self) -> None:
        self._note("the server is killed and starts again")
        self.server.restart()

    # The end.

    async def settle(self) -> None:
        """Bring everybody back and wait until nothing is left to do."""
        self._note("everybody comes back")
        for device in self.devices:
            device.route.is_up, device.route.loss = True, 0.0
            if device.process is not None:
                device.process.dies_at = 0
            elif device.name not in self.revoked:
                await device.start()
        await asyncio.sleep(60)
        end_s = self._loop.time() + _SETTLE_S
        while (late := self._unsettled()) and self._loop.time() < end_s:  # noqa: ASYNC110 # Simulated.
            await asyncio.sleep(5)
        if late:
            raise AssertionError(f"not settled: {late[:5]}")

    def _live(self) -> list[Device]:
        return [each for each in self.devices if each.name not in self.revoked]

    def _unsettled(self) -> list[str]:
        late = []
        for device in self._live():
            if not device.is_online:
                link = device.last(LinkChanged)
                if link is None or link.state is not LinkState.REFUSED:
                    late.append(f"{device.name} is not online")
            else:
                late += [f"{device.name}: {each}" for each in device.unsettled()]
        return late

    async def judge(self) -> list[str]:
        """Compare all devices with the model."""
        logs = self.read_logs()
        wrong = [f"fault: {fault}" for fault in self._loop.faults]
        screens: dict[int, list[Screen]] = {conversation: [] for conversation in logs}
        for device in self.devices:
            if device.is_running:
                for conversation in logs:
                    screens[conversation].append(await self._screen(device, conversation))
        for conversation, facts in logs.items():
            wrong += self.model.compare(conversation, facts, screens[conversation])
        return wrong

    async def _screen(self, device: Device, conversation: int) -> Screen:
        rows: list[MessageRow] = []
        before: int | None = None
        while True:
            try:
                page = await device.ask(
                    commands.LoadTimeline(
                        conversation_id=ConversationId(conversation), before=before, limit=240
                    )
                )
            except CommandFailedError:
                break
            assert isinstance(page, TimelinePage)
            rows = [*page.rows, *rows]
            if not page.rows or not page.has_older:
                break
            before = page.rows[0].order
        said = [r for r in rows if r.kind in (MessageKind.TEXT, MessageKind.UNREADABLE)]
        unsent = (MessageState.WAITING, MessageState.REFUSED)
        lines = tuple(
            Line(r.sequence, r.sender, r.text, r.kind is MessageKind.TEXT)
            for r in said
            if r.state not in unsent
        )
        self.model.acked.update(
            r.text for r in said if r.is_own and r.state not in unsent and r.text
        )
        return Screen(
            device=device.name,
            account=device.account,
            lines=lines,
            is_live=device.name not in self.revoked,
            waiting=frozenset(r.text for r in said if r.state in unsent),
            epochs=device.epochs(conversation),
        )

    def read_logs(self) -> dict[int, list[LogFact]]:
        with sqlite3.connect(self._folder / "server" / "mim.sqlite") as database:
            documents = dict(database.execute("SELECT document_hash, content FROM documents"))
            rows = database.execute(
                "SELECT conversation_id, sequence, kind, account, document_hash FROM entries "
                "ORDER BY conversation_id, sequence"
            ).fetchall()
        database.close()
        logs: dict[int, list[LogFact]] = {}
        for conversation, sequence, kind, account, document_hash in rows:
            members = None
            if document_hash is not None and document_hash in documents:
                document = decode_document(documents[document_hash])
                members = frozenset(each.account for each in document.members)
            logs.setdefault(conversation, []).append(LogFact(sequence, kind != 1, account, members))
        return logs

    async def close(self) -> None:
        """End all."""
        for device in self.devices:
            device.kill()
        self.server.kill()
