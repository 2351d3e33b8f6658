"""The real app in a process of its own, which measures itself on request.

``python -m tests.load.desktop.probe --server URL --home DIR`` reads one JSON question a line and
answers each with one JSON line. Everything is done on the windows' thread by what a person does:
opening, scrolling, typing; what is asked of the models is only whether they are done.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QObject,
    QPoint,
    QPointF,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app import SWITCH_S, Desktop, _make_application
from desktop.commands import SearchMessages
from desktop.events import Event, MessagesFound, TimelineChanged
from desktop.models.session import Session
from desktop.ui import tasks
from desktop.ui.chat_pane import ChatPane
from desktop.ui.timeline_view import TimelineView
from shared.identifiers import ConversationId
from tests.line_reader import LineReader
from tests.load.desktop.memory import pss_mb, tree

__all__ = ["Answer", "Question"]

PATIENCE_S = 60.0
NOTCH = 120
KEY_GAP_S = 0.05
KEY_LOOK_MS = 20
LETTERS = "the quick brown fox jumps over the lazy dog "


class Question(msgspec.Struct):
    """One line of input."""

    do: str
    conversation: int = 0
    text: str = ""
    count: int = 0


class Answer(msgspec.Struct):
    """One line of output: values in ms or MB, and what else there is to know."""

    values: list[float] = []
    number: float = 0.0
    trouble: str = ""


class Probe:
    """Answers questions on the windows' thread."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self.reader = LineReader(self._reply)

    def _reply(self, line: bytes) -> Answer:
        question = msgspec.json.decode(line, type=Question)
        try:
            return self._answer(question)
        except Exception as error:  # noqa: BLE001  Whoever asks says what went wrong.
            return Answer(trouble=f"{type(error).__name__}: {error}")

    def _answer(self, question: Question) -> Answer:
        match question.do:
            case "ready":
                self._until(lambda: self._rows() >= question.count)
            case "open":
                return Answer(values=[self._open(ConversationId(question.conversation))])
            case "leave":
                self._leave(ConversationId(question.conversation))
            case "scroll":
                return self._scroll(question.count)
            case "scroll_rows":
                return self._scroll_rows(question.count)
            case "pages":
                return self._pages(question.count)
            case "search":
                return self._search(question.text)
            case "keys":
                return self._press(question.count)
            case "memory":
                gc.collect()
                self._rest(0.5)
                return Answer(number=sum(pss_mb(pid) for pid in tree(os.getpid())))
            case "close":
                QTimer.singleShot(0, self._desktop.close)
            case _:
                raise ValueError(question.do)
        return Answer()

    def _open(self, conversation_id: ConversationId) -> float:
        """Return the ms from the wish to the painted end of a conversation."""
        shell = self._desktop.shell
        assert shell is not None
        painted = PaintWatch()
        begun = time.perf_counter()
        pane = shell.open_conversation(conversation_id)
        assert pane is not None
        painted.watch(pane.view.viewport())
        self._until(lambda: bool(pane.timeline.rows) and painted.count_since_rows(pane) > 0)
        return (painted.last - begun) * 1000

    def _leave(self, conversation_id: ConversationId) -> None:
        """Let go of a conversation, so that it is opened anew the next time."""
        shell = self._desktop.shell
        assert shell is not None
        assert shell.main_window is not None
        shell.main_window.close_conversation(conversation_id)
        self._rest(0.1)

    def _scroll(self, count: int) -> Answer:
        """Turn the wheel upwards, then downwards; return the thread's ms for each frame."""
        view, frames, seen = self._pane().view, [], set()
        for number in range(count):
            up = number < count // 2
            begun = time.thread_time()
            _turn_wheel(view, NOTCH if up else -NOTCH)
            QApplication.processEvents()
            frames.append((time.thread_time() - begun) * 1000)
            seen |= {row.local_id for row in self._pane().timeline.rows}
        return Answer(values=frames, number=len(seen))

    def _scroll_rows(self, count: int) -> Answer:
        """Turn the wheel upwards until so many rows have gone by, painting every frame."""
        view, seen = self._pane().view, set[int]()
        deadline = time.monotonic() + PATIENCE_S * 5
        while len(seen) < count and time.monotonic() < deadline:
            _turn_wheel(view, 6 * NOTCH)
            QApplication.processEvents()
            seen |= {row.local_id for row in self._pane().timeline.rows}
        return Answer(number=len(seen))

    def _pages(self, count: int) -> Answer:
        """Let the model load so many pages, up and down again; return how many rows were shown."""
        model = self._pane().timeline
        shown, up = 0, True
        for _ in range(count):
            window = model.window
            if not (window.has_older if up else window.has_newer):
                up = not up
            before = window.oldest if up else window.newest
            (model.load_older if up else model.load_newer)()
            self._until(lambda: not model.is_loading)
            after = model.window.oldest if up else model.window.newest
            shown += before != after
        return Answer(number=shown)

    def _search(self, text: str) -> Answer:
        """Return the ms from the question to the first found message."""
        assert self._desktop.seats is not None
        seat = self._desktop.seats.shown
        assert seat is not None
        bridge = seat.port
        found: list[tuple[float, int]] = []

        async def ask() -> None:
            answer = await bridge.ask(SearchMessages(text=text))
            assert isinstance(answer, MessagesFound)
            found.append((time.perf_counter(), len(answer.rows)))

        begun = time.perf_counter()
        tasks.create_task(ask(), name="search")
        self._until(lambda: bool(found))
        return Answer(values=[(found[0][0] - begun) * 1000], number=found[0][1])

    def _press(self, count: int) -> Answer:
        """Press so many keys in an open conversation that follows what arrives."""
        pane = self._pane()
        pane.window().activateWindow()
        pane.view.go_to_end()
        self._until(lambda: pane.view.is_at_end and pane.window().isActiveWindow())
        return Keys(pane.composer.editor, self._session()).press(count)

    def _pane(self) -> ChatPane:
        shell = self._desktop.shell
        assert shell is not None
        assert shell.main_window is not None
        pane = shell.main_window.open_pane
        assert pane is not None
        return pane

    def _session(self) -> Session:
        assert self._desktop.shell is not None
        return self._desktop.shell._session

    def _rows(self) -> int:
        if self._desktop.shell is None:
            return 0  # It is still opening the profile.
        return self._session().conversations.rowCount()

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._until(lambda: time.monotonic() >= end)

    def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        run_until(lambda: is_so() or time.monotonic() > deadline)
        if not is_so():
            raise TimeoutError("it never became so")
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def run_until(is_so: Callable[[], bool], *, look_ms: int = 1) -> None:
    """Run Qt's loop as the app does, asleep between events; spinning would starve the engine."""
    if is_so():
        return
    loop, timer = QEventLoop(), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: loop.quit() if is_so() else None)
    timer.start(look_ms)
    loop.exec()
    timer.stop()


