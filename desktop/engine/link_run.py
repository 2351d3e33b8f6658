"""One link from hello to its end: protocol engines in the middle, database and parts around.

Every frame is taken in one transaction; what it makes us send goes out after that transaction is
stored (I1, I4). All protocol state is read from the database when a link begins, so a link that
ends for whatever reason, a full disk too, leaves nothing that could disagree with it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desktop.engine.context import EngineContext
from desktop.engine.following import Progress
from desktop.engine.link_chores import LinkChores
from desktop.engine.link_history import LinkHistory
from desktop.engine.link_parts import LinkParts
from desktop.engine.link_pulls import LinkPulls
from desktop.engine.link_sending import LinkSending
from desktop.engine.link_status import LinkStatus
from desktop.engine.preferences import privacy_of
from desktop.events import Notice, NoticeKind
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.database import DatabaseFullError
from shared import limits
from shared.chain import hash_payload
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code
from shared.frames import (
    Accepted,
    ClientFrame,
    Confirmed,
    Entries,
    Events,
    Heads,
    Mark,
    Presence,
    Receipt,
    Refused,
    ServerFrame,
    Typing,
)
from shared.protocol.client_link import ClientLink, ClockSample, Closed, FrameReceived, Opened
from shared.protocol.outbox import (
    Outbox,
    Sealed,
)
from shared.protocol.sync import Apply, ApplyOlder, ChainBroken, ConversationSync, SendFrame

__all__ = ["LinkRun"]

logger = logging.getLogger(__name__)

_REFRESHED_EACH_MAX = 3  # More unknown conversations are fetched with all others, at once.
_STEP_LOST_MS = 5_000  # Clocks that part by more: the machine slept, the connection is gone.


class LinkRun:
    """One link; the caller owns the WebSocket and the timer."""

    def __init__(
        self, context: EngineContext, parts: LinkParts, *, idle_ms: int, wake: Callable[[], None]
    ) -> None:
        """Begin with hello.

        Args:
            context: The engine's.
            parts: The engine's.
            idle_ms: How long this path may be idle, as the link before has learnt.
            wake: Called when there is something to send or another deadline.
        """
        self._context = context
        self._parts = parts
        self._wake = wake
        parts.states.forget()
        event_position, marks_since_ms = context.storage.account.positions()
        self.link = ClientLink(
            now_ms=context.now_ms(),
            wall_ms=context.wall_ms(),
            event_position=event_position,
            marks_since_ms=marks_since_ms,
            client=context.config.client_name,
            idle_ms=idle_ms,
        )
        self.closed: Closed | None = None
        self.chores = LinkChores(context, parts, self, self._note_current)
        self._outbox = Outbox(context.chance)
        self._history = LinkHistory(self, context.now_ms)
        self._status = LinkStatus(context)
        self._sending = LinkSending(context, parts, self, outbox=self._outbox, chores=self.chores)
        self._syncs: dict[int, ConversationSync] = {}
        self._unknown_counters: dict[int, int] = {}  # As told with heads, until they are known.
        self._in_doubt: set[int] = set()  # Conversations with a commit that was sent, perhaps.
        self._pull_ids = itertools.count(1)
        self._pulls = LinkPulls(
            sync=self.sync, will_open=self.chores.will_open, now_ms=context.now_ms
        )
        self._is_ready = False  # All heads are here.
        self._has_newest = asyncio.Event()
        self._has_new_floor = asyncio.Event()

    # From the WebSocket.

    def receive(self, frame: ServerFrame) -> None:
        """Take a frame, in one transaction.

        Raises:
            DatabaseFullError: Nothing of it was stored; the link must end.
        """
        now_ms, wall_ms = self._context.now_ms(), self._context.wall_ms()
        with self._context.storage.database.transaction():
            self.link.receive(frame, now_ms=now_ms, wall_ms=wall_ms)
            self._work()
        self._tell_complete()

    def tick(self) -> None:
        """Do what is due; errors as in `receive`."""
        now_ms, wall_ms = self._context.now_ms(), self._context.wall_ms()
        if self._context.clock.note_clocks(now_ms=now_ms, wall_ms=wall_ms):
            after = self._context.clock.estimate(now_ms=now_ms, wall_ms=wall_ms)
            self._note_step(0 if after is None else after.error_ms)
        with self._context.storage.database.transaction():
            self.link.tick(now_ms=now_ms, wall_ms=wall_ms)
            self._outbox.tick(now_ms=now_ms)
            for sync in self._syncs.values():
                sync.tick(now_ms=now_ms)
            self._work()

    def cut(self) -> None:
        """The WebSocket has ended."""
        self.link.cut()
        self._take_link_events()

    def deadline_ms(self) -> int | None:
        """Return when to call `tick`."""
        dues = [self.link.deadline_ms(), self._outbox.deadline_ms()]
        dues += [sync.deadline_ms() for sync in self._syncs.values()]
        return min((due for due in dues if due is not None), default=None)

    def end(self) -> None:
        """The link is over: whoever waits for it is let go."""
        self.closed = self.closed or Closed(None, "The connection has ended.")
        self._history.end()

    async def detach(self) -> None:
        """Let no worker go on with this link."""
        await self._parts.memberships.detach()

    @property
    def is_ready(self) -> bool:
        """Whether the link is open and all heads are known."""
        return self._is_ready and self.closed is None

    # From the engine.

    def send(self, frame: ClientFrame) -> None:
        """Send a frame that nobody waits for; dropped while the link is not open."""
        if self.is_ready:
            self.link.send(frame, now_ms=self._context.now_ms())
            self._wake()

    def add_message(self, conversation_id: int, local_id: int) -> None:
        """A message was stored in the outbox."""
        if conversation_id in self._syncs:
            with self._storing():
                self._outbox.add(conversation_id, local_id)
                self._work()

    def cancel_message(self, conversation_id: int, local_id: int) -> bool:
        """Drop a message from the outbox, if it was never sealed."""
        if conversation_id not in self._syncs:
            return True
        return self._outbox.cancel(conversation_id, local_id)

    def track(self, conversation: StoredConversation) -> None:
        """Follow a conversation that has become known, or is further than was known."""
        now_ms, conversation_id = self._context.now_ms(), conversation.conversation_id
        sync = self._syncs.get(conversation_id)
        # What is stored is ahead of the sync only when a second range began: added anew, this
        # account is served from there on, and the place it had reached before says nothing.
        is_second_range = sync is not None and sync.have < conversation.have
        if sync is not None and not is_second_range:
            sync.note_head(conversation.head, now_ms=now_ms)
            self._add_items(conversation_id)
        else:
            if is_second_range:
                self._begin_sync(conversation)
            else:
                self._open(conversation)
                # What an older copy of this profile has never heard of, it may have written to.
                own_counter = self._unknown_counters.pop(conversation_id, 0)
                self._outbox.note_head(conversation_id, own_counter)
            if self._is_ready:
                self._pulls.bring_up(conversation_id, conversation.head)
        self._parts.changes.conversation(conversation_id)
        with self._storing():
            self._work()

    def in_flight(self) -> int:
        """Return how many submits are sent and not answered."""
        return self._outbox.in_flight()

    async def bring_older(self, conversation_id: int, limit: int) -> bool:
        """Open older entries that are here, else load some; whether there may be more rows."""
        return await self._history.bring_older(conversation_id, limit)

    async def load_older(self, conversation_id: int, limit: int) -> bool:
        """Pull whole blocks of older entries; return whether the floor has moved."""
        return await self._history.load_older(conversation_id, limit)

    async def load_history(self) -> None:
        """Complete what a new device left out, and come into all conversations, gently; for ever.

        Not before the newest of all is read, and again where somebody's late coming leaves a part
        out.
        """
        await self._has_newest.wait()
        self._has_new_floor.clear()
        await self._history.load_all()
        await self.chores.join_all()
        while True:
            await self._has_new_floor.wait()
            self._has_new_floor.clear()
            await self._history.load_all()

    # What history and sending ask for (`HistorySide`, `SendingSide`).

    def sync(self, conversation_id: int) -> ConversationSync | None:
        """Return how far a conversation is."""
        return self._syncs.get(conversation_id)

    async def earlier(self, conversation_id: int) -> bool:
        """Fetch a page from earlier times as a member; whether there was one."""
        return await self.chores.earlier(conversation_id)

    def served_from(self, conversation_id: int) -> int:
        """Return the first sequence of a conversation that is served to this account."""
        stored = self._context.storage.conversations.get(conversation_id)
        return 1 if stored is None else stored.first

    def tracked(self) -> list[int]:
        """Return all conversations that are followed."""
        return list(self._syncs)

    async def opened(self, conversation_id: int) -> bool:
        """Open what is here and waits; whether there was anything, and nothing is left."""
        if not self._parts.timeline.has_unopened(conversation_id):
            return False
        await self.chores.opened(conversation_id)
        return not self._parts.timeline.has_unopened(conversation_id)

    def transmit(self, frame: ClientFrame) -> None:
        """Send a frame of the engines'."""
        self.link.send(frame, now_ms=self._context.now_ms())

    def close_for_good(self, message: str) -> None:
        """End the link: another one would not be let in."""
        self.closed = self.closed or Closed(Code.UNAUTHENTICATED, message)

    def work_stored(self) -> None:
        """Carry out what the engines want, and store it."""
        with self._storing():
            self._work()

    # Inside.

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Do work that a person or a chore began; on a full disk the link ends, see above."""
        try:
            with self._context.storage.database.transaction():
                yield
        except DatabaseFullError:
            self.note_full()
        self._wake()

    def note_full(self) -> None:
        """Nothing can be stored: what is in memory is ahead of the disk, so the link ends."""
        self._context.emit(Notice(kind=NoticeKind.DISK_FULL))
        self._parts.changes.forget()
        self.closed = Closed(None, "The disk is full.", limits.RECONNECT_MAX_MS)

    def _work(self) -> None:
        """Carry out what the engines want, until they want nothing more."""
        is_busy = True
        while is_busy:
            is_busy = self._take_link_events()
            is_busy |= self._sending.work()
            for sync in [each for each in self._syncs.values() if each.has_commands]:
                is_busy |= self._take_sync_commands(sync)

    def _take_link_events(self) -> bool:
        events = self.link.events_received()
        for event in events:
            match event:
                case Opened():
                    self._begin()
                case FrameReceived(frame):
                    self._dispatch(frame)
                case ClockSample(sample):
                    self._context.clock.add(sample)
                case Closed():
                    self.closed = event
        return bool(events)

    def _dispatch(self, frame: ServerFrame) -> None:
        now_ms = self._context.now_ms()
        match frame:
            case Events():
                self.chores.take_events(frame)
            case Heads():
                self._take_heads(frame)
            case Accepted():
                self._outbox.accepted(frame, now_ms=now_ms)
                self._parts.memberships.note_progress(frame.conversation_id)
            case Refused():
                self._sending.take_refused(frame)
            case Entries():
                self._take_entries(frame)
            case Confirmed():
                self._take_confirmed(frame)
            case Receipt():
                self._parts.timeline.note_receipt(frame)
            case Presence():
                self._parts.contacts.note_presence(frame)
            case Typing():
                self._parts.typing.note(frame)
            case _:
                pass  # The link keeps ready, ping, pong and bye for itself.

    def _begin(self) -> None:
        for conversation in self._context.storage.conversations.all():
            self._open(conversation)
        for conversation_id, is_creation in self._context.storage.groups.all_pending():
            if not is_creation and conversation_id in self._syncs:
                self._outbox.pause(conversation_id)  # Until it is known what became of it.
                self._in_doubt.add(conversation_id)

    def _is_behind(self, conversation_id: int) -> bool:
        """Whether something of a conversation is to be judged or opened yet."""
        storage = self._context.storage
        is_judged = self._parts.states.is_current(conversation_id)
        return not is_judged or storage.messages.has_unopened(conversation_id)

    def _open(self, conversation: StoredConversation) -> None:
        conversation_id = conversation.conversation_id
        self._begin_sync(conversation)
        past = self._context.storage.outbox.sealed(conversation_id, 8 * limits.OUTBOX_WINDOW)
        self._outbox.open(conversation_id, own_counter=conversation.own_counter, past=past)
        self._add_items(conversation_id)

    def _begin_sync(self, conversation: StoredConversation) -> None:
        conversation_id = conversation.conversation_id
        if conversation.floor:
            self._has_new_floor.set()
        self._syncs[conversation_id] = ConversationSync(
            conversation_id,
            now_ms=self._context.now_ms(),
            pull_ids=self._pull_ids,
            floor=conversation.floor,
            floor_chain=conversation.chain_floor or None,
            have=conversation.have,
            have_chain=conversation.chain_have or None,
            confirmed=self._parts.confirmed.get(conversation_id, 0),
            is_broken=conversation.broken_after_ms > 0,
        )

    def _add_items(self, conversation_id: int) -> None:
        """Hand the outbox what is stored and it does not know yet."""
        for item in self._context.storage.outbox.items(conversation_id):
            if not self._outbox.has(conversation_id, item.local_id):
                self._outbox.add(conversation_id, item.local_id, submission=item.submission)

    def _take_heads(self, frame: Heads) -> None:
        store = self._context.storage.conversations
        self._parts.heads.note(frame.heads)
        unknown = [each for each in frame.heads if each.conversation_id not in self._syncs]
        if len(unknown) > _REFRESHED_EACH_MAX:
            self.chores.refresh_all()
        else:
            for head in unknown:
                self.chores.refresh(head.conversation_id)
        for head in frame.heads:
            if head.conversation_id not in self._syncs:
                self._unknown_counters[head.conversation_id] = head.own_counter
                continue
            store.raise_head(head.conversation_id, head.head)
            self._pulls.bring_up(head.conversation_id, head.head)
            self._outbox.note_head(head.conversation_id, head.own_counter)
        if frame.is_last:
            self._become_ready()

    def _become_ready(self) -> None:
        self._is_ready = True
        self._context.is_online = True
        self._outbox.link_up(now_ms=self._context.now_ms())
        document = self._context.storage.document.load().own
        is_private = not privacy_of(document).sends_read_marks
        for conversation in self._context.storage.conversations.all():
            if conversation.read_to_send:
                mark = Mark(
                    conversation_id=conversation.conversation_id,
                    read=conversation.read_to_send,
                    is_private=is_private,
                )
                self.link.send(mark, now_ms=self._context.now_ms())
            sync = self._syncs.get(conversation.conversation_id)
            is_pulled = sync is not None and sync.have < sync.head
            if not is_pulled and self._is_behind(conversation.conversation_id):
                self.chores.open(conversation.conversation_id)
        self.chores.begin()
        self._parts.memberships.attach(self)
        for conversation_id in self._in_doubt:
            self._parts.memberships.wake(conversation_id)
        self._status.tell_clock()

    def _note_current(self) -> None:
        self._status.note_current()
        self._tell_complete()

    def note_opened(self) -> None:
        """Fewer conversations wait to be opened."""
        if self._pulls.has_waiting:
            with self._storing():
                self._pulls.go_on()
                self._work()
        self._tell_complete()

    def _tell_complete(self) -> None:
        if self._pulls.is_done:
            self.chores.open_older()
            if self._is_ready and not self.chores.opening:
                self._has_newest.set()
        self._status.tell_completeness(self._syncs.values(), opening=self.chores.opening)

    def _take_entries(self, frame: Entries) -> None:
        sync = self._syncs.get(frame.conversation_id)
        if sync is None:
            return  # Not known yet: pulled once it is.
        store = self._context.storage.conversations
        if (
            frame.entries
            and frame.entries[0].sequence == sync.floor + 1
            and sync.have == sync.floor
        ):
            store.set_floor(frame.conversation_id, sync.floor, frame.chain_before)
        sync.receive(frame, now_ms=self._context.now_ms())
        if frame.pull_id:
            self._take_sync_commands(sync)
            if self._is_behind(frame.conversation_id):
                self.chores.open(frame.conversation_id)
            self._pulls.note_answer(frame.conversation_id)
            self._sending.note_caught_up(sync)
            self._history.note_answer(frame.conversation_id)

    def _take_confirmed(self, frame: Confirmed) -> None:
        sync = self._syncs.get(frame.conversation_id)
        if sync is not None:
            sync.note_confirmed(frame.sequence)
            self._parts.confirmed[frame.conversation_id] = frame.sequence

    def _take_sync_commands(self, sync: ConversationSync) -> bool:
        commands = sync.commands()
        store = self._context.storage.conversations
        # What breaks the chain is stored before it is told: it is the evidence.
        for command in sorted(commands, key=lambda each: isinstance(each, ChainBroken)):
            match command:
                case Apply(conversation_id, entries):
                    last = entries[-1]
                    store.set_have(conversation_id, last.sequence, last.chain)
                    self._apply(conversation_id, entries, is_newest=True)
                    sync.stored(last.sequence)
                    self._sending.note_caught_up(sync)
                case ApplyOlder(conversation_id, entries, chain_before):
                    self._apply(conversation_id, entries)
                    floor = entries[0].sequence - 1
                    store.set_floor(conversation_id, floor, chain_before)
                    store.recount_unread(conversation_id)
                case SendFrame(frame):
                    self.link.send(frame, now_ms=self._context.now_ms())
                case ChainBroken(conversation_id, sequence):
                    self._parts.timeline.note_chain_broken(conversation_id, sequence)
        return bool(commands)

    def _apply(
        self, conversation_id: int, entries: tuple[Entry, ...], *, is_newest: bool = False
    ) -> None:
        parts, storage = self._parts, self._context.storage
        storage.messages.save_entries(entries)
        progress = Progress.CURRENT
        if is_newest:
            progress = parts.following.follow(conversation_id, last=entries[-1].sequence)
            self._count(conversation_id, entries)
        for entry in filter(self._context.is_own, entries):
            if local_id := parts.sealing.note_in_log(entry):
                parts.changes.message(conversation_id, local_id)
        is_left = parts.timeline.open(conversation_id, entries)
        self.chores.blank()
        if is_left or progress is not Progress.CURRENT:
            self.chores.open(conversation_id)
        for entry in entries:
            if self._context.is_own(entry):
                self._outbox.echoed(entry, now_ms=self._context.now_ms())
            elif entry.kind is EntryKind.HANDSHAKE and is_newest and self._is_ready:
                self.chores.complement(conversation_id)
            parts.typing.stopped(conversation_id, entry.account)
        parts.memberships.note_progress(conversation_id)

    def _count(self, conversation_id: int, entries: tuple[Entry, ...]) -> None:
        """Count messages by their epoch: whoever sends the 101st commits first."""
        parents = [each.parent for each in entries if each.kind is EntryKind.APPLICATION]
        for parent in set(parents):
            count = parents.count(parent)
            self._context.storage.groups.count_messages(conversation_id, parent, count)

    # What workers and chores ask for (`Window`, `LinkSide`).

    def is_caught_up(self, conversation_id: int) -> bool:
        """Whether all of the log that is known of is here and judged."""
        sync = self._syncs.get(conversation_id)
        is_here = sync is not None and sync.have >= sync.head
        return is_here and self._parts.states.is_current(conversation_id)

    def catch_up(self, conversation_id: int) -> None:
        """Ask for what is missing."""
        sync = self._syncs.get(conversation_id)
        if sync is None:
            self.chores.refresh(conversation_id)
            return
        if not self._parts.states.is_current(conversation_id):
            self.chores.open(conversation_id)
        sync.resume(now_ms=self._context.now_ms())
        with self._storing():
            self._work()

    def close_window(self, conversation_id: int) -> bool:
        """Seal nothing more; whether nothing is in doubt any more."""
        return conversation_id in self._syncs and self._outbox.pause(conversation_id)

    def open_window(self, conversation_id: int) -> None:
        """Go on sealing, unless a commit is in doubt still."""
        if self.closed is not None or conversation_id not in self._syncs:
            return
        if self._context.storage.groups.pending(conversation_id) is not None:
            return
        conversation = self._context.storage.conversations.get(conversation_id)
        assert conversation is not None
        now_ms = self._context.now_ms()
        with self._storing():
            own_counter = max(conversation.own_counter, self._outbox.own_counter(conversation_id))
            self._outbox.resume(conversation_id, own_counter=own_counter, now_ms=now_ms)
            # What waited for warrants to be carried out goes on too; who is behind is told again.
            self._sending.caught_up(conversation_id)
            self._work()

    def own_counter(self, conversation_id: int) -> int:
        """Return the newest device_counter of this device in the log."""
        conversation = self._context.storage.conversations.get(conversation_id)
        stored = 0 if conversation is None else conversation.own_counter
        return max(stored, self._outbox.own_counter(conversation_id))

    def note_commit(self, submission: Submission) -> None:
        """A commit takes a counter; it is stored by now."""
        sealed = Sealed(
            local_id=0,
            device_counter=submission.device_counter,
            payload_hash=hash_payload(submission.payload),
        )
        self._outbox.note_sealed(submission.conversation_id, sealed)

    def take_commit(self, submission: Submission, accepted: Accepted) -> None:
        """The log has taken a commit."""
        sync = self._syncs.get(submission.conversation_id)
        if sync is None:
            return
        now_ms = self._context.now_ms()
        with self._storing():
            self._outbox.accepted(accepted, now_ms=now_ms)
            sync.accept(self._parts.sealing.entry_of(submission, accepted), now_ms=now_ms)
            self._work()

    def note_copied(self, conversation_id: int, own_counter: int) -> None:
        """The server has more of this device than this profile knows of."""
        with self._storing():
            self._sending.go_on_after_copy(conversation_id, own_counter)
            self._work()

    def open_rest(
        self, conversation_id: int, *, is_last_try: bool, before: int | None
    ) -> int | None:
        """Judge and open a batch of what waited; return where the next one begins, if any."""
        sync, rest = self._syncs.get(conversation_id), None
        with self._storing():
            if sync is not None:
                self._parts.following.follow(conversation_id, last=sync.have)
            rest = self._parts.timeline.open_rest(
                conversation_id, is_last_try=is_last_try, before=before
            )
            self.chores.blank()
            if sync is not None:
                self._sending.note_caught_up(sync)
            if self._parts.states.is_current(conversation_id):
                self._outbox.wake(conversation_id, now_ms=self._context.now_ms())
            self._work()
        self._parts.memberships.note_progress(conversation_id)
        self._pulls.note_opened(conversation_id)
        self.note_opened()
        return rest

    def _note_step(self, error_ms: int) -> None:
        if error_ms >= _STEP_LOST_MS:
            logger.info("the clocks have parted by %d ms; connecting anew", error_ms)
            self.closed = self.closed or Closed(None, "The machine slept.")
            return
        for sync in self._syncs.values():
            sync.resume(now_ms=self._context.now_ms())
