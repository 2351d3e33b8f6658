from __future__ import annotations

import pytest

from desktop.storage.document_store import DocumentStore, StoredDocument
from desktop.storage.storage import Storage
from shared.e2ee.account_document import AccountDocumentBody
from shared.roster import RevokeWarrant

WARRANT = RevokeWarrant(account=5, device_id=50, signature=bytes(64))


def test_there_is_an_empty_document_before_the_first(storage: Storage) -> None:
    assert storage.document.load() == StoredDocument()
    assert not storage.document.load().is_dirty


def test_a_document_is_kept_with_what_is_wanted(storage: Storage) -> None:
    document = StoredDocument(version=3, own=AccountDocumentBody(remarks={5: "Ben"}))

    storage.document.save(document)

    assert storage.document.load() == document
    assert document.is_dirty


def test_a_warrant_waits_until_it_was_handed_out(storage: Storage) -> None:
    storage.document.add_warrants((WARRANT,))
    waiting = storage.document.waiting()

    storage.document.note_handed_out(waiting)

    assert list(waiting.values()) == [WARRANT]
    assert storage.document.waiting() == {}
    assert storage.document.warrants() == (WARRANT,)


def test_a_warrant_that_was_learnt_is_kept_once_and_waits_for_nothing(storage: Storage) -> None:
    warrant = RevokeWarrant(account=1, device_id=2, signature=bytes(64))

    for _ in range(2):
        storage.document.learn_warrant(warrant)

    assert storage.document.warrants() == (warrant,)
    assert storage.document.waiting() == {}


def test_a_change_that_was_undone_is_forgotten(storage: Storage) -> None:
    kept = StoredDocument(version=3, own=AccountDocumentBody(remarks={5: "Ben"}))
    storage.document.save(kept)

    def fail() -> None:
        with storage.database.transaction():
            storage.document.save(StoredDocument(version=4))
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail()

    assert storage.document.load() == kept
    assert storage.document.load() is storage.document.load()


def test_a_document_is_read_again_by_another_start(storage: Storage) -> None:
    document = StoredDocument(version=3, base=AccountDocumentBody(mutes={77: 0}))
    storage.document.save(document)

    assert DocumentStore(storage.database).load() == document
