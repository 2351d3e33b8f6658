"""The order in which a conversation is shown: insertion merge, in blocks of 64 sequences.

The server's sequence fixes the slots, and what *different* people wrote keeps its order. What
*one person* wrote on several devices is put into that person's own slots by that person's own
time. The rule, for one block:

1. A handshake that changes the roster divides the block; nothing moves across it.
2. An application entry is **prompt** if ``received_at_ms`` is within
   `limits.ORDER_LATENESS_MAX_MS` of ``sent_at_ms``. Every other entry keeps its slot.
3. A person's application entry that is not prompt divides that person's entries too, so that
   one device's messages never overtake each other.
4. The time of a prompt entry is the highest ``sent_at_ms`` of the prompt entries of its device
   in the block up to its ``device_counter``.
5. Within one division, a person's prompt entries are sorted by (time, device, device_counter)
   and put into the slots that they hold together, lowest slot first.

The result depends on nothing but the entries given. With one device per person it is the
server's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared import limits
from shared.entries import Entry, EntryKind

__all__ = ["Place", "block_bounds", "block_of", "merge", "merge_block", "place_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the order of one entry depends on."""

    sequence: int
    account: int
    device: int
    device_counter: int
    sent_at_ms: int
    received_at_ms: int
    is_message: bool = True  # An application entry.
    changes_roster: bool = False  # A handshake after which another document is in force.

    @property
    def is_prompt(self) -> bool:
        """Whether it is a message that came soon after it was sent."""
        lateness_ms = abs(self.received_at_ms - self.sent_at_ms)
        return self.is_message and lateness_ms <= limits.ORDER_LATENESS_MAX_MS


def place_of(entry: Entry, *, changes_roster: bool = False) -> Place:
    """Return what the order of ``entry`` depends on.

    Args:
        entry: Any entry; its payload may be blank.
        changes_roster: Whether it is a handshake whose ``document_hash`` differs from the one
            in force before it.
    """
    return Place(
        sequence=entry.sequence,
        account=entry.account,
        device=entry.device,
        device_counter=entry.device_counter,
        sent_at_ms=entry.sent_at_ms,
        received_at_ms=entry.received_at_ms,
        is_message=entry.kind is EntryKind.APPLICATION,
        changes_roster=changes_roster,
    )


def block_of(sequence: int) -> int:
    """Return the number of the block, from 0, that ``sequence`` (1 or more) lies in."""
    return (sequence - 1) // limits.ORDER_BLOCK


def block_bounds(block: int) -> tuple[int, int]:
    """Return the first and the last sequence of a block."""
    first = block * limits.ORDER_BLOCK + 1
    return first, first + limits.ORDER_BLOCK - 1


def merge(places: Iterable[Place]) -> dict[int, int]:
    """Return the slot of each sequence, of whole blocks in any order."""
    blocks: dict[int, list[Place]] = {}
    for place in places:
        blocks.setdefault(block_of(place.sequence), []).append(place)
    slots: dict[int, int] = {}
    for block in sorted(blocks):
        slots.update(merge_block(blocks[block]))
    return slots


def merge_block(places: Sequence[Place]) -> dict[int, int]:
    """Return the slot of each sequence of one block: the rule of the module docstring.

    Args:
        places: The entries of one block that there are, in any order, each once.

    Returns:
        A permutation: slots are sequences too, the keys are those of ``places``.
    """
    in_server_order = sorted(places, key=lambda place: place.sequence)
    times = _running_maxima(in_server_order)
    slots = {place.sequence: place.sequence for place in in_server_order}
    for movable in _divisions(in_server_order):
        by_own_time = sorted(
            movable,
            key=lambda place: (times[place.sequence], place.device, place.device_counter),
        )
        for slot, place in zip(movable, by_own_time, strict=True):
            slots[place.sequence] = slot.sequence
    return slots


def _running_maxima(places: Sequence[Place]) -> dict[int, int]:
    """Return the time of each prompt entry (rule 4), by sequence."""
    newest_ms: dict[tuple[int, int], int] = {}
    times: dict[int, int] = {}
    prompt = (place for place in places if place.is_prompt)
    for place in sorted(prompt, key=lambda place: (place.device_counter, place.sequence)):
        device = (place.account, place.device)
        newest_ms[device] = max(newest_ms.get(device, 0), place.sent_at_ms)
        times[place.sequence] = newest_ms[device]
    return times


def _divisions(places: Sequence[Place]) -> list[list[Place]]:
    """Return the groups of prompt entries that may trade slots (rules 1 to 3)."""
    groups: list[list[Place]] = []
    open_groups: dict[int, list[Place]] = {}
    for place in places:
        if place.changes_roster:
            open_groups.clear()
        elif place.is_prompt:
            if place.account not in open_groups:
                open_groups[place.account] = []
                groups.append(open_groups[place.account])
            open_groups[place.account].append(place)
        elif place.is_message:
            open_groups.pop(place.account, None)
    return groups
