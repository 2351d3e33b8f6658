"""Tests of `shared.e2ee.account_document`."""

from __future__ import annotations

import hashlib
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.e2ee.account_document import (
    AccountDocumentBody,
    FriendGroup,
    ListHead,
    Pin,
    merged,
    open_document,
    seal_document,
)
from shared.e2ee.keys import ExchangeKeyPair, aead_seal
from shared.errors import Code, RefusedError, SealError
from shared.rest_devices import AccountDocument

ARCHIVE = (1, ExchangeKeyPair(b"\x01" * 32))
NEWER_ARCHIVE = (2, ExchangeKeyPair(b"\x02" * 32))
ROOT, OTHER_ROOT = b"r" * 32, b"s" * 32

_generator = random.Random(4)
draw = _generator.randbytes

BODY = AccountDocumentBody(
    pins={11: Pin(ROOT, 1_000, (OTHER_ROOT,))},
    verified={11: ROOT},
    list_heads={11: ListHead(ROOT, 2, b"h" * 32)},
    remarks={11: "Tante Anna"},
    friend_groups=(FriendGroup("Familie", (11, 12)),),
    mutes={31: 0},
    settings={"theme": "dark"},
    pinned={31: 5},
    archived={32: 9},
)


def seal(body: AccountDocumentBody = BODY, version: int = 3) -> AccountDocument:
    return seal_document(body, account=5, version=version, archive=ARCHIVE, random=draw)


def test_document_opens_as_what_was_sealed() -> None:
    assert open_document(seal(), account=5, archive=ARCHIVE) == BODY


def test_no_document_is_an_empty_one() -> None:
    opened = open_document(AccountDocument(version=0), account=5, archive=ARCHIVE)

    assert opened == AccountDocumentBody()


def test_document_of_another_version_or_account_is_refused() -> None:
    document = seal()

    with pytest.raises(SealError):
        open_document(msgspec.structs.replace(document, version=4), account=5, archive=ARCHIVE)
    with pytest.raises(SealError):
        open_document(document, account=6, archive=ARCHIVE)


def test_document_under_an_older_archive_key_is_refused() -> None:
    with pytest.raises(SealError):
        open_document(seal(), account=5, archive=NEWER_ARCHIVE)
    with pytest.raises(SealError):
        open_document(seal(), account=5, archive=(2, ARCHIVE[1]))


