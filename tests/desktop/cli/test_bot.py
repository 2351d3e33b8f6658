from __future__ import annotations

from desktop.cli.bot import GREETING, UNREADABLE_ANSWER, Dialogue, answer_to
from desktop.events import MessageKind, MessageState
from tests.desktop.cli.fake_client import ANNA, make_row


def test_a_text_is_answered_with_itself() -> None:
    assert answer_to(make_row(1, text="你好 👋")) == "你好 👋"


def test_what_is_no_text_is_answered_with_a_sentence() -> None:
    assert answer_to(make_row(1, text="", kind=MessageKind.UNREADABLE)) == UNREADABLE_ANSWER


def test_a_new_dialogue_owes_the_greeting_and_nothing_else() -> None:
    dialogue = Dialogue()

    dialogue.load([])

    assert dialogue.owes_greeting
    assert dialogue.next_unanswered() is None


def test_after_a_restart_only_what_has_no_answer_is_owed() -> None:
    dialogue = Dialogue()

    dialogue.load(
        [
            make_row(1, sender=ANNA, text=GREETING),
            make_row(2, text="first"),
            make_row(3, text="second"),
            make_row(4, sender=ANNA, text="first"),
            make_row(5, text="third"),
        ]
    )

    assert not dialogue.owes_greeting
    assert sorted(dialogue.unanswered) == [3, 5]


def test_an_answer_that_still_waits_counts_as_given() -> None:
    waiting = make_row(3, sender=ANNA, text="one", state=MessageState.WAITING, sequence=0)
    dialogue = Dialogue()

    dialogue.load([make_row(1, sender=ANNA), make_row(2, text="one"), waiting])

    assert dialogue.next_unanswered() is None


def test_messages_are_answered_in_order_and_once() -> None:
    dialogue = Dialogue()
    dialogue.load([make_row(1, sender=ANNA)])
    dialogue.note(make_row(3, text="b"))
    dialogue.note(make_row(2, text="a"))

    answered = []
    while (row := dialogue.next_unanswered()) is not None:
        answered.append(row.text)
        dialogue.answered(row.sequence, local_id=100 + row.sequence)
        dialogue.note(row)  # Told again, because its state changed.

    assert answered == ["a", "b"]


def test_rows_that_arrive_while_the_timeline_is_read_are_owed_once() -> None:
    dialogue = Dialogue()
    dialogue.note(make_row(2, text="early"))

    dialogue.load([make_row(1, sender=ANNA), make_row(2, text="early")])

    assert sorted(dialogue.unanswered) == [2]
