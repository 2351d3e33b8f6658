"""What is offered while one types ``@name`` or ``:smile``, and who a text names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared import limits
from shared.identifiers import AccountId

__all__ = [
    "Person",
    "Query",
    "find_people",
    "finished_short_name",
    "mentioned",
    "named_in",
    "query_at",
    "utf16_length",
]

PERSON, EMOJI = "@", ":"

# Behind a letter or a digit of ours they are a part of something else: a mail address, a time. A
# colon behind a Chinese sign is punctuation, and what follows are words.
_EMOJI_QUERY = re.compile(r"(?<![\w:：/])[:：]([^\W_][\w+-]*)$")
_FINISHED = re.compile(r"(?<![A-Za-z0-9_:/])(:([a-z0-9_+-]+):)$")
_PERSON_QUERY = re.compile(r"(?<![A-Za-z0-9_.+-])@([^\s@][^\n@]*)?$")


class Query(msgspec.Struct, frozen=True):
    """What is being typed: the sign, what stands behind it, and where it all begins.

    ``start`` and ``length`` are in code points of the text before the cursor.
    """

    sign: str
    text: str
    start: int
    length: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be named."""

    account: AccountId
    nickname: str
    user_name: str
    remark: str = ""

    def __repr__(self) -> str:
        return f"Person(account={self.account})"


def query_at(before: str) -> Query | None:
    """Say what the end of a line up to the cursor asks for."""
    found = _PERSON_QUERY.search(before)
    if found is not None and len(found[0]) <= limits.NICKNAME_LENGTH_MAX + 1:
        return Query(PERSON, found[1] or "", found.start(), len(found[0]))
    found = _EMOJI_QUERY.search(before)
    if found is not None:
        return Query(EMOJI, found[1], found.start(), len(found[0]))
    return None


def finished_short_name(before: str) -> tuple[str, int]:
    """Return the short name between colons that was just finished, and its length with them."""
    found = _FINISHED.search(before)
    return (found[2], len(found[1])) if found is not None else ("", 0)


def find_people(people: Iterable[Person], text: str, count: int) -> list[Person]:
    """Return whom a text may mean by remark, nickname or user name, the likeliest first."""
    wanted = text.casefold()
    ranked = [(_rank(person, wanted), person) for person in people]
    ranked = [each for each in ranked if each[0] is not None]
    ranked.sort(key=lambda each: each[0] or 0)
    return [person for _, person in ranked[:count]]


def mentioned(text: str, picked: Mapping[AccountId, str]) -> tuple[AccountId, ...]:
    """Return the accounts among those picked whose ``@name`` still stands in the text, in order.

    A longer name hides a shorter one at the same place: "@Alice" does not name "Al".
    """
    places: dict[AccountId, int] = {}
    taken: set[int] = set()
    for account, name in sorted(picked.items(), key=lambda each: -len(each[1])):
        for found in re.finditer(re.escape(f"@{name}"), text):
            if found.start() not in taken and _ends(text, found.end(), name):
                places.setdefault(account, found.start())
                taken.add(found.start())
    return tuple(sorted(places, key=lambda account: places[account]))


def named_in(text: str, people: Sequence[Person]) -> dict[AccountId, str]:
    """Return who is named in a text that nobody picked names in; not whose name two have."""
    names = [person.nickname for person in people]
    known = {each.account: each.nickname for each in people if names.count(each.nickname) == 1}
    return {account: known[account] for account in mentioned(text, known)}


def utf16_length(text: str) -> int:
    """Return how many places a text takes in a document of Qt."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _ends(text: str, end: int, name: str) -> bool:
    """Whether a name ends there; between Chinese signs nothing shows where."""
    rest = text[end : end + 1]
    is_inside = rest.isascii() and (rest.isalnum() or rest == "_")
    return not (is_inside and name[-1:].isascii())


def _rank(person: Person, wanted: str) -> int | None:
    names = [each.casefold() for each in (person.remark, person.nickname, person.user_name) if each]
    if any(name.startswith(wanted) for name in names):
        return 0
    if any(word.startswith(wanted) for name in names for word in name.split()):
        return 1
    return 2 if any(wanted in name for name in names) else None
