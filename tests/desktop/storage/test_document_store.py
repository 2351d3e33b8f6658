from __future__ import annotations

from desktop.storage.document_store import StoredDocument
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