class PaintWatch(QObject):
    """Notes when a widget has been painted and its pixels are out."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0.0
        self._with_rows = 0
        self._is_painting = False

    def watch(self, widget: QWidget) -> None:
        """Begin."""
        widget.installEventFilter(self)

    def count_since_rows(self, pane: ChatPane) -> int:
        """How often it was painted with rows in its model."""
        if self._is_painting and pane.timeline.rows and not pane.timeline.is_loading:
            self._with_rows += 1
        self._is_painting = False
        return self._with_rows

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Behind a paint event, once Qt has put the pixels out, comes what is posted now."""
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        self.last = time.perf_counter()
        self._is_painting = True


class _Key(QEvent):
    """A key that somebody has pressed, on its way to the window."""

    def __init__(self, key: QKeyEvent) -> None:
        super().__init__(QEvent.Type.User)
        self.key = key
        self.pressed = time.perf_counter()


class Keys(QObject):
    """Presses keys from another thread, as the window system does, while the window works."""

    def __init__(self, editor: QWidget, session: Session) -> None:
        super().__init__()
        self._editor = editor
        self._session = session
        self._is_pressing = self._is_painted = False
        self._waiting: list[float] = []
        self._delays: list[float] = []
        self._messages = 0

    def press(self, count: int) -> Answer:
        """Press so many keys; return the ms from each to its pixels, and messages per second."""
        viewport = getattr(self._editor, "viewport", lambda: self._editor)()
        self._editor.setFocus()
        self._editor.installEventFilter(self)
        viewport.installEventFilter(self)
        apply = self._session.apply
        self._session.__dict__["apply"] = self._counting(apply)
        begun = time.perf_counter()
        thread = threading.Thread(target=self._run, args=(count,))
        thread.start()
        run_until(
            lambda: (
                not thread.is_alive()
                and not (self._waiting and time.perf_counter() < begun + count * KEY_GAP_S + 5)
            ),
            look_ms=KEY_LOOK_MS,
        )
        took = time.perf_counter() - begun
        self._session.__dict__.pop("apply")
        self._editor.removeEventFilter(self)
        viewport.removeEventFilter(self)
        return Answer(values=self._delays, number=self._messages / took)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Note that the editor is painted."""
        if event.type() is QEvent.Type.Paint:
            self._is_painted = True
            if not self._is_pressing:
                # Before all that waits: the window hands its pixels over where it has painted them.
                urgent = Qt.EventPriority.HighEventPriority.value
                QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), urgent)
        return False

    def customEvent(self, event: QEvent) -> None:  # noqa: N802
        """Press a key; or the window has handed over what it painted last."""
        if isinstance(event, _Key):
            self._waiting.append(event.pressed)
            self._is_pressing, self._is_painted = True, False
            QCoreApplication.sendEvent(self._editor, event.key)
            self._is_pressing = False
            if not self._is_painted:
                return
        now = time.perf_counter()
        self._delays += [(now - pressed) * 1000 for pressed in self._waiting]
        self._waiting.clear()

    def _run(self, count: int) -> None:
        for number in range(count):
            time.sleep(KEY_GAP_S)
            letter = LETTERS[number % len(LETTERS)]
            code = Qt.Key.Key_Space if letter == " " else Qt.Key(ord(letter.upper()))
            nothing = Qt.KeyboardModifier.NoModifier
            key = QKeyEvent(QEvent.Type.KeyPress, code, nothing, letter)
            QCoreApplication.postEvent(self, _Key(key))

    def _counting(self, apply: Callable[[Event], None]) -> Callable[[Event], None]:
        def counted(event: Event) -> None:
            if isinstance(event, TimelineChanged):
                self._messages += len(event.rows)
            apply(event)

        return counted


def _turn_wheel(view: TimelineView, delta: int) -> None:
    viewport = view.viewport()
    at = QPointF(viewport.rect().center())
    event = QWheelEvent(
        at,
        QPointF(viewport.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--home", required=True)
    options = parser.parse_args()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    application, loop = _make_application()
    desktop = Desktop(application, loop, home=Path(options.home), server_url=options.server)
    probe = Probe(desktop)
    status = desktop.run()
    probe.reader.deleteLater()
    loop.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
