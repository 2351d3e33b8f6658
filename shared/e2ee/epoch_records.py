"""Epoch records on their way: what opens one epoch's messages, sealed to an account.

``seal_to(archive key, record)`` in the context ``mim.record.v1 ‖ conversation_id (8)``. Whoever
knows an archive key can seal anything to it; so a record is believed only once the handshake in
the log confirms it: its tag is the record's own, which nobody outside the epoch can bring about.
"""

from __future__ import annotations

from shared.e2ee.facade import EpochReader
from shared.e2ee.keys import ExchangeKeyPair, Random, open_sealed, seal_to
from shared.entries import Entry
from shared.errors import SealError

__all__ = ["open_record", "seal_record"]


def seal_record(
    record: bytes, *, conversation_id: int, archive_key: bytes, random: Random
) -> bytes:
    """Seal an epoch's record to one account's archive key; 48 bytes longer.

    Raises:
        SealError: If the key cannot be used.
    """
    return seal_to(archive_key, record, context=_context(conversation_id), random=random)


def open_record(
    sealed: bytes,
    *,
    conversation_id: int,
    archives: tuple[tuple[int, ExchangeKeyPair], ...],
    handshake: Entry | None,
) -> bytes:
    """Return the record, to be opened with by an `EpochReader`.

    Args:
        sealed: What the server kept.
        conversation_id: The conversation it is kept for.
        archives: The account's archive keys by number; the newest is tried first.
        handshake: The handshake that made the epoch; None if it is not at hand, and then what the
            record does not open proves nothing.

    Raises:
        SealError: If it was sealed to another key, or belongs to another epoch.
    """
    record = _open(sealed, _context(conversation_id), archives)
    reader = EpochReader(record)
    is_named = reader.conversation_id == conversation_id.to_bytes(8, "big")
    if not is_named:
        raise SealError("The record is of another conversation.")
    if handshake is not None:
        _confirm(reader, handshake)
    return record


def _confirm(reader: EpochReader, handshake: Entry) -> None:
    reader.confirm(handshake.payload)
    if reader.document_hash != handshake.document_hash:
        raise SealError("The record is of another roster.")
    if handshake.sequence == 1 and reader.epoch != 1:
        raise SealError("A conversation begins with its first epoch.")


def _open(
    sealed: bytes, context: bytes, archives: tuple[tuple[int, ExchangeKeyPair], ...]
) -> bytes:
    for _, pair in reversed(archives):
        try:
            return open_sealed(pair, sealed, context=context)
        except SealError:
            continue  # Sealed to another archive key of ours, or to nobody we know.
    raise SealError("The record does not open.")


def _context(conversation_id: int) -> bytes:
    return b"mim.record.v1" + conversation_id.to_bytes(8, "big")
