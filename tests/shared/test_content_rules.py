from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.content import Edit, Known, Reaction, Recall
from shared.content_rules import (
    Change,
    Outcome,
    Reacted,
    Target,
    edit_is_allowed,
    is_earlier,
    may_set_profile,
    may_set_timer,
    outcome_of,
    reaction_is_allowed,
    recall_is_allowed,
)
from shared.roster import ConversationKind, Role

ANNA, BORIS, ADMIN = 1, 2, 3
GROUP, DIRECT, NOTES = ConversationKind.GROUP, ConversationKind.DIRECT, ConversationKind.NOTES
MESSAGE = b"m" * 16
HASH = b"h" * 32
RECEIVED = 1_000_000
TARGET = Target(
    account=ANNA, sequence=5, received_at_ms=RECEIVED, payload_hash=HASH, message_id=MESSAGE
)


def change(
    content: Known,
    *,
    account: int = ANNA,
    sequence: int = 9,
    after_ms: int = 1_000,
    role: int = Role.MEMBER,
    kind: ConversationKind = GROUP,
) -> Change:
    return Change(
        content=content,
        account=account,
        sequence=sequence,
        received_at_ms=RECEIVED + after_ms,
        role=role,
        kind=kind,
    )


def edit(text: str, *, sequence: int = 9, account: int = ANNA, after_ms: int = 1_000) -> Change:
    return change(
        Edit(bytes([sequence]) * 16, MESSAGE, text),
        sequence=sequence,
        account=account,
        after_ms=after_ms,
    )


def recall(
    *,
    sequence: int = 12,
    account: int = ANNA,
    role: int = Role.MEMBER,
    after_ms: int = 1_000,
    kind: ConversationKind = GROUP,
    payload_hash: bytes = HASH,
    target: bytes = MESSAGE,
) -> Change:
    return change(
        Recall(bytes([sequence]) * 16, target, 5, payload_hash),
        sequence=sequence,
        account=account,
        role=role,
        after_ms=after_ms,
        kind=kind,
    )


def reaction(
    emoji: str, *, sequence: int, account: int = BORIS, is_removed: bool = False
) -> Change:
    content = Reaction(bytes([sequence]) * 16, MESSAGE, emoji, is_removed)
    return change(content, sequence=sequence, account=account)


@pytest.mark.parametrize(
    ("kind", "role", "timer", "profile"),
    [
        (DIRECT, Role.MEMBER, True, False),
        (NOTES, Role.OWNER, True, False),
        (GROUP, Role.MEMBER, False, False),
        (GROUP, Role.ADMIN, True, True),
        (GROUP, Role.OWNER, True, True),
        (DIRECT, 0, False, False),
        (GROUP, 0, False, False),
    ],
)
def test_who_may_set_timer_and_profile(
    kind: ConversationKind, role: int, timer: bool, profile: bool
) -> None:
    assert may_set_timer(kind, role) is timer
    assert may_set_profile(kind, role) is profile


def test_an_edit_replaces_the_text() -> None:
    assert outcome_of(TARGET, [edit("new")]) == Outcome(text="new")


def test_the_newest_of_several_edits_counts() -> None:
    edits = [edit("third", sequence=11), edit("first", sequence=6), edit("second", sequence=8)]

    assert outcome_of(TARGET, edits).text == "third"


@pytest.mark.parametrize(
    "not_allowed",
    [
        edit("x", account=BORIS),
        edit("x", sequence=4),
        edit("x", after_ms=limits.EDIT_AGE_MAX_MS + 1),
        change(Edit(b"e" * 16, MESSAGE, "x"), role=0),
        change(Edit(b"e" * 16, b"another message!", "x")),
    ],
    ids=["of another account", "before it", "too late", "no member", "another message"],
)
def test_an_edit_that_nobody_may_make_changes_nothing(not_allowed: Change) -> None:
    assert outcome_of(TARGET, [not_allowed]) == Outcome()


def test_an_edit_on_the_last_millisecond_is_in_time() -> None:
    assert edit_is_allowed(edit("x", after_ms=limits.EDIT_AGE_MAX_MS), TARGET)


def test_an_admin_does_not_edit_what_others_wrote() -> None:
    by_admin = change(Edit(b"e" * 16, MESSAGE, "x"), account=ADMIN, role=Role.ADMIN)

    assert outcome_of(TARGET, [by_admin]).text is None


def test_a_recall_beats_edits_and_reactions() -> None:
    changes = [edit("new", sequence=20), recall(sequence=12), reaction("👍", sequence=13)]

    assert outcome_of(TARGET, changes) == Outcome(recalled_by=ANNA)


def test_the_first_of_several_recalls_says_who() -> None:
    by_admin = recall(sequence=14, account=ADMIN, role=Role.ADMIN)

    assert outcome_of(TARGET, [by_admin, recall(sequence=12)]).recalled_by == ANNA


