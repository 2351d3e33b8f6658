"""What one link does for the outbox: sealing, submitting, and what the answers lead to."""

from __future__ import annotations

from typing import Protocol

from desktop.engine.alarms import Finding
from desktop.engine.context import EngineContext
from desktop.engine.link_chores import LinkChores
from desktop.engine.link_parts import LinkParts
from desktop.engine.sealing import NotSealed
from desktop.events import Notice, NoticeKind
from desktop.storage.intent_store import Join, Rotate
from shared import limits
from shared.chain import hash_payload
from shared.entries import Submission
from shared.errors import Code
from shared.frames import Accepted, ClientFrame, Refused, Submit
from shared.protocol.outbox import (
    CatchUp,
    CopiedProfile,
    Outbox,
    Seal,
    StoreAccepted,
    StoreRefused,
    Transmit,
)
from shared.protocol.sync import ConversationSync

__all__ = ["LinkSending", "SendingSide"]

_FOUND_BEHIND = "found_behind_{}"  # Setting: when this profile was found to be an older copy.


class SendingSide(Protocol):
    """What sending asks of its link."""

    def sync(self, conversation_id: int) -> ConversationSync | None:
        """Return how far a conversation is."""

    def transmit(self, frame: ClientFrame) -> None:
        """Send a frame."""

    def close_for_good(self, message: str) -> None:
        """End the link: another one would not be let in."""


