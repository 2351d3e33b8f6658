"""Addresses in messages: where one ends, where it leads, and whether it says so honestly.

Pure: no toolkit and no network. Only ``http``, ``https`` and ``mailto`` are ever links.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

__all__ = ["BARE_LINK", "Target", "target_of", "trimmed"]

# What may be an address where no brackets say so. It begins at the edge of a word, and the part
# of a mail address before the sign is short, so that a long word is not looked at again and again.
BARE_LINK = (
    r"(?<![A-Za-z0-9@./])(?:https?://|www\.(?=[^\s.]))[^\s<>\"`|\\^{}、。，！？；：（）【】《》「」“”]{1,2000}"
    r"|(?<![A-Za-z0-9._+@/-])(?:mailto:)?[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}"
    r"(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)

_SCHEMES = ("http", "https", "mailto")
_ENDINGS = ".,;:!?'\"*_~"
_OPENING = {")": "(", "]": "["}
# Scripts that are written together; letters of others in one name are there to deceive.
_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "LATIN"}),
    frozenset({"CJK", "BOPOMOFO", "LATIN"}),
    frozenset({"CJK", "HANGUL", "LATIN"}),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads.

    ``shown`` names the place so that no two places look alike: a host that mixes scripts, or
    whose script is not that of its ending, stands there in its ASCII form. ``is_plain`` is false
    where the address as written may be taken for another one.
    """

    url: str
    shown: str
    is_plain: bool


def trimmed(text: str) -> str:
    """Return what of a match of `BARE_LINK` belongs to the address and not to the sentence."""
    text = _without_chinese_after_ending(text)
    while text and (text[-1] in _ENDINGS or _is_unopened(text)):
        text = text[:-1]
    return text


def _is_unopened(text: str) -> bool:
    """Whether the last sign closes a bracket that was opened before the address."""
    opening = _OPENING.get(text[-1])
    return opening is not None and text.count(text[-1]) > text.count(opening)


def target_of(address: str) -> Target | None:
    """Return where an address leads, ``None`` if it is none or leads nowhere Mim opens."""
    url = _with_scheme(address)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES or any(_is_unseen(sign) for sign in url):
        return None
    if parts.scheme.lower() == "mailto":
        return Target(url=url, shown=parts.path, is_plain=parts.path.isascii())
    host = parts.hostname or ""
    ascii_host = _ascii_host(host)
    if not ascii_host:
        return None
    is_plain = _is_plain_host(host) and parts.username is None
    shown_host = ascii_host if not is_plain or host.isascii() else host
    place = shown_host if port is None else f"{shown_host}:{port}"
    opened = _opened(parts, ascii_host if port is None else f"{ascii_host}:{port}")
    return Target(url=opened, shown=f"{parts.scheme}://{place}{_rest(parts)}", is_plain=is_plain)


def _with_scheme(address: str) -> str:
    lowered = address[:8].lower()
    if lowered.startswith(("http://", "https://", "mailto:")):
        return address
    if lowered.startswith("www."):
        return "https://" + address
    return "mailto:" + address if "@" in address else address


def _opened(parts: SplitResult, place: str) -> str:
    """Return the address without a name and password before the host: they only mislead."""
    return f"{parts.scheme}://{place}{_rest(parts)}"


def _rest(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}{query}{fragment}"


def _ascii_host(host: str) -> str:
    """Return a host's name as it is asked for, empty if there can be none."""
    labels = []
    for label in host.rstrip(".").split("."):
        try:
            labels.append(label if label.isascii() else label.encode("idna").decode())
        except UnicodeError:
            return ""
    name = ".".join(labels)
    is_name = re.fullmatch(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", name) is not None
    if not is_name or any(not label for label in labels):
        return ""
    return f"[{name}]" if ":" in name else name


def _is_plain_host(host: str) -> bool:
    if "xn--" in host.lower():
        return False
    if host.isascii():
        return True
    scripts = _scripts(host)
    if len(scripts) <= 1 or any(scripts <= each for each in _TOGETHER):
        # Each label of its own must hold too: one Latin letter among Greek ones is no accident.
        return "LATIN" not in scripts or scripts != {"LATIN"} or _is_accented_latin(host)
    return False


def _is_accented_latin(host: str) -> bool:
    """Whether all letters are a basic one with a mark at most: ``ü``, and not ``ı`` or ``ɑ``."""
    letters = (unicodedata.normalize("NFD", sign)[0] for sign in host if sign.isalpha())
    return all(letter.isascii() or letter == "ß" for letter in letters)


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(sign, "?").split()[0] for sign in text if sign.isalpha()}


def _is_unseen(sign: str) -> bool:
    """Whether a sign takes no room or turns the direction: it has no place in an address."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Zs")


def _without_chinese_after_ending(text: str) -> str:
    """Cut Chinese text that follows an ASCII host at once: ``https://mim.org看这里``."""
    begin = text.find("://") + 3 if "://" in text else 0
    host = re.split(r"[/?#:]", text[begin:], maxsplit=1)[0]
    last = host.rpartition(".")[2]
    found = re.match(r"[A-Za-z0-9-]+", last)
    if found is None or found.end() == len(last):
        return text
    return text[: begin + len(host) - len(last) + found.end()]
