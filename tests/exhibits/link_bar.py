"""The line about the link in all its states: ``python -m tests.exhibits.link_bar``."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.events import LinkChanged, LinkState
from desktop.ui.link_bar import LinkBar
from tests.desktop.fake_port import FakePort, at
from tests.exhibits.stage import make_application, show

STATES = (
    LinkChanged(state=LinkState.CONNECTING),
    LinkChanged(state=LinkState.OFFLINE, retry_at_ms=round(time.time() * 1000) + 42_000),
    LinkChanged(state=LinkState.REFUSED, code="replaced"),
    LinkChanged(state=LinkState.REFUSED, code="client_too_old"),
    LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=at(30), missing=400),
)


def main() -> None:
    _, loop = make_application()
    window = QWidget()
    layout = QVBoxLayout(window)
    for state in STATES:
        port = FakePort()
        bar = LinkBar(port.session, port, window)
        if state.missing:
            # What is missing at first is all that the progress is a part of.
            port.session.apply(
                LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=1, missing=1000)
            )
        port.session.apply(state)
        layout.addWidget(bar)
    layout.addStretch(1)
    window.resize(340, 320)
    show(window, loop)


if __name__ == "__main__":
    main()
