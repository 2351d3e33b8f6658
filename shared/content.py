"""What people wrote, inside the seal: MessagePack arrays, tagged by kind.

| kind | fields after ``message_id`` | who may | effect |
| --- | --- | --- | --- |
| text | text | any member | a line |
| profile | name, avatar, announcement | an admin of a group | what the group is called |

Who may is judged alike by all from the log, by the roster in force at the entry. What nobody may is
not applied and not shown. A kind this version does not know decodes to `Unsupported`, so an older
client shows a line instead of failing. Fields are only ever appended.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.errors import SealError

__all__ = [
    "Content",
    "Known",
    "Profile",
    "Text",
    "Unsupported",
    "decode_content",
    "encode_content",
]

MessageIdBytes = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Written = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.TEXT_LENGTH_MAX)]
AvatarBytes = Annotated[bytes, msgspec.Meta(max_length=48 * 1024)]


class _Named(msgspec.Struct, frozen=True, array_like=True):
    """The root: ``message_id`` is its name for good."""

    message_id: MessageIdBytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message_id.hex()})"


class Text(_Named, frozen=True, array_like=True, tag="text"):
    """A text."""

    text: Written

    __repr__ = _Named.__repr__


class Profile(_Named, frozen=True, array_like=True, tag="profile"):
    """What a group shows of itself; ``avatar`` is a small PNG or JPEG, empty without one."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.GROUP_NAME_LENGTH_MAX)]
    avatar: AvatarBytes = b""
    announcement: Annotated[str, msgspec.Meta(max_length=limits.ANNOUNCEMENT_LENGTH_MAX)] = ""

    __repr__ = _Named.__repr__


class Unsupported(msgspec.Struct, frozen=True):
    """A kind of a later version."""

    kind: str


Known = Text | Profile
Content = Known | Unsupported

_decoder = msgspec.msgpack.Decoder(Known)
_KINDS = frozenset(("text", "profile"))
_KIND_LENGTH_MAX = 32


def encode_content(content: Known) -> bytes:
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
        if isinstance(kind, str) and kind not in _KINDS:
            return Unsupported(kind[:_KIND_LENGTH_MAX])
        content: Known = _decoder.decode(data)
        return content
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SealError("The content cannot be read.") from error
