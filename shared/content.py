"""What people wrote, inside the seal: MessagePack arrays, tagged by kind.

| kind | fields after ``message_id`` | who may | effect |
| --- | --- | --- | --- |
| text | text, reply_to, mentions | any member | a line |
| edit | target, text, mentions | the account that wrote the target, within `EDIT_AGE_MAX_MS` | its text is replaced, "edited" |
| recall | target, sequence, payload_hash | that account within `RECALL_AGE_MAX_MS`; an admin of a group always | its text is gone; its payload is blanked |
| reaction | target, emoji, is_removed | any member | one of each emoji per account |
| timer | seconds | any member of two, an admin of a group | later messages expire; 0: no more |
| profile | name, avatar, announcement | an admin of a group | what the group is called |
| file | blob_id, key, hash, size, name, media_type, text, width, height, preview, thumbnail, reply_to | any member | a file, a picture if it has a width; ``text`` is its caption |

``target`` is a ``message_id``; ``mentions`` are the members that the text names, as accounts: they are
told so.  Who may is judged alike by all from the log: by the roster in force
at the entry, and by ``received_at_ms`` of both entries. What nobody may is not applied and not
shown. A kind this version does not know decodes to `Unsupported`, so an older client shows a line
instead of failing. Fields are only ever appended.

A file's bytes are a blob that the server keeps sealed (`shared.e2ee.attachments`); the entry names
it in ``blob_ids``. ``preview`` (20 pixels) and ``thumbnail`` (320 pixels) are JPEG or PNG, made by
the sender, empty without a picture; who shows them treats them like any picture of a stranger.
"""  # noqa: E501

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.errors import SealError
from shared.identifiers import Hash, Id

__all__ = [
    "Content",
    "Edit",
    "File",
    "Known",
    "Profile",
    "Reaction",
    "Recall",
    "Text",
    "Timer",
    "Unsupported",
    "blob_ids_of",
    "decode_content",
    "encode_content",
]

MessageIdBytes = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Written = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.TEXT_LENGTH_MAX)]
Mentions = Annotated[tuple[Id, ...], msgspec.Meta(max_length=limits.MENTIONS_MAX)]
AvatarBytes = Annotated[bytes, msgspec.Meta(max_length=limits.GROUP_AVATAR_BYTES_MAX)]


class _Named(msgspec.Struct, frozen=True, array_like=True):
    """The root: ``message_id`` is its name for good."""

    message_id: MessageIdBytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message_id.hex()})"


class Text(_Named, frozen=True, array_like=True, tag="text"):
    """A text, perhaps in reply to another message."""

    text: Written
    reply_to: MessageIdBytes | None = None
    mentions: Mentions = ()

    __repr__ = _Named.__repr__


class Edit(_Named, frozen=True, array_like=True, tag="edit"):
    """Another text for one's own message."""

    target: MessageIdBytes
    text: Written
    mentions: Mentions = ()

    __repr__ = _Named.__repr__


class Recall(_Named, frozen=True, array_like=True, tag="recall"):
    """Takes a message back; its sender asks the server in clear to blank the payload too."""

    target: MessageIdBytes
    sequence: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    payload_hash: Hash

    __repr__ = _Named.__repr__


class Reaction(_Named, frozen=True, array_like=True, tag="reaction"):
    """An emoji at a message, or that it is taken away again."""

    target: MessageIdBytes
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.EMOJI_LENGTH_MAX)]
    is_removed: bool = False

    __repr__ = _Named.__repr__


class Timer(_Named, frozen=True, array_like=True, tag="timer"):
    """From here on messages disappear so many seconds after the server received them."""

    seconds: Annotated[int, msgspec.Meta(ge=0, le=limits.TIMER_S_MAX)]
    is_repeat: bool = False  # For those who have just been added: nothing has changed.

    __repr__ = _Named.__repr__


class Profile(_Named, frozen=True, array_like=True, tag="profile"):
    """What a group shows of itself; ``avatar`` is a small PNG or JPEG, empty without one."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.GROUP_NAME_LENGTH_MAX)]
    avatar: AvatarBytes = b""
    announcement: Annotated[str, msgspec.Meta(max_length=limits.ANNOUNCEMENT_LENGTH_MAX)] = ""
    is_repeat: bool = False  # As a timer's.

    __repr__ = _Named.__repr__


class File(_Named, frozen=True, array_like=True, tag="file"):
    """A file: where its bytes are, how they open, and what is shown of them before that."""

    blob_id: Id
    key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    hash: Hash  # BLAKE2b-256 of the sealed bytes.
    size: Annotated[int, msgspec.Meta(ge=0, le=limits.FILE_BYTES_MAX)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.FILE_NAME_LENGTH_MAX)]
    media_type: Annotated[str, msgspec.Meta(max_length=limits.MEDIA_TYPE_LENGTH_MAX)] = ""
    text: Annotated[str, msgspec.Meta(max_length=limits.TEXT_LENGTH_MAX)] = ""
    width: Annotated[int, msgspec.Meta(ge=0, le=limits.PICTURE_SIDE_MAX)] = 0
    height: Annotated[int, msgspec.Meta(ge=0, le=limits.PICTURE_SIDE_MAX)] = 0
    preview: Annotated[bytes, msgspec.Meta(max_length=limits.PREVIEW_BYTES_MAX)] = b""
    thumbnail: Annotated[bytes, msgspec.Meta(max_length=limits.THUMBNAIL_BYTES_MAX)] = b""
    reply_to: MessageIdBytes | None = None

    __repr__ = _Named.__repr__


class Unsupported(msgspec.Struct, frozen=True):
    """A kind of a later version."""

    kind: str


Known = Text | Edit | Recall | Reaction | Timer | Profile | File
Content = Known | Unsupported

_decoder = msgspec.msgpack.Decoder(Known)
_KINDS = frozenset(("text", "edit", "recall", "reaction", "timer", "profile", "file"))
_KIND_LENGTH_MAX = 32


def encode_content(content: Known) -> bytes:
    """Return the bytes to seal."""
    return msgspec.msgpack.encode(content)


def blob_ids_of(data: bytes) -> tuple[int, ...]:
    """Return the blobs that an encoded content of one's own refers to."""
    content = decode_content(data)
    return (content.blob_id,) if isinstance(content, File) else ()


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
