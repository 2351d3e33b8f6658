"""What Echo remembers of one conversation, and what it owes: a pure function of the log.

Echo writes one line first and then one answer for each message of the other side, in order. So
how many it has answered is how many lines of its own there are, less the first; nothing else is
kept, and a crash at any point can neither lose an answer nor give one twice, because a line of
its own is in the local database before it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from desktop.events import MessageKind, MessageRow
from shared import limits

__all__ = ["GREETING", "UNREADABLE_ANSWER", "Dialogue", "answer_to"]

GREETING = "Hello, I am Echo. Write to me, and I say it back. 你好，我是回声。"
UNREADABLE_ANSWER = "I could not read that one."


def answer_to(row: MessageRow) -> str:
    """Return what Echo says to a message; every message has exactly one answer."""
    if row.kind is not MessageKind.TEXT:
        return UNREADABLE_ANSWER
    return row.text[: limits.TEXT_LENGTH_MAX]


@dataclass(slots=True)
class Dialogue:
    """One conversation as Echo sees it.

    ``own`` are local ids of own lines in any state; ``heard`` are sequences of the other side's
    messages; ``unanswered`` holds the rows of those that have no answer yet, by sequence.
    """

    own: set[int] = field(default_factory=set)
    heard: set[int] = field(default_factory=set)
    unanswered: dict[int, MessageRow] = field(default_factory=dict)
    is_loaded: bool = False

    def load(self, rows: list[MessageRow]) -> None:
        """Take in the whole timeline once; what it already answers owes nothing."""
        for row in rows:
            self.note(row)
        answered = max(0, len(self.own) - 1)
        for sequence in sorted(self.heard)[:answered]:
            self.unanswered.pop(sequence, None)
        self.is_loaded = True

    def note(self, row: MessageRow) -> None:
        """Take in a row that is new or changed."""
        if row.is_own:
            self.own.add(row.local_id)
        elif row.sequence and row.sequence not in self.heard:
            self.heard.add(row.sequence)
            self.unanswered[row.sequence] = row

    @property
    def owes_greeting(self) -> bool:
        """Whether Echo has not written its first line yet."""
        return not self.own

    def next_unanswered(self) -> MessageRow | None:
        """The oldest message that waits for an answer."""
        return self.unanswered[min(self.unanswered)] if self.unanswered else None

    def answered(self, sequence: int, *, local_id: int) -> None:
        """Note that the message has got its answer, stored as ``local_id``."""
        self.own.add(local_id)
        self.unanswered.pop(sequence, None)
