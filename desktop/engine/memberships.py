"""Who is in which conversation, and the commits that change it: one worker per conversation.

What is wanted is stored first, as an intent. A worker waits until the log is here and judged and
nothing of the conversation is in doubt in the outbox, which stays closed until the commit is
answered. The commit is stored with the state it leads to, then sent, the same bytes every time;
`desktop.engine.following` takes it when it comes in the log. Whoever loses a race builds it anew
from the intents.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from desktop.engine.chores import is_passing
from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.following import Following, Settled
from desktop.engine.group_states import GroupStates
from desktop.engine.joining import Joining
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.plans import Plan, Planner
from desktop.engine.requests import HandshakeMaker
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.document_store import OwnWarrant
from desktop.storage.group_store import PendingCommit
from desktop.storage.intent_store import CarryOut, Intent, Join, ReplaceRoot, Warranted
from shared.chain import START, hash_payload
from shared.e2ee.handshakes import LogState
from shared.entries import Entry, Submission
from shared.errors import Code, MimError, RefusedError, SealError, TransportError
from shared.frames import Accepted
from shared.rest_groups import Handshake, HandshakeAccepted
from shared.roster import ConversationKind, RevokeWarrant, RosterDocument
from shared.roster_rules import may_remove, member_of

__all__ = ["Memberships", "Window"]

logger = logging.getLogger(__name__)

_RETRY_S = (0.2, 0.5, 1, 2, 4, 8, 16, 30, 60)
_WAIT_S = 5
_CLAIM_BYTES = 16


class Window(Protocol):
    """What a link lends a worker: the outbox of one conversation, closed, and the log."""

    def is_caught_up(self, conversation_id: int) -> bool:
        """Whether all of the log that is known of is here and judged."""

    def catch_up(self, conversation_id: int) -> None:
        """Ask for what is missing."""

    def close_window(self, conversation_id: int) -> bool:
        """Seal nothing more; whether nothing is in doubt any more."""

    def open_window(self, conversation_id: int) -> None:
        """Go on sealing."""

    def own_counter(self, conversation_id: int) -> int:
        """Return the newest device_counter of this device in the log."""

    def note_commit(self, submission: Submission) -> None:
        """A commit takes a counter; it is stored by now."""

    def take_commit(self, submission: Submission, accepted: Accepted) -> None:
        """The log has taken a commit."""

    def note_copied(self, conversation_id: int, own_counter: int) -> None:
        """The server has more of this device than this profile knows of."""


class Memberships:
    """Carries out intents, one conversation at a time each, while there is a link."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        following: Following,
        joining: Joining,
        planner: Planner,
        maker: HandshakeMaker,
        keys: PeerKeys,
    ) -> None:
        self._context = context
        self._keys = keys
        self._states = states
        self._following = following
        self._joining = joining
        self._planner = planner
        self._maker = maker
        self._window: Window | None = None
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._progress: dict[int, asyncio.Event] = {}
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._attempts: dict[int, int] = {}
        following.on_settled.append(self._note_settled)
        following.on_lost.append(self._note_lost)
        following.on_over.append(self._give_up)
        following.on_roster.append(self._learn_bars)
        keys.on_change.append(self.note_keys)

    # The link.

    def attach(self, window: Window) -> None:
        """There is a link, and all heads are known: begin."""
        self._window = window
        for conversation_id in self._context.storage.intents.conversations():
            self.wake(conversation_id)
        for conversation_id, is_creation in self._context.storage.groups.all_pending():
            if not is_creation:
                self.wake(conversation_id)
        for conversation in self._context.storage.conversations.all():
            roster = self._states.roster(conversation.conversation_id)
            if roster is not None and self._planner.lacks_bar(roster):
                # Begun after the device was ended: every commit carries it out.
                self.want(conversation.conversation_id, CarryOut())

    async def detach(self) -> None:
        """The link has ended; what is in doubt stays stored."""
        self._window = None
        workers = list(self._workers.values())
        self._workers.clear()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def note_progress(self, conversation_id: int) -> None:
        """The log has grown, or something of the outbox was answered."""
        event = self._progress.get(conversation_id)
        if event is not None:
            event.set()

    # What is wanted.

    def want(self, conversation_id: int, intent: Intent) -> int:
        """Store an intent and see to it; return its number."""
        intent_id = self._context.storage.intents.add(conversation_id, intent)
        self.wake(conversation_id)
        return intent_id

    async def carry_out(self, conversation_id: int, intent: Intent) -> None:
        """Store an intent and wait until a commit has carried it out.

        Raises:
            RefusedError: If a rule says no.
            TransportError: If there is no link; the intent stays stored.
        """
        intent_id = self.want(conversation_id, intent)
        future = self._waiting.get(intent_id)
        if future is None:
            future = self._waiting[intent_id] = asyncio.get_running_loop().create_future()
            # Whoever asked may have gone when a rule says no: then nobody is left to be told.
            future.add_done_callback(_retrieve)
        if self._window is None:
            self._waiting.pop(intent_id, None)
            raise TransportError("It will be done once the server can be reached.")
        await asyncio.shield(future)

    def is_busy(self, conversation_id: int) -> bool:
        """Whether a worker sees to a conversation."""
        return conversation_id in self._workers

    def wake(self, conversation_id: int) -> None:
        """See to it that a worker looks after a conversation, if there is a link."""
        self.note_progress(conversation_id)
        worker = self._workers.get(conversation_id)
        if self._window is None or (worker is not None and not worker.done()):
            return
        self._workers[conversation_id] = asyncio.get_running_loop().create_task(
            self._work(conversation_id), name=f"worker {conversation_id}"
        )

    def add_warrants(self, warrants: tuple[OwnWarrant, ...]) -> None:
        """Bring what the own root has signed into every conversation; inside a transaction.

        Where the roster is not known yet, the intent waits for it. Who is no member any more has
        nothing to say there.
        """
        account = self._context.me().account
        for conversation in self._context.storage.conversations.all():
            roster = self._states.roster(conversation.conversation_id)
            if roster is None or member_of(roster, account) is not None:
                self.want(conversation.conversation_id, Warranted(warrants=warrants))

    def note_keys(self, account: int) -> None:
        """Somebody's keys have changed: a new root comes in where this account may bring it in."""
        pinned = self._keys.pinned_root(account)
        if pinned is None or self._keys.is_blocked(account):
            return
        own = self._context.me().account
        for conversation in self._context.storage.conversations.all():
            conversation_id = conversation.conversation_id
            roster = self._states.roster(conversation_id)
            member = None if roster is None else member_of(roster, account)
            if roster is None or member is None or member.root_key == pinned or own == account:
                continue
            may = roster.kind is ConversationKind.DIRECT or may_remove(roster, own, account)
            if may and self._states.is_current(conversation_id):
                claim_id = hash_payload(pinned)[:_CLAIM_BYTES]
                self.want(conversation_id, ReplaceRoot(account=account, claim_id=claim_id))

    # The worker.

    async def _work(self, conversation_id: int) -> None:
        while self._window is not None and self._has_work(conversation_id):
            try:
                await self._step(conversation_id, self._window)
                self._attempts.pop(conversation_id, None)
            except ServerRefusedError as error:
                self._note_refused(conversation_id, error)
                await self._pause(conversation_id, error)
            except MimError as error:
                logger.info("conversation %d waits: %s", conversation_id, error)
                await self._pause(conversation_id, error)
            except Exception:
                logger.exception("a commit in %d failed", conversation_id)
                await self._pause(conversation_id, TransportError("a fault of ours"))
        self._workers.pop(conversation_id, None)
        if self._window is not None:
            # A commit that was given up, or settled before the worker came to it, holds no longer.
            self._window.open_window(conversation_id)

    def _has_work(self, conversation_id: int) -> bool:
        storage = self._context.storage
        conversation = storage.conversations.get(conversation_id)
        if conversation is None:
            return False
        if self._states.is_past(conversation_id):
            # Its account was removed before this device knew the log: nobody lets it in.
            self._give_up(conversation_id)
            storage.groups.drop_pending(conversation_id)
            return False
        pending = storage.groups.pending(conversation_id)
        return pending is not None or bool(storage.intents.of(conversation_id))

    async def _step(self, conversation_id: int, window: Window) -> None:
        """Do one commit, or find that none is needed."""
        await self._until(conversation_id, lambda: window.is_caught_up(conversation_id), window)
        await self._until(conversation_id, lambda: window.close_window(conversation_id), window)
        try:
            await self._until(conversation_id, lambda: window.is_caught_up(conversation_id), window)
            pending = self._context.storage.groups.pending(conversation_id)
            if pending is None:
                pending = await self._make(conversation_id, window)
            if pending is not None:
                await self._send(conversation_id, pending, window)
        finally:
            if self._window is window:
                window.open_window(conversation_id)

    async def _make(self, conversation_id: int, window: Window) -> PendingCommit | None:
        """Make and store the next commit; ``None`` if nothing is left to do."""
        storage = self._context.storage
        log = self._states.log(conversation_id)
        if log is None:
            raise TransportError("The log is not followed yet.")
        intents = storage.intents.of(conversation_id)
        if not storage.groups.is_live(conversation_id):
            return await self._join(conversation_id, log, window)
        plan = await self._planner.plan(conversation_id, log, intents)
        with storage.database.transaction():
            for intent_id in plan.done:
                self._finish(intent_id)
            for intent_id, refused in plan.void.items():
                self._finish(intent_id, refused)
            if plan.is_empty:
                for intent_id in plan.intents:
                    self._finish(intent_id)
                return None
        return await self._commit(conversation_id, plan, window)

    async def _commit(
        self, conversation_id: int, plan: Plan, window: Window
    ) -> PendingCommit | None:
        group = self._states.group(conversation_id)
        conversation = self._conversation(conversation_id)
        if group is None or not self._is_still_at(conversation_id, plan.log):
            return None  # Lost, or the log has moved, while it was planned.
        draft, base = plan.draft(), self._base(conversation_id)
        # Adding hundreds of devices takes a while; the values it works on do not change.
        pending = await asyncio.to_thread(
            self._maker.commit,
            group,
            draft,
            counter=window.own_counter(conversation_id) + 1,
            base=base,
            have=(conversation.have, conversation.chain_have or START),
        )
        is_there = self._is_still_at(conversation_id, plan.log)
        if not is_there or self._base(conversation_id) != base:
            return None  # The log has moved meanwhile: planned anew.
        return self._store(pending, window)

    async def _join(
        self, conversation_id: int, log: LogState, window: Window
    ) -> PendingCommit | None:
        if await self._joining.by_welcome(conversation_id):
            self._finish_joins(conversation_id)
            return None
        log = self._states.log(conversation_id) or log
        public = await self._joining.public_state(conversation_id, log)
        if not self._is_still_at(conversation_id, log):
            return None
        conversation, base = self._conversation(conversation_id), self._base(conversation_id)
        intents = [
            stored.intent_id
            for stored in self._context.storage.intents.of(conversation_id)
            if isinstance(stored.intent, Join)
        ]
        pending = self._maker.join(
            log,
            public,
            counter=window.own_counter(conversation_id) + 1,
            base=base,
            have=(conversation.have, conversation.chain_have or START),
            intents=tuple(intents),
        )
        return self._store(pending, window)

    def _is_still_at(self, conversation_id: int, log: LogState) -> bool:
        """Whether a log is judged to its end, and that is where it was.

        The server takes a commit that names its newest handshake, judged here or not; one that is
        built on the handshake before would be junk to everybody.
        """
        newest = self._states.log(conversation_id)
        is_there = newest is not None and newest.sequence == log.sequence
        return is_there and self._states.is_current(conversation_id)

    def _store(self, pending: PendingCommit, window: Window) -> PendingCommit:
        storage = self._context.storage
        body = _body(pending)
        with storage.database.transaction():
            storage.groups.save_pending(pending)
            storage.outbox.note_sealed(body.submission)
            if body.document is not None and body.submission.document_hash is not None:
                storage.groups.save_document(body.submission.document_hash, body.document)
        window.note_commit(body.submission)
        return pending

    async def _send(self, conversation_id: int, pending: PendingCommit, window: Window) -> None:
        body = _body(pending)
        path = f"/v1/conversations/{conversation_id}/handshakes"
        answer = await self._context.http.send("POST", path, HandshakeAccepted, body)
        if answer.payload_hash != pending.payload_hash:
            self._note_other(conversation_id, answer, window)
            return
        accepted = Accepted(
            conversation_id=conversation_id,
            device_counter=answer.device_counter,
            payload_hash=answer.payload_hash,
            sequence=answer.sequence,
            entry_id=answer.entry_id,
            received_at_ms=answer.received_at_ms,
            chain=answer.chain,
            is_repeat=answer.is_repeat,
        )
        window.take_commit(body.submission, accepted)
        groups = self._context.storage.groups
        await self._until(
            conversation_id, lambda: groups.pending(conversation_id) != pending, window
        )

    def _note_other(self, conversation_id: int, answer: HandshakeAccepted, window: Window) -> None:
        """The counter was taken by something else of this device."""
        storage = self._context.storage
        storage.groups.drop_pending(conversation_id)
        known = storage.outbox.sealed(conversation_id, 1_000)
        if any(each.payload_hash == answer.payload_hash for each in known):
            window.catch_up(conversation_id)
        else:
            window.note_copied(conversation_id, answer.device_counter)

    def _note_refused(self, conversation_id: int, error: ServerRefusedError) -> None:
        """The server said no: build anew, wait, or give up what is not allowed."""
        groups, window = self._context.storage.groups, self._window
        pending = groups.pending(conversation_id)
        if is_passing(error):
            return
        groups.drop_pending(conversation_id)
        if window is not None:
            window.catch_up(conversation_id)
        if error.code is Code.OUT_OF_TURN and window is not None:
            own_counter = int(error.details.get("own_counter", "0"))
            if own_counter > window.own_counter(conversation_id):
                window.note_copied(conversation_id, own_counter)
        elif error.code is not Code.STALE and pending is not None:
            for intent_id in pending.intents:
                self._finish(intent_id, error)
        elif error.code is Code.NOT_FOUND:
            self._context.storage.intents.remove_all(conversation_id)

    async def _pause(self, conversation_id: int, error: MimError) -> None:
        attempt = self._attempts.get(conversation_id, 0)
        self._attempts[conversation_id] = attempt + 1
        pause_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
        if isinstance(error, ServerRefusedError):
            pause_s = max(pause_s, int(error.details.get("retry_after_ms", "0")) / 1000)
            if error.code is Code.STALE:
                pause_s = 0.01  # Another one was faster: the log has it in a moment.
        await asyncio.sleep(pause_s)

    async def _until(
        self, conversation_id: int, is_reached: Callable[[], bool], window: Window
    ) -> None:
        """Wait until something about a conversation holds; asked again after all progress."""
        event = self._progress.setdefault(conversation_id, asyncio.Event())
        while not is_reached():
            event.clear()
            try:
                async with asyncio.timeout(_WAIT_S):
                    await event.wait()
            except TimeoutError:
                window.catch_up(conversation_id)

    # What has happened.

    def _note_settled(self, conversation_id: int, settled: Settled) -> None:
        for intent_id in settled.pending.intents:
            self._finish(intent_id)
        self.note_progress(conversation_id)

    def _learn_bars(
        self, _conversation_id: int, _entry: Entry, _before: RosterDocument, after: RosterDocument
    ) -> None:
        """Keep which own devices another own device has ended: this one bars them too.

        Conversations that begin later never heard of it, and the device that ended them may be
        gone by then.
        """
        me = self._context.me()
        member = member_of(after, me.account)
        if member is None or member.root_key != me.root_key:
            return
        for warrant in after.warrants:
            if isinstance(warrant, RevokeWarrant) and warrant.account == me.account:
                self._context.storage.document.learn_warrant(warrant)

    def _note_lost(self, conversation_id: int) -> None:
        if self._window is not None:
            self.wake(conversation_id)

    def _give_up(self, conversation_id: int) -> None:
        """This account is no member any more: what it wanted there is refused."""
        refused = RefusedError(Code.NOT_MEMBER, "You are not a member of this conversation.")
        for stored in self._context.storage.intents.of(conversation_id):
            self._finish(stored.intent_id, refused)

    def _finish_joins(self, conversation_id: int) -> None:
        for stored in self._context.storage.intents.of(conversation_id):
            if isinstance(stored.intent, Join):
                self._finish(stored.intent_id)

    def _finish(self, intent_id: int, refused: RefusedError | None = None) -> None:
        self._context.storage.intents.remove(intent_id)
        future = self._waiting.pop(intent_id, None)
        if future is None or future.done():
            return
        if refused is None:
            future.set_result(None)
        else:
            future.set_exception(refused)

    def _conversation(self, conversation_id: int) -> StoredConversation:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None:
            raise SealError("The conversation is gone.")
        return conversation

    def _base(self, conversation_id: int) -> int:
        """Return the newest handshake of a log that is judged to its end, valid or not."""
        stored = self._context.storage.groups.log(conversation_id)
        return 0 if stored is None else stored.followed


def _retrieve(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


def _body(pending: PendingCommit) -> Handshake:
    body = msgspec.msgpack.decode(pending.body, type=Handshake)
    assert hash_payload(body.submission.payload) == pending.payload_hash
    return body
