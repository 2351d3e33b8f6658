"""Messages in their entries: sealed by a `Conversation`, opened by an `EpochReader`."""

from __future__ import annotations

from dataclasses import dataclass

from shared.chain import is_bound, seen_of
from shared.e2ee.facade import Conversation, EpochReader
from shared.entries import Entry, EntryKind
from shared.errors import SealError

__all__ = ["OpenedMessage", "open_message", "seal_message"]


@dataclass(frozen=True, slots=True, repr=False)
class OpenedMessage:
    """What an entry says, and what names it for the replay guard.

    Attributes:
        data: The content.
        leaf: The leaf that sent it.
        generation: Which of that leaf's messages of the epoch it is.
        seen: The newest place its sender saw.
        seen_chain: The chain value there.
    """

    data: bytes
    leaf: int
    generation: int
    seen: int
    seen_chain: bytes


def seal_message(
    conversation: Conversation, content: bytes, *, binding: bytes
) -> tuple[Conversation, bytes]:
    """Seal a content, padded, to be sent in an entry with this binding.

    Args:
        conversation: The state before.
        content: What to say.
        binding: `shared.chain.binding_bytes` of the submission around it.

    Returns:
        The state to store with the payload before it is sent, and the payload.

    Raises:
        SealError: If this epoch has seen too many messages.
    """
    return conversation.seal(content, authenticated_data=binding)


def open_message(reader: EpochReader, entry: Entry, *, signer: bytes) -> OpenedMessage:
    """Open an application entry.

    Args:
        reader: Of the epoch that the entry's ``parent`` made.
        entry: The entry, with its payload.
        signer: The signature key of ``entry.device``, which belongs to ``entry.account``.

    Raises:
        SealError: If it is not of this epoch, another device signed it, or its clear fields are
            not those its sender set.
    """
    if entry.kind is not EntryKind.APPLICATION:
        raise SealError("This entry is no message.")
    if reader.conversation_id != entry.conversation_id.to_bytes(8, "big"):
        raise SealError("The record is of another conversation.")
    opened = reader.open(entry.payload, signer=signer)
    if not is_bound(opened.authenticated_data, entry):
        raise SealError("The message belongs to another entry.")
    seen, seen_chain = seen_of(opened.authenticated_data)
    if seen >= entry.sequence:
        raise SealError("The message says that its sender saw the future.")
    return OpenedMessage(opened.data, opened.leaf, opened.generation, seen, seen_chain)
