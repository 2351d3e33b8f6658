from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.bridge.bridge import DELIVERY_S, REST_FACTOR, Bridge
from desktop.commands import Command, LogIn, SearchUsers, SendText
from desktop.events import (
    AnyAnswer,
    Done,
    Event,
    Failed,
    LoggedIn,
    Notice,
    NoticeKind,
    UsersFound,
)
from desktop.models.port import CommandFailedError
from desktop.models.session import Session
from desktop.ui import tasks
from desktop.ui.describe import WordDescriber
from shared.identifiers import ConversationId

BUSY_S_MAX = 20.0


class BusyEngine:
    """Tells what is in the profile, then keeps its thread until the windows have it."""

    def __init__(self) -> None:
        self.was_heard = threading.Event()
        self.was_in_time: list[bool] = []
        self._tell: Callable[[Event], None] = lambda _event: None

    def listen(self, callback: Callable[[Event], None]) -> None:
        self._tell = callback

    async def start(self) -> None:
        self._tell(Notice(kind=NoticeKind.CLOCK_OFF, detail="stored"))
        asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        self.was_in_time.append(self.was_heard.wait(BUSY_S_MAX))

    def submit(self, command: Command) -> None:
        raise AssertionError(command)

    async def stop(self) -> None:
        pass


class ScriptedEngine:
    """Answers with what a test prepared, on the thread it was made on."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.threads: set[int] = set()
        self.is_stopped = False
        self.start_error: Exception | None = None
        self._tell: Callable[[Event], None] = lambda _event: None

    def listen(self, callback: Callable[[Event], None]) -> None:
        self._tell = callback

    async def start(self) -> None:
        self.threads.add(threading.get_ident())
        if self.start_error is not None:
            raise self.start_error

    async def stop(self) -> None:
        self.is_stopped = True

    def submit(self, command: Command) -> None:
        self.commands.append(command)
        self.threads.add(threading.get_ident())
        answer: AnyAnswer = None
        match command:
            case LogIn():
                answer = LoggedIn()
            case SearchUsers(text="many" | "several" as words):
                for number in range(500 if words == "many" else 5):
                    self._tell(Notice(kind=NoticeKind.CLOCK_OFF, detail=str(number)))
                answer = UsersFound(profiles=[])
            case SearchUsers(text="never"):
                return
            case SearchUsers(text="told"):
                self._tell(Notice(kind=NoticeKind.CLOCK_OFF, detail="told"))
                return
            case SearchUsers(text="first"):
                self._tell(Done(request_id=command.request_id, answer=UsersFound(profiles=[])))
                self._tell(Notice(kind=NoticeKind.CLOCK_OFF, detail="second"))
                return
            case _:
                failed = Failed(request_id=command.request_id, code="not_contact", message="no")
                self._tell(failed)
                return
        self._tell(Done(request_id=command.request_id, answer=answer))


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def bridge(windows: None, qtbot: QtBot) -> Iterator[Bridge]:
    made = Bridge()
    made.feed(Session(made, tasks.spawn, WordDescriber()))
    yield made
    finish(made, qtbot)


def finish(bridge: Bridge, qtbot: QtBot) -> None:
    tasks.create_task(bridge.stop(), name="stop")
    qtbot.waitUntil(lambda: not bridge.is_running)


def answer_of(bridge: Bridge, command: Command, qtbot: QtBot) -> AnyAnswer | CommandFailedError:
    answers: list[AnyAnswer | CommandFailedError] = []

    async def ask() -> None:
        try:
            answers.append(await bridge.ask(command))
        except CommandFailedError as error:
            answers.append(error)

    tasks.create_task(ask(), name="ask")
    qtbot.waitUntil(lambda: bool(answers))
    return answers[0]


def test_an_answer_comes_back_from_another_thread(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    bridge.start(lambda: engine)

    answer = answer_of(bridge, LogIn(user_name="a", password="b"), qtbot)

    assert answer == LoggedIn()
    assert threading.get_ident() not in engine.threads


def test_a_refused_command_raises_its_code(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    bridge.start(lambda: engine)

    answer = answer_of(bridge, SendText(conversation_id=ConversationId(1), text="x"), qtbot)

    assert isinstance(answer, CommandFailedError)
    assert answer.code == "not_contact"


def test_a_refused_command_nobody_waits_for_is_reported(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    assert bridge._session is not None
    bridge.start(lambda: engine)

    with qtbot.waitSignal(bridge._session.command_failed) as told:
        bridge.send(SendText(conversation_id=ConversationId(1), text="x"))

    assert told.args == ["not_contact"]


def test_who_asked_has_the_answer_before_what_was_told_after_it(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    assert bridge._session is not None
    order: list[str] = []
    bridge._session.noticed.connect(lambda notice: order.append(notice.detail))

    async def ask() -> None:
        await bridge.ask(SearchUsers(text="first"))
        order.append("first")

    bridge.start(lambda: engine)
    tasks.create_task(ask(), name="ask")
    qtbot.waitUntil(lambda: len(order) == 2)

    assert order == ["first", "second"]


def test_many_events_come_in_few_batches_and_in_order(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    assert bridge._session is not None
    batches: list[None] = []
    notices: list[str] = []
    bridge._arrived.connect(lambda: batches.append(None))
    bridge._session.noticed.connect(lambda notice: notices.append(notice.detail))
    bridge.start(lambda: engine)

    answer_of(bridge, SearchUsers(text="many"), qtbot)

    assert notices == [str(number) for number in range(500)]
    assert len(batches) == 1


def test_a_key_has_its_turn_in_the_middle_of_a_slow_batch(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    assert bridge._session is not None
    field = QLineEdit()
    qtbot.addWidget(field)
    notices: list[str] = []
    typed_at: list[int] = []
    field.textEdited.connect(lambda: typed_at.append(len(notices)))

    def take(notice: Notice) -> None:
        time.sleep(DELIVERY_S)
        notices.append(notice.detail)
        if notice.detail == "1":
            key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier(0), "a")
            QCoreApplication.postEvent(field, key)

    bridge._session.noticed.connect(take)
    bridge.start(lambda: engine)

    answer_of(bridge, SearchUsers(text="several"), qtbot)

    assert notices == [str(number) for number in range(5)]
    assert typed_at
    assert typed_at[0] < 5


def test_after_a_slow_batch_the_windows_have_time_for_themselves(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    assert bridge._session is not None
    heard: list[tuple[float, float]] = []

    def take(_notice: Notice) -> None:
        begun = time.monotonic()
        time.sleep(DELIVERY_S)
        heard.append((begun, time.monotonic()))

    bridge._session.noticed.connect(take)
    bridge.start(lambda: engine)
    for count in (1, 2):
        bridge.send(SearchUsers(text="told"))
        qtbot.waitUntil(lambda count=count: len(heard) == count)  # type: ignore[misc]

    assert heard[1][0] - heard[0][1] >= DELIVERY_S * REST_FACTOR


def test_whoever_waits_for_an_answer_does_not_wait_for_that(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bridge._session is not None
    monkeypatch.setattr("desktop.bridge.bridge.REST_MAX_S", BUSY_S_MAX)
    monkeypatch.setattr("desktop.bridge.bridge.REST_FACTOR", BUSY_S_MAX / DELIVERY_S)
    heard: list[Notice] = []

    def take(notice: Notice) -> None:
        time.sleep(DELIVERY_S)
        heard.append(notice)

    bridge._session.noticed.connect(take)
    bridge.start(lambda: engine)
    bridge.send(SearchUsers(text="told"))
    qtbot.waitUntil(lambda: bool(heard))
    bridge.send(SearchUsers(text="told"))

    answer = answer_of(bridge, LogIn(user_name="a", password="b"), qtbot)

    assert answer == LoggedIn()
    assert len(heard) == 2  # What was told before the answer has come before it.


def test_what_is_in_the_profile_is_told_before_the_engine_goes_to_work(
    bridge: Bridge, qtbot: QtBot
) -> None:
    engine = BusyEngine()
    assert bridge._session is not None
    bridge._session.noticed.connect(lambda _notice: engine.was_heard.set())

    bridge.start(lambda: engine)

    qtbot.waitUntil(lambda: bool(engine.was_in_time), timeout=30_000)
    assert engine.was_in_time == [True]


def test_commands_sent_before_the_engine_stands_are_not_lost(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    bridge.start(lambda: engine)

    bridge.send(SearchUsers(text="first"))
    bridge.send(SearchUsers(text="second"))
    finish(bridge, qtbot)

    assert [command.text for command in engine.commands] == ["first", "second"]  # type: ignore[attr-defined]
    assert engine.is_stopped


def test_an_engine_that_cannot_start_is_told(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    engine.start_error = CommandFailedError("profile_in_use", "in use")

    with qtbot.waitSignal(bridge.stopped) as told:
        bridge.start(lambda: engine)

    assert told.args == [engine.start_error]
    assert not bridge.is_running


def test_who_waits_is_told_when_the_engine_ends(
    bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    bridge.start(lambda: engine)
    errors: list[str] = []

    async def ask() -> None:
        try:
            await bridge.ask(SearchUsers(text="never"))
        except CommandFailedError as error:
            errors.append(error.code)

    tasks.create_task(ask(), name="ask")
    qtbot.waitUntil(lambda: bool(engine.commands))
    finish(bridge, qtbot)

    qtbot.waitUntil(lambda: errors == ["local"])


def test_nothing_can_be_asked_without_an_engine(bridge: Bridge, qtbot: QtBot) -> None:
    answer = answer_of(bridge, SearchUsers(text="x"), qtbot)

    assert isinstance(answer, CommandFailedError)


def test_another_engine_can_follow(bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot) -> None:
    bridge.start(lambda: engine)
    finish(bridge, qtbot)
    second = ScriptedEngine()

    bridge.start(lambda: second)
    answer = answer_of(bridge, LogIn(user_name="a", password="b"), qtbot)

    assert answer == LoggedIn()
    assert not engine.commands


def test_stopping_twice_is_harmless(bridge: Bridge, engine: ScriptedEngine, qtbot: QtBot) -> None:
    bridge.start(lambda: engine)
    finish(bridge, qtbot)

    finish(bridge, qtbot)

    assert not bridge.is_running
