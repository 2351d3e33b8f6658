from __future__ import annotations

import os
from collections.abc import Callable

import msgspec
import pytest

from desktop.engine.account_documents import AccountDocuments
from desktop.engine.alarms import Alarms, Finding
from desktop.engine.errors import ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from desktop.events import Alarm
from desktop.storage.peer_key_store import ListEnd, StoredPin
from shared.e2ee.account_document import (
    AccountDocumentBody,
    ListHead,
    Pin,
    open_document,
    seal_document,
)
from shared.errors import Code
from shared.rest_devices import AccountDocument
from tests.desktop.engine.office import ME, PEER, Office

pytestmark = pytest.mark.asyncio
A, B, C = b"a" * 32, b"b" * 32, b"c" * 32
GET, PUT = "GET /v1/account-document", "PUT /v1/account-document"
ARCHIVE = (1, ME.archive)


class Shelf:
    """The document at the server; ``between`` happens once before the next PUT is judged."""

    def __init__(self, office: Office) -> None:
        self.kept = AccountDocument(version=0)
        self.puts = 0
        self.between: Callable[[], None] | None = None
        office.http.answers[GET] = lambda _: msgspec.json.encode(self.kept)
        office.http.answers[PUT] = self._put

    def _put(self, data: bytes | None) -> bytes:
        document = msgspec.json.decode(data or b"", type=AccountDocument)
        self.puts += 1
        if self.between is not None:
            between, self.between = self.between, None
            between()
        if document.version != self.kept.version + 1:
            raise ServerRefusedError(Code.CONFLICT, "changed", {})
        self.kept = document
        return b""

    @property
    def body(self) -> AccountDocumentBody:
        return open_document(self.kept, account=ME.account, archive=ARCHIVE)

    def write(self, body: AccountDocumentBody) -> None:
        """Store what another device has written."""
        self.kept = seal_document(
            body,
            account=ME.account,
            version=self.kept.version + 1,
            archive=ARCHIVE,
            random=os.urandom,
        )


@pytest.fixture
def shelf(office: Office) -> Shelf:
    return Shelf(office)


@pytest.fixture
def changed() -> list[int]:
    return []


@pytest.fixture
def documents(office: Office, changed: list[int]) -> AccountDocuments:
    keys = PeerKeys(office.context, Alarms(office.context))
    keys.on_change.append(changed.append)
    return AccountDocuments(office.context, keys, Alarms(office.context))


def pin(office: Office, account: int, root: bytes, *, verified: bytes | None = None) -> None:
    office.context.storage.keys.save_pin(
        StoredPin(account=account, root_key=root, first_seen_ms=9, verified_root=verified)
    )


def pinned(office: Office, account: int) -> StoredPin:
    found = office.context.storage.keys.pin(account)
    assert found is not None
    return found


async def test_what_this_device_knows_of_others_is_shared_once(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A, verified=A)
    office.context.storage.keys.save_list_end(ListEnd(account=5, root_key=A, number=3, hash=B))

    await documents.refresh()
    await documents.refresh()

    assert shelf.body == AccountDocumentBody(
        pins={5: Pin(A, 9)}, verified={5: A}, list_heads={5: ListHead(A, 3, B)}
    )
    assert shelf.puts == 1


async def test_what_other_devices_know_is_taken_and_told(
    office: Office, shelf: Shelf, documents: AccountDocuments, changed: list[int]
) -> None:
    shelf.write(
        AccountDocumentBody(
            pins={5: Pin(A, 7, (B,))}, verified={5: A}, list_heads={5: ListHead(A, 4, C)}
        )
    )

    await documents.refresh()

    assert pinned(office, 5) == StoredPin(
        account=5, root_key=A, first_seen_ms=7, past=(B,), verified_root=A
    )
    end = office.context.storage.keys.list_end(5, A)
    assert end is not None
    assert (end.number, end.hash, end.entries) == (4, C, ())
    assert changed == [5]
    assert shelf.puts == 0


