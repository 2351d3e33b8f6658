from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import msgspec
import pytest

from backend.config import BlobLimits, RateLimits
from backend.services.blobs import Blobs
from shared import limits
from shared.errors import Code, TransportError
from shared.frames import Accepted, Refused
from shared.rest_groups import Blanking
from tests.backend.grouped import Group, code_of
from tests.backend.office import Insider, Office
from tests.backend.uploads import begin, start_of, upload

DAY_MS = limits.BLOB_FORGOTTEN_MS


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def blobs(office: Office) -> Blobs:
    return office.services.blobs


def files_of(office: Office) -> list[Path]:
    folder = office.services.context.settings.data / "blobs"
    return [path for path in folder.rglob("*") if path.is_file()]


def fetched(blobs: Blobs, who: Insider, blob_id: int, first: int = 0, stop: int = 0) -> bytes:
    content = blobs.open(who.account, blob_id)
    return b"".join(blobs.pieces(content, first=first, stop=stop or content.size))


def bounded(office: Office, **bounds: int) -> Blobs:
    """Return the service as it is under other bounds."""
    context = office.services.context
    settings = msgspec.structs.replace(context.settings, blob_limits=BlobLimits(**bounds))
    from dataclasses import replace

    return Blobs(
        replace(context, settings=settings), office.services.limiter, office.services.blobs._files
    )


def test_an_upload_in_parts_is_fetched_whole_and_in_ranges(blobs: Blobs, office: Office) -> None:
    anna, data = office.join("anna"), os.urandom(limits.BLOB_READ_BYTES * 2 + 5)
    blob_id = begin(office, anna, data)

    first = blobs.write(anna.account, blob_id, data[:1000], offset=0)
    second = blobs.write(anna.account, blob_id, data[1000:], offset=1000)
    done = blobs.finish(anna.account, blob_id)

    assert (first.received, second.received) == (1000, len(data))
    assert not second.is_complete
    assert done.is_complete
    assert fetched(blobs, anna, blob_id) == data
    assert fetched(blobs, anna, blob_id, 10, 20) == data[10:20]


def test_the_same_start_is_the_same_upload(blobs: Blobs, anna: Insider, ben: Insider) -> None:
    start = start_of(b"data")
    blobs.start(anna.account, start)
    blobs.write(anna.account, start.blob_id, b"da", offset=0)

    again = blobs.start(anna.account, start)

    assert again.received == 2
    assert code_of(lambda: blobs.start(ben.account, start)) is Code.EXISTS
    other = start_of(b"other", start.blob_id)
    assert code_of(lambda: blobs.start(anna.account, other)) is Code.EXISTS


