"""What opened contents do to the timeline: messages, and what others do to them.

Changes are kept as they come, and the message they name is judged anew from all of them
(`shared.content_rules`) whenever it or one of them arrives, in whatever order: every device ends
with the same line. What nobody may do is kept and counts for nothing.

| arrives | effect |
| --- | --- |
| text, file | a line; the same one twice is one line, at the lower place |
| edit, reaction | the line it names is judged anew |
| recall | so is every line that stands at a place named for the same message: the lowest one is the message, the others were its edits and copies and have no line |
| timer, profile | the conversation changes, if it is the newest that counts; a line tells it |
| nothing, where a payload was | recalled, or over, or "removed by the server" |
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable

import msgspec

from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.events import MessageKind, Notice, NoticeKind, ReactionCount, SystemKind
from desktop.storage.content_store import BlankingDue, Effect, Line, Shown
from desktop.storage.message_store import OpenedEntry
from desktop.storage.outbox_store import OutboxItem
from shared.content import (
    Content,
    Edit,
    File,
    Known,
    Profile,
    Reaction,
    Recall,
    Text,
    Timer,
    Unsupported,
    decode_content,
    encode_content,
)
from shared.content_rules import (
    Change,
    Outcome,
    Target,
    is_earlier,
    may_set_profile,
    may_set_timer,
    outcome_of,
)
from shared.entries import Entry
from shared.errors import Code
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind, Role

__all__ = ["Contents"]

_MESSAGE_ID_BYTES = 16
_EARLY_MS = 60_000  # The server's clock may be so far ahead of what is known of it here.


class Contents:
    """Applies contents, and queues those that no person typed.

    Attributes:
        on_queued: Called with conversation and local id of what is queued while contents are
            applied; the link's turn is not over then.
    """

    def __init__(self, context: EngineContext, changes: Changes) -> None:
        self._context = context
        self._changes = changes
        self._store = context.storage.contents
        self.on_queued: Callable[[int, int], None] = lambda _conversation_id, _local_id: None

    # What arrives; inside the storing transaction.

    def apply(self, entry: Entry, content: Content, *, role: int, kind: ConversationKind) -> None:
        """Apply what an entry says.

        Args:
            entry: An application entry.
            content: What it says.
            role: What its account was in the roster of its epoch.
            kind: The conversation's.
        """
        if self._is_over(entry) and not isinstance(content, Recall):
            self._context.storage.messages.set_opened(entry)
            return
        match content:
            case Text() | File():
                self._apply_message(entry, content)
            case Edit() | Reaction() | Recall():
                self._apply_change(entry, content, role=role)
            case Timer():
                self._apply_timer(entry, content, is_allowed=may_set_timer(kind, role))
            case Profile():
                self._apply_profile(entry, content, is_allowed=may_set_profile(kind, role))
            case Unsupported():
                self._add(OpenedEntry(entry=entry, kind=MessageKind.UNSUPPORTED))
                self.refresh(entry.conversation_id, entry.sequence)

    def apply_blank(self, entry: Entry) -> None:
        """Show that a payload is gone, unless a recall or its timer tells why."""
        expires_at_ms = entry.expires_at_ms
        if expires_at_ms and expires_at_ms <= self._context.server_time().at_ms + _EARLY_MS:
            self._context.storage.messages.set_opened(entry)
            return
        self._add(OpenedEntry(entry=entry, kind=MessageKind.REMOVED))
        self.refresh(entry.conversation_id, entry.sequence)

    def refresh(self, conversation_id: int, sequence: int) -> None:
        """Judge the line at a place anew."""
        for line in self._store.lines(conversation_id, message_id=None, place=sequence):
            self._judge(ConversationId(conversation_id), line)

    def _apply_message(self, entry: Entry, message: Text | File) -> None:
        conversation_id = ConversationId(entry.conversation_id)
        file = message if isinstance(message, File) else None
        self._note_copy(entry, message)
        self._add(
            OpenedEntry(
                entry=entry,
                kind=MessageKind.TEXT if file is None else MessageKind.FILE,
                message_id=message.message_id,
                text=message.text,
                reply_to=message.reply_to,
                file=file,
                mentions=_named_in(message),
            )
        )
        self._judge_named(conversation_id, message.message_id, place=entry.sequence)
        self._tell_answers(conversation_id, message.message_id)
        if entry.account == self._context.me().account:
            self._take_back_withdrawn(entry, message.message_id)

    def _note_copy(self, entry: Entry, message: Text | File) -> None:
        """Keep that the log has a message twice: a recall takes back both."""
        message_id = message.message_id
        for line in self._store.lines(entry.conversation_id, message_id=message_id, place=0):
            is_same = line.sender == entry.account and line.sequence not in (0, entry.sequence)
            if is_same:
                self._store.add(
                    Effect(
                        conversation_id=ConversationId(entry.conversation_id),
                        account=entry.account,
                        message_id=message_id,
                        sequence=max(line.sequence, entry.sequence),
                        target=message_id,
                        received_at_ms=entry.received_at_ms,
                        expires_at_ms=entry.expires_at_ms,
                        role=0,
                        content=encode_content(message),
                    )
                )

    def _take_back_withdrawn(self, entry: Entry, message_id: bytes) -> None:
        """Recall a message that was cancelled, and that the log has taken all the same."""
        conversation_id = ConversationId(entry.conversation_id)
        if not self._store.take_withdrawn(conversation_id, message_id):
            return
        recall = Recall(
            self.new_message_id(), message_id, entry.sequence, bytes(entry.payload_hash)
        )
        local_id = self.queue_change(conversation_id, recall, role=Role.MEMBER)
        self.on_queued(conversation_id, local_id)

    def _apply_change(self, entry: Entry, content: Edit | Reaction | Recall, *, role: int) -> None:
        me = self._context.me()
        self._context.storage.messages.set_opened(entry)
        effect = Effect(
            conversation_id=ConversationId(entry.conversation_id),
            account=entry.account,
            message_id=content.message_id,
            sequence=entry.sequence,
            target=content.target,
            place=content.sequence if isinstance(content, Recall) else 0,
            received_at_ms=entry.received_at_ms,
            expires_at_ms=entry.expires_at_ms,
            role=role,
            content=encode_content(content),
        )
        self._store.add(effect)
        if isinstance(content, Recall) and entry.device == me.device.device_id:
            self._store.add_blanking(
                BlankingDue(effect.conversation_id, content.sequence, content.payload_hash)
            )
        self._judge_target(effect)

    def _apply_timer(self, entry: Entry, timer: Timer, *, is_allowed: bool) -> None:
        if not is_allowed:
            self._context.storage.messages.set_opened(entry)
            return
        self._context.storage.conversations.set_timer(
            entry.conversation_id, entry.sequence, timer.seconds
        )
        self._add_system(entry, timer, SystemKind.TIMER_CHANGED, str(timer.seconds))

    def _apply_profile(self, entry: Entry, profile: Profile, *, is_allowed: bool) -> None:
        if not is_allowed:
            self._context.storage.messages.set_opened(entry)
            return
        self._context.storage.conversations.set_profile(
            entry.conversation_id,
            entry.sequence,
            title=profile.name,
            avatar=profile.avatar,
            announcement=profile.announcement,
        )
        self._add_system(entry, profile, SystemKind.RENAMED, profile.name)

    def _add_system(
        self, entry: Entry, content: Timer | Profile, system: SystemKind, text: str
    ) -> None:
        self._changes.conversation(entry.conversation_id)
        if content.is_repeat:
            self._context.storage.messages.set_opened(entry)
            return
        self._add(
            OpenedEntry(
                entry=entry,
                kind=MessageKind.SYSTEM,
                message_id=content.message_id,
                text=text,
                system=system,
            )
        )

    def _add(self, opened: OpenedEntry) -> None:
        entry = opened.entry
        me = self._context.me().account
        local_id = self._context.storage.messages.add_opened(
            opened, is_own=entry.account == me, names_me=me in opened.mentions
        )
        if local_id is not None:
            self._changes.message(entry.conversation_id, local_id)

    def _is_over(self, entry: Entry) -> bool:
        return 0 < entry.expires_at_ms <= self._context.server_time().at_ms

    # Judging.

    def _judge_target(self, effect: Effect) -> None:
        """Judge anew whatever a change may concern."""
        conversation_id = effect.conversation_id
        places = {effect.place}
        if effect.place:
            # Another recall of the same message may have been its edit's, or the other way round.
            others = self._store.effects(conversation_id, target=effect.target)
            places |= {other.place for other in others}
        for place in sorted(places):
            self._judge_named(conversation_id, effect.target, place=place)

    def _judge_named(self, conversation_id: ConversationId, message_id: bytes, place: int) -> None:
        for line in self._store.lines(conversation_id, message_id=message_id, place=place):
            self._judge(conversation_id, line)

    def _judge(self, conversation_id: ConversationId, line: Line) -> None:
        """Show a message as all that is known of it makes it."""
        effects = self._store.effects(conversation_id, target=line.message_id, place=line.sequence)
        if not effects and line.kind is line.shown.kind and not _is_changed(line.shown):
            return
        outcome = self._outcome(conversation_id, line, effects)
        is_final = bool(outcome.recalled_by) and not outcome.is_pending
        if is_final and self._is_part(line, effects):
            self._remove(conversation_id, line)
            return
        shown = _shown(line, outcome, me=self._context.me().account)
        if is_final:
            line = self._named(line, effects)
            self._forget(conversation_id, line, effects)
        if shown != line.shown or is_final:
            self._store.show(conversation_id, line, shown, is_final=is_final)
            self._changes.message(conversation_id, line.local_id)
            if line.message_id is not None:
                self._tell_answers(conversation_id, line.message_id)
        if (shown.kind is MessageKind.RECALLED) != (line.shown.kind is MessageKind.RECALLED):
            self._context.storage.conversations.recount_unread(conversation_id)

    def _outcome(
        self, conversation_id: ConversationId, line: Line, effects: list[Effect]
    ) -> Outcome:
        conversation = self._context.storage.conversations.get(conversation_id)
        kind = ConversationKind(1 if conversation is None else conversation.kind)
        entry = self._context.storage.messages.entry(conversation_id, line.sequence)
        target = Target(
            account=line.sender,
            sequence=line.sequence,
            received_at_ms=line.received_at_ms,
            payload_hash=b"" if entry is None else bytes(entry.payload_hash),
            message_id=line.message_id,
        )
        first: dict[tuple[int, bytes], Effect] = {}
        for effect in effects:
            name = (effect.account, effect.message_id)
            if name not in first or is_earlier(effect.sequence, first[name].sequence):
                first[name] = effect
        return outcome_of(target, [_change(effect, kind) for effect in first.values()])

    def _is_part(self, line: Line, effects: list[Effect]) -> bool:
        """Whether a blank place was an edit or a copy of a message that stands further up."""
        if line.message_id is not None or line.kind is not MessageKind.REMOVED:
            return False
        for effect in effects:
            others = self._store.effects(effect.conversation_id, target=effect.target)
            if any(0 < other.place < line.sequence for other in others):
                return True
        return False

    def _named(self, line: Line, effects: list[Effect]) -> Line:
        """Return a line with the name that its recall gives it, if it could not be opened."""
        if line.message_id is not None:
            return line
        target = next(effect.target for effect in effects if effect.place == line.sequence)
        self._store.name(line.local_id, target)
        return msgspec.structs.replace(line, message_id=target)

    def _forget(self, conversation_id: ConversationId, line: Line, effects: list[Effect]) -> None:
        """Forget for good what a message has said, in whatever form."""
        messages = self._context.storage.messages
        messages.drop_payload(conversation_id, line.sequence)
        self._forget_file(line.local_id)
        for effect in effects:
            if not effect.place and effect.sequence:
                messages.drop_payload(conversation_id, effect.sequence)
        if line.message_id is not None:
            self._store.drop_contents(conversation_id, line.message_id)

    def _forget_file(self, local_id: int) -> None:
        storage = self._context.storage
        blob_id = storage.files.forget(local_id)
        if blob_id:
            storage.file_cache.remove(blob_id)

    def _remove(self, conversation_id: ConversationId, line: Line) -> None:
        self._store.remove(line.local_id)
        self._changes.removed(conversation_id, line.local_id)
        self._context.storage.conversations.recount_unread(conversation_id)

    def _tell_answers(self, conversation_id: ConversationId, message_id: bytes) -> None:
        for local_id in self._store.answers(conversation_id, message_id):
            self._changes.message(conversation_id, local_id)

    # Expiry.

    def expire(self) -> None:
        """Forget what is over, by the own clock, whether the server can be reached or not."""
        now_ms, storage = self._context.server_time().at_ms, self._context.storage
        with storage.database.transaction():
            for gone in self._store.expired(now_ms):
                row = storage.messages.row(gone.local_id)
                assert row is not None
                storage.messages.drop_payload(gone.conversation_id, row.sequence)
                self._store.remove(gone.local_id)
                self._forget_file(gone.local_id)
                storage.conversations.recount_unread(gone.conversation_id)
                self._changes.removed(gone.conversation_id, gone.local_id)
                message_id = bytes.fromhex(row.message_id)
                self._store.drop_contents(gone.conversation_id, message_id)
                self._tell_answers(gone.conversation_id, message_id)
            for effect in self._store.expired_effects(now_ms):
                storage.messages.drop_payload(effect.conversation_id, effect.sequence)
                self._judge_target(effect)

    def expires_at_ms(self, item: OutboxItem, sent_at_ms: int) -> int:
        """Return when the server is to drop what is sealed from an item, 0 for never.

        Args:
            item: What is about to be sealed.
            sent_at_ms: Server time when it was typed; a message typed offline lives as long as
                any other, so it does not count.
        """
        del sent_at_ms
        content = decode_content(item.content)
        match content:
            case Text() | File():
                conversation = self._context.storage.conversations.get(item.conversation_id)
                timer_s = 0 if conversation is None else conversation.timer_s
                return self._context.server_time().at_ms + timer_s * 1000 if timer_s else 0
            case Edit() | Reaction():
                target = self._store.lines(item.conversation_id, message_id=content.target, place=0)
                rows = [self._context.storage.messages.row(line.local_id) for line in target]
                return max((row.expires_at_ms for row in rows if row is not None), default=0)
            case _:
                return 0

    # What is sent.

    def new_message_id(self) -> bytes:
        """Return a name for a content."""
        return self._context.random(_MESSAGE_ID_BYTES)

    def queue(self, conversation_id: int, content: Known) -> int:
        """Store a content to be sent; return its local id in the outbox."""
        outbox = self._context.storage.outbox
        with self._context.storage.database.transaction():
            local_id = outbox.new_local_id()
            outbox.add(
                local_id,
                conversation_id,
                typed_at_ms=self._context.wall_ms(),
                content=encode_content(content),
            )
        return local_id

    def queue_change(
        self, conversation_id: ConversationId, content: Edit | Reaction | Recall, *, role: int
    ) -> int:
        """Store a change to be sent, and show at once what it does; return its local id."""
        with self._context.storage.database.transaction():
            local_id = self.queue(conversation_id, content)
            effect = Effect(
                conversation_id=conversation_id,
                account=self._context.me().account,
                message_id=content.message_id,
                local_id=local_id,
                target=content.target,
                place=content.sequence if isinstance(content, Recall) else 0,
                received_at_ms=self._context.server_time().at_ms,
                role=role,
                content=encode_content(content),
            )
            self._store.add(effect)
            self._judge_target(effect)
        return local_id

    def refused(self, local_id: int, code: Code) -> None:
        """Note that a rule said no: a message says so in its line, a change is undone."""
        storage = self._context.storage
        effect = self._store.drop_waiting(local_id)
        if effect is not None:
            self._judge_target(effect)
        if storage.messages.row(local_id) is None:
            self._context.emit(Notice(kind=NoticeKind.CHANGE_REFUSED, detail=code.value))
        else:
            storage.messages.refuse(local_id, code.value)

    def settled(self, conversation_id: int, local_id: int) -> None:
        """An own message is in the log: what was done to it while it waited counts on."""
        row = self._context.storage.messages.row(local_id)
        if row is not None and row.message_id:
            self._judge_named(
                ConversationId(conversation_id), bytes.fromhex(row.message_id), place=row.sequence
            )

    def repeated(self, conversation_id: int) -> list[Known]:
        """Return what those who were added cannot read, since it was said before."""
        conversation = self._context.storage.conversations.get(conversation_id)
        profile = self.profile(conversation_id)
        contents: list[Known] = []
        if profile is not None:
            contents.append(msgspec.structs.replace(profile, is_repeat=True))
        if conversation is not None and conversation.timer_s:
            contents.append(Timer(self.new_message_id(), conversation.timer_s, is_repeat=True))
        return contents

    def profile(self, conversation_id: int) -> Profile | None:
        """Return what a group shows of itself."""
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or not conversation.title:
            return None
        return Profile(
            self.new_message_id(),
            conversation.title,
            conversation.avatar,
            conversation.announcement,
        )


def _is_changed(shown: Shown) -> bool:
    return bool(shown.is_edited or shown.is_changing or shown.reactions)


def _change(effect: Effect, kind: ConversationKind) -> Change:
    content = decode_content(effect.content)
    assert not isinstance(content, Unsupported)
    return Change(
        content=content,
        account=effect.account,
        sequence=effect.sequence,
        received_at_ms=effect.received_at_ms,
        role=effect.role,
        kind=kind,
    )


def _named_in(message: Text | File) -> tuple[AccountId, ...]:
    named = message.mentions if isinstance(message, Text) else ()
    return tuple(AccountId(account) for account in dict.fromkeys(named))


def _shown(line: Line, outcome: Outcome, *, me: AccountId) -> Shown:
    if outcome.recalled_by:
        return Shown(kind=MessageKind.RECALLED, text="", is_changing=outcome.is_pending)
    has_words = line.kind in (MessageKind.TEXT, MessageKind.FILE)
    can_be_edited = has_words and outcome.text is not None
    mentions = line.written_mentions
    if can_be_edited:
        mentions = tuple(AccountId(account) for account in dict.fromkeys(outcome.mentions))
    return Shown(
        kind=line.kind,
        text=outcome.text if can_be_edited and outcome.text is not None else line.written,
        is_edited=can_be_edited,
        is_changing=outcome.is_pending,
        reactions=tuple(
            ReactionCount(each.emoji, tuple(AccountId(account) for account in each.accounts))
            for each in outcome.reactions
        ),
        mentions=mentions,
        names_me=me in mentions,
    )