class LinkSending:
    """Carries out what the outbox of one link wants."""

    def __init__(
        self,
        context: EngineContext,
        parts: LinkParts,
        side: SendingSide,
        *,
        outbox: Outbox,
        chores: LinkChores,
    ) -> None:
        self._context = context
        self._parts = parts
        self._side = side
        self._outbox = outbox
        self._chores = chores
        self._catching_up: dict[int, int] = {}  # Conversation → handshake to catch up with.
        self._behind: set[int] = set()  # Conversations found behind on this link.
        self._doubtful: set[int] = set()  # Those whose log may have what waits to be sent.

    def work(self) -> bool:
        """Carry out what the outbox wants; return whether it wanted anything."""
        commands, now_ms = self._outbox.commands(), self._context.now_ms()
        for command in commands:
            match command:
                case Seal(conversation_id, local_id, device_counter):
                    self._seal(conversation_id, local_id, device_counter)
                case Transmit(submission):
                    self._side.transmit(Submit(submission))
                case StoreAccepted(conversation_id, local_id, accepted):
                    self._store_accepted(conversation_id, local_id, accepted)
                case StoreRefused(conversation_id, local_id, code):
                    self._parts.sealing.store_refused(local_id, code)
                    self._parts.changes.message(conversation_id, local_id)
                case CatchUp(conversation_id):
                    self._catching_up.setdefault(conversation_id, 0)
                    self._chores.refresh(conversation_id)
                    self._sync(conversation_id).resume(now_ms=now_ms)
                case CopiedProfile(conversation_id, own_counter):
                    self.go_on_after_copy(conversation_id, own_counter)
        return bool(commands)

    def take_refused(self, frame: Refused) -> None:
        """Take an answer that says no."""
        conversation_id = frame.conversation_id
        if frame.code is Code.REMOVAL_DUE:
            self._chores.carry_out(conversation_id)
        elif frame.code is Code.STALE:
            self._catching_up[conversation_id] = frame.newest_handshake
            self._check_stale(frame)
        self._outbox.refused(frame, now_ms=self._context.now_ms())
        self._parts.memberships.note_progress(conversation_id)

    def note_caught_up(self, sync: ConversationSync) -> None:
        """Seal what waited for the log, if that is here and judged by now."""
        conversation_id = sync.conversation_id
        if conversation_id in self._doubtful and not self._may_be_there(conversation_id):
            self._doubtful.discard(conversation_id)
            self._outbox.wake(conversation_id, now_ms=self._context.now_ms())
        newest = self._catching_up.get(conversation_id)
        if newest is None or sync.have < max(sync.head, newest):
            return
        if self._parts.states.is_current(conversation_id):
            self.caught_up(conversation_id)

    def caught_up(self, conversation_id: int) -> None:
        """Seal again what was refused; who is behind still is told so again."""
        self._catching_up.pop(conversation_id, None)
        self._outbox.caught_up(conversation_id, now_ms=self._context.now_ms())

    def go_on_after_copy(self, conversation_id: int, own_counter: int) -> None:
        """This profile is older than what the server knows of it: go on behind that.

        A second time within a day it is no backup that was restored once: two profiles are one
        device, and this one is ended.
        """
        if self._is_found_again(conversation_id):
            self._parts.account_commands.end_copy()
            self._side.close_for_good("This profile is used in two places.")
            return
        store = self._context.storage
        store.conversations.set_own_counter(conversation_id, own_counter)
        self._context.emit(Notice(kind=NoticeKind.PROFILE_ROLLED_BACK, detail=str(conversation_id)))
        self._outbox.open(conversation_id, own_counter=own_counter)
        # Its keys were used in ways this copy does not know: it must never use them again.
        self._parts.following.lose(conversation_id)

    def _is_found_again(self, conversation_id: int) -> bool:
        """Note that a conversation was found behind; whether another link did within a day.

        A device has one link at a time, so nobody else goes on with it while this one is open.
        """
        if conversation_id in self._behind:
            return False
        self._behind.add(conversation_id)
        settings = self._context.storage.account
        name = _FOUND_BEHIND.format(conversation_id)
        now_ms = self._context.server_time().at_ms
        before_ms = int(settings.setting(name) or -limits.COPY_FORGIVEN_MS)
        settings.set_setting(name, str(now_ms))
        return now_ms - before_ms < limits.COPY_FORGIVEN_MS

    def _is_copied(self, conversation_id: int) -> bool:
        """Whether this profile was once found to be older than what the server knows of it."""
        return bool(self._context.storage.account.setting(_FOUND_BEHIND.format(conversation_id)))

    def _may_be_there(self, conversation_id: int) -> bool:
        """Whether the log may have more of this device than was opened here."""
        messages, sync = self._context.storage.messages, self._sync(conversation_id)
        device = self._context.me().device.device_id
        return sync.have < sync.head or messages.has_unopened_of(conversation_id, device)

    def _check_stale(self, frame: Refused) -> None:
        """Notice a server that calls stale what it has nothing newer than."""
        for item in self._context.storage.outbox.items(frame.conversation_id):
            submission = item.submission
            is_it = submission and hash_payload(submission.payload) == frame.payload_hash
            if submission and is_it and submission.parent >= frame.newest_handshake:
                self._note_false_stale(frame)

    def _note_false_stale(self, frame: Refused) -> None:
        conversation_id, sequence = frame.conversation_id, frame.newest_handshake
        entry = self._context.storage.messages.entry(conversation_id, sequence)
        self._parts.alarms.raise_alarm(
            Finding.FALSE_STALE,
            conversation_id=conversation_id,
            blamed="server",
            sequence=sequence,
            account=0 if entry is None else entry.account,
            evidence=self._parts.alarms.exhibits.noted(conversation_id, sequence),
        )

    def _seal(self, conversation_id: int, local_id: int, device_counter: int) -> None:
        now_ms = self._context.now_ms()
        sealed = self._sealed(conversation_id, local_id, device_counter)
        if isinstance(sealed, Submission):
            self._outbox.sealed(conversation_id, local_id, sealed, now_ms=now_ms)
            return
        if sealed is NotSealed.GONE:
            # The server would say the same to whatever was sealed.
            self._outbox.give_up(conversation_id, local_id, Code.NOT_MEMBER, now_ms=now_ms)
            return
        if sealed is NotSealed.OVER:
            self._context.storage.outbox.remove(local_id)
            self._outbox.cancel(conversation_id, local_id)
            return
        self._outbox.not_sealed(conversation_id, local_id, now_ms=now_ms)
        match sealed:
            case NotSealed.JOIN:
                self._parts.memberships.want(conversation_id, Join())
            case NotSealed.ROTATE:
                log = self._parts.states.log(conversation_id)
                after = 0 if log is None else log.sequence
                self._parts.memberships.want(conversation_id, Rotate(after=after))
            case NotSealed.WAIT:
                self._chores.open(conversation_id)
            case NotSealed.HELD:
                pass  # It is woken when what holds it back has gone.

    def _sealed(
        self, conversation_id: int, local_id: int, device_counter: int
    ) -> Submission | NotSealed:
        """Seal a message, unless the profile that this one is a copy of has sent it.

        Sent twice, it would stand at another place for whoever came in between.
        """
        if self._is_copied(conversation_id):
            if self._may_be_there(conversation_id):
                self._doubtful.add(conversation_id)
                return NotSealed.HELD
            row = self._context.storage.messages.row(local_id)
            if row is not None and row.sequence:
                return NotSealed.OVER
        return self._parts.sealing.seal(local_id, device_counter)

    def _store_accepted(self, conversation_id: int, local_id: int, accepted: Accepted) -> None:
        now_ms, sync = self._context.now_ms(), self._sync(conversation_id)
        entry = self._parts.sealing.store_accepted(local_id, accepted)
        if entry is None:
            sync.note_head(accepted.sequence, now_ms=now_ms)
        else:
            sync.accept(entry, now_ms=now_ms)
            self._parts.changes.message(conversation_id, local_id)

    def _sync(self, conversation_id: int) -> ConversationSync:
        sync = self._side.sync(conversation_id)
        assert sync is not None, "The outbox holds nothing of a conversation that is not followed."
        return sync
