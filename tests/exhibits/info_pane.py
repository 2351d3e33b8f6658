"""What is known of a person and of a group: ``python -m tests.exhibits.info_pane``."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.info_pane import InfoPane
from tests.exhibits.stage import DESIGN, WANG, add_variety, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    add_variety(port)
    port.announce()
    window = QWidget()
    layout = QHBoxLayout(window)
    for conversation_id in (WANG, DESIGN):
        pane = InfoPane(port.session, port, window)
        pane.show_conversation(conversation_id)
        layout.addWidget(pane)
    window.resize(640, 700)
    show(window, loop)


if __name__ == "__main__":
    main()