@pytest.mark.parametrize(
    "not_allowed",
    [
        recall(account=BORIS),
        recall(after_ms=limits.RECALL_AGE_MAX_MS + 1),
        recall(role=0),
        recall(sequence=5),
        recall(account=ADMIN, role=Role.OWNER, kind=DIRECT),
        recall(account=ADMIN, role=Role.ADMIN, payload_hash=b"x" * 32),
        recall(payload_hash=b"x" * 32, target=b"another message!"),
    ],
    ids=["another member", "too late", "no member", "before", "direct", "hash", "another message"],
)
def test_a_recall_that_nobody_may_make_changes_nothing(not_allowed: Change) -> None:
    assert outcome_of(TARGET, [not_allowed]) == Outcome()


def test_an_admin_takes_back_whatever_its_age() -> None:
    late = recall(account=ADMIN, role=Role.ADMIN, after_ms=10 * limits.RECALL_AGE_MAX_MS)

    assert recall_is_allowed(late, TARGET)


def test_a_recall_finds_a_blank_payload_by_its_place() -> None:
    blank = Target(
        account=ANNA, sequence=5, received_at_ms=RECEIVED, payload_hash=HASH, message_id=None
    )

    assert outcome_of(blank, [recall()]).recalled_by == ANNA


def test_a_recall_finds_the_same_message_that_was_sent_again() -> None:
    again = Target(
        account=ANNA, sequence=6, received_at_ms=RECEIVED, payload_hash=b"x" * 32,
        message_id=MESSAGE,
    )  # fmt: skip

    assert outcome_of(again, [recall()]).recalled_by == ANNA


def test_reactions_are_one_of_each_emoji_per_account() -> None:
    changes = [
        reaction("👍", sequence=6),
        reaction("👍", sequence=7),
        reaction("👍", sequence=8, account=ANNA),
        reaction("🎉", sequence=9),
    ]

    outcome = outcome_of(TARGET, changes)

    assert outcome.reactions == (Reacted("👍", (BORIS, ANNA)), Reacted("🎉", (BORIS,)))


def test_a_reaction_is_taken_away_and_put_again() -> None:
    gone = [reaction("👍", sequence=6), reaction("👍", sequence=7, is_removed=True)]
    back = [*gone, reaction("👍", sequence=8)]

    assert outcome_of(TARGET, gone).reactions == ()
    assert outcome_of(TARGET, back).reactions == (Reacted("👍", (BORIS,)),)


def test_of_too_many_reactions_of_one_account_the_older_ones_go() -> None:
    count = limits.REACTIONS_PER_MESSAGE_MAX + 3
    changes = [reaction(f"e{n}", sequence=10 + n) for n in range(count)]

    emoji = [each.emoji for each in outcome_of(TARGET, changes).reactions]

    assert emoji == [f"e{n}" for n in range(3, count)]


def test_whoever_is_no_member_does_not_react() -> None:
    content = Reaction(b"r" * 16, MESSAGE, "👍")

    assert not reaction_is_allowed(change(content, role=0), TARGET)
    assert not reaction_is_allowed(change(content, sequence=4), TARGET)


@pytest.mark.parametrize(
    "waiting",
    [edit("new", sequence=0), recall(sequence=0), reaction("👍", sequence=0)],
    ids=["edit", "recall", "reaction"],
)
def test_what_waits_is_shown_and_called_pending(waiting: Change) -> None:
    outcome = outcome_of(TARGET, [waiting])

    assert outcome.is_pending
    assert outcome != Outcome(is_pending=True)


def test_what_waits_comes_after_what_is_in_the_log() -> None:
    assert outcome_of(TARGET, [edit("mine", sequence=0), edit("old", sequence=90)]).text == "mine"


@pytest.mark.parametrize(
    ("sequence", "than", "is_it"),
    [(3, 5, True), (5, 3, False), (3, 0, True), (0, 3, False), (0, 0, False), (3, 3, False)],
)
def test_the_lowest_sequence_of_the_same_message_counts(
    sequence: int, than: int, is_it: bool
) -> None:
    assert is_earlier(sequence, than) is is_it


CHANGES = st.one_of(
    st.builds(
        edit,
        st.text(min_size=1, max_size=3),
        sequence=st.integers(1, 60),
        account=st.sampled_from([ANNA, BORIS]),
        after_ms=st.sampled_from([1, limits.EDIT_AGE_MAX_MS, limits.EDIT_AGE_MAX_MS + 1]),
    ),
    st.builds(
        recall,
        sequence=st.integers(1, 60),
        account=st.sampled_from([BORIS, ADMIN]),
        role=st.sampled_from([0, Role.MEMBER, Role.ADMIN]),
    ),
    st.builds(
        reaction,
        st.sampled_from(["👍", "🎉", "❤️"]),
        sequence=st.integers(1, 60),
        account=st.sampled_from([ANNA, BORIS, ADMIN]),
        is_removed=st.booleans(),
    ),
)


@given(
    st.lists(CHANGES, max_size=12, unique_by=lambda each: each.sequence),
    st.randoms(use_true_random=False),
)
def test_the_order_of_coming_changes_nothing(changes: list[Change], draw: random.Random) -> None:
    shuffled = changes[:]
    draw.shuffle(shuffled)

    assert outcome_of(TARGET, shuffled) == outcome_of(TARGET, changes)
