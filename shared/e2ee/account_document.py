"""The account document: what all devices of a person share about others, sealed.

| part | bytes |
| --- | --- |
| key | BLAKE2b-256 of the archive secret, ``person`` ``mim.accdoc.v1`` |
| plaintext | `AccountDocumentBody` as a MessagePack array; fields are only ever appended |
| associated data | ``mim.account_document.v1 ‖ account ‖ version ‖ archive number`` (8 each, big-endian) |
| sealed | nonce (24) and box (`keys.aead_seal`) |

Only the newest archive key opens it: whoever was revoked knows the older ones, and could with the
server's help write a document under them. So a revocation seals the document anew.

The server replaces it by compare-and-swap; the loser merges what it changed (`merged`) and tries
again.
"""  # noqa: E501

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from shared import limits
from shared.e2ee.keys import ExchangeKeyPair, Random, aead_open, aead_seal
from shared.errors import Code, RefusedError, SealError
from shared.identifiers import Hash, Id, Milliseconds
from shared.rest_devices import AccountDocument

__all__ = [
    "AccountDocumentBody",
    "FriendGroup",
    "ListHead",
    "Pin",
    "merged",
    "open_document",
    "seal_document",
]

K = TypeVar("K", int, str)
V = TypeVar("V")
Text = Annotated[str, msgspec.Meta(max_length=200)]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Pin(msgspec.Struct, frozen=True, array_like=True):
    """The root that an account is known by, since the first time; and those accepted before."""

    root_key: Hash
    first_seen_ms: Milliseconds  # Server time.
    past: tuple[Hash, ...] = ()


class ListHead(msgspec.Struct, frozen=True, array_like=True):
    """The longest device list that was seen of a root (`shared.e2ee.devices`)."""

    root_key: Hash
    number: Annotated[int, msgspec.Meta(ge=0, le=limits.DEVICE_LIST_MAX)]
    hash: Hash


class FriendGroup(msgspec.Struct, frozen=True, array_like=True):
    """A named group of friends; an account is in at most one."""

    name: Text
    accounts: tuple[Id, ...] = ()

    def __repr__(self) -> str:
        return f"FriendGroup({len(self.accounts)} accounts)"


