from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import Reconnect
from desktop.events import LinkChanged, LinkState
from desktop.ui.link_bar import LinkBar, link_button, link_words
from tests.desktop.fake_port import FakePort, at

NEVER_MS = 2**45


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (LinkChanged(state=LinkState.ONLINE), ""),
        (LinkChanged(state=LinkState.CONNECTING), "Connecting…"),
        (LinkChanged(state=LinkState.OFFLINE), "Offline. Messages will be sent"),
        (LinkChanged(state=LinkState.OFFLINE, retry_at_ms=9_000), "Trying again in 4 s"),
        (LinkChanged(state=LinkState.REFUSED, code="client_too_old"), "too old"),
        (LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=at(0)), "Complete up to 14:32"),
        (LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=1), "Loading messages…"),
    ],
)
def test_the_link_is_told_in_plain_words(windows: None, link: LinkChanged, words: str) -> None:
    said = link_words(link, now_ms=5_000)

    assert words in said
    assert bool(said) == bool(words)


@pytest.fixture
def bar(port: FakePort, qtbot: QtBot) -> LinkBar:
    made = LinkBar(port.session, port)
    qtbot.addWidget(made)
    made.resize(320, 34)
    return made


def tell(port: FakePort, state: LinkState, **more: Any) -> None:
    port.session.apply(LinkChanged(state=state, **more))


def test_the_bar_is_there_only_while_there_is_something_to_say(
    port: FakePort, bar: LinkBar
) -> None:
    tell(port, LinkState.OFFLINE)
    assert bar.isVisible()
    assert bar.accessibleName().startswith("Offline")

    tell(port, LinkState.ONLINE)
    assert not bar.isVisible()


def test_a_link_that_opens_at_once_does_not_flash(port: FakePort, bar: LinkBar) -> None:
    tell(port, LinkState.CONNECTING)
    assert not bar.isVisible()

    bar._patience.stop()
    bar._patience.timeout.emit()

    assert bar.isVisible()
    assert bar.words == "Connecting…"


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_one_need_not_wait_for_the_next_try(port: FakePort, bar: LinkBar, way: str) -> None:
    tell(port, LinkState.OFFLINE, retry_at_ms=NEVER_MS)
    assert bar.retry_button.accessibleName() == "Retry now"

    if way == "mouse":
        QTest.mouseClick(bar.retry_button, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(bar.retry_button, Qt.Key.Key_Return)

    assert len(port.of(Reconnect)) == 1


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (LinkChanged(state=LinkState.OFFLINE, retry_at_ms=9_000), "Retry now"),
        (LinkChanged(state=LinkState.OFFLINE), ""),
        (LinkChanged(state=LinkState.REFUSED, code="replaced"), "Connect here"),
        (LinkChanged(state=LinkState.REFUSED, code="server_too_old"), "Retry now"),
        (LinkChanged(state=LinkState.REFUSED, code="client_too_old"), ""),
        (LinkChanged(state=LinkState.REFUSED, code="unauthenticated"), ""),
        (LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=5), ""),
    ],
)
def test_trying_is_offered_only_where_it_may_help(
    windows: None, link: LinkChanged, words: str
) -> None:
    assert link_button(link) == words


def test_catching_up_shows_how_far_it_has_come(port: FakePort, bar: LinkBar) -> None:
    shares = []
    for missing in (1000, 250, 0):
        tell(port, LinkState.ONLINE, complete_up_to_ms=at(30) if missing else 0, missing=missing)
        shares.append(bar.progress)

    assert shares == [0.0, 0.75, -1.0]
    assert not bar.isVisible()


def test_words_that_do_not_fit_take_more_lines(port: FakePort, bar: LinkBar) -> None:
    tell(port, LinkState.REFUSED, code="client_too_old")
    lines = bar.height()

    bar.resize(900, bar.height())

    assert bar.height() < lines


def test_a_folded_bar_says_everything_in_its_tool_tip(port: FakePort, bar: LinkBar) -> None:
    tell(port, LinkState.OFFLINE, retry_at_ms=NEVER_MS)

    bar.fold(is_folded=True)

    assert bar.toolTip().startswith("Offline")
    assert not bar.retry_button.isVisible()