def test_document_beyond_its_bound_is_refused() -> None:
    # Own names for people fill it; each is within its own bound.
    many = dict.fromkeys(range(1, limits.ACCOUNT_DOCUMENT_BYTES_MAX // 200), "x" * 200)

    with pytest.raises(RefusedError) as refusal:
        seal(AccountDocumentBody(remarks=many))

    assert refusal.value.code is Code.TOO_LARGE


def test_pins_of_all_contacts_fit() -> None:
    accounts = range(2**62, 2**62 + limits.CONTACTS_MAX)
    body = AccountDocumentBody(
        pins={account: Pin(ROOT, 2**41) for account in accounts},
        list_heads={account: ListHead(ROOT, 300, ROOT) for account in accounts},
    )

    assert open_document(seal(body), account=5, archive=ARCHIVE) == body


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_document(data: bytes) -> None:
    with pytest.raises(SealError):
        open_document(AccountDocument(version=1, sealed=data), account=5, archive=ARCHIVE)


@pytest.mark.parametrize("plaintext", [b"", b"\xc1", b"\x91\x81\x01\x91\xc4\x00"])
def test_sealed_bytes_that_are_no_document_are_refused(plaintext: bytes) -> None:
    key = hashlib.blake2b(ARCHIVE[1].secret, digest_size=32, person=b"mim.accdoc.v1").digest()
    numbers = b"".join(value.to_bytes(8, "big") for value in (5, 3, 1))
    data = b"mim.account_document.v1" + numbers
    empty = aead_seal(key, b"\x90", data=data, random=draw)
    sealed = aead_seal(key, plaintext, data=data, random=draw)

    opened = open_document(AccountDocument(version=3, sealed=empty), account=5, archive=ARCHIVE)

    assert opened == AccountDocumentBody()
    with pytest.raises(SealError):
        open_document(AccountDocument(version=3, sealed=sealed), account=5, archive=ARCHIVE)


def test_verified_mark_counts_only_for_the_pinned_root() -> None:
    changed = msgspec.structs.replace(BODY, pins={11: Pin(OTHER_ROOT, 2_000, (ROOT,))})

    assert BODY.is_verified(11)
    assert not changed.is_verified(11)
    assert not BODY.is_verified(12)


def test_merging_keeps_what_either_side_changed() -> None:
    own = msgspec.structs.replace(
        BODY, remarks={11: "Anna", 12: "Bert"}, mutes={}, friend_groups=()
    )
    theirs = msgspec.structs.replace(
        BODY, remarks={11: "Tante Anna", 13: "Cleo"}, mutes={31: 0, 32: 5}, settings={}
    )

    result = merged(BODY, own, theirs)

    assert result.remarks == {11: "Anna", 12: "Bert", 13: "Cleo"}
    assert result.mutes == {32: 5}
    assert result.settings == {}
    assert result.friend_groups == ()
    assert result.verified == BODY.verified


def test_merging_takes_their_groups_of_friends_where_own_ones_did_not_change() -> None:
    theirs = msgspec.structs.replace(BODY, friend_groups=(FriendGroup("Schule"),))

    assert merged(BODY, BODY, theirs).friend_groups == theirs.friend_groups


def test_merging_groups_keeps_what_both_sides_did_to_them() -> None:
    base = AccountDocumentBody(friend_groups=(FriendGroup("A", (1, 2)), FriendGroup("B", (3,))))
    own = AccountDocumentBody(friend_groups=(FriendGroup("B", (3, 1)), FriendGroup("Neu", (2,))))
    theirs = AccountDocumentBody(
        friend_groups=(FriendGroup("A", (1, 2)), FriendGroup("B", (3, 4)), FriendGroup("C", (5,)))
    )

    result = merged(base, own, theirs).friend_groups

    assert result == (
        FriendGroup("B", (3, 1, 4)),
        FriendGroup("Neu", (2,)),
        FriendGroup("C", (5,)),
    )


def test_merging_keeps_which_conversations_are_on_top_and_archived() -> None:
    own = msgspec.structs.replace(BODY, pinned={31: 5, 33: 8}, archived={})
    theirs = msgspec.structs.replace(BODY, pinned={}, archived={32: 9, 34: 2})

    result = merged(BODY, own, theirs)

    assert result.pinned == {33: 8}
    assert result.archived == {34: 2}


def test_document_of_before_there_were_pins_on_top_opens() -> None:
    key = hashlib.blake2b(ARCHIVE[1].secret, digest_size=32, person=b"mim.accdoc.v1").digest()
    numbers = b"".join(value.to_bytes(8, "big") for value in (5, 3, 1))
    older = msgspec.msgpack.encode([{}, {}, {}, {11: "Anna"}, [], {31: 0}, {}])
    sealed = aead_seal(key, older, data=b"mim.account_document.v1" + numbers, random=draw)

    opened = open_document(AccountDocument(version=3, sealed=sealed), account=5, archive=ARCHIVE)

    assert opened == AccountDocumentBody(remarks={11: "Anna"}, mutes={31: 0})


def test_merging_keeps_the_longer_device_list_of_one_root() -> None:
    longer = msgspec.structs.replace(BODY, list_heads={11: ListHead(ROOT, 4, b"i" * 32)})
    shorter = msgspec.structs.replace(BODY, list_heads={11: ListHead(ROOT, 3, b"j" * 32)})
    new_root = msgspec.structs.replace(BODY, list_heads={11: ListHead(OTHER_ROOT, 1, ROOT)})

    assert merged(BODY, shorter, longer).list_heads == longer.list_heads
    assert merged(BODY, longer, shorter).list_heads == longer.list_heads
    assert merged(BODY, new_root, longer).list_heads == new_root.list_heads
    assert merged(BODY, msgspec.structs.replace(BODY, list_heads={}), BODY).list_heads == {}


def test_merging_keeps_the_earlier_of_two_first_pins() -> None:
    own = msgspec.structs.replace(BODY, pins={**BODY.pins, 12: Pin(ROOT, 500)})
    theirs = msgspec.structs.replace(BODY, pins={**BODY.pins, 12: Pin(OTHER_ROOT, 400)})

    assert merged(BODY, own, theirs).pins[12] == Pin(OTHER_ROOT, 400)
    assert merged(BODY, theirs, own).pins[12] == Pin(OTHER_ROOT, 400)
    assert merged(BODY, own, BODY).pins == own.pins


def test_nothing_of_it_shows_in_repr() -> None:
    assert repr(BODY) == "AccountDocumentBody(1 pins)"
    assert repr(BODY.friend_groups[0]) == "FriendGroup(2 accounts)"


def test_format_is_the_fixed_one() -> None:
    document = seal_document(
        BODY, account=5, version=3, archive=ARCHIVE, random=lambda size: b"\x05" * size
    )

    assert (
        hashlib.blake2b(document.sealed, digest_size=16).hexdigest()
        == "ee9571caff749495b7708f04b8090285"
    )
