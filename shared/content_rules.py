"""What edits, recalls and reactions do to a message: a pure function of what the log holds.

Every device of every member judges alike, whatever came first: a change may be opened before its
message (newest first), and nothing here depends on a clock or on what else was opened.

| rule | |
| --- | --- |
| one (account, message_id) counts once | the lowest sequence, `is_earlier` |
| several edits | the one with the highest sequence |
| edits and a recall | the recall |
| several recalls | the one with the lowest sequence says who took it back |
| reactions | for each (account, emoji) the one with the highest sequence |
| more than `limits.REACTIONS_PER_MESSAGE_MAX` of one account | the newest of them |

A change that waits in the own outbox has sequence 0: it is shown as if it came last. A recall
names its message in clear terms, sequence and payload hash, so that it is judged alike by those
who find the payload blank; of those who sent the same message twice it takes back both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared import limits
from shared.content import Edit, Known, Reaction, Recall
from shared.roster import ConversationKind, Role

__all__ = [
    "Change",
    "Outcome",
    "Reacted",
    "Target",
    "edit_is_allowed",
    "is_earlier",
    "may_set_profile",
    "may_set_timer",
    "outcome_of",
    "reaction_is_allowed",
    "recall_is_allowed",
]

_LAST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The facts of a message that changes are judged by."""

    account: int
    sequence: int
    received_at_ms: int
    payload_hash: bytes  # Empty while it waits to be accepted.
    message_id: bytes | None  # ``None``: its payload is not readable here.


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry that changes a message; ``role`` and ``kind`` as the roster of its epoch says.

    ``role`` is 0 for an account that is no member. A change of one's own that waits has
    sequence 0, and the time now as ``received_at_ms``.
    """

    content: Known
    account: int
    sequence: int
    received_at_ms: int
    role: int
    kind: ConversationKind

    @property
    def rank(self) -> int:
        """Where it stands among others: what waits comes last."""
        return self.sequence or _LAST


@dataclass(frozen=True, slots=True)
class Reacted:
    """An emoji, and who put it there, in order of coming."""

    emoji: str
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What all changes together make of a message."""

    text: str | None = None  # ``None``: as it was written.
    mentions: tuple[int, ...] = ()  # Of that text.
    recalled_by: int = 0  # 0: by nobody.
    reactions: tuple[Reacted, ...] = ()
    is_pending: bool = False  # One of the changes that count is not accepted yet.


def may_set_timer(kind: ConversationKind, role: int) -> bool:
    """Whether a member with this role sets the timer of such a conversation."""
    return role >= (Role.ADMIN if kind is ConversationKind.GROUP else Role.MEMBER)


def may_set_profile(kind: ConversationKind, role: int) -> bool:
    """Whether a member with this role says what the conversation is called; groups alone."""
    return kind is ConversationKind.GROUP and role >= Role.ADMIN


def edit_is_allowed(edit: Change, target: Target) -> bool:
    """Whether this account may replace the text of this message at that time."""
    return (
        edit.role >= Role.MEMBER
        and edit.account == target.account
        and edit.rank > target.sequence
        and edit.received_at_ms - target.received_at_ms <= limits.EDIT_AGE_MAX_MS
    )


def recall_is_allowed(recall: Change, target: Target) -> bool:
    """Whether this account may take this message back at that time."""
    if recall.role < Role.MEMBER or recall.rank <= target.sequence:
        return False
    if recall.kind is ConversationKind.GROUP and recall.role >= Role.ADMIN:
        return True
    age_ms = recall.received_at_ms - target.received_at_ms
    return recall.account == target.account and age_ms <= limits.RECALL_AGE_MAX_MS


def reaction_is_allowed(reaction: Change, target: Target) -> bool:
    """Whether this account may put an emoji at this message."""
    return reaction.role >= Role.MEMBER and reaction.rank > target.sequence


def is_earlier(sequence: int, than: int) -> bool:
    """Whether the same message at ``sequence`` counts instead of the one at ``than`` (0: waits)."""
    return 0 < sequence < (than or _LAST)


def outcome_of(target: Target, changes: Iterable[Change]) -> Outcome:
    """Return what becomes of a message.

    Args:
        target: The message.
        changes: All that may concern it, in any order, one for each (account, message_id).
    """
    in_order = sorted(changes, key=lambda change: (change.rank, change.account))
    recall = next((each for each in in_order if _takes_back(each, target)), None)
    if recall is not None:
        return Outcome(recalled_by=recall.account, is_pending=not recall.sequence)
    edits = [each for each in in_order if _replaces(each, target)]
    text: str | None = None
    mentions: tuple[int, ...] = ()
    if edits:
        newest = edits[-1].content
        assert isinstance(newest, Edit)
        text, mentions = newest.text, newest.mentions
    reactions, waits = _reactions([each for each in in_order if _reacts(each, target)])
    is_pending = waits or bool(edits and not edits[-1].sequence)
    return Outcome(text=text, mentions=mentions, reactions=reactions, is_pending=is_pending)


def _takes_back(change: Change, target: Target) -> bool:
    content = change.content
    if not isinstance(content, Recall):
        return False
    names_place = (content.sequence, content.payload_hash) == (
        target.sequence,
        target.payload_hash,
    )
    names_message = change.account == target.account and content.target == target.message_id
    return (names_place or names_message) and recall_is_allowed(change, target)


def _replaces(change: Change, target: Target) -> bool:
    content = change.content
    return (
        isinstance(content, Edit)
        and content.target == target.message_id
        and edit_is_allowed(change, target)
    )


def _reacts(change: Change, target: Target) -> bool:
    content = change.content
    return (
        isinstance(content, Reaction)
        and content.target == target.message_id
        and reaction_is_allowed(change, target)
    )


def _reactions(changes: Sequence[Change]) -> tuple[tuple[Reacted, ...], bool]:
    """Return the emoji that stand, in order of coming, and whether one of them waits."""
    newest: dict[tuple[int, str], Change] = {}
    for change in changes:
        assert isinstance(change.content, Reaction)
        key = (change.account, change.content.emoji)
        newest.pop(key, None)  # So that the dictionary is in order of the last change.
        newest[key] = change
    waits = any(not change.sequence for change in newest.values())
    counts: dict[int, int] = {}
    kept: list[tuple[int, str]] = []
    for (account, emoji), change in reversed(newest.items()):
        counts[account] = counts.get(account, 0) + _stands(change)
        if _stands(change) and counts[account] <= limits.REACTIONS_PER_MESSAGE_MAX:
            kept.append((account, emoji))
    by_emoji: dict[str, list[int]] = {}
    for account, emoji in reversed(kept):
        by_emoji.setdefault(emoji, []).append(account)
    reacted = tuple(Reacted(emoji, tuple(accounts)) for emoji, accounts in by_emoji.items())
    return reacted, waits


def _stands(change: Change) -> bool:
    return isinstance(change.content, Reaction) and not change.content.is_removed
