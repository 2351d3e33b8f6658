"""Clients and a server made of the real engines, over a wire that does everything wrong.

Time is a number that only `World.run` moves. The disks of clients and server survive everything;
engines, links and what is on the wire do not.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from shared import chain, limits
from shared.entries import Entry, EntryKind, Head, Submission
from shared.errors import Code, PeerError
from shared.frames import (
    Accepted,
    ClientFrame,
    Confirmed,
    Entries,
    Events,
    Heads,
    Ping,
    Pull,
    Refused,
    ServerFrame,
    Submit,
    decode_client_frame,
    decode_server_frame,
    encode_frame,
)
from shared.protocol import client_link, outbox, server_link, sync
from tests.shared.factories import (
    CONVERSATION,
    START_MS,
    make_entry,
    make_submission,
    replace_entry,
)

ROSTER_ACCOUNT, ROSTER_DEVICE = 99, 999  # Whoever changes the roster.


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How likely each fault is, per frame."""

    drop: float = 0.0
    repeat: float = 0.0
    delay: float = 0.0
    cut: float = 0.0
    overload: float = 0.0


CALM = Faults()


class Wire:
    """One connection: frames arrive in order, or late, twice, not at all, or it ends."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_cut = False
        self.is_frozen = False  # Nothing arrives any more and nobody is told.
        self.to_server: list[tuple[int, bytes | str]] = []
        self.to_client: list[tuple[int, bytes | str]] = []

    def send(self, queue: list[tuple[int, bytes | str]], data: bytes | str) -> None:
        world, chance = self.world, self.world.random.random
        if self.is_frozen or self.is_cut:
            return
        if chance() < world.faults.cut:
            world.counts["cut"] += 1
            self.is_cut = True
            return
        if chance() < world.faults.drop:
            world.counts["dropped"] += 1
            return
        at_ms = world.now_ms + world.random.randint(1, 20)
        if chance() < world.faults.delay:
            world.counts["delayed"] += 1
            at_ms += world.random.randint(1_000, 8_000)
        if queue:
            at_ms = max(at_ms, queue[-1][0])
        queue.append((at_ms, data))
        if chance() < world.faults.repeat:
            world.counts["repeated"] += 1
            queue.append((at_ms, data))


class Server:
    """The log of one conversation, and one link per device."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entries: list[Entry] = []
        self.answers: dict[tuple[int, int], Entry] = {}
        self.newest_handshake = 0
        self.links: dict[int, tuple[server_link.ServerLink, Wire]] = {}
        self.change_roster()

    def change_roster(self) -> None:
        counter = self.own_counter(ROSTER_DEVICE) + 1
        submission = make_submission(
            counter, b"handshake", kind=EntryKind.HANDSHAKE, parent=self.newest_handshake
        )
        entry = self._append(submission, ROSTER_ACCOUNT, ROSTER_DEVICE)
        self.newest_handshake = entry.sequence
        self._announce(entry)

    def own_counter(self, device: int) -> int:
        return max((counter for owner, counter in self.answers if owner == device), default=0)

    def connect(self, wire: Wire, *, account: int, device: int) -> None:
        now_ms = self.world.now_ms
        old = self.links.pop(device, None)
        if old is not None:
            old[0].close(Code.REPLACED, "Another link.", now_ms=now_ms)
            self._flush(*old)
        link = server_link.ServerLink(now_ms=now_ms, account=account, device=device, link_id="x")
        self.links[device] = (link, wire)

    def work(self) -> None:
        now_ms, wall_ms = self.world.now_ms, self.world.server_wall_ms
        for device, (link, wire) in list(self.links.items()):
            while wire.to_server and wire.to_server[0][0] <= now_ms and not wire.is_frozen:
                frame = decode_client_frame(wire.to_server.pop(0)[1])
                link.receive(frame, now_ms=now_ms, wall_ms=wall_ms)
                self._handle(link, wire)
            if wire.is_cut:
                link.cut()
            link.tick(now_ms=now_ms, wall_ms=wall_ms)
            self._handle(link, wire)
            self._flush(link, wire)
            if link.is_closed:
                wire.is_cut = wire.is_cut or not wire.is_frozen
                if self.links.get(device) == (link, wire):
                    del self.links[device]

    def deadlines(self) -> list[int]:
        dues = [link.deadline_ms() for link, _ in self.links.values()]
        arrivals = [
            wire.to_server[0][0]
            for _, wire in self.links.values()
            if wire.to_server and not wire.is_frozen
        ]
        return arrivals + [due for due in dues if due is not None]

    def _handle(self, link: server_link.ServerLink, wire: Wire) -> None:
        now_ms, wall_ms = self.world.now_ms, self.world.server_wall_ms
        while events := link.events_received():
            for event in events:
                match event:
                    case server_link.HelloReceived():
                        link.greet(now_ms=now_ms, wall_ms=wall_ms)
                        link.send(Events(events=(), position=0), now_ms=now_ms)
                        link.start_live([self._head(link.device)], now_ms=now_ms)
                    case server_link.SubmitReceived(submission):
                        self._judge(link, submission)
                    case server_link.PullReceived(pull):
                        link.send(self._run(pull.after, pull.limit, pull.pull_id), now_ms=now_ms)
                    case server_link.NeedEntries():
                        entries = self._run(event.after, event.limit, 0)
                        self.world.counts["read from log"] += bool(entries.entries)
                        link.supply(event, entries, now_ms=now_ms)
                    case server_link.ConfirmReceived(_, sequence):
                        self.world.note_cursor(link.device, sequence)
                    case server_link.MarkReceived() | server_link.TypingReceived():
                        pass
                    case server_link.ServerLinkClosed():
                        self.world.closed.append((link.device, event.code))
            self._flush(link, wire)

    def _judge(self, link: server_link.ServerLink, submission: Submission) -> None:
        now_ms = self.world.now_ms
        counter, device = submission.device_counter, link.device
        first = self.answers.get((device, counter))
        own_counter = self.own_counter(device)
        if first is not None:
            self.world.counts["dropped repeats"] += 1
            link.accept(_accepted(first, is_repeat=True), now_ms=now_ms)
        elif counter != own_counter + 1:
            self._refuse(link, submission, Code.OUT_OF_TURN)
        elif submission.parent < self.newest_handshake:
            self._refuse(link, submission, Code.STALE)
        elif self.world.random.random() < self.world.faults.overload:
            self._refuse(link, submission, Code.OVERLOADED)
        elif submission.payload in self.world.forbidden:
            self._refuse(link, submission, Code.NOT_MEMBER)
        else:
            entry = self._append(submission, link.account, device)
            link.accept(_accepted(entry, is_repeat=False), now_ms=now_ms)
            self._announce(entry)

    def _refuse(self, link: server_link.ServerLink, submission: Submission, code: Code) -> None:
        self.world.counts[code] += 1
        refused = Refused(
            conversation_id=submission.conversation_id,
            device_counter=submission.device_counter,
            payload_hash=chain.hash_payload(submission.payload),
            code=code,
            message="No.",
            own_counter=self.own_counter(link.device),
            newest_handshake=self.newest_handshake,
        )
        link.send(refused, now_ms=self.world.now_ms)

    def _append(self, submission: Submission, account: int, device: int) -> Entry:
        previous = self.entries[-1].chain if self.entries else chain.START
        entry = make_entry(
            previous,
            len(self.entries) + 1,
            submission,
            account=account,
            device=device,
            received_at_ms=self.world.server_wall_ms,
        )
        self.entries.append(entry)
        self.answers[device, submission.device_counter] = entry
        return entry

    def _announce(self, entry: Entry) -> None:
        for device, (link, wire) in list(self.links.items()):
            if device == entry.device:
                continue
            if link.offer(CONVERSATION, entry.sequence, now_ms=self.world.now_ms):
                self._flush(link, wire)
                frame = self._run(entry.sequence - 1, 1, 0)
                wire.send(wire.to_client, encode_frame(frame, as_json=self.world.is_json(device)))
                self.world.counts["pushed from memory"] += 1

    def _run(self, after: int, limit: int, pull_id: int) -> Entries:
        before = self.entries[after - 1].chain if 0 < after <= len(self.entries) else chain.START
        entries = tuple(self.entries[after : after + limit])
        return Entries(CONVERSATION, before, entries, pull_id)

    def _head(self, device: int) -> Head:
        return Head(
            conversation_id=CONVERSATION,
            head=len(self.entries),
            newest_handshake=self.newest_handshake,
            own_counter=self.own_counter(device),
        )

    def _flush(self, link: server_link.ServerLink, wire: Wire) -> None:
        for frame in link.frames_to_send():
            self.world.counts["server pings"] += isinstance(frame, Ping)
            data = encode_frame(frame, as_json=self.world.is_json(link.device))
            wire.send(wire.to_client, data)


