from __future__ import annotations

import pytest

from shared import chain, limits
from shared.entries import Submission
from shared.errors import Code, LocalError, RefusedError
from shared.frames import Accepted, Refused
from shared.protocol.outbox import (
    CatchUp,
    CopiedProfile,
    Outbox,
    OutboxCommand,
    Seal,
    Sealed,
    StoreAccepted,
    StoreRefused,
    Transmit,
)
from tests.shared.factories import CONVERSATION, make_entry, make_submission

C = CONVERSATION


def make_outbox(*, draw: float = 0.5, settled: int = 0) -> Outbox:
    outbox = Outbox(lambda: draw)
    outbox.open(C, own_counter=settled)
    outbox.link_up(now_ms=0)
    return outbox


def make_accepted(counter: int, payload: bytes, *, is_repeat: bool = False) -> Accepted:
    return Accepted(
        conversation_id=C,
        device_counter=counter,
        payload_hash=chain.hash_payload(payload),
        sequence=100 + counter,
        entry_id=1_000 + counter,
        received_at_ms=0,
        chain=bytes(32),
        is_repeat=is_repeat,
    )


def make_refused(counter: int, payload: bytes, code: Code, *, own_counter: int = 0) -> Refused:
    return Refused(
        conversation_id=C,
        device_counter=counter,
        payload_hash=chain.hash_payload(payload),
        code=code,
        message="No.",
        own_counter=own_counter,
    )


def seal(outbox: Outbox, command: OutboxCommand, note: bytes = b"") -> Submission:
    """Do what a Seal asks for; the payload names message and counter."""
    assert isinstance(command, Seal)
    payload = b"%d@%d" % (command.local_id, command.device_counter) + note
    submission = make_submission(command.device_counter, payload)
    outbox.sealed(C, command.local_id, submission, now_ms=0)
    return submission


def send(outbox: Outbox, *local_ids: int) -> list[Submission]:
    """Add messages, seal and transmit them; returns the submissions."""
    for local_id in local_ids:
        outbox.add(C, local_id)
    return seal_all(outbox)


def seal_all(outbox: Outbox) -> list[Submission]:
    """Seal what is asked for until nothing is; returns what was transmitted."""
    transmitted = []
    while commands := outbox.commands():
        for command in commands:
            if isinstance(command, Transmit):
                transmitted.append(command.submission)
            else:
                seal(outbox, command)
    return transmitted


def test_a_message_is_sealed_then_transmitted_then_accepted() -> None:
    outbox = make_outbox(settled=4)
    outbox.add(C, 7)

    (command,) = outbox.commands()
    assert command == Seal(C, 7, 5)
    submission = seal(outbox, command)
    assert outbox.commands() == [Transmit(submission)]
    accepted = make_accepted(5, submission.payload)
    outbox.accepted(accepted, now_ms=1)

    assert outbox.commands() == [StoreAccepted(C, 7, accepted)]
    assert (outbox.waiting(C), outbox.in_flight(), outbox.deadline_ms()) == (0, 0, None)


def test_without_a_link_nothing_is_sealed() -> None:
    outbox = Outbox(lambda: 0.5)
    outbox.open(C, own_counter=0)

    outbox.add(C, 1)

    assert outbox.commands() == []
    assert outbox.deadline_ms() is None
    outbox.link_up(now_ms=0)
    assert outbox.commands() == [Seal(C, 1, 1)]


def test_only_the_window_is_sealed() -> None:
    outbox = make_outbox()
    for local_id in range(1, limits.OUTBOX_WINDOW + 3):
        outbox.add(C, local_id)

    sealed = seal_all(outbox)
    assert len(sealed) == limits.OUTBOX_WINDOW
    outbox.accepted(make_accepted(1, sealed[0].payload), now_ms=1)

    assert outbox.commands()[-1] == Seal(C, limits.OUTBOX_WINDOW + 1, limits.OUTBOX_WINDOW + 1)


