from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.events import LinkChanged, LinkState
from desktop.ui.link_bar import LinkBar, link_words
from tests.desktop.fake_port import FakePort, at


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (LinkChanged(state=LinkState.ONLINE), ""),
        (LinkChanged(state=LinkState.CONNECTING), "Connecting…"),
        (LinkChanged(state=LinkState.OFFLINE), "Offline. Messages will be sent"),
        (LinkChanged(state=LinkState.OFFLINE, retry_at_ms=9_000), "Trying again in 4 s"),
        (LinkChanged(state=LinkState.REFUSED, code="client_too_old"), "too old"),
        (LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=at(0)), "Complete up to 14:32"),
    ],
)
def test_the_link_is_told_in_plain_words(windows: None, link: LinkChanged, words: str) -> None:
    said = link_words(link, now_ms=5_000)

    assert words in said
    assert bool(said) == bool(words)


def test_the_bar_is_there_only_while_there_is_something_to_say(
    port: FakePort, qtbot: QtBot
) -> None:
    bar = LinkBar(port.session)
    qtbot.addWidget(bar)

    port.session.apply(LinkChanged(state=LinkState.OFFLINE))
    assert bar.isVisible()
    assert bar.accessibleName().startswith("Offline")

    port.session.apply(LinkChanged(state=LinkState.ONLINE))
    assert not bar.isVisible()
