"""What a link makes us ask by REST: events that point, keys and records that are missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from desktop.engine.chores import Chores, is_passing
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.following import Following, Progress
from desktop.engine.link_parts import LinkParts
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.intent_store import CarryOut, Intent, Join, Rotate
from shared import limits
from shared.errors import Code, MimError
from shared.events import EventKind
from shared.frames import Events
from shared.roster import ConversationKind
from shared.roster_rules import member_of

__all__ = ["LinkChores", "LinkSide"]

logger = logging.getLogger(__name__)

_REST_S = 0.05
_MET_AT_ONCE_MAX = 100  # The rest is fetched as windows show it.


class LinkSide(Protocol):
    """What chores ask of their link."""

    def track(self, conversation: StoredConversation) -> None:
        """Follow a conversation that has become known, or is further than was known."""

    def open_rest(
        self, conversation_id: int, *, is_last_try: bool, before: int | None
    ) -> int | None:
        """Judge and open a batch of what waited; return where the next one begins, if any."""

    def note_opened(self) -> None:
        """Fewer conversations wait to be opened."""


class LinkChores:
    """The chores of one link."""

    def __init__(
        self, context: EngineContext, parts: LinkParts, side: LinkSide, on_idle: Callable[[], None]
    ) -> None:
        self._context = context
        self._parts = parts
        self._side = side
        self._on_idle = on_idle
        self.queue = Chores()
        self._openings = Chores(width=limits.OPENINGS_AT_ONCE, on_done=side.note_opened)
        self._older: dict[int, int] = {}  # Conversation → before which sequence to go on.
        self._has_begun = asyncio.Event()
        self.opening: set[int] = set()  # Conversations with entries that are to be opened yet.
        self._opened: dict[int, asyncio.Event] = {}

    async def run(self) -> None:
        """Work off what is queued, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.queue.run(), name="chores")
            await self._has_begun.wait()
            group.create_task(self._openings.run(), name="openings")

    def take_events(self, frame: Events) -> None:
        """Queue what events point to; the position moves on once it is done."""
        if frame.is_snapshot:
            # In this order: the newest conversation is to be read first, whomever it is with.
            self.refresh_all()
            self.queue.add("contacts", 0, self.refresh_contacts)
        for event in frame.events:
            account, conversation_id = event.account, event.conversation_id
            self._parts.account_commands.note_event(event, self.queue)
            match event.kind:
                case EventKind.CONTACTS_CHANGED:
                    self.queue.add("contacts", 0, self.refresh_contacts)
                case EventKind.ACCOUNT_DOCUMENT_CHANGED:
                    self.share_privacy()
                case EventKind.PROFILE_CHANGED:
                    self.queue.add("profile", account, partial(self._profile, account))
                case EventKind.CONVERSATION_NEW | EventKind.CONVERSATION_CHANGED:
                    self.refresh(conversation_id)
                case EventKind.DEVICES_CHANGED:
                    self.queue.add("keys", account, partial(self._keys, account))
                case EventKind.WELCOME_READY:
                    self.queue.add("welcome", conversation_id, partial(self._join, conversation_id))
                case EventKind.JOIN_REQUESTED:
                    self.admit(conversation_id)
                case EventKind.KEY_PACKAGES_LOW:
                    self.queue.add("prekeys", 0, self._parts.prekeys.publish)
                case _:
                    pass  # Of a later version, or for the next sender's commit.
        position = frame.position
        self.queue.add("position", position, partial(self._set_position, position))

    def begin(self) -> None:
        """Queue what every link begins with."""
        # Before anybody's keys are fetched: what the own other devices have pinned counts.
        self._parts.account_commands.begin(self.queue)
        self.share_privacy()
        self.queue.add("begun", 0, self._note_begun)
        # Also after an interruption between an accepted request and its conversation.
        self.queue.add("creations", 0, self._finish_creations)
        self.queue.add("contacts", 0, self.refresh_contacts)
        self.queue.add("current", 0, self._note_current)
        self.queue.add("prekeys", 0, self._parts.prekeys.publish)
        self._bring_all_earlier()
        self.blank()

    def share_privacy(self) -> None:
        """Queue to tell the server what others may see, after what the own devices know of it."""
        self.queue.add("privacy", 0, self._parts.preferences.share_privacy)

    def blank(self) -> None:
        """Queue to have dropped what was taken back, if there is something."""
        if self._context.storage.contents.blankings():
            self.queue.add("blank", 0, self._parts.fading.ask_to_blank)

    def refresh(self, conversation_id: int) -> None:
        """Queue to fetch a conversation."""
        self.queue.add("conversation", conversation_id, partial(self._refresh, conversation_id))

    def refresh_all(self) -> None:
        """Queue to fetch all conversations."""
        self.queue.add("conversations", 0, self._refresh_conversations)

    def open(self, conversation_id: int) -> None:
        """Queue to fetch what is missing to judge and open entries; some are done at a time."""
        self.opening.add(conversation_id)
        work = partial(self._fetch_and_open, conversation_id, None)
        self._openings.add("open", conversation_id, work)

    def will_open(self, conversation_id: int) -> bool:
        """Whether the newest of a conversation waits to be opened."""
        return self._openings.has("open", conversation_id)

    def open_older(self) -> None:
        """Go on with older messages, unless newest ones are still being opened."""
        if self._openings.is_done:
            older, self._older = self._older, {}
            for conversation_id, before in older.items():
                work = partial(self._fetch_and_open, conversation_id, before)
                self._openings.add("older", conversation_id, work)

    async def opened(self, conversation_id: int) -> None:
        """Wait until what is here of a conversation was tried to be opened once more."""
        opened = self._opened.setdefault(conversation_id, asyncio.Event())
        self.open(conversation_id)
        await opened.wait()

    def meet(self, accounts: list[int]) -> None:
        """Queue to fetch the profiles of those whose names are not known here."""
        people, own = self._context.storage.people, self._context.me().account
        unknown = [each for each in accounts if each != own and not people.profile(each).user_name]
        for account in unknown[:_MET_AT_ONCE_MAX]:
            self.queue.add("profile", account, partial(self._profile, account))

    def complement(self, conversation_id: int) -> None:
        """Queue to see to it that the account can open the newest epoch."""
        work = partial(self._parts.epoch_keys.complement, conversation_id)
        self.queue.add("record", conversation_id, work)

    def carry_out(self, conversation_id: int) -> None:
        """See to it that the warrants that wait are carried out before anything is sent."""
        self._parts.memberships.want(conversation_id, CarryOut())

    def admit(self, conversation_id: int) -> None:
        """Queue to let those in who were invited."""
        work = partial(self._parts.group_commands.admit_invited, conversation_id)
        self.queue.add("admit", conversation_id, work)

    async def refresh_contacts(self) -> None:
        """Fetch contacts, and see to it that each has a conversation."""
        for contact in await self._parts.contacts.refresh():
            account = contact.profile.account
            known = self._context.storage.conversations.with_peer(account)
            if contact.conversation_id and known is None:
                self.refresh(contact.conversation_id)
            elif not contact.conversation_id and contact.requested_by == account:
                # Who accepted creates; the other one is told by an event.
                self.queue.add("create", account, partial(self._create, account))

    async def join_all(self) -> None:
        """Come into all conversations this device is not in yet, the newest first, gently."""
        storage = self._context.storage
        newest_first = sorted(storage.conversations.all(), key=lambda each: -self._newest_ms(each))
        for conversation in newest_first:
            conversation_id = conversation.conversation_id
            intent = self._due(conversation)
            if intent is not None:
                storage.intents.add(conversation_id, intent)
                self._parts.memberships.wake(conversation_id)
                await asyncio.sleep(1 / limits.JOINS_PER_SECOND)

    def _due(self, conversation: StoredConversation) -> Intent | None:
        """Return what this device is to do in a conversation of itself: join, or renew its leaf."""
        conversation_id = conversation.conversation_id
        if self._may_join(conversation):
            return Join()
        log = self._parts.states.log(conversation_id)
        leaf_at_ms = self._context.storage.groups.leaf_at_ms(conversation_id)
        age_ms = self._context.server_time().at_ms - leaf_at_ms
        if log is not None and leaf_at_ms and age_ms >= limits.LEAF_AGE_MAX_MS:
            return Rotate(after=log.sequence)
        return None

    def _newest_ms(self, conversation: StoredConversation) -> int:
        newest = self._context.storage.messages.newest(conversation.conversation_id)
        return 0 if newest is None else newest.received_at_ms

    def _may_join(self, conversation: StoredConversation) -> bool:
        conversation_id = conversation.conversation_id
        roster = self._parts.states.roster(conversation_id)
        is_member = roster is not None and member_of(roster, self._context.me().account)
        return bool(is_member) and not self._context.storage.groups.is_live(conversation_id)

    async def earlier(self, conversation_id: int) -> bool:
        """Fetch a page from earlier times as a member; whether there was one."""
        if not await self._parts.earlier.bring(conversation_id):
            return False
        if self._parts.timeline.has_unopened(conversation_id):
            self.open(conversation_id)
        return True

    def _bring_all_earlier(self) -> None:
        """Queue to fetch what is missing of earlier times as a member, a page at a time."""
        for conversation_id in self._context.storage.conversations.lacking_earlier():
            self._queue_earlier(conversation_id)

    def _queue_earlier(self, conversation_id: int) -> None:
        work = partial(self._bring_earlier, conversation_id)
        self._openings.add("earlier", conversation_id, work)

    async def _bring_earlier(self, conversation_id: int) -> None:
        if await self.earlier(conversation_id):
            self._queue_earlier(conversation_id)

    async def _refresh_conversations(self) -> None:
        for conversation in await self._parts.conversations.refresh_all():
            self._side.track(conversation)
            if conversation.kind == ConversationKind.GROUP and not conversation.last:
                # Events are gone that may have told of somebody with an invitation.
                self.admit(conversation.conversation_id)
        self._bring_all_earlier()

    async def _refresh(self, conversation_id: int) -> None:
        conversation = await self._parts.conversations.refresh(conversation_id)
        if conversation is not None:
            self._side.track(conversation)
            self._parts.contacts.tell()
            self._bring_all_earlier()

    async def _finish_creations(self) -> None:
        for conversation in await self._parts.conversations.finish_creations():
            self._side.track(conversation)
            self._parts.contacts.tell()

    async def _create(self, account: int) -> None:
        if self._context.storage.people.is_contact(account):
            self._side.track(await self._parts.conversations.open_with(account))
            self._parts.contacts.tell()

    async def _join(self, conversation_id: int) -> None:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None:
            await self._refresh(conversation_id)
        if not self._context.storage.groups.is_live(conversation_id):
            self._parts.memberships.want(conversation_id, Join())

    async def _profile(self, account: int) -> None:
        await self._parts.profiles.refresh(account)
        conversation = self._context.storage.conversations.with_peer(account)
        if conversation is not None:
            self._parts.changes.conversation(conversation.conversation_id)
        self._parts.contacts.tell()

    async def _keys(self, account: int) -> None:
        await self._parts.keys.fetch(account)

    async def _note_current(self) -> None:
        """Tell that the link is open, once contacts and conversations are as the server has them.

        Told earlier, a script would take the contacts from before for those of now.
        """
        if self.queue.is_idle:
            self._on_idle()
        else:
            self.queue.add("current", 0, self._note_current)

    async def _note_begun(self) -> None:
        self._has_begun.set()

    async def _set_position(self, position: int) -> None:
        self._context.storage.account.set_event_position(position)

    async def _fetch_and_open(self, conversation_id: int, before: int | None) -> None:
        """Fetch what is missing to judge and open; what still does not open is unreadable.

        The newest batch; older ones are opened after the newest of the other conversations,
        unless somebody waits for them.
        """
        while True:
            is_last_try = True
            try:
                is_last_try = await self._fetch(conversation_id, before=before)
            except MimError as error:
                if is_passing(error) or isinstance(error, CommandFailedError):
                    raise  # Only what was answered tells that nothing will ever open it.
                logger.warning("conversation %d does not open: %s", conversation_id, error)
            # Batch by batch: nothing is given up that nothing was fetched for.
            is_newest = before is None
            before = self._side.open_rest(conversation_id, is_last_try=is_last_try, before=before)
            if before is None:
                break
            if is_newest and conversation_id not in self._opened:
                self._older[conversation_id] = before
                return
        self.opening.discard(conversation_id)
        self._side.note_opened()
        if (opened := self._opened.pop(conversation_id, None)) is not None:
            opened.set()

    async def _fetch(self, conversation_id: int, *, before: int | None) -> bool:
        """Fetch what a batch is known to miss; return whether the rest is lost without it."""
        storage, parts = self._context.storage, self._parts
        conversation = storage.conversations.get(conversation_id)
        if conversation is None:
            return False
        # Who is no member any more gets no state to follow from, and needs none to read the past.
        if storage.groups.log(conversation_id) is None and not conversation.last:
            await self._start(conversation_id)
        # What arrives while something is fetched has needs of its own, and a record in hand names
        # a roster and devices: only what was asked for in vain is given up.
        asked_parents: set[int] = set()
        asked_documents: set[bytes] = set()
        asked_accounts: set[int] = set()
        while True:
            # What is not judged yet does not say what it needs.
            await self._fetch_documents(parts.following, conversation_id)
            with storage.database.transaction():
                parents, documents, accounts = parts.timeline.needs(conversation_id, before=before)
            parents -= asked_parents
            documents -= asked_documents
            accounts -= asked_accounts
            if not (parents or documents or accounts):
                with storage.database.transaction():
                    parts.timeline.note_unlisted(conversation_id, before=before)
                return True
            for account in accounts:
                await parts.keys.fetch(account)
            for document_hash in documents:
                await parts.rosters.document(conversation_id, document_hash)
            if parents:
                await parts.epoch_keys.fetch(conversation_id, parents)
            asked_parents |= parents
            asked_documents |= documents
            asked_accounts |= accounts

    async def _start(self, conversation_id: int) -> None:
        """Begin to follow a log, unless this account was removed before it got to that."""
        try:
            await self._parts.rosters.start(conversation_id)
        except ServerRefusedError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            await self._refresh(conversation_id)
            conversation = self._context.storage.conversations.get(conversation_id)
            if conversation is None or not conversation.last:
                raise
        roster = self._parts.states.roster(conversation_id)
        self.meet([] if roster is None else [each.account for each in roster.members])

    async def _fetch_documents(self, following: Following, conversation_id: int) -> None:
        """Fetch documents until every handshake that is here is judged."""
        while (stored := self._context.storage.conversations.get(conversation_id)) is not None:
            last = stored.have
            with self._context.storage.database.transaction():
                progress = following.follow(conversation_id, last=last)
            if progress is not Progress.NEEDS_DOCUMENT:
                return
            wanted = following.first_missing(conversation_id, last=last)
            if wanted is None:
                return
            await self._parts.rosters.document(conversation_id, wanted)
