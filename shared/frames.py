"""Frames of the link: one WebSocket message each, binary MessagePack or text JSON.

Subprotocol ``mim.v1.msgpack`` or ``mim.v1.json``; the same types in both, arrays whose first item
is the frame's name. Fields are only ever appended: decoders ignore further items. Integers reach
2^63 - 1; bytes are base64 in JSON. ``*_ms`` is server time unless it says ``client_``.

| client sends | server answers | either |
| --- | --- | --- |
| hello | ready, then events, receipts, presence, heads | ping → pong |
| submit | accepted or refused | bye, then close |
| pull | entries (with its pull_id) | |
| confirm | confirmed | |
| mark | receipt (to all members, the own one too; a private one to the own devices alone) | |
| typing | – | |
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import msgspec

from shared import limits
from shared.entries import Counter, Entry, Head, Submission
from shared.errors import Code, PeerError
from shared.events import Event
from shared.identifiers import Hash, Id, Milliseconds

__all__ = [
    "CLOSE_CODES",
    "SUBPROTOCOL_JSON",
    "SUBPROTOCOL_MSGPACK",
    "Accepted",
    "Bye",
    "ClientFrame",
    "Confirm",
    "Confirmed",
    "Entries",
    "Events",
    "Frame",
    "Heads",
    "Hello",
    "Mark",
    "Ping",
    "Pong",
    "Presence",
    "Pull",
    "Ready",
    "Receipt",
    "Refused",
    "ServerFrame",
    "Submit",
    "Typing",
    "close_code_of",
    "decode_client_frame",
    "decode_server_frame",
    "encode_frame",
]

SUBPROTOCOL_MSGPACK = "mim.v1.msgpack"
SUBPROTOCOL_JSON = "mim.v1.json"

# How a link is closed, by the code of the `Bye` before it; anything else closes with 4500.
CLOSE_CODES = {
    Code.MALFORMED: 4400,
    Code.UNAUTHENTICATED: 4401,
    Code.REPLACED: 4409,
    Code.TOO_LARGE: 4413,
    Code.SLOW_READER: 4408,
    Code.CLIENT_TOO_OLD: 4426,
    Code.SERVER_TOO_OLD: 4427,
    Code.RATE_LIMITED: 4429,
    Code.OVERLOADED: 4503,
}

T = TypeVar("T")
_Decoders: TypeAlias = tuple[msgspec.msgpack.Decoder[T], msgspec.json.Decoder[T]]
_CLOSE_CODE_OTHER = 4500

ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """The first frame of a link."""

    version: int
    client_sent_ms: Milliseconds  # Client's wall clock.
    event_position: Counter  # Newest event the client has applied.
    marks_since_ms: Milliseconds  # Newest receipt the client has stored; 0: none.
    client: ShortText = ""  # Name and version, for the server's statistics.


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """The link is open; catching up follows."""

    version: int
    link_id: str
    client_sent_ms: Milliseconds
    received_ms: Milliseconds
    sent_ms: Milliseconds
    account: Id
    device: Id


class Events(msgspec.Struct, frozen=True, array_like=True, tag="events"):
    """Events after the client's position, live ones too.

    ``is_snapshot``: the position was too old or zero; the client fetches contacts and
    conversations anew and goes on from ``position``.
    """

    events: Annotated[tuple[Event, ...], msgspec.Meta(max_length=limits.EVENTS_PER_FRAME_MAX)]
    position: Counter  # The client's position once it has applied these.
    is_snapshot: bool = False


class Heads(msgspec.Struct, frozen=True, array_like=True, tag="heads"):
    """Where all conversations stand; from here on entries are pushed live."""

    heads: Annotated[tuple[Head, ...], msgspec.Meta(max_length=limits.HEADS_PER_FRAME_MAX)]
    is_last: bool


class Submit(msgspec.Struct, frozen=True, array_like=True, tag="submit"):
    """An application entry to append."""

    submission: Submission


class Accepted(msgspec.Struct, frozen=True, array_like=True, tag="accepted"):
    """The entry is in the log for good. The submitting device gets this instead of ``entries``."""

    conversation_id: Id
    device_counter: Counter
    payload_hash: Hash
    sequence: Counter
    entry_id: Id
    received_at_ms: Milliseconds
    chain: Hash
    is_repeat: bool = False


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    """The entry is not in the log, and why."""

    conversation_id: Id
    device_counter: Counter
    payload_hash: Hash
    code: Code
    message: ShortText
    own_counter: Counter = 0  # Newest device_counter of this device, for ``out_of_turn``.
    newest_handshake: Counter = 0


class Pull(msgspec.Struct, frozen=True, array_like=True, tag="pull"):
    """Asks for the entries ``after + 1 … after + limit`` of one conversation."""

    pull_id: Counter  # Chosen by the client, 1 or more.
    conversation_id: Id
    after: Counter
    limit: Annotated[int, msgspec.Meta(ge=1, le=limits.ENTRIES_PER_FRAME_MAX)]


class Entries(msgspec.Struct, frozen=True, array_like=True, tag="entries"):
    """A run of entries without holes: pushed (``pull_id`` 0) or the answer to a pull.

    An answer may hold fewer than asked for, to keep the frame small; empty: there are none.
    """

    conversation_id: Id
    chain_before: Hash  # Chain value before the first of them.
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=limits.ENTRIES_PER_FRAME_MAX)]
    pull_id: Counter = 0


class Confirm(msgspec.Struct, frozen=True, array_like=True, tag="confirm"):
    """All entries up to ``sequence`` are stored on this device (cumulative)."""

    conversation_id: Id
    sequence: Counter


class Confirmed(msgspec.Struct, frozen=True, array_like=True, tag="confirmed"):
    """The server has noted a confirm."""

    conversation_id: Id
    sequence: Counter


class Mark(msgspec.Struct, frozen=True, array_like=True, tag="mark"):
    """The person has read up to ``read``; only grows. If private, only the own devices hear it."""

    conversation_id: Id
    read: Counter
    is_private: bool = False


class Receipt(msgspec.Struct, frozen=True, array_like=True, tag="receipt"):
    """A member's marks have moved: up to here delivered, up to there read, and when."""

    conversation_id: Id
    account: Id
    delivered: Counter
    delivered_at_ms: Milliseconds
    read: Counter
    read_at_ms: Milliseconds