def test_a_part_goes_on_where_the_last_one_ended(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    blob_id = begin(office, anna, b"abcdef")
    blobs.write(anna.account, blob_id, b"abc", offset=0)

    for offset in (0, 2, 4):
        with pytest.raises(Exception, match="begins elsewhere") as caught:
            blobs.write(anna.account, blob_id, b"abc", offset=offset)
        assert caught.value.details == {"received": "3"}  # type: ignore[attr-defined] # Its own.

    assert blobs.status(anna.account, blob_id).received == 3


def test_more_than_announced_is_refused(blobs: Blobs, office: Office, anna: Insider) -> None:
    blob_id = begin(office, anna, b"abc")

    refused = code_of(lambda: blobs.write(anna.account, blob_id, b"abcd", offset=0))

    assert refused is Code.TOO_LARGE
    assert blobs.status(anna.account, blob_id).received == 0


def test_an_unfinished_upload_is_not_finished_and_not_served(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    blob_id = begin(office, anna, b"abc")
    blobs.write(anna.account, blob_id, b"ab", offset=0)

    assert code_of(lambda: blobs.finish(anna.account, blob_id)) is Code.CONFLICT
    assert code_of(lambda: blobs.open(anna.account, blob_id)) is Code.NOT_FOUND
    blobs.write(anna.account, blob_id, b"c", offset=2)
    assert code_of(lambda: blobs.open(anna.account, blob_id)) is Code.NOT_FOUND


def test_other_bytes_than_announced_start_anew(blobs: Blobs, office: Office, anna: Insider) -> None:
    blob_id = begin(office, anna, b"abc")
    blobs.write(anna.account, blob_id, b"abx", offset=0)

    refused = code_of(lambda: blobs.finish(anna.account, blob_id))
    status = blobs.status(anna.account, blob_id)
    blobs.write(anna.account, blob_id, b"abc", offset=0)

    assert refused is Code.BAD_HASH
    assert (status.received, status.is_complete) == (0, False)
    assert blobs.finish(anna.account, blob_id).is_complete


def test_finish_can_be_repeated_and_then_nothing_be_added(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    blob_id = upload(office, anna, b"abc")

    again = blobs.finish(anna.account, blob_id)

    assert again.is_complete
    conflict = code_of(lambda: blobs.write(anna.account, blob_id, b"", offset=3))
    assert conflict is Code.CONFLICT


def test_nobody_learns_of_the_uploads_of_others(
    blobs: Blobs, office: Office, anna: Insider, ben: Insider
) -> None:
    blob_id = upload(office, anna, b"abc")

    for call in (
        lambda: blobs.status(ben.account, blob_id),
        lambda: blobs.write(ben.account, blob_id, b"", offset=3),
        lambda: blobs.finish(ben.account, blob_id),
        lambda: blobs.remove(ben.account, blob_id),
        lambda: blobs.open(ben.account, blob_id),
    ):
        assert code_of(call) is Code.NOT_FOUND


def test_members_fetch_what_a_message_names_until_it_is_recalled(
    blobs: Blobs, office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben)
    blob_id = upload(office, anna, b"abc")

    answer = group.write(anna, blob_ids=(blob_id,))
    seen = fetched(blobs, ben, blob_id)
    blanking = Blanking(sequence=2, payload_hash=answer.payload_hash)
    office.services.blankings.blank(anna.account, group.number, blanking)

    assert seen == b"abc"
    assert code_of(lambda: blobs.open(ben.account, blob_id)) is Code.NOT_FOUND


def test_a_message_may_not_name_what_its_sender_may_not_fetch(
    office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben)
    theirs, unfinished = upload(office, anna, b"abc"), begin(office, ben, b"abc")

    refused = [group.write(ben, blob_ids=(each,)) for each in (theirs, unfinished, 99)]
    group.write(anna, blob_ids=(theirs,))
    passed_on = group.write(ben, blob_ids=(theirs,))

    assert [answer.code for answer in refused if isinstance(answer, Refused)] == [Code.NO_BLOB] * 3
    assert isinstance(passed_on, Accepted)


def test_an_own_upload_can_be_let_go_unless_it_is_named(
    blobs: Blobs, office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben)
    named, unnamed = upload(office, anna, b"abc"), upload(office, anna, b"abcd")
    unfinished = begin(office, anna, b"abcde")
    group.write(anna, blob_ids=(named,))

    blobs.remove(anna.account, unnamed)
    blobs.remove(anna.account, unfinished)

    assert code_of(lambda: blobs.remove(anna.account, named)) is Code.CONFLICT
    assert code_of(lambda: blobs.status(anna.account, unnamed)) is Code.NOT_FOUND
    assert len(files_of(office)) == 1


def test_bounds_are_kept(office: Office, anna: Insider) -> None:
    large = bounded(office, bytes_each=10)
    full = bounded(office, bytes_per_account=10)
    many = bounded(office, unfinished_per_account=1)
    disk = bounded(office, disk_bytes_free=2**60)

    assert code_of(lambda: large.start(anna.account, start_of(b"x" * 11))) is Code.TOO_LARGE
    assert code_of(lambda: disk.start(anna.account, start_of(b"x"))) is Code.OVERLOADED
    full.start(anna.account, start_of(b"x" * 6))
    assert code_of(lambda: full.start(anna.account, start_of(b"x" * 5))) is Code.QUOTA
    full.start(anna.account, start_of(b"x" * 4))
    assert code_of(lambda: many.start(anna.account, start_of(b"x"))) is Code.RATE_LIMITED


def test_uploads_are_limited_in_rate(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", rate_limits=RateLimits(uploads_per_account="2/hour"))
    anna = office.join("anna")
    for _ in range(2):
        begin(office, anna, b"x")

    refused = code_of(lambda: begin(office, anna, b"x"))

    office.close()
    assert refused is Code.RATE_LIMITED


def test_a_second_request_for_a_busy_upload_waits(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    blob_id = begin(office, anna, b"abc")

    with blobs._alone(blob_id):
        busy = code_of(lambda: blobs.write(anna.account, blob_id, b"abc", offset=0))

    assert busy is Code.OVERLOADED
    assert blobs.write(anna.account, blob_id, b"abc", offset=0).received == 3


def age(office: Office, ms: int) -> None:
    """Let time pass, for the files too."""
    office.clock.now_ms += ms
    now = time.time()
    for path in files_of(office):
        os.utime(path, (now, office.clock.now_ms / 1000 - ms / 1000))


def test_what_was_left_alone_for_a_day_is_collected(
    blobs: Blobs, office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben)
    named, unnamed = upload(office, anna, b"a"), upload(office, anna, b"ab")
    unfinished = begin(office, anna, b"abc")
    blobs.write(anna.account, unfinished, b"a", offset=0)
    never = begin(office, anna, b"abcd")
    group.write(anna, blob_ids=(named,))

    early = blobs.collect()
    age(office, DAY_MS + 1)
    late = blobs.collect()

    assert (early, late) == (0, 3)
    assert fetched(blobs, ben, named) == b"a"
    assert len(files_of(office)) == 1
    for blob_id in (unnamed, unfinished, never):
        assert code_of(lambda: blobs.status(anna.account, blob_id)) is Code.NOT_FOUND  # noqa: B023 # Called at once.


def test_a_slow_upload_is_not_collected(blobs: Blobs, office: Office, anna: Insider) -> None:
    blob_id = begin(office, anna, b"abc")
    blobs.write(anna.account, blob_id, b"a", offset=0)
    office.clock.now_ms += DAY_MS + 1
    for path in files_of(office):
        os.utime(path, (office.clock.now_ms / 1000, office.clock.now_ms / 1000))

    assert blobs.collect() == 0
    assert blobs.status(anna.account, blob_id).received == 1


def test_what_only_blank_messages_named_is_collected(
    blobs: Blobs, office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben)
    blob_id = upload(office, anna, b"abc")
    answers = [group.write(anna, blob_ids=(blob_id,)) for _ in range(2)]
    age(office, DAY_MS + 1)
    for sequence, answer in enumerate(answers, start=2):
        assert blobs.collect() == 0
        blanking = Blanking(sequence=sequence, payload_hash=answer.payload_hash)
        office.services.blankings.blank(anna.account, group.number, blanking)

    assert blobs.collect() == 1
    assert files_of(office) == []


def test_files_that_a_crash_left_without_a_row_are_collected(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    kept = upload(office, anna, b"abc")
    blobs._files.append(1, b"left", offset=0)

    blobs.collect()

    assert list(blobs._files.numbers()) == [kept]


def test_an_upload_is_not_collected_under_the_hands_of_a_request(
    blobs: Blobs, office: Office, anna: Insider
) -> None:
    blob_id = begin(office, anna, b"abc")
    age(office, DAY_MS + 1)

    with blobs._alone(blob_id):
        assert blobs.collect() == 0

    assert blobs.collect() == 1


@pytest.mark.logs_warnings
def test_a_file_that_cannot_go_is_tried_again(
    blobs: Blobs, office: Office, anna: Insider, caplog: pytest.LogCaptureFixture
) -> None:
    blobs._files.append(1, b"left", offset=0)
    path = files_of(office)[0]
    path.unlink()
    path.mkdir()

    with caplog.at_level(logging.WARNING):
        blobs.collect()
    path.rmdir()
    blobs._files.append(1, b"left", offset=0)
    blobs.collect()

    assert "stays for now" in caplog.text
    assert files_of(office) == []


@pytest.mark.logs_warnings
def test_collecting_waits_for_a_disk_that_works(
    blobs: Blobs,
    office: Office,
    anna: Insider,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object) -> None:
        raise TransportError("The disk is full.")

    monkeypatch.setattr("backend.services.blobs.store.unfinished", lambda *_, **__: fail(None))

    assert blobs.collect() == 0
    assert "stay for now" in caplog.text


@pytest.mark.logs_warnings
def test_a_file_that_was_cut_is_not_made_up(
    blobs: Blobs, office: Office, anna: Insider, caplog: pytest.LogCaptureFixture
) -> None:
    blob_id = upload(office, anna, b"abcdef")
    with files_of(office)[0].open("r+b") as file:
        file.truncate(3)

    assert fetched(blobs, anna, blob_id) == b"abc"
    assert "shorter" in caplog.text


def test_a_file_that_is_gone_is_not_found(blobs: Blobs, office: Office, anna: Insider) -> None:
    blob_id = upload(office, anna, b"abcdef")
    files_of(office)[0].unlink()

    assert code_of(lambda: blobs.open(anna.account, blob_id)) is Code.NOT_FOUND


def test_many_write_at_the_same_time(blobs: Blobs, office: Office, anna: Insider) -> None:
    data = [os.urandom(50_000) for _ in range(4)]
    made: list[int] = []
    threads = [
        threading.Thread(target=lambda each=each: made.append(upload(office, anna, each)))
        for each in data
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(fetched(blobs, anna, each) for each in made) == sorted(data)
