"""Buttons, fields and options in all their states: ``python -m tests.exhibits.controls``."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.controls import Button, ButtonKind, Field, IconButton, PasswordField, SearchField
from desktop.ui.options import CheckOption, RadioOption
from tests.exhibits.stage import make_application, show


def main() -> None:
    _, loop = make_application()
    stage = QWidget()
    layout = QVBoxLayout(stage)
    for kind in ButtonKind:
        for is_enabled in (True, False):
            button = Button(kind)
            button.setText(kind.value)
            button.setEnabled(is_enabled)
            layout.addWidget(button)
    for field in (Field(), PasswordField(), SearchField()):
        field.setPlaceholderText(type(field).__name__)
        layout.addWidget(field)
    for option in (CheckOption(), RadioOption()):
        option.setText(type(option).__name__)
        layout.addWidget(option)
    layout.addWidget(IconButton("smile"))
    layout.addWidget(IconButton("send-horizontal", is_filled=True))
    show(stage, loop)


if __name__ == "__main__":
    main()
