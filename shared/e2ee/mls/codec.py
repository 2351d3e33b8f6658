"""The TLS presentation language as RFC 9420, section 2.1, uses it.

A structure is a frozen dataclass that lists its fields in wire order, each annotated with its
codec::

    @dataclass(frozen=True, slots=True)
    class HpkeCiphertext(Struct):
        kem_output: Opaque
        ciphertext: Opaque

====================  =========================================================================
``Uint8`` … 64        unsigned, big endian
``Opaque``            variable-length integer, then so many bytes
``Opaque4``           exactly four bytes
a `Struct`            its fields, one after the other
`Vector`              variable-length integer (bytes), then items
`Optional`            0, or 1 and the item
`Tagged`              a number that names the variant, then the variant
====================  =========================================================================

Every value has exactly one encoding (integers are minimal, marks are 0 or 1), so decoding and
encoding again gives the same bytes; signed structures may therefore keep the bytes they came in.
"""

from __future__ import annotations

from dataclasses import fields
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Protocol,
    Self,
    get_args,
    get_origin,
    get_type_hints,
)

from shared import limits
from shared.e2ee.mls.errors import MlsError, Reason, require

__all__ = [
    "Codec",
    "Fixed",
    "Opaque",
    "Opaque4",
    "OpaqueBytes",
    "Optional",
    "Reader",
    "Struct",
    "Tagged",
    "Uint",
    "Uint8",
    "Uint16",
    "Uint32",
    "Uint64",
    "Vector",
    "encode_length",
    "encode_opaque",
    "encode_uint",
]

_LENGTH_MAX = 1 << 30


