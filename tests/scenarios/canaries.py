"""Phrases that occur nowhere by chance, and a search for them in every form they might take."""

from __future__ import annotations

import base64
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

__all__ = ["PHRASES", "Search", "forms", "inflated", "phrases"]

PHRASES = 200
_ANCHOR = 8  # Bytes of a form by which it is looked for first; every form is longer.
_INFLATED_BYTES_MAX = 64 * 1024
_TAKEN = 8 * 1024  # Of compressed data: what is longer shows in its beginning.
_STREAM_BYTES_MIN = 12  # Of inflated data: shorter than any phrase.
# The lowest three bits of a deflate stream: stored blocks show the text as it is anyway.
_FIXED_OR_DYNAMIC = frozenset({2, 3, 4, 5})
_ZLIB_WINDOW, _GZIP_WINDOW, _RAW_WINDOW = 15, 31, -15
_GZIP = b"\x1f\x8b\x08"


def phrases() -> list[str]:
    """Return 200 texts of at most 32 characters, half of them Chinese."""
    draw = random.Random(20260501)
    count = PHRASES // 2
    latin = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz ", k=24)) for _ in range(count)]
    chinese = [
        "".join(draw.choices("山水日月金木火土天地人心风云雨雪", k=12)) for _ in range(count)
    ]
    mixed = [each for pair in zip(latin, chinese, strict=True) for each in pair]
    return [f"{text.strip()} {number}" for number, text in enumerate(mixed)]


def forms(text: str) -> list[bytes]:
    """Return every way in which a text might lie in a file, but for compression."""
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    found = list(plain)
    for data in plain:
        found += [data.hex().encode(), data.hex().upper().encode()]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found += [_inner(encode(b"\0" * shift + data), shift) for shift in range(3)]
    # JSON may escape what is not ASCII.
    found.append(text.encode("ascii", "backslashreplace"))
    return found


def _inner(encoded: bytes, shift: int) -> bytes:
    """The part of base64 that does not depend on the neighbours, for one of three alignments."""
    return encoded.rstrip(b"=")[4 if shift else 0 : -2]


def inflated(data: bytes) -> Iterator[bytes]:
    """Yield what is in every zlib, gzip and raw deflate stream that begins anywhere in ``data``.

    A place where no stream begins looks like one now and then; what comes of it is noise.
    """
    for at in range(len(data) - 2):
        first = data[at]
        if first & 7 in _FIXED_OR_DYNAMIC:
            yield from _inflate(data, at, _RAW_WINDOW)
        if first & 15 == 8 and (first << 8 | data[at + 1]) % 31 == 0:
            yield from _inflate(data, at, _ZLIB_WINDOW)
        elif data.startswith(_GZIP, at):
            yield from _inflate(data, at, _GZIP_WINDOW)


def _inflate(data: bytes, at: int, window: int) -> Iterator[bytes]:
    stream, found = zlib.decompressobj(window), bytearray()
    # In small pieces: what comes of those before an error counts too.
    begin, step = at, 16
    try:
        while begin < min(len(data), at + _TAKEN) and len(found) < _INFLATED_BYTES_MAX:
            found += stream.decompress(data[begin : begin + step], _INFLATED_BYTES_MAX)
            begin, step = begin + step, 256
            if stream.eof:
                break
    except zlib.error:
        pass
    if len(found) >= _STREAM_BYTES_MIN:
        yield bytes(found)


class Search:
    """Looks for many texts at once."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._anchored: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for text in texts:
            for form in forms(text):
                assert len(form) >= _ANCHOR
                self._anchored[form[:_ANCHOR]].append((form, text))

    def found(self, data: bytes, *, inflates: bool = True) -> set[str]:
        """Return the texts that lie in ``data`` in any form, packed ones if ``inflates``."""
        streams = inflated(data) if inflates else ()
        return self._plain(data).union(*(self._plain(each) for each in streams))

    def holders(self, files: dict[str, bytes], *, inflates: bool = True) -> dict[str, set[str]]:
        """Return the texts that were found, by the file's name."""
        each = {name: self.found(data, inflates=inflates) for name, data in files.items()}
        return {name: texts for name, texts in each.items() if texts}

    def _plain(self, data: bytes) -> set[str]:
        anchored, found = self._anchored, set()
        for at in range(len(data) - _ANCHOR + 1):
            forms_here = anchored.get(data[at : at + _ANCHOR])
            if forms_here is not None:
                found |= {text for form, text in forms_here if data.startswith(form, at)}
        return found
