"""Which entries keep the slot they came in, so that their block need not be ordered anew.

Live messages come one by one at the end of a log, and ordering a block reads all of it
(`shared.ordering`). An entry at the end moves nobody if its person's entries in the block are all
of one device and their counters rise: by their own times they stand as they came, and other
people's entries never move for it. Handshakes hold no slots that could be traded.

That an entry is at the end is known of blocks that were read and ordered once: a log is also opened
from its end to its beginning, so the first entry of a block may be the last that is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.entries import Entry, EntryKind
from shared.ordering import block_bounds, block_of

__all__ = ["LastBlocks"]

_KEPT = 64  # Conversations; those that were not heard of for longest are forgotten.


@dataclass(slots=True)
class _Block:
    """The last block of a log, every entry of it seen, none of them out of its slot."""

    last: int  # The newest sequence.
    end: int  # The last sequence that the block can have.
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)  # Device and counter.

    def takes(self, entry: Entry) -> bool:
        """Take in the next entry; return whether it keeps its slot."""
        if entry.sequence != self.last + 1 or not _keeps(self.devices, entry):
            return False
        self.last = entry.sequence
        return True


class LastBlocks:
    """Remembers the last block of each conversation that messages arrive in."""

    def __init__(self) -> None:
        self._blocks: dict[int, _Block] = {}

    def takes(self, entry: Entry) -> bool:
        """Take in an opened entry; return whether it keeps its slot, and everybody else theirs."""
        conversation_id = entry.conversation_id
        block = self._blocks.pop(conversation_id, None)
        if block is None or not block.takes(entry):
            return False
        self._keep(conversation_id, block)
        return True

    def learn(self, conversation_id: int, entries: list[Entry]) -> None:
        """Take in all that is stored of a block, rising, after it was ordered."""
        self._blocks.pop(conversation_id, None)
        if not entries:
            return
        first, end = block_bounds(block_of(entries[0].sequence))
        block = _Block(first - 1, end)
        if all(block.takes(entry) for entry in entries):
            self._keep(conversation_id, block)

    def _keep(self, conversation_id: int, block: _Block) -> None:
        if block.last == block.end:
            return
        self._blocks[conversation_id] = block
        while len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]


def _keeps(devices: dict[int, tuple[int, int]], entry: Entry) -> bool:
    if entry.kind is not EntryKind.APPLICATION:
        return True
    known = devices.get(entry.account)
    here = (entry.device, entry.device_counter)
    if known is not None and (known[0] != here[0] or known[1] >= here[1]):
        return False
    devices[entry.account] = here
    return True
