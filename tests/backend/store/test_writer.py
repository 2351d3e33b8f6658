from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from sqlalchemy import event

from backend.store import accounts
from backend.store.unit import Unit
from backend.store.writer import Job, Writer
from shared import limits
from shared.errors import Code, MimError, RefusedError, TransportError
from tests.backend.office import Insider, Office


@pytest.fixture
def writer(office: Office) -> Writer:
    return office.app.writer


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def held(writer: Writer) -> Iterator[threading.Event]:
    """The writer is busy until the event is set, so that jobs gather."""
    release = threading.Event()
    is_busy = threading.Event()

    def work(unit: Unit) -> None:
        is_busy.set()
        release.wait(20)

    writer.put(Job(0, work, lambda result, error: None))
    is_busy.wait(20)
    yield release
    release.set()


def seen(office: Office, insider: Insider) -> int:
    def query(session: object) -> int:
        user = accounts.find_user(session, insider.account)  # type: ignore[arg-type] # Given so.
        assert user is not None
        return user.last_seen_ms

    return office.services.context.read(query)


def test_what_waits_is_one_batch_sorted_by_conversation(
    writer: Writer, held: threading.Event
) -> None:
    order: list[tuple[int, int]] = []
    done: Future[None] = Future()
    batches = writer.batches
    for number in range(10):
        for conversation in (2, 1):

            def work(unit: Unit, entry: tuple[int, int] = (conversation, number)) -> None:
                order.append(entry)

            writer.put(Job(conversation, work, lambda result, error: None))
    writer.put(Job(9, lambda unit: None, lambda result, error: done.set_result(None)))

    held.set()
    done.result(20)

    assert order == [(1, number) for number in range(10)] + [(2, number) for number in range(10)]
    assert writer.batches == batches + 2


def test_answers_come_after_the_commit_and_before_what_is_announced(
    office: Office, writer: Writer, anna: Insider
) -> None:
    heard: list[str] = []
    done: Future[None] = Future()

    def work(unit: Unit) -> None:
        accounts.note_seen(unit.session, anna.account, 77)
        unit.announce(lambda: heard.append(f"announced {seen(office, anna)}"))
        unit.announce(lambda: done.set_result(None))

    def answer(result: None, error: MimError | None) -> None:
        heard.append(f"answered {seen(office, anna)}")

    writer.put(Job(0, work, answer, has_savepoint=True))
    done.result(20)

    assert heard == ["answered 77", "announced 77"]


def test_a_refusal_undoes_its_own_job_only(
    office: Office, writer: Writer, anna: Insider, held: threading.Event
) -> None:
    announced: list[int] = []

    def refuse(unit: Unit) -> None:
        accounts.note_seen(unit.session, anna.account, 99)
        unit.announce(lambda: announced.append(99))
        raise RefusedError(Code.ONESELF, "No.")

    before = writer.change(lambda unit: accounts.note_seen(unit.session, anna.account, 11))
    refused = writer.change(refuse)
    held.set()
    before.result(20)

    with pytest.raises(RefusedError):
        refused.result(20)
    assert seen(office, anna) == 11
    assert announced == []


@pytest.mark.logs_warnings
def test_a_bug_in_one_job_undoes_the_batch_and_the_writer_goes_on(
    office: Office, writer: Writer, anna: Insider, held: threading.Event
) -> None:
    rollbacks: list[int] = []
    writer.on_rollback(lambda: rollbacks.append(1))
    good = writer.change(lambda unit: accounts.note_seen(unit.session, anna.account, 11))
    broken = writer.change(lambda unit: 1 // 0)
    held.set()

    for future in (good, broken):
        with pytest.raises(TransportError):
            future.result(20)

    writer.change(lambda unit: accounts.note_seen(unit.session, anna.account, 5)).result(20)
    assert seen(office, anna) == 5
    assert len(rollbacks) == 1


@pytest.mark.logs_warnings
def test_a_full_disk_is_told_and_gets_better(office: Office, writer: Writer, anna: Insider) -> None:
    from backend.store import facts

    def fill(unit: Unit) -> None:
        for number in range(2000):
            facts.store_fact(unit.session, f"fact-{number}", "x" * 200)
        unit.session.flush()

    def shrink(connection: object, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=80")  # type: ignore[attr-defined] # DB-API.

    def grow(connection: object, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1000000")  # type: ignore[attr-defined] # As above.

    engine = office.app.database.engine
    event.listen(engine, "checkout", shrink)
    full = writer.change(fill)
    with pytest.raises(TransportError):
        full.result(20)
    event.remove(engine, "checkout", shrink)
    event.listen(engine, "checkout", grow)

    writer.change(fill).result(20)


@pytest.mark.logs_warnings
def test_a_listener_that_fails_keeps_nobody_from_hearing(writer: Writer) -> None:
    done: Future[None] = Future()

    def work(unit: Unit) -> None:
        unit.announce(lambda: [][0])
        unit.announce(lambda: done.set_result(None))

    writer.put(Job(0, work, lambda result, error: None))

    assert done.result(20) is None


def test_a_full_queue_is_overloaded(
    writer: Writer, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WRITER_QUEUE_MAX", 1)
    waiting = writer.change(lambda unit: None)

    with pytest.raises(RefusedError) as caught:
        writer.change(lambda unit: None)

    held.set()
    waiting.result(20)
    assert caught.value.code is Code.OVERLOADED


def test_stopping_writes_what_waits_and_takes_no_more(
    office: Office, writer: Writer, anna: Insider, held: threading.Event
) -> None:
    waiting = writer.change(lambda unit: accounts.note_seen(unit.session, anna.account, 3))
    held.set()

    writer.stop()

    waiting.result(0)
    with pytest.raises(RefusedError):
        writer.change(lambda unit: None)
    assert seen(office, anna) == 3
