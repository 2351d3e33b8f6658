"""What tests of windows share: fonts, one look, a loop that runs while Qt's does, a small world."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import qasync  # type: ignore[import-untyped]  # It ships no types.
from PySide6.QtWidgets import QApplication

from desktop.ui import times
from desktop.ui.collector import Collector
from desktop.ui.fonts import install_fonts
from desktop.ui.theme import Appearance, set_appearance
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import NOW, FakePort
from tests.exhibits.stage import make_world

LAST_ROUNDS_MAX = 100


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["mim"]


@pytest.fixture
def windows(qapp: QApplication) -> Iterator[None]:
    """An application that looks and runs as `desktop.app` makes it."""
    qapp.setStyle("Fusion")
    qapp.setQuitOnLastWindowClosed(False)
    install_fonts()
    set_appearance(Appearance.LIGHT)
    set_language(Language.ENGLISH)
    times.use_clock(lambda: NOW)
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    # Coroutines step inside Qt's own loop, which the tests run a little at a time.
    asyncio.events._set_running_loop(loop)
    collector = Collector()
    collector.start()
    yield
    # A task left waiting would be found, on a loop that is closed by then, by the next test.
    for task in asyncio.all_tasks(loop):
        task.cancel()
    for _ in range(LAST_ROUNDS_MAX):
        if not asyncio.all_tasks(loop):
            break
        qapp.processEvents()
    asyncio.events._set_running_loop(None)
    # Kept until all have gone: a question that held the last reference to the dialog behind it
    # would delete it, and be deleted by it again, while it is deleted itself.
    last = qapp.topLevelWidgets()
    for widget in last:
        widget.close()
        widget.deleteLater()
    qapp.processEvents()
    del last
    collector.stop()
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def port(windows: None) -> FakePort:
    """An account without anybody."""
    fake = FakePort()
    fake.announce()
    return fake


@pytest.fixture
def world(windows: None) -> FakePort:
    """An account with contacts, requests and conversations."""
    fake = make_world()
    fake.announce()
    return fake
