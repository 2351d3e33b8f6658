"""How one conversation's log is followed, without holes, with its chain checked.

``have`` is the newest sequence up to which all entries from ``floor + 1`` on are here. An entry
n with n ≤ ``have`` is dropped and confirmed again; ``have + 1`` is applied; one beyond is held
for `limits.GAP_HOLD_MS`, then the gap is pulled. It also pulls when the server's head is
further, after resume, and after `limits.SILENCE_PULL_MS` without any entry.

A chain that does not fit is told once, and following goes on from the server's values: the
conversation stays readable but is never called complete again (`is_broken`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from shared import chain, limits
from shared.entries import Entry
from shared.frames import Confirm, Entries, Pull

__all__ = ["Apply", "ApplyOlder", "ChainBroken", "ConversationSync", "SendFrame", "SyncCommand"]


@dataclass(frozen=True, slots=True)
class Apply:
    """Store these entries in one transaction, then call `ConversationSync.stored`."""

    conversation_id: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ApplyOlder:
    """Store these entries, which lie before all others; the floor moves down to theirs.

    ``chain_before`` is the chain value at the new floor. No confirm follows.
    """

    conversation_id: int
    entries: tuple[Entry, ...]
    chain_before: bytes


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send this on the link."""

    frame: Confirm | Pull


@dataclass(frozen=True, slots=True)
class ChainBroken:
    """The chain does not lead to this entry: the server, or somebody's device, is wrong."""

    conversation_id: int
    sequence: int


SyncCommand: TypeAlias = Apply | ApplyOlder | SendFrame | ChainBroken


@dataclass(frozen=True, slots=True)
class _Asked:
    """A pull without an answer."""

    pull_id: int
    until_ms: int


