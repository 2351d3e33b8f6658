from __future__ import annotations

import pytest

from backend.bus import EventStored
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest_devices import AccountDocument
from tests.backend.office import Office


def test_there_is_none_at_first(office: Office) -> None:
    anna = office.join("anna")

    assert office.services.account_documents.document(anna.account) == AccountDocument(version=0)


def test_each_version_follows_the_one_before(office: Office) -> None:
    anna = office.join("anna")
    documents = office.services.account_documents
    for version, sealed in ((1, b"one"), (2, b"two")):
        documents.replace(anna.account, AccountDocument(version=version, sealed=sealed))

    newest = documents.document(anna.account)

    assert newest == AccountDocument(version=2, sealed=b"two")
    for version in (0, 1, 2, 4):
        with pytest.raises(RefusedError) as caught:
            documents.replace(anna.account, AccountDocument(version=version, sealed=b"late"))
        assert caught.value.code is Code.CONFLICT
    assert documents.document(anna.account) == newest


def test_a_repeat_is_no_error_and_not_told_again(office: Office) -> None:
    anna = office.join("anna")
    document = AccountDocument(version=1, sealed=b"one")

    for _ in range(2):
        office.services.account_documents.replace(anna.account, document)

    told = [
        heard.account
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == EventKind.ACCOUNT_DOCUMENT_CHANGED
    ]
    assert told == [anna.account]
