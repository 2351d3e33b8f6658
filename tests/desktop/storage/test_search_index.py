from __future__ import annotations

from desktop.storage.search_index import SearchIndex
from desktop.storage.storage import Storage
from tests.desktop.storage.samples import CONVERSATION, ME, PEER


def put(
    storage: Storage,
    search_id: int,
    text: str,
    *,
    conversation_id: int = CONVERSATION,
    sender: int = PEER,
    is_file: bool = False,
) -> None:
    SearchIndex(storage.database).put(
        search_id, text, conversation_id=conversation_id, sender=sender, is_file=is_file
    )


def matching(storage: Storage, expression: str | None) -> list[int]:
    if expression is None:
        return []
    sql = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid"
    return [row[0] for row in storage.database.rows(sql, expression)]


def found(storage: Storage, text: str, conversation_id: int | None = None) -> list[int]:
    return matching(storage, SearchIndex.expression(text, conversation_id))


def test_a_message_is_found_by_its_newest_text_alone(storage: Storage) -> None:
    put(storage, 5, "tea at four")

    put(storage, 5, "coffee at five")

    assert found(storage, "tea") == []
    assert found(storage, "coffee") == [5]


def test_what_has_no_text_any_more_is_not_found(storage: Storage) -> None:
    put(storage, 5, "tea")
    put(storage, 6, "tea too")

    put(storage, 5, "")
    SearchIndex(storage.database).drop(6)

    assert found(storage, "tea") == []


def test_a_search_may_be_kept_to_one_conversation(storage: Storage) -> None:
    put(storage, 5, "tea")
    put(storage, 6, "tea", conversation_id=CONVERSATION + 1)

    assert found(storage, "tea", CONVERSATION) == [5]
    assert found(storage, "tea") == [5, 6]
    assert SearchIndex.expression(" …") is None


def test_a_search_may_be_kept_to_one_person_and_to_files(storage: Storage) -> None:
    put(storage, 5, "tea")
    put(storage, 6, "tea", sender=ME)
    put(storage, 7, "tea.pdf", sender=ME, is_file=True)

    assert matching(storage, SearchIndex.expression("tea", sender=ME)) == [6, 7]
    assert matching(storage, SearchIndex.expression("", CONVERSATION, only_files=True)) == [7]
    assert matching(storage, SearchIndex.expression("tea", sender=PEER, only_files=True)) == []


def test_what_people_write_is_never_taken_for_its_place(storage: Storage) -> None:
    put(storage, 5, "file s0000000000000004")
    put(storage, 6, "\x1ffile tea", sender=PEER)

    assert matching(storage, SearchIndex.expression("", only_files=True)) == []
    assert matching(storage, SearchIndex.expression("", sender=ME)) == []
    assert found(storage, "ea") == [6]
