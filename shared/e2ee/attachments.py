"""Attachments: a file as a stream of sealed chunks, written and opened piece by piece.

| part | bytes |
| --- | --- |
| header | 24, random |
| each chunk | 65,536 of the padded file (the last one fewer) + 17 of the seal |

The seal is ``crypto_secretstream_xchacha20poly1305`` under a random key that travels inside the
message; the last chunk alone has the tag FINAL, so that a cut, a changed order, a missing chunk
and anything behind the end are noticed. The file is followed by zero bytes up to `padded_size`
(Padmé: at most 12 % more), so that its length shows only in steps.

Both directions take pieces of any size and hold at most one chunk. A sealed stream is the same
bytes for the same key, header and file. An opener that is fed again what has come so far stands
where it stood: that is how a download goes on, with what is there checked once more.

Source:
    libsodium, "Encrypted streams and file encryption"; Nikitin et al., "Reducing Metadata Leakage
    from Encrypted Files and Communication with PURBs", section 3.5 (Padmé); PROTOCOL.md,
    "Attachments".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from nacl import bindings

from shared import limits
from shared.errors import LocalError, SealError

__all__ = [
    "HEADER_BYTES",
    "KEY_BYTES",
    "AttachmentKey",
    "AttachmentOpener",
    "AttachmentSealer",
    "padded_size",
    "sealed_size",
]

KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_SEAL_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_SEALED_CHUNK_BYTES = limits.FILE_CHUNK_BYTES + _SEAL_BYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_ZEROS = bytes(limits.FILE_CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class AttachmentKey:
    """The key of one attachment, 32 bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the size."""
        assert len(self.secret) == KEY_BYTES


def padded_size(size: int) -> int:
    """Return to how many bytes a file of ``size`` bytes is filled up: one of few lengths (Padmé).

    Raises:
        LocalError: If it is below 0 or above `limits.FILE_BYTES_MAX`.
    """
    if not 0 <= size <= limits.FILE_BYTES_MAX:
        raise LocalError(f"A file has at most {limits.FILE_BYTES_MAX} bytes.")
    length = max(size, limits.FILE_PADDED_BYTES_MIN)
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def sealed_size(size: int) -> int:
    """Return how many bytes a sealed file of ``size`` bytes has.

    Raises:
        LocalError: As `padded_size`.
    """
    padded = padded_size(size)
    chunks = -(-padded // limits.FILE_CHUNK_BYTES)
    return HEADER_BYTES + padded + chunks * _SEAL_BYTES


class AttachmentSealer:
    """Seals one file of known size, fed in order in pieces of any size."""

    def __init__(self, key: AttachmentKey, *, header: bytes, size: int) -> None:
        """Start a stream; ``header`` is 24 random bytes that no other stream of this key has.

        Raises:
            LocalError: As `padded_size`.
        """
        self._left = size
        self._padded_left = padded_size(size)
        # The state for pulling starts as that for pushing; libsodium's own start of pushing
        # would draw the header itself, and the same file could not be sealed alike again.
        self._state = _start(key, header)
        self._waiting = bytearray()
        self._sealed = bytearray(header)
        self._hash = hashlib.blake2b(digest_size=32)

    def feed(self, data: bytes) -> bytes:
        """Return what of the sealed stream is ready with these next bytes of the file.

        Raises:
            LocalError: If the file turns out to be longer than said.
        """
        if len(data) > self._left:
            raise LocalError("The file has become longer while it was read.")
        self._left -= len(data)
        self._waiting += data
        # A chunk is sealed once a byte behind it is known: only the last one is tagged so.
        while len(self._waiting) > limits.FILE_CHUNK_BYTES:
            self._seal(limits.FILE_CHUNK_BYTES, _MESSAGE)
        return self._take()

    def finish(self) -> bytes:
        """Return the rest of the sealed stream.

        Raises:
            LocalError: If the file turned out to be shorter than said.
        """
        if self._left:
            raise LocalError("The file has become shorter while it was read.")
        while True:
            missing = min(self._padded_left, limits.FILE_CHUNK_BYTES) - len(self._waiting)
            self._waiting += _ZEROS[:missing]
            if self._padded_left <= limits.FILE_CHUNK_BYTES:
                self._seal(self._padded_left, _FINAL)
                return self._take()
            self._seal(limits.FILE_CHUNK_BYTES, _MESSAGE)

    @property
    def hash(self) -> bytes:
        """The BLAKE2b-256 of the sealed stream so far; of all of it once finished."""
        return self._hash.digest()

    def _seal(self, size: int, tag: int) -> None:
        chunk = bytes(self._waiting[:size])
        del self._waiting[:size]
        self._padded_left -= size
        push = bindings.crypto_secretstream_xchacha20poly1305_push
        self._sealed += push(self._state, chunk, None, tag)

    def _take(self) -> bytes:
        sealed = bytes(self._sealed)
        self._sealed.clear()
        self._hash.update(sealed)
        return sealed


class AttachmentOpener:
    """Opens one sealed stream, fed in order in pieces of any size."""

    def __init__(self, key: AttachmentKey, *, size: int) -> None:
        """Start; ``size`` is the file's, without what it was filled up with.

        Raises:
            SealError: If no file has that size.
        """
        try:
            self._sealed_left = sealed_size(size)
        except LocalError as error:
            raise SealError("An attachment's size is out of its bounds.") from error
        self._key = key
        self._left = size
        self._state: bindings.crypto_secretstream_xchacha20poly1305_state | None = None
        self._waiting = bytearray()
        self._hash = hashlib.blake2b(digest_size=32)
        self.opened_bytes = 0  # Of the sealed stream: up to here all has been checked.

    def feed(self, data: bytes) -> bytes:
        """Return what of the file these next bytes of the sealed stream open.

        Raises:
            SealError: If they are not what was sealed; what was returned before is right.
        """
        if len(data) > self._sealed_left - len(self._waiting):
            raise SealError("An attachment does not open.")
        self._hash.update(data)
        self._waiting += data
        if self._state is None and len(self._waiting) >= HEADER_BYTES:
            self._state = _start(self._key, self._consume(HEADER_BYTES))
        opened = bytearray()
        if self._state is None:
            return bytes(opened)
        while self._waiting:
            size = min(self._sealed_left, _SEALED_CHUNK_BYTES)
            if len(self._waiting) < size:
                break
            opened += self._open(self._state, size)
        return bytes(opened)

    def finish(self, sealed_hash: bytes) -> None:
        """Note that the stream is over.

        Raises:
            SealError: If something of it is missing, or ``sealed_hash`` is not its BLAKE2b-256.
        """
        if self._sealed_left or self._hash.digest() != sealed_hash:
            raise SealError("An attachment does not open.")

    def _consume(self, size: int) -> bytes:
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        self._sealed_left -= size
        self.opened_bytes += size
        return taken

    def _open(
        self, state: bindings.crypto_secretstream_xchacha20poly1305_state, size: int
    ) -> bytes:
        expected = _FINAL if size == self._sealed_left else _MESSAGE
        sealed = bytes(self._waiting[:size])
        try:
            opened, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, sealed)
        except RuntimeError as error:
            raise SealError("An attachment does not open.") from error
        if tag != expected:
            raise SealError("An attachment does not open.")
        self._consume(size)
        kept = opened[: self._left]
        self._left -= len(kept)
        return kept


def _start(
    key: AttachmentKey, header: bytes
) -> bindings.crypto_secretstream_xchacha20poly1305_state:
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key.secret)
    return state
