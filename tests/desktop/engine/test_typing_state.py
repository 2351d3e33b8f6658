from __future__ import annotations

import asyncio

import pytest

from desktop.engine import typing_state
from desktop.engine.typing_state import TypingState
from desktop.events import Event, TypingChanged
from shared import limits
from shared.frames import Typing
from tests.desktop.engine.office import ME, PEER, Office

pytestmark = pytest.mark.asyncio


def shown(office: Office) -> list[bool]:
    return [event.is_typing for event in office.told if isinstance(event, TypingChanged)]


async def test_typing_is_told_in_steps_and_stopping_at_once(office: Office) -> None:
    state = TypingState(office.context)
    sent: list[Typing] = []
    for _ in range(3):
        state.set_own(1, is_typing=True, send=sent.append)
        office.now_ms += limits.TYPING_REPEAT_MS // 2
    state.set_own(1, is_typing=False, send=sent.append)
    state.set_own(1, is_typing=False, send=sent.append)
    state.set_own(1, is_typing=True, send=sent.append)
    state.note_sent(1)
    state.set_own(1, is_typing=False, send=sent.append)

    assert [frame.is_typing for frame in sent] == [True, True, False, True]


async def test_what_others_told_is_shown_once_until_they_stop(office: Office) -> None:
    state = TypingState(office.context)

    state.note(Typing(1, is_typing=True, account=PEER.account))
    state.note(Typing(1, is_typing=True, account=PEER.account))
    state.note(Typing(1, is_typing=False, account=PEER.account))
    state.note(Typing(1, is_typing=False, account=PEER.account))
    state.note(Typing(1, is_typing=True, account=ME.account))

    assert shown(office) == [True, False]


async def test_typing_ends_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TYPING_SHOWN_MS", 1)
    ended = asyncio.Event()
    tell = office.context.emit

    def emit(event: Event) -> None:
        tell(event)
        if isinstance(event, TypingChanged) and not event.is_typing:
            ended.set()

    office.context.emit = emit
    TypingState(office.context).note(Typing(1, is_typing=True, account=PEER.account))

    async with asyncio.timeout(10):
        await ended.wait()

    assert shown(office) == [True, False]


async def test_without_a_link_nobody_types(office: Office) -> None:
    state = TypingState(office.context)
    state.note(Typing(1, is_typing=True, account=PEER.account))

    state.forget()

    assert shown(office) == [True, False]


async def test_there_is_a_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_state, "_SHOWN_MAX", 1)
    state = TypingState(office.context)

    state.note(Typing(1, is_typing=True, account=PEER.account))
    state.note(Typing(2, is_typing=True, account=PEER.account))

    assert shown(office) == [True]
    state.forget()
