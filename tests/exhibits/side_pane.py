"""Search, tabs, archive and lists, whole and folded: ``python -m tests.exhibits.side_pane``."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.side_pane import SidePane
from tests.exhibits.stage import add_variety, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    add_variety(port)
    port.announce()
    window = QWidget()
    layout = QHBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    for width in (320, 72):
        pane = SidePane(port.session, port, window)
        pane.setFixedWidth(width)
        pane.fold(is_wanted=width < 130)
        layout.addWidget(pane)
    window.resize(400, 640)
    show(window, loop)


if __name__ == "__main__":
    main()
