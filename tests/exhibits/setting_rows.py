"""Rows of settings, slider, text area and busy bar: ``python -m tests.exhibits.setting_rows``."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.busy_bar import BusyBar
from desktop.ui.setting_rows import ActionRow, Choice, SwitchRow
from desktop.ui.slider import Slider
from desktop.ui.text_area import TextArea
from tests.exhibits.stage import make_application, show


def main() -> None:
    _, loop = make_application()
    stage = QWidget()
    stage.resize(420, 420)
    layout = QVBoxLayout(stage)
    switch, action, danger = SwitchRow(), ActionRow("lock"), ActionRow("log-out", is_danger=True)
    switch.say("Show when I am online", "Your contacts see whether you are here.")
    action.say("Password", "changed today")
    danger.say("Log out")
    choice = Choice(3)
    choice.name("Colors", ["System", "Light", "Dark"])
    choice.choose(0)
    area = TextArea()
    area.setPlainText("Friday at 8")
    for widget in (switch, action, danger, choice, Slider(), area):
        layout.addWidget(widget)
    layout.addStretch(1)
    BusyBar(stage).start()
    show(stage, loop)


if __name__ == "__main__":
    main()
