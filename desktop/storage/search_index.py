"""The index over messages: which words stand in which, where, and who wrote them.

The column ``scope`` of a message holds words of its own (`desktop.storage.tokenizer.WORDS_MARK`):
``c`` and its conversation, ``s`` and its sender (16 hex digits each), and ``file`` where it has
one. A search for them costs no more than one for a word.
"""

from __future__ import annotations

from desktop.storage.database import Database
from desktop.storage.tokenizer import WORDS_MARK, match_expression

__all__ = ["SearchIndex", "searched"]


class SearchIndex:
    """The table ``search``; a message's place in it is its ``search_id``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, search_id: int, text: str, *, conversation_id: int, sender: int, is_file: bool
    ) -> None:
        """Let a message be found by this text and no other; by none if it is empty."""
        self.drop(search_id)
        self.add(search_id, text, conversation_id=conversation_id, sender=sender, is_file=is_file)

    def add(
        self, search_id: int, text: str, *, conversation_id: int, sender: int, is_file: bool
    ) -> None:
        """Let a message be found that was not in the index yet."""
        if text:
            words = " ".join(_words(conversation_id, sender, is_file=is_file))
            self._database.run(
                "INSERT INTO search (rowid, text, scope) VALUES (?, ?, ?)",
                search_id,
                text.lstrip(WORDS_MARK),
                WORDS_MARK + words,
            )

    def drop(self, search_id: int) -> None:
        """Let a message be found no more."""
        self._database.run("DELETE FROM search WHERE rowid = ?", search_id)

    @staticmethod
    def expression(
        text: str,
        conversation_id: int | None = None,
        *,
        sender: int | None = None,
        only_files: bool = False,
    ) -> str | None:
        """Return what to match, ``None`` if there is nothing to look for."""
        parts = [f"scope : {word}" for word in _words(conversation_id, sender, is_file=only_files)]
        words = match_expression(text)
        if words is not None:
            parts.insert(0, f"text : ({words})")
        return " AND ".join(parts) or None


def searched(text: str, file_name: str) -> str:
    """Return what a message is found by."""
    return f"{text}\n{file_name}" if text and file_name else text or file_name


def _words(conversation_id: int | None, sender: int | None, *, is_file: bool) -> list[str]:
    words = [] if conversation_id is None else [f"c{conversation_id:016x}"]
    words += [] if sender is None else [f"s{sender:016x}"]
    return [*words, "file"] if is_file else words