def test_what_waits_behind_a_message_that_is_not_sealed_is_not_sealed_either() -> None:
    outbox = make_outbox()
    outbox.add(C, 1)
    outbox.add(C, 2)
    assert outbox.commands() == [Seal(C, 1, 1)]
    outbox.not_sealed(C, 1, now_ms=0)

    # An answer ends the wait: the first is asked for again, not the one behind it.
    outbox.wake(C, now_ms=0)

    (command,) = outbox.commands()
    assert command == Seal(C, 1, 1)
    first = seal(outbox, command)
    assert outbox.commands() == [Transmit(first), Seal(C, 2, 2)]


def test_without_an_answer_the_same_bytes_go_out_again_with_growing_waits() -> None:
    outbox = make_outbox(draw=1.0)
    (submission,) = send(outbox, 1)
    waits: list[int] = []
    now_ms = 0

    for _ in range(7):
        due_ms = outbox.deadline_ms()
        assert due_ms is not None
        waits.append(due_ms - now_ms)
        outbox.tick(now_ms=due_ms - 1)
        assert outbox.commands() == []
        outbox.tick(now_ms=due_ms)
        assert outbox.commands() == [Transmit(submission)]
        now_ms = due_ms

    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]


def test_jitter_never_waits_less_than_half_a_second() -> None:
    outbox = make_outbox(draw=0.0)
    send(outbox, 1)

    assert outbox.deadline_ms() == 500


def test_a_new_link_gets_what_is_unanswered_at_once() -> None:
    outbox = make_outbox()
    submissions = send(outbox, 1, 2)

    outbox.link_down()
    assert (outbox.deadline_ms(), outbox.in_flight()) == (None, 0)
    outbox.link_up(now_ms=10)

    assert outbox.commands() == [Transmit(submission) for submission in submissions]


def test_a_sealed_message_is_sent_as_it_was_after_a_new_start() -> None:
    outbox = Outbox(lambda: 0.5)
    submission = make_submission(1, b"sealed before")
    outbox.open(C, own_counter=0)
    outbox.add(C, 1, submission=submission)
    outbox.add(C, 2)

    outbox.link_up(now_ms=0)

    assert outbox.commands() == [Transmit(submission), Seal(C, 2, 2)]


def test_an_answer_that_came_before_is_nothing_new() -> None:
    outbox = make_outbox()
    (submission,) = send(outbox, 1)
    outbox.accepted(make_accepted(1, submission.payload), now_ms=1)
    outbox.commands()

    outbox.accepted(make_accepted(1, submission.payload, is_repeat=True), now_ms=2)

    assert outbox.commands() == []


def test_an_echo_from_the_log_is_an_answer() -> None:
    outbox = make_outbox()
    (submission,) = send(outbox, 1)

    outbox.echoed(make_entry(chain.START, 9, submission), now_ms=1)

    (command,) = outbox.commands()
    assert isinstance(command, StoreAccepted)
    assert (command.local_id, command.accepted.sequence) == (1, 9)


def test_an_answer_that_runs_ahead_waits_for_those_before_it() -> None:
    outbox = make_outbox()
    submissions = send(outbox, 1, 2)

    outbox.accepted(make_accepted(2, submissions[1].payload), now_ms=0)
    assert outbox.commands() == []
    due_ms = outbox.deadline_ms()
    assert due_ms is not None
    outbox.tick(now_ms=due_ms)

    assert outbox.commands() == [Transmit(submission) for submission in submissions]


def test_a_rule_refuses_one_message_and_those_behind_it_take_its_counter() -> None:
    outbox = make_outbox()
    first, _ = send(outbox, 1, 2)

    outbox.refused(make_refused(1, first.payload, Code.NOT_CONTACT), now_ms=1)

    assert outbox.commands() == [StoreRefused(C, 1, Code.NOT_CONTACT), Seal(C, 2, 1)]


def test_a_refused_payload_that_was_accepted_after_all_settles_its_own_message() -> None:
    outbox = make_outbox()
    first, _ = send(outbox, 1, 2)
    outbox.refused(make_refused(1, first.payload, Code.NOT_CONTACT), now_ms=1)
    seal(outbox, outbox.commands()[-1])
    outbox.commands()
    accepted = make_accepted(1, first.payload, is_repeat=True)

    outbox.accepted(accepted, now_ms=2)

    assert outbox.commands() == [StoreAccepted(C, 1, accepted), Seal(C, 2, 2)]


