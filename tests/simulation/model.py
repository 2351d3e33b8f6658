"""The plain model: who may read what, as sets of accounts for every sequence.

Written from the rules of DESIGN alone: an account reads from the handshake that added it to the
handshake that removed it, both included; adding it again opens another range. It is told what the
server's log holds and what every screen shows, and says what does not fit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Line", "LogFact", "Model", "Screen"]


@dataclass(frozen=True, slots=True)
class LogFact:
    """One place of a log as anybody with the server's disk sees it.

    Attributes:
        sequence: 1, 2, 3 …
        is_message: Whether it is sealed content.
        account: Who sent it.
        members: The accounts of the roster document it brings; ``None`` if it changes none.
    """

    sequence: int
    is_message: bool
    account: int
    members: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one row of a timeline shows."""

    sequence: int
    sender: int
    text: str
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Screen:
    """All rows of one conversation on one device, in the order shown.

    Attributes:
        is_live: Whether the device is logged in and caught up, so that all must be there.
        waiting: Texts that the device shows as not accepted.
        epochs: The handshakes for which it holds an epoch's key.
    """

    device: str
    account: int
    lines: tuple[Line, ...]
    is_live: bool = True
    waiting: frozenset[str] = frozenset()
    epochs: frozenset[int] = frozenset()


@dataclass(slots=True)
class Model:
    """What was ordered, and what must have come of it.

    Attributes:
        typed: Text by conversation and account; every text is typed once.
        acked: Texts that a device showed as accepted.
        refused: Texts that a rule may have refused, or that went with a copied profile.
    """

    typed: dict[str, tuple[int, int]] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def note_typed(self, conversation: int, account: int, text: str) -> None:
        """Somebody typed this."""
        assert text not in self.typed
        self.typed[text] = (conversation, account)

    def compare(
        self, conversation: int, log: Iterable[LogFact], screens: Iterable[Screen]
    ) -> list[str]:
        """Return a sentence for everything that is not as it must be."""
        facts = list(log)
        readers = readers_of(facts)
        screens = list(screens)
        truth: dict[int, Line] = {}
        wrong: list[str] = []
        for screen in screens:
            wrong += self._one_screen(conversation, screen, readers, truth)
        wrong += self._complete(conversation, facts, screens, readers, truth)
        wrong += self._alike(conversation, screens, readers)
        return wrong

    def _one_screen(
        self,
        conversation: int,
        screen: Screen,
        readers: Mapping[int, frozenset[int]],
        truth: dict[int, Line],
    ) -> list[str]:
        name = f"{screen.device} in {conversation}"
        wrong = []
        for line in screen.lines:
            if not line.is_readable:
                # What was ended before it had every epoch's key never gets it.
                if screen.is_live:
                    wrong.append(f"{name}: {line.sequence} is unreadable")
                continue
            if screen.account not in readers.get(line.sequence, frozenset()):
                wrong.append(f"{name}: reads {line.sequence}, which it may not")
            known = truth.setdefault(line.sequence, line)
            if known != line:
                wrong.append(f"{name}: {line.sequence} is not what others see there")
            if self.typed.get(line.text) != (conversation, line.sender):
                wrong.append(f"{name}: nobody typed {line.text!r} there")
        wrong += [
            f"{name}: {text!r} is shown {count} times"
            for text, count in Counter(line.text for line in screen.lines).items()
            if count > 1 and text
        ]
        wrong += [
            f"{name}: holds the key of epoch {epoch}, which it may not"
            for epoch in sorted(screen.epochs)
            if screen.account not in readers.get(epoch, frozenset())
        ]
        return wrong

    def _complete(
        self,
        conversation: int,
        facts: list[LogFact],
        screens: list[Screen],
        readers: Mapping[int, frozenset[int]],
        truth: Mapping[int, Line],
    ) -> list[str]:
        wrong = []
        for screen in screens:
            if not screen.is_live:
                continue
            there = {line.sequence for line in screen.lines}
            missing = [s for s in sorted(truth) if screen.account in readers[s] and s not in there]
            if missing:
                wrong.append(f"{screen.device} in {conversation}: lacks {missing[:10]}")
        texts = {line.text for line in truth.values()}
        for text, (where, _account) in self.typed.items():
            if where == conversation and text in self.acked and text not in texts:
                wrong.append(f"{conversation}: {text!r} was accepted and is nowhere")
        if [fact.sequence for fact in facts] != list(range(1, len(facts) + 1)):
            wrong.append(f"{conversation}: the log has holes")
        return wrong

    @staticmethod
    def _alike(
        conversation: int, screens: list[Screen], readers: Mapping[int, frozenset[int]]
    ) -> list[str]:
        """Whoever may read the same sees the same, in the same order."""
        groups: dict[frozenset[int], list[Screen]] = defaultdict(list)
        for screen in screens:
            if screen.is_live:
                mine = frozenset(s for s, who in readers.items() if screen.account in who)
                groups[mine].append(screen)
        wrong = []
        for alike in groups.values():
            first = [line.sequence for line in alike[0].lines]
            wrong += [
                f"{conversation}: {each.device} has another order than {alike[0].device}"
                for each in alike[1:]
                if [line.sequence for line in each.lines] != first
            ]
        return wrong


def readers_of(facts: Iterable[LogFact]) -> dict[int, frozenset[int]]:
    """Return for every sequence the accounts that may read it."""
    readers: dict[int, frozenset[int]] = {}
    inside: frozenset[int] = frozenset()
    for fact in facts:
        before, inside = inside, inside if fact.members is None else fact.members
        # Who is removed gets the entry that removes it.
        readers[fact.sequence] = before | inside
    return readers
