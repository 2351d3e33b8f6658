from __future__ import annotations

from desktop.storage.search_index import SearchIndex
from desktop.storage.storage import Storage
from tests.desktop.storage.samples import CONVERSATION


def found(storage: Storage, text: str, conversation_id: int | None = None) -> list[int]:
    expression = SearchIndex.expression(text, conversation_id)
    if expression is None:
        return []
    sql = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid"
    return [row[0] for row in storage.database.rows(sql, expression)]


def test_a_message_is_found_by_its_newest_text_alone(storage: Storage) -> None:
    index = SearchIndex(storage.database)
    index.put(5, CONVERSATION, "tea at four")

    index.put(5, CONVERSATION, "coffee at five")

    assert found(storage, "tea") == []
    assert found(storage, "coffee") == [5]


def test_what_has_no_text_any_more_is_not_found(storage: Storage) -> None:
    index = SearchIndex(storage.database)
    index.put(5, CONVERSATION, "tea")
    index.put(6, CONVERSATION, "tea too")

    index.put(5, CONVERSATION, "")
    index.drop(6)

    assert found(storage, "tea") == []


def test_a_search_may_be_kept_to_one_conversation(storage: Storage) -> None:
    index = SearchIndex(storage.database)
    index.put(5, CONVERSATION, "tea")
    index.put(6, CONVERSATION + 1, "tea")

    assert found(storage, "tea", CONVERSATION) == [5]
    assert found(storage, "tea") == [5, 6]
    assert SearchIndex.expression(" …", CONVERSATION) is None