def test_an_answer_to_what_was_sealed_anew_since_is_over() -> None:
    outbox = make_outbox()
    first, second = send(outbox, 1, 2)
    outbox.refused(make_refused(1, first.payload, Code.NOT_CONTACT), now_ms=1)
    outbox.commands()

    outbox.refused(make_refused(2, second.payload, Code.OUT_OF_TURN), now_ms=1)
    outbox.refused(make_refused(1, b"of nobody", Code.NOT_CONTACT), now_ms=1)

    assert outbox.commands() == []


def test_the_first_seal_of_one_message_settles_it_though_it_was_sealed_again() -> None:
    outbox = make_outbox()
    (first,) = send(outbox, 1)
    outbox.refused(make_refused(1, first.payload, Code.STALE), now_ms=1)
    outbox.caught_up(C, now_ms=1)
    seal(outbox, outbox.commands()[-1], b" again")
    outbox.commands()
    accepted = make_accepted(1, first.payload, is_repeat=True)

    outbox.accepted(accepted, now_ms=2)

    assert outbox.commands() == [StoreAccepted(C, 1, accepted)]
    assert outbox.waiting(C) == 0


def test_stale_waits_for_catching_up_then_seals_all_again() -> None:
    outbox = make_outbox()
    first, second = send(outbox, 1, 2)

    outbox.refused(make_refused(1, first.payload, Code.STALE), now_ms=1)
    outbox.refused(make_refused(2, second.payload, Code.STALE), now_ms=1)
    assert outbox.commands() == [CatchUp(C)]
    outbox.tick(now_ms=100_000)
    assert outbox.commands() == []
    outbox.caught_up(C, now_ms=100_000)

    assert [each.device_counter for each in seal_all(outbox)] == [1, 2]


@pytest.mark.parametrize(
    "code", [Code.OUT_OF_TURN, Code.OVERLOADED, Code.RATE_LIMITED, Code.INTERNAL]
)
def test_what_may_work_later_is_tried_later_in_order(code: Code) -> None:
    outbox = make_outbox()
    submissions = send(outbox, 1, 2)

    outbox.refused(make_refused(1, submissions[0].payload, code), now_ms=0)
    outbox.refused(make_refused(2, submissions[1].payload, Code.OUT_OF_TURN), now_ms=0)
    assert outbox.commands() == []
    due_ms = outbox.deadline_ms()
    assert due_ms is not None
    outbox.tick(now_ms=due_ms)

    assert outbox.commands() == [Transmit(submission) for submission in submissions]


def test_a_payload_never_sealed_here_means_a_copied_profile() -> None:
    outbox = make_outbox()
    send(outbox, 1)

    outbox.accepted(make_accepted(1, b"of the copy"), now_ms=1)
    outbox.accepted(make_accepted(1, b"of the copy"), now_ms=2)
    outbox.tick(now_ms=100_000)
    assert outbox.commands() == [CopiedProfile(C, 1)]
    outbox.open(C, own_counter=3)

    assert outbox.commands() == [Seal(C, 1, 4)]


@pytest.mark.parametrize("how", ["head", "refused"])
def test_a_server_that_is_ahead_of_all_seals_means_a_copied_profile(how: str) -> None:
    outbox = make_outbox()
    (submission,) = send(outbox, 1)

    if how == "head":
        outbox.note_head(C, 2)
    else:
        refused = make_refused(1, submission.payload, Code.OUT_OF_TURN, own_counter=2)
        outbox.refused(refused, now_ms=1)

    assert outbox.commands() == [CopiedProfile(C, 2)]


def test_payloads_of_an_earlier_start_are_known_again() -> None:
    outbox = Outbox(lambda: 0.5)
    payload_hash = chain.hash_payload(b"before")
    past = [Sealed(local_id=5, device_counter=1, payload_hash=payload_hash)]
    outbox.open(C, own_counter=0, past=past)
    outbox.note_head(C, 1)
    accepted = make_accepted(1, b"before")

    outbox.accepted(accepted, now_ms=0)

    assert outbox.commands() == [StoreAccepted(C, 5, accepted)]


def test_sealing_that_failed_is_asked_for_again_later() -> None:
    outbox = make_outbox()
    outbox.add(C, 1)
    outbox.commands()

    outbox.not_sealed(C, 1, now_ms=0)
    assert outbox.commands() == []
    due_ms = outbox.deadline_ms()
    assert due_ms is not None
    outbox.tick(now_ms=due_ms)

    assert outbox.commands() == [Seal(C, 1, 1)]


