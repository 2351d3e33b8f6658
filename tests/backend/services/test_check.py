from __future__ import annotations

import pytest
from sqlalchemy import text

from backend.blobs import GrowingBlobs
from backend.services.check import check_all, check_blobs, stats
from tests.backend.office import Office
from tests.backend.people import message
from tests.backend.uploads import begin, upload


@pytest.fixture
def chat(office: Office) -> int:
    anna, ben = office.join("anna"), office.join("ben")
    number = office.converse(anna, ben)
    for counter in range(2, 8):
        office.submit(anna, message(number, counter))
    return number


def test_healthy_data_has_no_problems(office: Office, chat: int) -> None:
    assert check_all(office.app.database) == []
    assert stats(office.app.database)["entries"] == 7


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("UPDATE entries SET payload = x'00' WHERE sequence = 3", "sequence 3: the chain"),
        ("UPDATE entries SET sent_at_ms = 5 WHERE sequence = 4", "sequence 4: the chain"),
        ("DELETE FROM entries WHERE sequence = 5", "sequence 6: expected sequence 5"),
        ("DELETE FROM entries WHERE sequence = 7", "the log ends at 6"),
        (
            "UPDATE entries SET device_counter = 99 WHERE sequence = 4",
            "sequence 4: device",
        ),
        (
            "UPDATE entries SET received_at_ms = 1 WHERE sequence = 4",
            "sequence 4: it was received before",
        ),
        ("UPDATE conversations SET newest_handshake = 2", "the newest handshake is 1"),
        ("UPDATE conversations SET chain = x'00'", "the log ends at 7"),
        ("UPDATE members SET read = 500", "beyond the head"),
        ("UPDATE members SET role = 3", "the members are not those"),
        ("UPDATE members SET last = 1 WHERE rowid = 1", "the members are not those"),
        ("UPDATE documents SET content = x'00'", "the roster document is missing"),
        ("DELETE FROM documents", "the roster document is missing"),
        ("UPDATE conversations SET has_history = 0", "whether history is kept"),
        ("UPDATE epoch_records SET parent = 2", "a record names 2"),
        ("UPDATE epoch_records SET parent = 99", "a record names 99"),
        ("UPDATE entries SET payload = x'' WHERE sequence = 1", "a handshake is blank"),
        (
            "INSERT INTO welcome_devices SELECT conversation_id, 5, 6, 1 FROM conversations",
            "the Welcome of 1 is not whole",
        ),
        ("DELETE FROM events WHERE position = 2", "events"),
    ],
)
def test_damage_is_found_and_named(office: Office, chat: int, damage: str, complaint: str) -> None:
    with office.app.database.engine.begin() as connection:
        connection.execute(text(damage))

    problems = check_all(office.app.database)

    assert any(complaint in problem for problem in problems), problems


def test_a_blank_entry_that_still_names_an_attachment_is_found(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    number = office.converse(anna, ben)
    blob_id = upload(office, anna, b"data")
    office.submit(anna, message(number, 2, blob_ids=(blob_id,)))
    assert check_all(office.app.database) == []

    with office.app.database.engine.begin() as connection:
        connection.execute(text("UPDATE entries SET payload = x'' WHERE sequence = 2"))

    assert any("named by 2" in problem for problem in check_all(office.app.database))


def test_an_attachment_that_is_not_whole_is_found(office: Office) -> None:
    anna = office.join("anna")
    whole, cut = upload(office, anna, b"data"), upload(office, anna, b"data")
    begin(office, anna, b"to come")
    files = GrowingBlobs(office.services.context.settings.data / "blobs")
    files.remove(cut)

    problems = check_blobs(office.app.database, files)

    assert problems == [f"Attachment {cut}: 0 bytes are there, not 4."]
    assert whole != cut
