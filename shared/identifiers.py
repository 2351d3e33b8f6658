"""Names of things: their types, ranges and how they are compared.

| name | form | who makes it |
| --- | --- | --- |
| `AccountId`, `EntryId` | Snowflake, 1 … 2^63 - 1 | the server |
| `DeviceId`, `ConversationId` | random, 1 … 2^63 - 1 | the client that makes it |
| `MessageId` | 16 random bytes, inside the sealed content | the client that sends |
| `Sequence` | 1, 2, 3 … within one conversation; 0 means "nothing yet" | the server |
| user name | 3–32 letters, digits, ``_ . -``; NFKC; compared case-folded | the person |
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, NewType

import msgspec

from shared import limits
from shared.errors import Code, RefusedError

__all__ = [
    "ID_MAX",
    "SNOWFLAKE_EPOCH_MS",
    "SNOWFLAKE_TIME_SHIFT",
    "AccountId",
    "ConversationId",
    "DeviceId",
    "EntryId",
    "Hash",
    "Id",
    "MessageId",
    "Milliseconds",
    "Sequence",
    "check_nickname",
    "check_user_name",
    "fold_user_name",
    "snowflake_at",
]

ID_MAX = 2**63 - 1
SNOWFLAKE_EPOCH_MS = 1_735_689_600_000  # 2025-01-01 UTC.
SNOWFLAKE_TIME_SHIFT = 22  # Below the time: 10 bits of node, 12 bits of counter.

AccountId = NewType("AccountId", int)
DeviceId = NewType("DeviceId", int)
ConversationId = NewType("ConversationId", int)
EntryId = NewType("EntryId", int)
Sequence = NewType("Sequence", int)
MessageId = NewType("MessageId", bytes)

# Bounds that msgspec checks while it decodes.
Id = Annotated[int, msgspec.Meta(ge=1, le=ID_MAX)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=ID_MAX)]
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


def snowflake_at(at_ms: int) -> int:
    """Return the lowest identifier that the server makes at this time of its clock."""
    return min(max(0, at_ms - SNOWFLAKE_EPOCH_MS) << SNOWFLAKE_TIME_SHIFT, ID_MAX)


def check_user_name(name: str) -> str:
    """Return the user name as it is shown and stored (NFKC, no blanks around it).

    Raises:
        RefusedError: With `Code.BAD_USER_NAME` if it has other characters or another length.
    """
    shown = unicodedata.normalize("NFKC", name).strip()
    length_fits = limits.USER_NAME_LENGTH_MIN <= len(shown) <= limits.USER_NAME_LENGTH_MAX
    if not length_fits or not all(map(_is_user_name_character, shown)):
        raise RefusedError(
            Code.BAD_USER_NAME,
            "A user name has 3 to 32 letters, digits or the signs _ . -",
        )
    return shown


def fold_user_name(name: str) -> str:
    """Return what two user names are compared by; "Ａnna" and "anna" are one name.

    NFKC is applied again after folding because folding can undo it (Unicode 3.13, D146).
    """
    folded = unicodedata.normalize("NFKC", name.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def check_nickname(nickname: str) -> str:
    """Return the nickname without blanks around it.

    Raises:
        RefusedError: With `Code.BAD_NICKNAME` if it is empty, too long or has control characters.
    """
    shown = nickname.strip()
    is_printable = all(not unicodedata.category(c).startswith("C") or c == "\u200d" for c in shown)
    if not shown or len(shown) > limits.NICKNAME_LENGTH_MAX or not is_printable:
        raise RefusedError(Code.BAD_NICKNAME, "A nickname has 1 to 64 visible characters.")
    return shown


def _is_user_name_character(character: str) -> bool:
    """Letters with the marks some scripts need, decimal digits, and three signs."""
    return (
        character in "_.-"
        or unicodedata.category(character)[0] in "LM"
        or (unicodedata.category(character) == "Nd")
    )
