from __future__ import annotations

from backend.services import races as module
from backend.services.races import Races
from shared import limits

CHAT, ANNA, BEN = 5, 1, 2


def test_nobody_waits_after_one_loss() -> None:
    races = Races()

    races.lost(CHAT, ANNA, now_ms=0)

    assert races.held_ms(CHAT, BEN, now_ms=0) == 0


def test_after_two_losses_the_others_wait_and_the_loser_does_not() -> None:
    races = Races()

    for _ in range(limits.LOST_RACES_MAX):
        races.lost(CHAT, ANNA, now_ms=100)

    assert races.held_ms(CHAT, BEN, now_ms=100) == limits.COMMIT_HOLD_MS
    assert races.held_ms(CHAT, ANNA, now_ms=100) == 0
    assert races.held_ms(CHAT + 1, BEN, now_ms=100) == 0
    assert races.held_ms(CHAT, BEN, now_ms=100 + limits.COMMIT_HOLD_MS) == 0


def test_a_win_ends_it() -> None:
    races = Races()
    for _ in range(limits.LOST_RACES_MAX):
        races.lost(CHAT, ANNA, now_ms=0)

    races.won(CHAT, ANNA)

    assert races.held_ms(CHAT, BEN, now_ms=0) == 0


def test_nobody_holds_a_conversation_by_losing_on() -> None:
    races = Races()
    for _ in range(20):
        races.lost(CHAT, ANNA, now_ms=0)

    for _ in range(20):
        races.lost(CHAT, ANNA, now_ms=limits.COMMIT_HOLD_MS)

    assert races.held_ms(CHAT, BEN, now_ms=limits.COMMIT_HOLD_MS) == 0


def test_another_ones_win_leaves_the_loser_its_while() -> None:
    races = Races()
    races.lost(CHAT, BEN, now_ms=0)
    for _ in range(limits.LOST_RACES_MAX):
        races.lost(CHAT, ANNA, now_ms=0)

    races.won(CHAT, BEN)
    races.won(CHAT + 1, BEN)

    assert races.held_ms(CHAT, BEN, now_ms=0) == limits.COMMIT_HOLD_MS


def test_old_races_are_forgotten() -> None:
    races = Races()
    for _ in range(limits.LOST_RACES_MAX):
        races.lost(CHAT, ANNA, now_ms=0)

    for number in range(module._CONVERSATIONS_MAX):
        races.lost(1000 + number, ANNA, now_ms=0)

    assert races.held_ms(CHAT, BEN, now_ms=0) == 0