async def test_a_list_that_was_seen_longer_here_stays(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A)
    longer = ListEnd(account=5, root_key=A, number=6, hash=B)
    office.context.storage.keys.save_list_end(longer)
    shelf.write(AccountDocumentBody(pins={5: Pin(A, 9)}, list_heads={5: ListHead(A, 4, C)}))

    await documents.refresh()

    assert office.context.storage.keys.list_end(5, A) == longer
    assert shelf.body.list_heads == {5: ListHead(A, 6, B)}


async def test_two_devices_that_write_at_once_lose_nothing(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A)
    shelf.between = lambda: shelf.write(AccountDocumentBody(pins={6: Pin(B, 3)}))

    await documents.refresh()

    assert shelf.body.pins == {5: Pin(A, 9), 6: Pin(B, 3)}
    assert pinned(office, 6).root_key == B
    assert shelf.puts == 2


async def test_a_document_that_others_always_change_first_is_left_for_later(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A)

    def again() -> None:
        shelf.write(AccountDocumentBody(settings={"n": str(shelf.puts)}))
        shelf.between = again

    shelf.between = again

    await documents.refresh()

    assert shelf.puts == 5
    assert documents.body() != office.context.storage.document.load().base


async def test_another_refusal_ends_it(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A)
    office.http.give(PUT, ServerRefusedError(Code.TOO_LARGE, "large", {}))

    with pytest.raises(ServerRefusedError):
        await documents.refresh()

    assert shelf.kept.version == 0


@pytest.mark.logs_warnings
async def test_an_older_document_is_neither_taken_nor_replaced(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    shelf.write(AccountDocumentBody(pins={5: Pin(A, 9)}))
    older = shelf.kept
    shelf.write(AccountDocumentBody(pins={5: Pin(B, 9)}))
    await documents.refresh()
    shelf.kept = older
    pin(office, 6, C)

    assert not await documents.fetch()
    await documents.refresh()

    assert pinned(office, 5).root_key == B
    assert (shelf.kept, shelf.puts) == (older, 0)
    alarms = [each.kind for each in office.told if isinstance(each, Alarm)]
    assert alarms == [Finding.OLD_ACCOUNT_DOCUMENT]


async def test_a_document_that_does_not_open_is_not_written_over(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, 5, A)
    shelf.kept = seal_document(
        AccountDocumentBody(),
        account=ME.account,
        version=1,
        archive=(1, PEER.archive),
        random=os.urandom,
    )

    await documents.refresh()

    assert shelf.puts == 0
    assert office.context.storage.document.load().version == 0


async def test_nobody_else_says_what_the_own_root_is(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    pin(office, ME.account, ME.root.public)
    shelf.write(AccountDocumentBody(pins={ME.account: Pin(A, 1)}))

    await documents.fetch()

    assert pinned(office, ME.account).root_key == ME.root.public


async def test_a_root_that_another_own_device_accepted_need_not_be_looked_at_here(
    office: Office, shelf: Shelf, documents: AccountDocuments, changed: list[int]
) -> None:
    store = office.context.storage.keys
    store.save_pin(StoredPin(account=5, root_key=A, first_seen_ms=9, verified_root=A))
    await documents.refresh()
    store.save_pin(
        StoredPin(account=5, root_key=A, first_seen_ms=9, verified_root=A, changed_root=B)
    )
    assert pinned(office, 5).is_blocked
    shelf.write(AccountDocumentBody(pins={5: Pin(B, 9, (A,))}))

    await documents.refresh()

    after = pinned(office, 5)
    assert (after.root_key, after.past, after.changed_root) == (B, (A,), None)
    assert not after.is_verified
    assert changed[-1] == 5


def called(name: str) -> Callable[[AccountDocumentBody], AccountDocumentBody]:
    """Return the change that calls account 5 so."""
    return lambda body: msgspec.structs.replace(body, remarks={5: name})


async def test_what_is_set_while_the_document_is_on_its_way_is_shared_next(
    office: Office, shelf: Shelf, documents: AccountDocuments
) -> None:
    assert documents.change(called("Ben"))

    def set_again() -> None:
        assert documents.change(called("Benny"))

    shelf.between = set_again
    await documents.refresh()
    first = shelf.body.remarks
    await documents.refresh()

    assert first == {5: "Ben"}
    assert shelf.body.remarks == {5: "Benny"}
    assert not office.context.storage.document.load().is_dirty