class Presence(msgspec.Struct, frozen=True, array_like=True, tag="presence"):
    """A contact came or went."""

    account: Id
    is_online: bool
    last_seen_ms: Milliseconds


class Typing(msgspec.Struct, frozen=True, array_like=True, tag="typing"):
    """Somebody types; the client sends it with account 0, the server fills it in."""

    conversation_id: Id
    is_typing: bool
    account: Annotated[int, msgspec.Meta(ge=0)] = 0


class Ping(msgspec.Struct, frozen=True, array_like=True, tag="ping"):
    """Are you there? With the sender's clock."""

    sent_ms: Milliseconds


class Pong(msgspec.Struct, frozen=True, array_like=True, tag="pong"):
    """The answer, with the stamp it came with and the answering side's clock."""

    ping_sent_ms: Milliseconds
    received_ms: Milliseconds
    sent_ms: Milliseconds


class Bye(msgspec.Struct, frozen=True, array_like=True, tag="bye"):
    """The last frame before the link is closed, and why."""

    code: Code
    message: ShortText
    retry_after_ms: Milliseconds = 0


ClientFrame = Hello | Submit | Pull | Confirm | Mark | Typing | Ping | Pong | Bye
ServerFrame = (
    Ready
    | Events
    | Heads
    | Accepted
    | Refused
    | Entries
    | Confirmed
    | Receipt
    | Presence
    | Typing
    | Ping
    | Pong
    | Bye
)
Frame = ClientFrame | ServerFrame

_client_decoders: _Decoders[ClientFrame] = (
    msgspec.msgpack.Decoder(ClientFrame),
    msgspec.json.Decoder(ClientFrame),
)
_server_decoders: _Decoders[ServerFrame] = (
    msgspec.msgpack.Decoder(ServerFrame),
    msgspec.json.Decoder(ServerFrame),
)
_msgpack_encoder = msgspec.msgpack.Encoder()
_json_encoder = msgspec.json.Encoder()


def close_code_of(code: Code | None) -> int:
    """Return the WebSocket close code for a link that ends with ``code``; None: without a word."""
    return 1001 if code is None else CLOSE_CODES.get(code, _CLOSE_CODE_OTHER)


def encode_frame(frame: Frame, *, as_json: bool = False) -> bytes | str:
    """Return the WebSocket message: bytes, or str for the JSON subprotocol."""
    if as_json:
        return _json_encoder.encode(frame).decode()
    return _msgpack_encoder.encode(frame)


def decode_client_frame(data: bytes | str) -> ClientFrame:
    """Return the frame a client sent; str is read as JSON.

    Raises:
        PeerError: With `Code.TOO_LARGE` or `Code.MALFORMED`; nothing of the frame is in the text.
    """
    return _decode(data, _client_decoders)


def decode_server_frame(data: bytes | str) -> ServerFrame:
    """Return the frame a server sent; as `decode_client_frame`."""
    return _decode(data, _server_decoders)


def _decode(data: bytes | str, decoders: _Decoders[T]) -> T:
    if _is_too_large(data):
        raise PeerError(Code.TOO_LARGE, f"A frame has at most {limits.FRAME_BYTES_MAX} bytes.")
    try:
        if isinstance(data, str):
            return decoders[1].decode(data)
        return decoders[0].decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise PeerError(Code.MALFORMED, "This is no frame of this protocol.") from error


def _is_too_large(data: bytes | str) -> bool:
    """Whether the bytes on the wire are beyond the bound."""
    if len(data) > limits.FRAME_BYTES_MAX:
        return True
    if isinstance(data, bytes) or data.isascii():
        return False
    # A character has at most four bytes in UTF-8; only long text has to be counted.
    if 4 * len(data) <= limits.FRAME_BYTES_MAX:
        return False
    return len(data.encode("utf-8", "surrogatepass")) > limits.FRAME_BYTES_MAX
