"""What opened contents do to the timeline."""

from __future__ import annotations

from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.events import MessageKind, SystemKind
from desktop.storage.message_store import OpenedEntry
from desktop.storage.outbox_store import OutboxItem
from shared.content import Content, File, Known, Profile, Text, encode_content
from shared.entries import Entry
from shared.errors import Code
from shared.roster import ConversationKind, Role

__all__ = ["Contents"]

_MESSAGE_ID_BYTES = 16


class Contents:
    """Applies contents, and queues those that no person typed."""

    def __init__(self, context: EngineContext, changes: Changes) -> None:
        self._context = context
        self._changes = changes

    def apply(self, entry: Entry, content: Content, *, role: int, kind: ConversationKind) -> None:
        """Apply what an entry says; inside the storing transaction."""
        if isinstance(content, Text):
            opened = OpenedEntry(
                entry=entry,
                kind=MessageKind.TEXT,
                message_id=content.message_id,
                text=content.text,
            )
        elif isinstance(content, File):
            opened = OpenedEntry(
                entry=entry,
                kind=MessageKind.FILE,
                message_id=content.message_id,
                text=content.text,
                file=content,
            )
        elif isinstance(content, Profile):
            if kind is not ConversationKind.GROUP or role < Role.ADMIN:
                self._context.storage.messages.set_opened(entry)
                return
            self._rename(entry.conversation_id, content)
            opened = OpenedEntry(
                entry=entry,
                kind=MessageKind.SYSTEM,
                message_id=content.message_id,
                text=content.name,
                system=SystemKind.RENAMED,
            )
        else:
            opened = OpenedEntry(entry=entry, kind=MessageKind.UNSUPPORTED)
        self._add(opened)

    def apply_blank(self, entry: Entry) -> None:
        """Show that a payload is gone."""
        self._add(OpenedEntry(entry=entry, kind=MessageKind.REMOVED))

    def refresh(self, conversation_id: int, sequence: int) -> None:
        """Look anew at a line that could not be opened."""

    def expires_at_ms(self, item: OutboxItem, sent_at_ms: int) -> int:
        """Return when the server is to drop what is sealed from an item."""
        del item, sent_at_ms
        return 0

    def refused(self, local_id: int, code: Code) -> None:
        """Note that a rule said no."""
        self._context.storage.messages.refuse(local_id, code.value)

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

    def profile(self, conversation_id: int) -> Profile | None:
        """Return what a group shows of itself."""
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or not conversation.title:
            return None
        return Profile(
            self._context.random(_MESSAGE_ID_BYTES),
            conversation.title,
            conversation.avatar,
            conversation.announcement,
        )

    def _rename(self, conversation_id: int, profile: Profile) -> None:
        self._context.storage.conversations.set_profile(
            conversation_id,
            title=profile.name,
            avatar=profile.avatar,
            announcement=profile.announcement,
        )
        self._changes.conversation(conversation_id)

    def _add(self, opened: OpenedEntry) -> None:
        entry = opened.entry
        is_own = entry.account == self._context.me().account
        local_id = self._context.storage.messages.add_opened(opened, is_own=is_own)
        if local_id is not None:
            self._changes.message(entry.conversation_id, local_id)
