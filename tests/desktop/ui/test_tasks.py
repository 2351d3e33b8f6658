from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.ui import tasks


def test_a_task_runs_to_its_end(windows: None, qtbot: QtBot) -> None:
    done: list[bool] = []

    async def work() -> None:
        done.append(True)

    tasks.create_task(work(), name="work")

    qtbot.waitUntil(lambda: done == [True])


def test_a_task_ends_with_the_widget_it_works_on(windows: None, qtbot: QtBot) -> None:
    owner = QObject()
    forever: asyncio.Future[None] = asyncio.get_event_loop().create_future()

    async def work() -> None:
        await forever

    task = tasks.create_task(work(), name="work", owner=owner)
    owner.deleteLater()

    qtbot.waitUntil(task.cancelled)


def test_all_tasks_are_cancelled_and_awaited(windows: None, qtbot: QtBot) -> None:
    forever: asyncio.Future[None] = asyncio.get_event_loop().create_future()
    ended: list[str] = []

    async def work() -> None:
        try:
            await forever
        finally:
            ended.append("work")

    async def end() -> None:
        await tasks.cancel_all()
        ended.append("all")

    waiting = tasks.spawn(work())
    qtbot.wait(1)
    tasks.create_task(end(), name="end")

    qtbot.waitUntil(lambda: ended == ["work", "all"])
    assert waiting.cancelled()


@pytest.mark.logs_warnings
def test_a_task_that_fails_is_logged(
    windows: None, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        raise LookupError("a bug")

    tasks.create_task(work(), name="work")

    qtbot.waitUntil(lambda: "task work failed" in caplog.text)
