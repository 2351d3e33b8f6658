from __future__ import annotations

import msgspec

from shared.entries import Entry, Submission
from tests.shared.factories import make_log, make_submission


def test_entries_and_submissions_come_back_as_they_were() -> None:
    entry, submission = make_log(1)[0], make_submission(1)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(entry), type=Entry) == entry
    assert msgspec.json.decode(msgspec.json.encode(submission), type=Submission) == submission


def test_no_payload_shows_in_a_repr() -> None:
    assert "payload" not in repr(make_log(1)[0]) + repr(make_submission(1))