def test_what_can_never_be_sealed_is_refused_and_those_behind_it_go_on() -> None:
    outbox = make_outbox()
    outbox.add(C, 10)
    outbox.add(C, 11)
    outbox.commands()

    outbox.give_up(C, 10, Code.NOT_MEMBER, now_ms=0)
    outbox.give_up(C, 99, Code.NOT_MEMBER, now_ms=0)

    assert outbox.commands() == [StoreRefused(C, 10, Code.NOT_MEMBER), Seal(C, 11, 1)]
    assert (outbox.has(C, 10), outbox.has(C, 11)) == (False, True)


def test_waking_a_conversation_seals_at_once_and_sends_nothing_again() -> None:
    outbox = make_outbox()
    send(outbox, 1)
    outbox.add(C, 2)
    outbox.commands()
    outbox.not_sealed(C, 2, now_ms=0)

    outbox.wake(C, now_ms=0)

    assert outbox.commands() == [Seal(C, 2, 2)]


def test_a_seal_that_lost_its_counter_meanwhile_is_made_again() -> None:
    outbox = make_outbox()
    (first,) = send(outbox, 1)
    outbox.add(C, 2)
    (command,) = outbox.commands()
    outbox.refused(make_refused(1, first.payload, Code.NOT_CONTACT), now_ms=1)
    outbox.commands()

    seal(outbox, command)

    assert outbox.commands() == [Seal(C, 2, 1)]


def test_a_message_never_sealed_can_be_cancelled() -> None:
    outbox = Outbox(lambda: 0.5)
    outbox.open(C, own_counter=0)
    outbox.add(C, 1)

    assert outbox.cancel(C, 1)
    assert not outbox.cancel(C, 1)
    assert outbox.waiting(C) == 0


def test_a_cancelled_message_that_is_on_its_way_still_settles_its_counter() -> None:
    outbox = make_outbox()
    first, second = send(outbox, 1, 2)

    assert not outbox.cancel(C, 1)
    accepted = make_accepted(1, first.payload)
    outbox.accepted(accepted, now_ms=1)

    assert outbox.commands() == [StoreAccepted(C, 1, accepted)]
    outbox.accepted(make_accepted(2, second.payload), now_ms=1)
    assert outbox.waiting(C) == 0


def test_a_cancelled_message_is_not_sent_again() -> None:
    outbox = make_outbox()
    send(outbox, 1)
    assert not outbox.cancel(C, 1)

    outbox.link_down()
    outbox.link_up(now_ms=2)

    assert outbox.commands() == []
    assert outbox.waiting(C) == 0


def test_a_message_sealed_and_not_sent_is_cancelled_at_once() -> None:
    outbox = make_outbox()
    first, second = send(outbox, 1, 2)
    outbox.link_down()

    assert not outbox.cancel(C, 1)
    outbox.link_up(now_ms=2)

    assert first.device_counter + 1 == second.device_counter
    assert outbox.commands() == [Seal(C, 2, 1)]


def test_a_cancelled_message_that_was_accepted_after_all_is_told() -> None:
    outbox = make_outbox()
    first, _ = send(outbox, 1, 2)
    outbox.link_down()
    outbox.cancel(C, 1)
    outbox.link_up(now_ms=2)
    (command,) = outbox.commands()
    again = seal(outbox, command, b" again")
    assert outbox.commands() == [Transmit(again)]

    accepted = make_accepted(1, first.payload, is_repeat=True)
    outbox.accepted(accepted, now_ms=3)

    assert outbox.commands() == [StoreAccepted(C, 1, accepted), Seal(C, 2, 2)]


def test_nothing_passes_a_message_whose_counter_a_cancelled_one_may_have() -> None:
    outbox = make_outbox()
    _, second = send(outbox, 1, 2)
    outbox.link_down()
    outbox.cancel(C, 1)
    outbox.add(C, 3)
    outbox.link_up(now_ms=2)

    (alone,) = seal_all(outbox)
    assert alone.device_counter == 1
    # The log has neither: the next one goes alone too, for the second's earlier counter.
    outbox.accepted(make_accepted(1, alone.payload), now_ms=3)
    command = outbox.commands()[-1]
    last = seal(outbox, command)

    assert outbox.commands() == [Transmit(last)]
    assert (second.device_counter, last.device_counter) == (2, 2)


