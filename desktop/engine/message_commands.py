"""Commands about messages: writing them, changing them, reading them."""

from __future__ import annotations

import asyncio

import msgspec

from desktop import commands
from desktop.commands import Command
from desktop.engine.changes import Changes
from desktop.engine.connection import Connection
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.group_states import GroupStates
from desktop.engine.preferences import privacy_of
from desktop.engine.sealing import Sealing
from desktop.engine.timeline import Timeline
from desktop.engine.typing_state import TypingState
from desktop.events import (
    AnyAnswer,
    DraftLoaded,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Queued,
    TimelinePage,
)
from desktop.storage.conversation_store import Draft, StoredConversation
from shared import limits
from shared.content import Edit, File, Reaction, Recall, Text, Timer, decode_content
from shared.content_rules import may_set_timer
from shared.errors import Code, RefusedError
from shared.frames import Mark, Typing
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind, Role
from shared.roster_rules import member_of

__all__ = ["MessageCommands"]

_MESSAGE_ID_BYTES = 16
_MESSAGE_ID_DIGITS = 2 * _MESSAGE_ID_BYTES
_FOUND_MAX = 20


class MessageCommands:
    """Answers them; what a rule forbids is refused here, before anything is sent."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        sealing: Sealing,
        contents: Contents,
        timeline: Timeline,
        changes: Changes,
        typing: TypingState,
        connection: Connection,
    ) -> None:
        self._context = context
        self._states = states
        self._sealing = sealing
        self._contents = contents
        self._timeline = timeline
        self._changes = changes
        self._typing = typing
        self._connection = connection
        contents.on_queued = self._deliver_soon

    async def carry_out(self, command: Command) -> AnyAnswer:
        """Carry out a command.

        Raises:
            RefusedError: If a rule forbids it.
            CommandFailedError: ``not_found`` and ``local``.
        """
        match command:
            case commands.LoadTimeline():
                return await self._load(command)
            case commands.SendText():
                return self._send(command)
            case commands.EditMessage():
                return self._edit(command)
            case commands.RecallMessage():
                return self._recall(command)
            case commands.React():
                return self._react(command)
            case commands.SetTimer():
                self._set_timer(command)
            case commands.CancelMessage():
                self._cancel(command)
            case commands.SearchMessages():
                return self._search(command)
            case commands.MarkRead():
                self._mark_read(command)
            case commands.SetTyping():
                self._set_typing(command)
            case commands.SaveDraft():
                self._save_draft(command)
            case commands.LoadDraft():
                return self._load_draft(command)
            case _:
                raise AssertionError(type(command))
        return None

    def _deliver_soon(self, conversation_id: int, local_id: int) -> None:
        deliver = self._connection.deliver
        asyncio.get_running_loop().call_soon(deliver, conversation_id, local_id)

    # Reading.

    async def _load(self, command: commands.LoadTimeline) -> TimelinePage:
        limit = max(1, min(command.limit, limits.TIMELINE_WINDOW))
        if command.at_ms is not None:
            command = await self._at(command, command.at_ms)
        page = self._page(command, limit)
        is_moving = command.after is None
        while is_moving and len(page.rows) < limit and page.has_older:
            run = self._connection.current
            is_moving = run is not None and await run.bring_older(
                command.conversation_id, limit - len(page.rows)
            )
            page = self._page(command, limit)
        return page

    async def _at(self, command: commands.LoadTimeline, at_ms: int) -> commands.LoadTimeline:
        """Return the same question by the order key of the first row at a time.

        What the server has of that time is brought first; after the newest it is the newest page.
        """
        conversation_id = self._conversation(command.conversation_id).conversation_id
        messages, is_moving = self._context.storage.messages, True
        while is_moving and messages.oldest_received_ms(conversation_id) > at_ms:
            run = self._connection.current
            is_moving = run is not None and await run.bring_older(
                conversation_id, limits.TIMELINE_WINDOW
            )
        around = messages.first_at(conversation_id, at_ms)
        return msgspec.structs.replace(command, at_ms=None, before=None, after=None, around=around)

    def _page(self, command: commands.LoadTimeline, limit: int) -> TimelinePage:
        return self._timeline.page(
            self._conversation(command.conversation_id),
            before=command.before,
            after=command.after,
            around=command.around,
            limit=limit,
        )

    def _search(self, command: commands.SearchMessages) -> MessagesFound:
        limit = max(1, min(command.limit, limits.TIMELINE_WINDOW))
        rows = self._context.storage.messages.search(
            command.text,
            command.conversation_id,
            limit,
            sender=command.sender,
            since_ms=command.since_ms,
            until_ms=command.until_ms,
            only_files=command.only_files,
            before_local_id=command.before_local_id,
        )
        return MessagesFound(rows=rows)

    def _mark_read(self, command: commands.MarkRead) -> None:
        conversation = self._conversation(command.conversation_id)
        conversation_id = conversation.conversation_id
        sequence = min(command.sequence, conversation.have)
        store = self._context.storage.conversations
        if store.raise_own_read(conversation_id, sequence, is_sent=False):
            self._changes.conversation(conversation_id)
            if self._connection.current is not None:
                privacy = privacy_of(self._context.storage.document.load().own)
                self._connection.current.send(
                    Mark(conversation_id, sequence, is_private=not privacy.sends_read_marks)
                )

    # Writing.

    def _send(self, command: commands.SendText) -> Queued:
        conversation_id = self._conversation(command.conversation_id).conversation_id
        reply_to = self._message_id(command.reply_to) if command.reply_to else None
        mentions = self._members_of(conversation_id, command.mentions)
        row = self._sealing.store_typed(
            conversation_id, command.text, reply_to=reply_to, mentions=mentions
        )
        self._changes.message(conversation_id, row.local_id)
        self._typing.note_sent(conversation_id)
        self._connection.deliver(conversation_id, row.local_id)
        return Queued(row=row)

    def _set_typing(self, command: commands.SetTyping) -> None:
        run = self._connection.current
        if run is not None and run.is_ready:
            conversation = self._conversation(command.conversation_id)

            def send(frame: Typing) -> None:
                run.send(frame)

            self._typing.set_own(
                conversation.conversation_id, is_typing=command.is_typing, send=send
            )

    def _save_draft(self, command: commands.SaveDraft) -> None:
        conversation_id = self._conversation(command.conversation_id).conversation_id
        draft = Draft(
            command.text[: limits.DRAFT_LENGTH_MAX],
            command.reply_to[:_MESSAGE_ID_DIGITS],
            command.edit_of[:_MESSAGE_ID_DIGITS],
            command.edit_text[: limits.DRAFT_LENGTH_MAX],
        )
        self._context.storage.conversations.save_draft(conversation_id, draft)
        self._changes.conversation(conversation_id)

    def _load_draft(self, command: commands.LoadDraft) -> DraftLoaded:
        conversation_id = self._conversation(command.conversation_id).conversation_id
        draft = self._context.storage.conversations.draft(conversation_id)
        return DraftLoaded(
            text=draft.text,
            reply=self._named(conversation_id, draft.reply_to),
            edit=self._named(conversation_id, draft.edit_of),
            edit_text=draft.edit_text,
        )

    def _named(self, conversation_id: int, message_id: str) -> MessageRow | None:
        """Return the message of that name, if there is one and it is still here."""
        if not message_id:
            return None
        name = self._message_id(message_id)
        rows = self._context.storage.messages.by_message_id(name, _FOUND_MAX)
        return next((row for row in rows if row.conversation_id == conversation_id), None)

    # Changing.

    def _edit(self, command: commands.EditMessage) -> Queued:
        row = self._row(command.conversation_id, command.message_id)
        if not row.is_own or row.kind not in (MessageKind.TEXT, MessageKind.FILE):
            raise RefusedError(Code.FORBIDDEN, "Only messages of one's own can be edited.")
        if self._age_ms(row) > limits.EDIT_AGE_MAX_MS:
            raise RefusedError(Code.FORBIDDEN, "A message can be edited for 48 hours.")
        if not command.text.strip():
            raise RefusedError(Code.MALFORMED, "There is nothing to send.")
        if len(command.text) > limits.TEXT_LENGTH_MAX:
            raise RefusedError(Code.TOO_LARGE, "A text has at most 8000 characters.")
        if command.text == row.text:
            return Queued(row=row)
        mentions = self._members_of(command.conversation_id, command.mentions)
        message_id = self._contents.new_message_id()
        edit = Edit(message_id, bytes.fromhex(row.message_id), command.text, mentions)
        return self._change(row, edit)

    def _react(self, command: commands.React) -> Queued:
        row = self._row(command.conversation_id, command.message_id)
        if row.kind is MessageKind.RECALLED:
            raise RefusedError(Code.FORBIDDEN, "This message was taken back.")
        if not 0 < len(command.emoji) <= limits.EMOJI_LENGTH_MAX or command.emoji.isspace():
            raise RefusedError(Code.MALFORMED, "A reaction is one emoji.")
        reaction = Reaction(
            self._contents.new_message_id(),
            bytes.fromhex(row.message_id),
            command.emoji,
            command.is_removed,
        )
        return self._change(row, reaction)

    def _recall(self, command: commands.RecallMessage) -> Queued:
        row = self._row(command.conversation_id, command.message_id)
        if row.kind is MessageKind.RECALLED:
            raise RefusedError(Code.FORBIDDEN, "This message was taken back already.")
        kind, role = self._kind_and_role(command.conversation_id)
        is_admin = kind is ConversationKind.GROUP and role >= Role.ADMIN
        if not row.is_own and not is_admin:
            raise RefusedError(
                Code.FORBIDDEN, "Only its sender, or an admin of a group, takes a message back."
            )
        if not is_admin and self._age_ms(row) > limits.RECALL_AGE_MAX_MS:
            raise RefusedError(Code.FORBIDDEN, "A message can be taken back for 48 hours.")
        if not row.sequence:
            self._withdraw(row)
            return Queued(row=row)
        answer = Queued(row=row)
        for recall in self._recalls(row):
            answer = self._change(row, recall)
        return answer

    def _recalls(self, row: MessageRow) -> list[Recall]:
        """Return what takes a message back: its entry, and those of its edits and copies."""
        storage, target = self._context.storage, bytes.fromhex(row.message_id)
        places = {row.sequence}
        for effect in storage.contents.effects(row.conversation_id, target=target):
            has_text = isinstance(decode_content(effect.content), Edit | Text | File)
            if has_text and effect.account == row.sender and effect.sequence:
                places.add(effect.sequence)
        recalls = []
        for place in sorted(places):
            entry = storage.messages.entry(row.conversation_id, place)
            if entry is not None:
                message_id = self._contents.new_message_id()
                recalls.append(Recall(message_id, target, place, bytes(entry.payload_hash)))
        return recalls

    def _change(self, row: MessageRow, content: Edit | Reaction | Recall) -> Queued:
        """Queue a change of a message; return the message as it is shown from now on."""
        storage, conversation_id = self._context.storage, row.conversation_id
        if not self._conversation(conversation_id).can_write:
            raise RefusedError(Code.NOT_MEMBER, "Nothing can be written here any more.")
        if storage.outbox.count() >= limits.OUTBOX_QUEUE_MAX:
            raise RefusedError(Code.OVERLOADED, "Too many messages wait to be sent.")
        _, role = self._kind_and_role(conversation_id)
        local_id = self._contents.queue_change(conversation_id, content, role=role)
        self._connection.deliver(conversation_id, local_id)
        return Queued(row=storage.messages.row(row.local_id) or row)

    def _set_timer(self, command: commands.SetTimer) -> None:
        conversation = self._conversation(command.conversation_id)
        if not may_set_timer(*self._kind_and_role(command.conversation_id)):
            raise RefusedError(Code.FORBIDDEN, "Only owner and admins set a group's timer.")
        if not 0 <= command.seconds <= limits.TIMER_S_MAX:
            raise RefusedError(Code.MALFORMED, "A timer runs for at most a year.")
        if command.seconds != conversation.timer_s:
            timer = Timer(self._contents.new_message_id(), command.seconds)
            local_id = self._contents.queue(command.conversation_id, timer)
            self._connection.deliver(command.conversation_id, local_id)

    # Taking out what waits.

    def _cancel(self, command: commands.CancelMessage) -> None:
        row = self._context.storage.messages.row(command.local_id)
        if row is None or row.conversation_id != command.conversation_id:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such message.")
        if row.state not in (MessageState.WAITING, MessageState.REFUSED):
            raise CommandFailedError("local", "It was sent already.")
        self._withdraw(row)

    def _withdraw(self, row: MessageRow) -> None:
        """Take a message out of the outbox; if the log has it all the same, it is recalled."""
        storage, run, local_id = self._context.storage, self._connection.current, row.local_id
        item = storage.outbox.item(local_id)
        is_in_doubt = item is not None and item.submission is not None
        if run is not None and item is not None:
            run.cancel_message(row.conversation_id, local_id)
        with storage.database.transaction():
            if is_in_doubt:
                storage.contents.withdraw(row.conversation_id, bytes.fromhex(row.message_id))
            storage.outbox.remove(local_id)
            storage.messages.remove_waiting(local_id)
        self._changes.removed(row.conversation_id, local_id)

    # What commands name.

    def _row(self, conversation_id: ConversationId, message_id: str) -> MessageRow:
        """Return the message that a command names; a person's, no system line."""
        name = self._message_id(message_id)
        rows = self._context.storage.messages.by_message_id(name, _FOUND_MAX)
        for row in rows:
            if row.conversation_id == conversation_id and row.system is None:
                return row
        raise CommandFailedError(Code.NOT_FOUND.value, "There is no such message.")

    @staticmethod
    def _message_id(text: str) -> bytes:
        try:
            message_id = bytes.fromhex(text)
        except ValueError:
            message_id = b""
        if len(message_id) != _MESSAGE_ID_BYTES:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such message.")
        return message_id

    def _conversation(self, conversation_id: int) -> StoredConversation:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such conversation.")
        return conversation

    def _members_of(
        self, conversation_id: int, accounts: tuple[AccountId, ...]
    ) -> tuple[AccountId, ...]:
        """Return those who are members, each once; who has left meanwhile is named by no one."""
        roster = self._states.roster(conversation_id)
        if roster is None:
            return ()
        members = [each for each in dict.fromkeys(accounts) if member_of(roster, each) is not None]
        return tuple(members[: limits.MENTIONS_MAX])

    def _kind_and_role(self, conversation_id: int) -> tuple[ConversationKind, int]:
        """Return the conversation's kind, and what the own account is in it, 0 for nothing."""
        conversation = self._conversation(conversation_id)
        roster = self._states.roster(conversation_id)
        own = None if roster is None else member_of(roster, self._context.me().account)
        return ConversationKind(conversation.kind), 0 if own is None else int(own.role)

    def _age_ms(self, row: MessageRow) -> int:
        """Return how long ago the server has received a message; 0 while it waits."""
        received_at_ms = row.received_at_ms
        return self._context.server_time().at_ms - received_at_ms if received_at_ms else 0