def _accepted(entry: Entry, *, is_repeat: bool) -> Accepted:
    return Accepted(
        conversation_id=entry.conversation_id,
        device_counter=entry.device_counter,
        payload_hash=entry.payload_hash,
        sequence=entry.sequence,
        entry_id=entry.entry_id,
        received_at_ms=entry.received_at_ms,
        chain=entry.chain,
        is_repeat=is_repeat,
    )


@dataclass(slots=True)
class Disk:
    """What of a client survives kill -9."""

    entries: dict[int, Entry] = field(default_factory=dict)
    waiting: dict[int, Submission | None] = field(default_factory=dict)  # By local_id.
    sealed: list[outbox.Sealed] = field(default_factory=list)
    own: dict[bytes, Submission] = field(default_factory=dict)  # By payload_hash.
    accepted: dict[int, int] = field(default_factory=dict)  # local_id → sequence.
    refused: dict[int, Code] = field(default_factory=dict)
    settled: int = 0
    next_local_id: int = 1
    next_payload: int = 1
    next_pull_id: int = 1


class Client:
    """One device: the engines wired as the desktop engine wires them."""

    def __init__(
        self, world: World, *, account: int, device: int, as_json: bool, wall_off_ms: int = 0
    ) -> None:
        self.world = world
        self.account = account
        self.device = device
        self.as_json = as_json
        self.wall_off_ms = wall_off_ms
        self.disk = Disk()
        self.wire: Wire | None = None
        self.link: client_link.ClientLink | None = None
        self.connect_at_ms = 0
        self.shown: list[int] = []
        self.samples: list[client_link.ClockSample] = []
        self.notices: list[object] = []
        self.closed: list[client_link.Closed] = []
        self.pings = 0
        self.start()

    def start(self) -> None:
        """Begin anew from the disk."""
        have = max(self.disk.entries, default=0)
        have_chain = self.disk.entries[have].chain if have else chain.START
        self.sync = sync.ConversationSync(
            CONVERSATION,
            now_ms=self.world.now_ms,
            pull_ids=itertools.count(1),
            have=have,
            have_chain=have_chain,
        )
        self.outbox = outbox.Outbox(self.world.random.random)
        self.outbox.open(CONVERSATION, own_counter=self.disk.settled, past=self.disk.sealed)
        for local_id, submission in sorted(self.disk.waiting.items()):
            self.outbox.add(CONVERSATION, local_id, submission=submission)
        self.is_catching_up = False

    def kill(self) -> None:
        """What `kill -9` and a new start do."""
        self.world.counts["kills"] += 1
        self.world.counts["in flight at kills"] += self.outbox.in_flight()
        if self.wire is not None:
            self.wire.is_cut = True
        self.link = self.wire = None
        self.start()

    def type(self) -> int:
        """Put one message into the outbox."""
        local_id = self.disk.next_local_id
        self.disk.next_local_id += 1
        self.disk.waiting[local_id] = None
        self.outbox.add(CONVERSATION, local_id)
        self._work_outbox()
        return local_id

    @property
    def wall_ms(self) -> int:
        return self.world.server_wall_ms + self.wall_off_ms

    def work(self) -> None:
        now_ms = self.world.now_ms
        if self.link is None and now_ms >= self.connect_at_ms:
            self._connect()
        link, wire = self.link, self.wire
        if link is None or wire is None:
            return
        while wire.to_client and wire.to_client[0][0] <= now_ms and not wire.is_frozen:
            self._receive(link, wire.to_client.pop(0)[1])
        if wire.is_cut and not wire.to_client:
            link.cut()
        link.tick(now_ms=now_ms, wall_ms=self.wall_ms)
        self.sync.tick(now_ms=now_ms)
        self.outbox.tick(now_ms=now_ms)
        self._work_engines()

    def deadlines(self) -> list[int]:
        if self.link is None or self.wire is None:
            return [self.connect_at_ms]
        arrivals = [self.wire.to_client[0][0]] if self.wire.to_client else []
        dues = [self.link.deadline_ms(), self.sync.deadline_ms(), self.outbox.deadline_ms()]
        arrivals = [] if self.wire.is_frozen else arrivals
        return arrivals + [due for due in dues if due is not None]

    def _connect(self) -> None:
        self.world.counts["connections"] += 1
        self.wire = Wire(self.world)
        self.world.server.connect(self.wire, account=self.account, device=self.device)
        self.link = client_link.ClientLink(
            now_ms=self.world.now_ms, wall_ms=self.wall_ms, event_position=0, marks_since_ms=0
        )
        self._flush()

    def _receive(self, link: client_link.ClientLink, data: bytes | str) -> None:
        now_ms = self.world.now_ms
        try:
            frame = decode_server_frame(data)
        except PeerError as error:
            link.fail(error, now_ms=now_ms)
            return
        link.receive(frame, now_ms=now_ms, wall_ms=self.wall_ms)
        self._work_engines()

    def _work_engines(self) -> None:
        link = self.link
        for event in link.events_received() if link else ():
            match event:
                case client_link.FrameReceived(frame):
                    self._take(frame)
                case client_link.ClockSample():
                    self.samples.append(event)
                case client_link.Closed():
                    self._lose(event)
                case client_link.Opened():
                    pass
        self._work_sync()
        self._work_outbox()
        self._flush()

    def _take(self, frame: ServerFrame) -> None:
        now_ms = self.world.now_ms
        match frame:
            case Heads():
                for head in frame.heads:
                    self.outbox.note_head(CONVERSATION, head.own_counter)
                    self.sync.link_up(head=head.head, now_ms=now_ms)
                self.outbox.link_up(now_ms=now_ms)
            case Entries():
                self.sync.receive(frame, now_ms=now_ms)
            case Confirmed():
                self.sync.note_confirmed(frame.sequence)
            case Accepted():
                self._work_sync()
                self.outbox.accepted(frame, now_ms=now_ms)
                submission = self.disk.own.get(frame.payload_hash)
                if submission is not None:
                    self.sync.accept(self._entry(submission, frame), now_ms=now_ms)
            case Refused():
                self.sync.note_head(frame.newest_handshake, now_ms=now_ms)
                self.outbox.refused(frame, now_ms=now_ms)
            case _:
                pass

    def _entry(self, submission: Submission, accepted: Accepted) -> Entry:
        entry = make_entry(
            bytes(32),
            accepted.sequence,
            submission,
            account=self.account,
            device=self.device,
            received_at_ms=accepted.received_at_ms,
        )
        assert entry.entry_id == accepted.entry_id
        return replace_entry(entry, chain_value=accepted.chain)

    def _work_sync(self) -> None:
        for command in self.sync.commands():
            match command:
                case sync.Apply(_, entries):
                    for entry in entries:
                        assert entry.sequence not in self.disk.entries, "shown twice"
                        self.disk.entries[entry.sequence] = entry
                        self.shown.append(entry.sequence)
                        if entry.device == self.device:
                            self.outbox.echoed(entry, now_ms=self.world.now_ms)
                    self.sync.stored(entries[-1].sequence)
                    self._work_sync()
                case sync.SendFrame(frame):
                    self._send(frame)
                case sync.ChainBroken() | sync.ApplyOlder():
                    self.notices.append(command)
        if self.is_catching_up and self.sync.is_complete:
            self.is_catching_up = False
            self.outbox.caught_up(CONVERSATION, now_ms=self.world.now_ms)

    def _work_outbox(self) -> None:
        while commands := self.outbox.commands():
            for command in commands:
                match command:
                    case outbox.Seal():
                        self._seal(command)
                    case outbox.Transmit(submission):
                        self.world.counts["submits"] += 1
                        self._send(Submit(submission))
                    case outbox.StoreAccepted(_, local_id, accepted):
                        assert local_id not in self.disk.accepted, "accepted twice"
                        self.disk.accepted[local_id] = accepted.sequence
                        self.disk.waiting.pop(local_id, None)
                        self.disk.refused.pop(local_id, None)
                        self.disk.settled = accepted.device_counter
                    case outbox.StoreRefused(_, local_id, code):
                        self.disk.refused[local_id] = code
                        del self.disk.waiting[local_id]
                    case outbox.CatchUp():
                        self.is_catching_up = True
                        self._work_sync()
                    case outbox.CopiedProfile():
                        self.notices.append(command)

    def _seal(self, command: outbox.Seal) -> None:
        payload = b"%d:%d:%d" % (self.device, command.local_id, self.disk.next_payload)
        self.disk.next_payload += 1
        parent = max(
            (n for n, entry in self.disk.entries.items() if entry.kind is EntryKind.HANDSHAKE),
            default=0,
        )
        submission = make_submission(command.device_counter, payload, parent=parent)
        payload_hash = chain.hash_payload(payload)
        self.disk.waiting[command.local_id] = submission
        self.disk.own[payload_hash] = submission
        self.disk.sealed.append(
            outbox.Sealed(
                local_id=command.local_id,
                device_counter=command.device_counter,
                payload_hash=payload_hash,
            )
        )
        if self.world.on_seal is not None:
            self.world.on_seal(command.local_id, payload)
        self.outbox.sealed(CONVERSATION, command.local_id, submission, now_ms=self.world.now_ms)

    def _send(self, frame: ClientFrame) -> None:
        if self.link is not None:
            if isinstance(frame, Pull):
                self.world.counts["pulls"] += 1
            self.link.send(frame, now_ms=self.world.now_ms)

    def _flush(self) -> None:
        if self.link is not None and self.wire is not None:
            for frame in self.link.frames_to_send():
                self.pings += isinstance(frame, Ping)
                self.wire.send(self.wire.to_server, encode_frame(frame, as_json=self.as_json))

    def _lose(self, event: client_link.Closed) -> None:
        self.closed.append(event)
        self._flush()
        if self.wire is not None and not self.wire.is_frozen:
            self.wire.is_cut = True
        self.link = self.wire = None
        self.outbox.link_down()
        self.sync.link_down()
        self.connect_at_ms = self.world.now_ms + self.world.random.randint(
            limits.RECONNECT_MIN_MS, 2_000
        )