class AccountDocumentBody(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What is sealed.

    Attributes:
        pins: By account.
        verified: The root that was compared with its owner, by account; it counts as long as it
            is the pinned one.
        list_heads: By account.
        remarks: One's own names for others, by account.
        friend_groups: In the order that is shown.
        mutes: Until when, in server time, by conversation; 0 is for ever.
        settings: What all devices have in common, by name.
        pinned: When conversations were put on top of the list, in server time.
        archived: Up to which sequence a conversation was put out of the list; a later message
            of somebody else brings it back.
    """

    pins: dict[Id, Pin] = {}
    verified: dict[Id, Hash] = {}
    list_heads: dict[Id, ListHead] = {}
    remarks: dict[Id, Text] = {}
    friend_groups: tuple[FriendGroup, ...] = ()
    mutes: dict[Id, Milliseconds] = {}
    settings: dict[Text, Text] = {}
    pinned: dict[Id, Milliseconds] = {}
    archived: dict[Id, Sequence] = {}

    def __repr__(self) -> str:
        return f"AccountDocumentBody({len(self.pins)} pins)"

    def is_verified(self, account: int) -> bool:
        """Whether the root known for the account was compared with its owner."""
        pin = self.pins.get(account)
        return pin is not None and self.verified.get(account) == pin.root_key


def seal_document(
    body: AccountDocumentBody,
    *,
    account: int,
    version: int,
    archive: tuple[int, ExchangeKeyPair],
    random: Random,
) -> AccountDocument:
    """Seal a document as this version, under the newest archive key.

    Raises:
        RefusedError: With `Code.TOO_LARGE` beyond `limits.ACCOUNT_DOCUMENT_BYTES_MAX`.
    """
    number, pair = archive
    data = _data(account=account, version=version, number=number)
    sealed = aead_seal(_key(pair), msgspec.msgpack.encode(body), data=data, random=random)
    if len(sealed) > limits.ACCOUNT_DOCUMENT_BYTES_MAX:
        raise RefusedError(Code.TOO_LARGE, "The account document is too large.")
    return AccountDocument(version=version, sealed=sealed)


def open_document(
    document: AccountDocument, *, account: int, archive: tuple[int, ExchangeKeyPair]
) -> AccountDocumentBody:
    """Return what a document says; version 0 is an empty one.

    An older version may be handed out again: the caller never goes back to a lower one.

    Raises:
        SealError: If it is not this account's, this version's and the newest archive key's.
    """
    if document.version == 0:
        return AccountDocumentBody()
    number, pair = archive
    data = _data(account=account, version=document.version, number=number)
    plaintext = aead_open(_key(pair), document.sealed, data=data)
    try:
        return msgspec.msgpack.decode(plaintext, type=AccountDocumentBody)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no account document.") from error


def merged(
    base: AccountDocumentBody, own: AccountDocumentBody, theirs: AccountDocumentBody
) -> AccountDocumentBody:
    """Return ``theirs`` with what ``own`` changed since ``base``.

    Of two device lists of one root the longer one counts; of two first pins of an account the
    earlier one. Friends that both sides have put into groups are where ``own`` has put them.
    """
    return AccountDocumentBody(
        pins=_with_earlier(_changed(base.pins, own.pins, theirs.pins), base, own, theirs),
        verified=_changed(base.verified, own.verified, theirs.verified),
        list_heads=_with_longer(
            _changed(base.list_heads, own.list_heads, theirs.list_heads), theirs
        ),
        remarks=_changed(base.remarks, own.remarks, theirs.remarks),
        friend_groups=_merged_groups(base, own, theirs),
        mutes=_changed(base.mutes, own.mutes, theirs.mutes),
        settings=_changed(base.settings, own.settings, theirs.settings),
        pinned=_changed(base.pinned, own.pinned, theirs.pinned),
        archived=_changed(base.archived, own.archived, theirs.archived),
    )


def _changed(base: Mapping[K, V], own: Mapping[K, V], theirs: Mapping[K, V]) -> dict[K, V]:
    result = {key: value for key, value in theirs.items() if key in own or key not in base}
    changes = {key: value for key, value in own.items() if base.get(key) != value}
    return {**result, **changes}


def _merged_groups(
    base: AccountDocumentBody, own: AccountDocumentBody, theirs: AccountDocumentBody
) -> tuple[FriendGroup, ...]:
    """Return the groups of both sides, each friend in one of them."""
    if own.friend_groups == base.friend_groups:
        return theirs.friend_groups
    if theirs.friend_groups == base.friend_groups:
        return own.friend_groups
    places = _changed(_places(base), _places(own), _places(theirs))
    before, mine, others = (
        [group.name for group in body.friend_groups] for body in (base, own, theirs)
    )
    names = [name for name in mine if name in others or name not in before]
    names += [name for name in others if name not in before and name not in mine]
    in_order = [*_places(own), *_places(theirs)]
    return tuple(
        FriendGroup(
            name, tuple(dict.fromkeys(each for each in in_order if places.get(each) == name))
        )
        for name in names
    )


def _places(body: AccountDocumentBody) -> dict[int, str]:
    """Return which group each friend is in."""
    return {account: group.name for group in body.friend_groups for account in group.accounts}


def _with_earlier(
    pins: dict[int, Pin],
    base: AccountDocumentBody,
    own: AccountDocumentBody,
    theirs: AccountDocumentBody,
) -> dict[int, Pin]:
    both_new = (own.pins.keys() & theirs.pins.keys()) - base.pins.keys()
    earlier = {
        account: min(own.pins[account], theirs.pins[account], key=lambda pin: pin.first_seen_ms)
        for account in both_new
    }
    return {**pins, **earlier}


def _with_longer(heads: dict[int, ListHead], theirs: AccountDocumentBody) -> dict[int, ListHead]:
    longer = {
        account: head
        for account, head in theirs.list_heads.items()
        if account in heads
        and head.root_key == heads[account].root_key
        and head.number > heads[account].number
    }
    return {**heads, **longer}


def _key(pair: ExchangeKeyPair) -> bytes:
    return hashlib.blake2b(pair.secret, digest_size=32, person=b"mim.accdoc.v1").digest()


def _data(*, account: int, version: int, number: int) -> bytes:
    numbers = b"".join(value.to_bytes(8, "big") for value in (account, version, number))
    return b"mim.account_document.v1" + numbers
