from __future__ import annotations

from backend.store import entries
from shared import chain
from shared.entries import Entry
from tests.backend.office import Office
from tests.backend.people import message
from tests.backend.uploads import upload


def test_entries_come_back_as_they_were_announced(office: Office) -> None:
    from backend.bus import EntryStored

    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    for blob_id in (5, 2**63 - 1):
        upload(office, anna, b"data", blob_id)
    office.submit(
        anna, message(chat, 2, blob_ids=(5, 2**63 - 1), expires_at_ms=9, sent_error_ms=2**62)
    )
    office.settle()

    stored = office.services.context.read(
        lambda session: entries.entries_after(session, chat, after=0, limit=10)
    )

    announced = [heard.entry for heard in office.heard if isinstance(heard, EntryStored)]
    assert list(stored.entries) == announced
    assert stored.chain_before == chain.START
    assert stored.entries[1].blob_ids == (5, 2**63 - 1)


def test_a_first_answer_is_found_by_device_and_counter(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    office.submit(anna, message(chat, 2))

    def find(device: int, counter: int) -> Entry | None:
        return office.services.context.change(
            lambda unit: entries.first_answer(
                unit.connection, conversation_id=chat, device=device, device_counter=counter
            )
        )

    found = find(anna.device, 2)
    assert found is not None
    assert found.sequence == 2
    assert find(anna.device, 3) is None
    assert find(ben.device, 1) is None


def test_the_newest_moment_covers_entries_and_accounts(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    empty = office.services.context.read(entries.newest_moment)
    office.converse(anna, ben)

    at_ms, newest_id = office.services.context.read(entries.newest_moment)

    assert empty == (0, max(anna.account, ben.account))
    assert at_ms == office.clock.now_ms
    assert newest_id > empty[1]
