"""What people wrote, inside the seal: MessagePack arrays, tagged by kind.

A kind this version does not know decodes to `Unsupported`, so an older client shows a line
instead of failing. Fields are only ever appended.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.errors import SealError

__all__ = ["Content", "Text", "Unsupported", "decode_content", "encode_content"]

MessageIdBytes = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


class Text(msgspec.Struct, frozen=True, array_like=True, tag="text"):
    """A text; ``message_id`` is its name for good."""

    message_id: MessageIdBytes
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.TEXT_LENGTH_MAX)]

    def __repr__(self) -> str:
        return f"Text({self.message_id.hex()})"


class Unsupported(msgspec.Struct, frozen=True):
    """A kind of a later version."""

    kind: str


Content = Text | Unsupported

_decoder = msgspec.msgpack.Decoder(Text)
_KIND_LENGTH_MAX = 32


def encode_content(content: Text) -> bytes:
    """Return the bytes to seal."""
    return msgspec.msgpack.encode(content)


def decode_content(data: bytes) -> Content:
    """Return what was sealed.

    Raises:
        SealError: If these bytes are no content at all.
    """
    try:
        items = msgspec.msgpack.decode(data)
        kind = items[0] if isinstance(items, list) and items else None
        if isinstance(kind, str) and kind != "text":
            return Unsupported(kind[:_KIND_LENGTH_MAX])
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SealError("The content cannot be read.") from error
