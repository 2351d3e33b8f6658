"""The bar that searches a conversation: ``python -m tests.exhibits.chat_search``."""

from __future__ import annotations

from desktop.ui.chat_pane import ChatPane
from tests.exhibits.stage import WANG, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    pane = ChatPane(port.session, port, WANG)
    pane.resize(640, 640)
    pane.search_bar.open()
    show(pane, loop)


if __name__ == "__main__":
    main()
