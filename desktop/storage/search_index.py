"""The index over messages: which words stand in which, and in which conversation."""

from __future__ import annotations

from desktop.storage.database import Database
from desktop.storage.tokenizer import match_expression

__all__ = ["SearchIndex", "searched"]


class SearchIndex:
    """The table ``search``; a message's place in it is its ``search_id``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, search_id: int, conversation_id: int, text: str) -> None:
        """Let a message be found by this text and no other; by none if it is empty."""
        self.drop(search_id)
        if text:
            self._database.run(
                "INSERT INTO search (rowid, text, scope) VALUES (?, ?, ?)",
                search_id,
                text,
                _scope(conversation_id),
            )

    def drop(self, search_id: int) -> None:
        """Let a message be found no more."""
        self._database.run("DELETE FROM search WHERE rowid = ?", search_id)

    @staticmethod
    def expression(text: str, conversation_id: int | None) -> str | None:
        """Return what to match, ``None`` if there is nothing to look for in ``text``."""
        words = match_expression(text)
        if words is None:
            return None
        if conversation_id is None:
            return f"text : ({words})"
        return f"text : ({words}) AND scope : ({match_expression(_scope(conversation_id))})"


def searched(text: str, file_name: str) -> str:
    """Return what a message is found by."""
    return f"{text}\n{file_name}" if text and file_name else text or file_name


def _scope(conversation_id: int) -> str:
    """Return the word that all messages of a conversation share."""
    return f"{conversation_id:016x}"
