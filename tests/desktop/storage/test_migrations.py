from __future__ import annotations

import apsw

from desktop.storage.database import Value
from desktop.storage.migrations import FIRST_VERSION, MIGRATIONS, ORDER_STEP, WAITING_BASE
from desktop.storage.storage import Storage
from tests.desktop.storage.samples import CONVERSATION, ME, entry, opened, submission, typed


def test_a_new_database_is_at_the_newest_version(storage: Storage) -> None:
    assert storage.database.row("PRAGMA user_version") == (FIRST_VERSION + len(MIGRATIONS) - 1,)


def test_a_log_of_any_length_sorts_before_what_waits() -> None:
    longest_log = 2**40

    assert longest_log * ORDER_STEP < WAITING_BASE


# Every table that grows with what is said; the rest stays small.
_LARGE = ("messages", "entries", "sealed")


def test_no_query_of_the_stores_walks_through_a_large_table(storage: Storage) -> None:
    asked = watch(storage)
    for sequence in (2, 3):
        storage.messages.save_entries([entry(sequence)])
        storage.messages.add_opened(opened(sequence, "some text"), is_own=False)
    local_id = storage.messages.add_waiting(typed("mine"))
    storage.outbox.add(local_id, CONVERSATION, typed_at_ms=1, content=b"c")
    storage.outbox.save_sealed(local_id, submission(1))
    storage.outbox.sealed(CONVERSATION, 5)
    storage.messages.settle(local_id, entry(4, ME))
    storage.messages.place({2: 3, 3: 2}, CONVERSATION)
    storage.messages.has_message(CONVERSATION, 2)
    storage.messages.before(CONVERSATION, None, 5)
    storage.messages.after(CONVERSATION, 0, 5)
    storage.messages.own_between(CONVERSATION, 1, 5)
    storage.messages.unopened(CONVERSATION, 5)
    storage.messages.entries(CONVERSATION, first=1, last=5)
    storage.messages.handshakes(CONVERSATION, after=1, last=5)
    storage.messages.handshake_before(CONVERSATION, 5)
    storage.messages.search("text", CONVERSATION, 5)
    storage.conversations.raise_marks(
        CONVERSATION, delivered=4, delivered_at_ms=1, read=4, read_at_ms=1
    )
    storage.conversations.raise_own_read(CONVERSATION, 2, is_sent=False)
    conversation = storage.conversations.get(CONVERSATION)
    assert conversation is not None
    storage.conversations.first_unread(conversation)

    for query, values in asked:
        plan = storage.database.rows(f"EXPLAIN QUERY PLAN {query}", *values)
        for step in (str(row[3]) for row in plan):
            walks = any(step.startswith((f"SCAN {name}", "SCAN m")) for name in _LARGE)
            by_conversation_alone = step.endswith("(conversation_id=?)") and "messages" in query
            assert not walks, (query, step)
            assert not by_conversation_alone or "ORDER BY" in query, (query, step)
            assert "TEMP B-TREE" not in step, (query, step)


def watch(storage: Storage) -> list[tuple[str, tuple[Value, ...]]]:
    """Note every statement from here on that reads or changes a large table."""
    asked: list[tuple[str, tuple[Value, ...]]] = []
    run = storage.database._run

    def noting(sql: str, values: tuple[Value, ...] = ()) -> apsw.Cursor:
        is_query = sql.split()[0] in ("SELECT", "UPDATE", "DELETE")
        if is_query and any(name in sql for name in _LARGE):
            asked.append((sql, values))
        return run(sql, values)

    storage.database._run = noting  # type: ignore[method-assign]  # To see what is run.
    return asked