def test_a_cancelled_message_on_its_way_is_not_asked_for_again() -> None:
    outbox = make_outbox()
    first, _ = send(outbox, 1, 2)
    outbox.cancel(C, 2)

    outbox.refused(make_refused(1, first.payload, Code.NOT_CONTACT), now_ms=1)

    assert outbox.commands() == [StoreRefused(C, 1, Code.NOT_CONTACT)]
    assert outbox.waiting(C) == 0


def test_what_is_unknown_cannot_be_cancelled() -> None:
    assert not make_outbox().cancel(C, 99)


def test_a_seal_for_a_cancelled_message_is_dropped() -> None:
    outbox = make_outbox()

    outbox.sealed(C, 99, make_submission(1), now_ms=0)

    assert outbox.commands() == []


def test_a_handshake_waits_until_nothing_is_in_doubt() -> None:
    outbox = make_outbox()
    (submission,) = send(outbox, 1)
    assert not outbox.pause(C)
    outbox.accepted(make_accepted(1, submission.payload), now_ms=1)
    outbox.commands()

    assert outbox.pause(C)
    outbox.add(C, 2)
    assert outbox.commands() == []
    outbox.resume(C, own_counter=2, now_ms=2)

    assert outbox.commands() == [Seal(C, 2, 3)]


def test_what_can_not_go_out_does_not_keep_a_handshake_waiting() -> None:
    # The first is sealed by an earlier start, and its counter was taken: it is to be sealed again,
    # and only the handshake makes that possible.
    outbox = Outbox(lambda: 0.5)
    outbox.open(C, own_counter=1, past=[Sealed(local_id=0, device_counter=1, payload_hash=b"")])
    outbox.link_up(now_ms=0)
    outbox.add(C, 1, submission=make_submission(1, b"1@1"))
    outbox.add(C, 2, submission=make_submission(2, b"2@2"))
    assert outbox.commands() == [Seal(C, 1, 2)]
    outbox.not_sealed(C, 1, now_ms=0)

    assert outbox.pause(C)
    outbox.resume(C, own_counter=2, now_ms=0)

    assert outbox.commands() == [Seal(C, 1, 3)]


def test_a_handshake_that_waits_does_not_forget_that_an_answer_is_due() -> None:
    outbox = make_outbox()
    (submission,) = send(outbox, 1)
    due_ms = outbox.deadline_ms()
    assert due_ms is not None
    assert not outbox.pause(C)

    outbox.tick(now_ms=due_ms)

    assert outbox.commands() == [Transmit(submission)]


def test_going_on_twice_seals_nothing_twice() -> None:
    outbox = make_outbox()
    assert outbox.pause(C)
    outbox.add(C, 1)
    outbox.resume(C, own_counter=0, now_ms=1)
    outbox.sealed(C, 1, make_submission(1), now_ms=1)
    outbox.commands()

    outbox.resume(C, own_counter=0, now_ms=2)

    assert outbox.commands() == []


def test_a_conversation_must_be_open_first() -> None:
    with pytest.raises(LocalError):
        make_outbox().add(99, 1)


def test_a_message_is_added_once() -> None:
    outbox = make_outbox()
    outbox.add(C, 1)

    with pytest.raises(LocalError):
        outbox.add(C, 1)


def test_a_full_outbox_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OUTBOX_QUEUE_MAX", 3)
    outbox = make_outbox()
    for local_id in range(3):
        outbox.add(C, local_id)

    with pytest.raises(RefusedError) as caught:
        outbox.add(C, 3)

    assert caught.value.code is Code.OVERLOADED


def test_answers_for_conversations_not_open_are_ignored() -> None:
    outbox = Outbox(lambda: 0.5)

    outbox.accepted(make_accepted(1, b""), now_ms=0)
    outbox.refused(make_refused(1, b"", Code.STALE), now_ms=0)
    outbox.note_head(C, 5)

    assert outbox.commands() == []
    assert outbox.waiting(C) == 0