class World:
    """Everything, and the only clock."""

    def __init__(self, seed: int, *, faults: Faults = CALM, clients: int = 2) -> None:
        self.random = Random(seed)
        self.faults = faults
        self.now_ms = 0
        self.counts: Counter[str] = Counter()
        self.cursors: dict[int, int] = {}
        self.closed: list[tuple[int, Code | None]] = []
        self.forbidden: set[bytes] = set()
        self.on_seal: Callable[[int, bytes], None] | None = None
        self.clients: list[Client] = []
        self.server = Server(self)
        for number in range(clients):
            account, device = 1 + number, 101 + number
            client = Client(self, account=account, device=device, as_json=number % 2 == 1)
            self.clients.append(client)

    @property
    def server_wall_ms(self) -> int:
        return START_MS + self.now_ms

    def is_json(self, device: int) -> bool:
        return any(client.as_json for client in self.clients if client.device == device)

    def note_cursor(self, device: int, sequence: int) -> None:
        assert sequence <= len(self.server.entries)
        self.cursors[device] = max(self.cursors.get(device, 0), sequence)

    def run(self, duration_ms: int, *, until: Callable[[], bool] | None = None) -> None:
        """Let time pass, from one thing that is due to the next."""
        end_ms = self.now_ms + duration_ms
        while self.now_ms < end_ms:
            self.server.work()
            for client in self.clients:
                client.work()
            if until is not None and until():
                return
            dues = self.server.deadlines()
            dues += [due for client in self.clients for due in client.deadlines()]
            self.counts["overdue"] += min(dues, default=end_ms) <= self.now_ms
            self.now_ms = min(end_ms, max(self.now_ms + 1, min(dues, default=end_ms)))

    def is_settled(self) -> bool:
        """Whether every device has everything and nothing waits."""
        head = len(self.server.entries)
        return all(
            not client.disk.waiting and client.sync.have == head and client.sync.is_complete
            for client in self.clients
        )
