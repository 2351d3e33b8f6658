from __future__ import annotations

from desktop.storage.migrations import MIGRATIONS, ORDER_STEP, WAITING_BASE
from desktop.storage.storage import Storage


def test_a_new_database_is_at_the_newest_version(storage: Storage) -> None:
    assert storage.database.row("PRAGMA user_version") == (len(MIGRATIONS),)


def test_a_log_of_any_length_sorts_before_what_waits() -> None:
    longest_log = 2**40

    assert longest_log * ORDER_STEP < WAITING_BASE


def test_pages_and_unread_counts_are_read_from_indexes(storage: Storage) -> None:
    queries = (
        (
            "SELECT * FROM messages WHERE conversation_id = 1 AND order_key < 5"
            " ORDER BY order_key DESC LIMIT 60"
        ),
        "SELECT count(*) FROM messages WHERE conversation_id = 1 AND is_own = 0 AND sequence > 5",
        (
            "SELECT entry FROM entries WHERE conversation_id = 1 AND is_opened = 0"
            " ORDER BY sequence DESC LIMIT 5"
        ),
        (
            "SELECT local_id FROM sealed WHERE conversation_id = 1"
            " ORDER BY device_counter DESC LIMIT 5"
        ),
    )
    for query in queries:
        plan = " ".join(str(row[3]) for row in storage.database.rows(f"EXPLAIN QUERY PLAN {query}"))

        assert "SEARCH" in plan, query
        assert "SCAN" not in plan, query
        assert "TEMP B-TREE" not in plan, query
