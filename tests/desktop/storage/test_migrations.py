from __future__ import annotations

from pathlib import Path

import apsw
import msgspec

from desktop.storage.database import Database, Value
from desktop.storage.message_store import MessageStore
from desktop.storage.migrations import FIRST_VERSION, MIGRATIONS, ORDER_STEP, WAITING_BASE
from desktop.storage.outbox_store import OutboxStore
from desktop.storage.storage import Storage
from desktop.storage.tokenizer import register_tokenizer
from tests.desktop.storage.samples import CONVERSATION, ME, PEER, entry, opened, submission, typed


def test_a_new_database_is_at_the_newest_version(storage: Storage) -> None:
    assert storage.database.row("PRAGMA user_version") == (FIRST_VERSION + len(MIGRATIONS) - 1,)


def test_a_log_of_any_length_sorts_before_what_waits() -> None:
    longest_log = 2**40

    assert longest_log * ORDER_STEP < WAITING_BASE


def at_version(path: Path, steps: int) -> apsw.Connection:
    """Make a database as it was after so many steps."""
    connection = apsw.Connection(str(path))
    connection.pragma("cipher", "chacha20")
    connection.pragma("key", f"raw:{bytes(32).hex()}")
    register_tokenizer(connection)
    for migration in MIGRATIONS[:steps]:
        connection.execute(migration)
    connection.pragma("user_version", FIRST_VERSION + steps - 1)
    return connection


def test_what_waited_before_keeps_its_order(tmp_path: Path) -> None:
    connection = at_version(tmp_path / "mim.db", 4)
    sealed = msgspec.msgpack.encode(submission(1))
    for local_id, counter, sealed_bytes in ((7, None, None), (5, None, None), (6, 1, sealed)):
        connection.execute(
            "INSERT INTO outbox VALUES (?, 77, 1, x'', ?, ?)", (local_id, counter, sealed_bytes)
        )
    connection.close()

    database = Database(tmp_path / "mim.db", bytes(32))

    assert [item.local_id for item in OutboxStore(database).items()] == [6, 5, 7]
    database.close()


def test_messages_of_before_are_found_by_conversation_sender_and_file(tmp_path: Path) -> None:
    path = tmp_path / "mim.db"
    connection = at_version(path, 1)
    connection.execute(
        "INSERT INTO conversations (conversation_id, kind, peer, can_write, newest_handshake,"
        " document_hash, head, floor, chain_floor, have, chain_have)"
        " VALUES (77, 1, 5, 1, 1, x'', 3, 0, x'', 3, x'')"
    )
    for number, (kind, text) in enumerate([("text", "明天去北京"), ("file", ""), ("text", "")]):
        connection.execute(
            "INSERT INTO messages (local_id, conversation_id, order_key, search_id, sequence,"
            " sender, is_own, kind, text, shown_at_ms, sent_at_ms, received_at_ms)"
            " VALUES (?1, 77, ?1, ?1, ?1, 5, 0, ?2, ?3, 1, 1, 1)",
            (number + 1, kind, text),
        )
    connection.execute("INSERT INTO search (rowid, text, scope) VALUES (1, 'stale', '004d')")
    connection.execute(
        "INSERT INTO files VALUES (2, 77, 9, x'', x'', 1, 'plan.pdf', '', 0, 0, x'', x'', 0)"
    )
    connection.close()

    database = Database(path, bytes(32))
    messages = MessageStore(database)

    assert [row.sequence for row in messages.search("北京", CONVERSATION, 9)] == [1]
    assert [row.sequence for row in messages.search("pdf", None, 9, sender=PEER)] == [2]
    assert [row.sequence for row in messages.search("", None, 9, only_files=True)] == [2]
    assert messages.search("stale", None, 9) == []
    database.close()


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
    storage.messages.search("text", None, 5, sender=ME, since_ms=1, before_local_id=local_id)
    storage.messages.search("", None, 5, since_ms=1)
    storage.messages.first_at(CONVERSATION, 5)
    storage.messages.oldest_received_ms(CONVERSATION)
    storage.messages.newest_of_others(CONVERSATION)
    storage.conversations.raise_marks(
        CONVERSATION, delivered=4, delivered_at_ms=1, read=4, read_at_ms=1
    )
    storage.conversations.raise_own_read(CONVERSATION, 2, is_sent=False)
    conversation = storage.conversations.get(CONVERSATION)
    assert conversation is not None
    storage.conversations.first_unread(conversation)
    storage.conversations.mentions(conversation)

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