class Reader:
    """A place in bytes that are being decoded; every step is checked against the end."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes) -> None:
        require(len(data) <= limits.MLS_BYTES_MAX, Reason.TOO_LARGE)
        self.data = data
        self.at = 0
        self.end = len(data)

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        start = self.at
        stop = start + count
        if stop > self.end:
            raise MlsError(Reason.TRUNCATED)
        self.at = stop
        return self.data[start:stop]

    def uint(self, size: int) -> int:
        """Return the next unsigned integer of ``size`` bytes."""
        return int.from_bytes(self.take(size), "big")

    def length(self) -> int:
        """Return the next variable-length integer; it has to be as short as it can be."""
        first = self.uint(1)
        if first < 0x40:
            return first
        prefix = first >> 6
        if prefix == 3:
            raise MlsError(Reason.VARINT_PREFIX)
        size = 1 << prefix
        value = (first & 0x3F) << 8 * (size - 1) | self.uint(size - 1)
        require(value >= 1 << (8 * (size >> 1) - 2), Reason.VARINT_NOT_MINIMAL)
        return value

    def opaque(self) -> bytes:
        """Return the next byte string with its length in front."""
        return self.take(self.length())

    def finish(self) -> None:
        """Refuse bytes that nothing has asked for."""
        require(self.at == self.end, Reason.TRAILING_BYTES)


def encode_uint(value: int, size: int) -> bytes:
    """Return ``value`` as an unsigned integer of ``size`` bytes."""
    require(0 <= value < 1 << 8 * size, Reason.NOT_ENCODABLE)
    return value.to_bytes(size, "big")


def encode_length(value: int) -> bytes:
    """Return ``value`` as the shortest variable-length integer."""
    if value < 1 << 6:
        return value.to_bytes(1, "big")
    if value < 1 << 14:
        return (value | 1 << 14).to_bytes(2, "big")
    require(value < _LENGTH_MAX, Reason.NOT_ENCODABLE)
    return (value | 2 << 30).to_bytes(4, "big")


def encode_opaque(value: bytes) -> bytes:
    """Return ``value`` with its length in front."""
    return encode_length(len(value)) + value


class Codec(Protocol):
    """Reads and writes one kind of value."""

    def read(self, reader: Reader, /) -> Any:
        """Return the next value."""

    def write(self, value: Any, /) -> bytes:
        """Return the encoding of a value."""


class Uint:
    """An unsigned integer of so many bytes."""

    __slots__ = ("_size",)

    def __init__(self, size: int) -> None:
        self._size = size

    def read(self, reader: Reader) -> int:
        """Return the next integer."""
        return reader.uint(self._size)

    def write(self, value: int) -> bytes:
        """Return the integer, big endian."""
        return encode_uint(value, self._size)


class OpaqueBytes:
    """Bytes with their length in front."""

    __slots__ = ()

    def read(self, reader: Reader) -> bytes:
        """Return the next bytes."""
        return reader.opaque()

    def write(self, value: bytes) -> bytes:
        """Return the bytes with their length."""
        return encode_opaque(value)


class Fixed:
    """So many bytes, without a length in front."""

    __slots__ = ("_size",)

    def __init__(self, size: int) -> None:
        self._size = size

    def read(self, reader: Reader) -> bytes:
        """Return the next bytes."""
        return reader.take(self._size)

    def write(self, value: bytes) -> bytes:
        """Return the bytes, which have to be so many."""
        require(len(value) == self._size, Reason.NOT_ENCODABLE)
        return value


class Vector:
    """Items one after the other, with their length in bytes in front."""

    __slots__ = ("_count_max", "_item")

    def __init__(self, item: Codec, count_max: int = limits.MLS_LIST_MAX) -> None:
        self._item = item
        self._count_max = count_max

    def read(self, reader: Reader) -> tuple[Any, ...]:
        """Return the next items; the last has to end where the vector does."""
        stop = reader.length() + reader.at
        # One that says it goes on beyond the end stops there: nothing is made room for first.
        items: list[Any] = []
        while reader.at < stop:
            require(len(items) < self._count_max, Reason.TOO_MANY_ITEMS)
            items.append(self._item.read(reader))
        require(reader.at == stop, Reason.VECTOR_UNEVEN)
        return tuple(items)

    def write(self, value: tuple[Any, ...]) -> bytes:
        """Return the items with their length."""
        require(len(value) <= self._count_max, Reason.TOO_MANY_ITEMS)
        return encode_opaque(b"".join(map(self._item.write, value)))


class Optional:
    """A value or nothing."""

    __slots__ = ("_item",)

    def __init__(self, item: Codec) -> None:
        self._item = item

    def read(self, reader: Reader) -> Any:
        """Return the value, or None."""
        mark = reader.uint(1)
        require(mark < 2, Reason.OPTIONAL_MARK)
        return self._item.read(reader) if mark else None

    def write(self, value: Any) -> bytes:
        """Return the mark and the value."""
        return b"\0" if value is None else b"\1" + self._item.write(value)


class Tagged:
    """One of several structures, after a number that names it (the RFC's ``select``)."""

    __slots__ = ("_codecs", "_reason", "_size", "_tags")

    def __init__(
        self, size: int, variants: dict[int, Codec], reason: Reason = Reason.UNKNOWN_TAG
    ) -> None:
        self._size = size
        self._codecs = variants
        self._reason = reason
        self._tags: dict[type, tuple[int, Codec]] = {
            kind: (tag, codec)
            for tag, codec in variants.items()
            for kind in (codec.kinds if isinstance(codec, Tagged) else (codec,))
        }

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The classes that values can have."""
        return tuple(self._tags)

    def tag_of(self, value: object) -> int:
        """Return the number that names the variant of ``value``."""
        return self._tags[type(value)][0]

    def read(self, reader: Reader) -> Any:
        """Return the next variant."""
        codec = self._codecs.get(reader.uint(self._size))
        if codec is None:
            raise MlsError(self._reason)
        return codec.read(reader)

    def write(self, value: Any) -> bytes:
        """Return the number and the variant."""
        tag, codec = self._tags[type(value)]
        return encode_uint(tag, self._size) + codec.write(value)


Uint8 = Annotated[int, Uint(1)]
Uint16 = Annotated[int, Uint(2)]
Uint32 = Annotated[int, Uint(4)]
Uint64 = Annotated[int, Uint(8)]
Opaque = Annotated[bytes, OpaqueBytes()]
Opaque4 = Annotated[bytes, Fixed(4)]


class Struct:
    """The base of all structures; a class is the codec of its own instances."""

    __slots__ = ("_encoded",)
    KEEPS_ENCODING: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Return the next structure of this kind."""
        start = reader.at
        value = cls(*[codec.read(reader) for _, codec in _plan(cls)])
        if cls.KEEPS_ENCODING:
            value._keep(reader.data[start : reader.at])
        return value

    @classmethod
    def write(cls, value: Self) -> bytes:
        """Return the encoding of ``value``."""
        return value.encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the structure that is all of ``data``."""
        reader = Reader(data)
        value = cls.read(reader)
        reader.finish()
        return value

    def encode(self) -> bytes:
        """Return the encoding, kept for next time where the class says so."""
        if not self.KEEPS_ENCODING:
            return self.encode_fields()
        kept: bytes | None = getattr(self, "_encoded", None)
        return self._keep(self.encode_fields()) if kept is None else kept

    def encode_fields(self, *, without: tuple[str, ...] = ()) -> bytes:
        """Return the fields one after the other, leaving out those that are not signed."""
        return b"".join(
            [
                codec.write(getattr(self, name))
                for name, codec in _plan(type(self))
                if name not in without
            ]
        )

    def _keep(self, encoded: bytes) -> bytes:
        # Frozen for everyone else; the encoding is a function of the fields.
        object.__setattr__(self, "_encoded", encoded)
        return encoded


_PLANS: Final[dict[type, tuple[tuple[str, Codec], ...]]] = {}


def _plan(kind: type) -> tuple[tuple[str, Codec], ...]:
    known = _PLANS.get(kind)
    if known is None:
        hints = get_type_hints(kind, include_extras=True)
        known = tuple((field.name, _codec_of(hints[field.name])) for field in fields(kind))
        _PLANS[kind] = known
    return known


def _codec_of(hint: Any) -> Codec:
    codec: Codec = get_args(hint)[-1] if get_origin(hint) is Annotated else hint
    return codec