class ConversationSync:
    """Follows one conversation; ``now_ms`` is monotonic."""

    def __init__(
        self,
        conversation_id: int,
        *,
        now_ms: int,
        pull_ids: Iterator[int],
        floor: int = 0,
        floor_chain: bytes | None = chain.START,
        have: int = 0,
        have_chain: bytes | None = chain.START,
        confirmed: int = 0,
        is_broken: bool = False,
    ) -> None:
        """Begin from what is stored.

        Args:
            conversation_id: Which one.
            now_ms: Monotonic time.
            pull_ids: 1, 2, 3 … for all conversations of a link together.
            floor: The sequence before the oldest entry here.
            floor_chain: Chain value at ``floor``, None if not known yet.
            have: Newest sequence here, ``floor`` if there is no entry.
            have_chain: Chain value at ``have``, None if not known yet.
            confirmed: Newest sequence whose confirm the server is known to have noted.
            is_broken: Whether the chain was found broken before.
        """
        self.conversation_id = conversation_id
        self.floor = floor
        self.have = have
        self.head = have
        self.is_broken = is_broken
        self._floor_chain = floor_chain
        self._have_chain = have_chain
        self._stored = have
        self._confirmed = confirmed
        self._received = have  # Newest sequence that came as an entry: those are confirmed.
        self._pull_ids = pull_ids
        self._held: dict[int, Entry] = {}
        self._held_since_ms: int | None = None
        self._asked: _Asked | None = None
        self._asked_older: _Asked | None = None
        self._is_up = False
        self._is_due = False
        self._heard_ms = now_ms
        self._commands: list[SyncCommand] = []

    @property
    def is_complete(self) -> bool:
        """Whether all that the server has told of is here, and the chain fits."""
        return self.have >= self.head and not self.is_broken

    def link_up(self, *, head: int, now_ms: int) -> None:
        """The link is open and the server's head is known: pull what is missing."""
        self._is_up = True
        self._asked = self._asked_older = None
        self._heard_ms = now_ms
        if self._stored > self._confirmed:
            self._confirm()
        self.note_head(head, now_ms=now_ms)
        if self._is_due:
            self.resume(now_ms=now_ms)

    def link_down(self) -> None:
        """There is no link: nothing is asked; what was asked is not answered."""
        self._is_up = False
        self._asked = self._asked_older = None

    def note_head(self, head: int, *, now_ms: int) -> None:
        """The log is known to reach this sequence."""
        self.head = max(self.head, head)
        if self.head > self.have and not self._held:
            self._pull(now_ms)

    def resume(self, *, now_ms: int) -> None:
        """After sleep or a change of network: ask even if nothing seems to be missing.

        Without a link it is asked once there is one.
        """
        self._is_due = not self._is_up
        self._pull(now_ms)

    def pull_older(self, limit: int, *, now_ms: int) -> bool:
        """Ask for entries before the floor; whether there are any to ask for."""
        if not self._is_up or self.floor == 0:
            return False
        if self._asked_older is None:
            count = min(limit, self.floor, limits.ENTRIES_PER_FRAME_MAX)
            self._asked_older = self._ask(self.floor - count, count, now_ms)
        return True

    def receive(self, frame: Entries, *, now_ms: int) -> None:
        """Take entries, pushed or pulled."""
        self._heard_ms = now_ms
        if self._asked_older is not None and frame.pull_id == self._asked_older.pull_id:
            self._asked_older = None
            self._take_older(frame)
            return
        is_answer = self._asked is not None and frame.pull_id == self._asked.pull_id
        if is_answer and not frame.entries:
            # The server has none, whatever was said: asked again when it tells of more.
            self._asked = None
            self.head = self.have
            return
        before = self._have_chain
        if before is None and frame.entries and frame.entries[0].sequence == self.have + 1:
            self._have_chain = frame.chain_before
            if self.have == self.floor:
                self._floor_chain = frame.chain_before
        have = self.have
        self._take(frame.entries, now_ms)
        self._received = max(self._received, self.have)
        if is_answer and (self.have > have or self.have == self.head):
            self._asked = None  # An answer that brought nothing is asked again in a while.
            if self.have < self.head:
                self._pull(now_ms)

    def accept(self, entry: Entry, *, now_ms: int) -> None:
        """Take an own entry that was accepted: the submission with the server's fields."""
        self._heard_ms = now_ms
        if entry.sequence > self.have:
            self._take((entry,), now_ms)

    def stored(self, sequence: int) -> None:
        """All entries up to this one are stored: confirm, unless all new ones are own ones."""
        is_news = self._received > self._stored
        self._stored = max(self._stored, sequence)
        if is_news:
            self._confirm()

    def note_confirmed(self, sequence: int) -> None:
        """The server has noted a confirm."""
        self._confirmed = max(self._confirmed, sequence)

    def tick(self, *, now_ms: int) -> None:
        """Do what is due: pull a gap, pull again, pull after silence."""
        if not self._is_up:
            return
        if self._asked is not None and now_ms >= self._asked.until_ms:
            self._asked = None
            self._pull(now_ms)
        if self._asked_older is not None and now_ms >= self._asked_older.until_ms:
            self._asked_older = None
        if self._held_since_ms is not None and now_ms >= self._held_since_ms + limits.GAP_HOLD_MS:
            self._held_since_ms = now_ms
            self._pull(now_ms)
        if now_ms >= self._heard_ms + limits.SILENCE_PULL_MS:
            self._heard_ms = now_ms
            self._pull(now_ms)

    @property
    def has_commands(self) -> bool:
        """Whether something is to be done."""
        return bool(self._commands)

    def commands(self) -> list[SyncCommand]:
        """Return what is to be done, in order, each once."""
        commands, self._commands = self._commands, []
        return commands

    def deadline_ms(self) -> int | None:
        """Return when to call `tick`, or None without a link."""
        if not self._is_up:
            return None
        dues = [self._heard_ms + limits.SILENCE_PULL_MS]
        dues += [asked.until_ms for asked in (self._asked, self._asked_older) if asked]
        if self._held_since_ms is not None and self._asked is None:
            dues.append(self._held_since_ms + limits.GAP_HOLD_MS)
        return min(dues)

    def _take(self, entries: tuple[Entry, ...], now_ms: int) -> None:
        """Apply what follows without a hole, hold what lies beyond, drop what is here."""
        run: list[Entry] = []
        is_repeated = False
        for entry in entries:
            self.head = max(self.head, entry.sequence)
            if entry.sequence <= self.have:
                is_repeated = True
            elif entry.sequence == self.have + 1:
                self._advance(entry, run)
            elif len(self._held) < limits.HELD_ENTRIES_MAX:
                self._held.setdefault(entry.sequence, entry)
        if run:
            self._held = {n: entry for n, entry in self._held.items() if n > self.have}
            self._held_since_ms = None
            self._commands.append(Apply(self.conversation_id, tuple(run)))
        if is_repeated:
            self._confirm()
        if self._held and self._held_since_ms is None:
            self._held_since_ms = now_ms

    def _advance(self, entry: Entry, run: list[Entry]) -> None:
        """Take the next entry, and those held that follow it."""
        following: Entry | None = entry
        while following is not None:
            self._check_chain(following)
            self.have = following.sequence
            self._have_chain = following.chain
            run.append(following)
            following = self._held.pop(self.have + 1, None)

    def _check_chain(self, entry: Entry) -> None:
        if self._have_chain is None:
            return  # A late member is told where to start; later entries show whether it fits.
        if not chain.is_linked(self._have_chain, entry):
            self._break(entry.sequence)

    def _break(self, sequence: int) -> None:
        if not self.is_broken:
            self.is_broken = True
            self._commands.append(ChainBroken(self.conversation_id, sequence))

    def _take_older(self, frame: Entries) -> None:
        """Take entries that must end at the floor, with the chain value known there."""
        entries = frame.entries
        if not entries or entries[-1].sequence != self.floor:
            return
        previous = frame.chain_before
        for number, entry in enumerate(entries, start=self.floor - len(entries) + 1):
            if entry.sequence != number:
                return
            if not chain.is_linked(previous, entry):
                self._break(entry.sequence)
            previous = entry.chain
        if self._floor_chain is not None and previous != self._floor_chain:
            self._break(self.floor)
        self.floor -= len(entries)
        self._floor_chain = frame.chain_before
        if self.floor == 0 and frame.chain_before != chain.START:
            self._break(1)
        self._commands.append(ApplyOlder(self.conversation_id, entries, frame.chain_before))

    def _confirm(self) -> None:
        if self._is_up and self._stored > self.floor:
            frame = Confirm(conversation_id=self.conversation_id, sequence=self._stored)
            self._commands.append(SendFrame(frame))

    def _pull(self, now_ms: int) -> None:
        if self._is_up and self._asked is None:
            self._asked = self._ask(self.have, limits.ENTRIES_PER_FRAME_MAX, now_ms)

    def _ask(self, after: int, limit: int, now_ms: int) -> _Asked:
        pull_id = next(self._pull_ids)
        frame = Pull(
            pull_id=pull_id, conversation_id=self.conversation_id, after=after, limit=limit
        )
        self._commands.append(SendFrame(frame))
        return _Asked(pull_id, now_ms + limits.PULL_TIMEOUT_MS)
