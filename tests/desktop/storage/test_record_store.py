from __future__ import annotations

from desktop.storage.storage import Storage


def test_the_own_record_of_an_epoch_is_tried_first(storage: Storage) -> None:
    storage.records.add(7, 1, b"fetched", is_own=False)
    storage.records.add(7, 1, b"own", is_own=True)
    storage.records.add(7, 1, b"own", is_own=False)

    assert storage.records.all_of(7, 1) == [b"own", b"fetched"]
    assert storage.records.own(7, 1) == b"own"
    assert storage.records.own(7, 2) is None
    assert storage.records.has(7, 1)
    assert not storage.records.has(8, 1)


def test_a_message_key_counts_once(storage: Storage) -> None:
    def note(sequence: int, generation: int) -> int:
        return storage.records.note_opened(
            7, parent=1, device=2, leaf=0, generation=generation, sequence=sequence
        )

    assert [note(5, 0), note(5, 0), note(6, 0), note(6, 1)] == [5, 5, 5, 6]
