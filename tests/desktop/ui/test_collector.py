from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.bridge.bridge import Bridge
from desktop.commands import Command
from desktop.events import Event
from desktop.ui.collector import Collector, due_generation

THRESHOLDS = (700, 10, 10)


class Window(QWidget):
    """A window that refers to itself, with a timer that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self
        self.timer = QTimer(self)
        self.timer.start(1)


class BusyEngine:
    """An engine that makes what Python's collector would be run for."""

    def __init__(self) -> None:
        self.rounds = 0
        self.thread = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.thread = threading.get_ident()
        self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while True:
            kept = [[number] for number in range(2_000)]
            self.rounds += len(kept) == 2_000
            await asyncio.sleep(0)

    def submit(self, command: Command) -> None:
        pass

    def listen(self, callback: Callable[[Event], None]) -> None:
        pass

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()


@pytest.fixture
def threads_of_rounds() -> Iterator[list[int]]:
    """The thread of each round of the collector."""
    threads: list[int] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            threads.append(threading.get_ident())

    gc.callbacks.append(note)
    yield threads
    gc.callbacks.remove(note)


def test_windows_are_destroyed_on_their_thread_while_an_engine_allocates(
    windows: None, qtbot: QtBot, threads_of_rounds: list[int]
) -> None:
    bridge, engine = Bridge(), BusyEngine()
    bridge.start(lambda: engine)
    qtbot.waitUntil(lambda: engine.rounds > 0)
    collector = Collector()
    collector.start()
    destroyed: list[int] = []
    found = []
    for _ in range(30):
        window = Window()
        window.destroyed.connect(lambda: destroyed.append(threading.get_ident()))
        found.append(weakref.ref(window))
        del window
    seen = engine.rounds
    threads_of_rounds.clear()

    qtbot.waitUntil(lambda: engine.rounds > seen + 20, timeout=30_000)
    # The windows' own timer may have looked by now; the engine's thread never does.
    assert set(threads_of_rounds) <= {threading.get_ident()}
    kept: list[object] = []
    qtbot.waitUntil(
        lambda: _look(collector, kept) and not any(each() for each in found), timeout=30_000
    )

    assert set(threads_of_rounds) == {threading.get_ident()}
    assert set(destroyed) <= {threading.get_ident()}
    assert engine.thread != threading.get_ident()
    with qtbot.waitSignal(bridge.stopped):
        stopping = asyncio.ensure_future(bridge.stop())
    qtbot.waitUntil(stopping.done)
    collector.stop()
    gc.disable()  # The fixture's own goes on.


def _look(collector: Collector, kept: list[object]) -> bool:
    """Let enough come up for a round to be due."""
    kept += [[] for _ in range(1_000)]
    collector.look()
    return True


def test_the_timer_looks_by_itself(
    windows: None, qtbot: QtBot, threads_of_rounds: list[int]
) -> None:
    collector = Collector()
    collector.start()

    kept = [[number] for number in range(2_000)]
    qtbot.waitUntil(lambda: bool(threads_of_rounds), timeout=30_000)

    assert len(kept) == 2_000
    assert set(threads_of_rounds) == {threading.get_ident()}
    collector.stop()
    gc.disable()


def test_python_collects_by_itself_again_once_it_is_stopped(qapp: QApplication) -> None:
    collector = Collector()
    collector.start()
    assert not gc.isenabled()

    collector.stop()

    assert gc.isenabled()


@pytest.mark.parametrize(
    ("counts", "is_full_due", "expected"),
    [
        ((700, 0, 0), True, None),
        ((701, 10, 10), True, 0),
        ((701, 11, 10), True, 1),
        ((701, 11, 11), True, 2),
        ((0, 0, 11), True, 2),
        ((701, 11, 11), False, 1),
        ((0, 0, 11), False, None),
    ],
)
def test_the_oldest_generation_that_is_due_is_collected(
    counts: tuple[int, int, int], is_full_due: bool, expected: int | None
) -> None:
    assert due_generation(counts, THRESHOLDS, is_full_due=is_full_due) == expected


def test_what_is_there_at_the_first_full_round_is_set_aside(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, threads_of_rounds: list[int]
) -> None:
    monkeypatch.setattr("desktop.ui.collector.FULL_PAUSE_MS", 0)
    monkeypatch.setattr("desktop.ui.collector.gc.get_count", lambda: (0, 0, 11))
    collector = Collector()
    collector.start()

    collector.look()
    aside = gc.get_freeze_count()
    window = Window()
    found = weakref.ref(window)
    del window
    collector.look()

    assert aside > 1_000
    assert found() is None
    collector.stop()
    assert gc.get_freeze_count() == 0
