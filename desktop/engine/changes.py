"""What has changed since the windows were last told: collected, and told once in a while.

A change is told in the next turn of the loop, but not sooner than `limits.BRIDGE_BATCH_MS` after
the last telling: the windows are handed no more than one batch in so long, and each telling reads
the rows of the conversations anew.
"""

from __future__ import annotations

import asyncio

from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.events import (
    ConversationRow,
    ConversationsChanged,
    MessageKind,
    MessageRow,
    Profile,
    TimelineChanged,
)
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.storage import Storage
from shared import limits
from shared.e2ee.account_document import AccountDocumentBody
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind
from shared.roster_rules import member_of

__all__ = ["Changes", "is_archived"]

_NOBODY = Profile(account=AccountId(0), user_name="", nickname="")


class Changes:
    """Collects changed rows; each is read from the database when it is told."""

    def __init__(self, context: EngineContext, states: GroupStates) -> None:
        self._context = context
        self._states = states
        self._rows: dict[int, dict[int, None]] = {}
        self._removed: dict[int, dict[int, None]] = {}
        self._conversations: dict[int, None] = {}
        self._is_due = False
        self._told_s = 0.0  # By the loop's clock.

    @property
    def is_due(self) -> bool:
        """Whether there is something that is told soon."""
        return self._is_due

    def message(self, conversation_id: int, local_id: int) -> None:
        """A row is new or changed; its conversation's row may be too."""
        self._rows.setdefault(conversation_id, {})[local_id] = None
        self.conversation(conversation_id)

    def removed(self, conversation_id: int, local_id: int) -> None:
        """A row is gone."""
        self._removed.setdefault(conversation_id, {})[local_id] = None
        self.conversation(conversation_id)

    def conversation(self, conversation_id: int) -> None:
        """The row of a conversation is new or changed."""
        self._conversations[conversation_id] = None
        if not self._is_due:
            self._is_due = True
            loop = asyncio.get_running_loop()
            due_s = self._told_s + limits.BRIDGE_BATCH_MS / 1000
            if loop.time() >= due_s:
                loop.call_soon(self._tell_due)
            else:
                loop.call_at(due_s, self._tell_due)

    def forget(self) -> None:
        """Tell nothing of what was collected."""
        self._rows, self._removed, self._conversations = {}, {}, {}

    def _tell_due(self) -> None:
        self._told_s = asyncio.get_running_loop().time()
        self.tell()

    def tell(self) -> None:
        """Tell what was collected."""
        self._is_due = False
        rows, removed, conversations = self._rows, self._removed, self._conversations
        self.forget()
        storage = self._context.storage
        for conversation_id in {**rows, **removed}:
            found = [storage.messages.row(local_id) for local_id in rows.get(conversation_id, {})]
            changed = sorted((row for row in found if row is not None), key=lambda row: row.order)
            self._context.emit(
                TimelineChanged(
                    conversation_id=ConversationId(conversation_id),
                    rows=changed,
                    removed=list(removed.get(conversation_id, {})),
                )
            )
        stored = [storage.conversations.get(each) for each in conversations]
        told = [self.row(each) for each in stored if each is not None]
        if told:
            self._context.emit(ConversationsChanged(rows=told))

    def tell_all(self) -> None:
        """Tell every conversation's row as it is now."""
        rows = [self.row(each) for each in self._context.storage.conversations.all()]
        self._context.emit(ConversationsChanged(rows=rows, is_snapshot=True))

    def row(self, conversation: StoredConversation) -> ConversationRow:
        """Return the row of the conversation list."""
        storage = self._context.storage
        conversation_id = conversation.conversation_id
        newest = storage.messages.newest(conversation_id)
        roster = self._states.roster(conversation_id)
        own = None if roster is None else member_of(roster, self._context.me().account)
        document = storage.document.load().own
        mentions, first_mention = storage.conversations.mentions(conversation)
        pin = storage.keys.pin(conversation.peer) if conversation.peer else None
        return ConversationRow(
            conversation_id=conversation_id,
            peer=(storage.people.profile(conversation.peer) if conversation.peer else _NOBODY),
            preview="" if newest is None else _preview(newest),
            preview_is_own=newest is not None and newest.is_own,
            preview_state=newest.state if newest is not None and newest.is_own else None,
            preview_kind=MessageKind.TEXT if newest is None else newest.kind,
            preview_system=None if newest is None else newest.system,
            preview_sender=self._sender(conversation, newest),
            preview_file="" if newest is None or newest.file is None else newest.file.name,
            preview_is_picture=newest is not None and _is_picture(newest),
            last_at_ms=0 if newest is None else newest.shown_at_ms,
            unread=conversation.unread,
            first_unread=storage.conversations.first_unread(conversation),
            head=conversation.have,
            draft=storage.conversations.draft(conversation_id).text,
            can_send=conversation.can_write and not storage.people.is_blocked(conversation.peer),
            kind=conversation.kind,
            title=conversation.title,
            avatar=conversation.avatar,
            announcement=conversation.announcement,
            member_count=2 if roster is None else len(roster.members),
            own_role=0 if own is None and roster is not None else 1 if own is None else own.role,
            timer_s=conversation.timer_s,
            has_history=roster is None or roster.has_history,
            is_blocked=self._states.is_blocked(conversation_id),
            mentions=mentions,
            first_mention=first_mention,
            remark=document.remarks.get(conversation.peer, ""),
            is_verified=pin is not None and pin.is_verified,
            muted_until_ms=self._muted_until_ms(document, conversation_id),
            is_pinned=conversation_id in document.pinned,
            pinned_at_ms=document.pinned.get(conversation_id, 0),
            is_archived=is_archived(storage, conversation, document),
        )

    def _muted_until_ms(self, document: AccountDocumentBody, conversation_id: int) -> int:
        until_ms = document.mutes.get(conversation_id, -1)
        return until_ms if until_ms <= 0 or until_ms > self._context.server_time().at_ms else -1

    def _sender(
        self, conversation: StoredConversation, newest: MessageRow | None
    ) -> Profile | None:
        """Return who is named before the newest line: in a group, somebody else."""
        if newest is None or newest.is_own or newest.system is not None:
            return None
        if conversation.kind != ConversationKind.GROUP:
            return None
        return self._context.storage.people.profile(newest.sender)


def is_archived(
    storage: Storage, conversation: StoredConversation, document: AccountDocumentBody
) -> bool:
    """Whether a conversation is out of the list (`desktop.engine.preferences` has the rule)."""
    conversation_id = conversation.conversation_id
    if conversation_id not in document.archived:
        return False
    until_ms = document.mutes.get(conversation_id, -1)
    if until_ms == 0:
        return True
    sequence, received_at_ms = storage.messages.newest_of_others(conversation_id)
    return sequence <= document.archived[conversation_id] or received_at_ms < until_ms


def _is_picture(row: MessageRow) -> bool:
    return row.file is not None and row.file.width > 0


def _preview(row: MessageRow) -> str:
    """Return what the list shows of a message: a file without a caption by its name."""
    return row.text if row.text or row.file is None else row.file.name
