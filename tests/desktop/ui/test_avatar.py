from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.avatar import AvatarButton, initial
from desktop.ui.theme import AVATAR_FILLS, tokens
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import make_picture


@pytest.mark.parametrize(
    ("name", "letter"), [("anna", "A"), ("林晓", "林"), ("~ben", "B"), ("~~", "#"), ("", "#")]
)
def test_a_name_has_a_letter(name: str, letter: str) -> None:
    assert initial(name) == letter


def test_a_person_without_picture_has_a_colour(port: FakePort, qtbot: QtBot) -> None:
    button = AvatarButton(port.session, 40)
    qtbot.addWidget(button)

    button.show_profile(profile(2, "ben", "Ben"))

    color = button.grab().toImage().pixelColor(12, 24)
    assert color == AVATAR_FILLS[2]


def test_a_picture_is_shown_once_it_has_come(port: FakePort, qtbot: QtBot) -> None:
    port.avatars["a" * 64] = make_picture()
    button = AvatarButton(port.session, 40)
    qtbot.addWidget(button)
    button.show()
    person = msgspec.structs.replace(profile(2, "ben", "Ben"), avatar="a" * 64)

    with qtbot.waitSignal(port.session.avatars.loaded):
        button.show_profile(person)

    assert button.grab().toImage().pixelColor(12, 24) not in AVATAR_FILLS


def test_a_number_stands_on_the_picture(port: FakePort, qtbot: QtBot) -> None:
    button = AvatarButton(port.session, 40)
    qtbot.addWidget(button)
    button.show_profile(profile(2, "ben", "Ben"))
    plain = button.grab().toImage()

    button.set_badge(3)

    counted = button.grab().toImage()
    assert counted != plain
    assert counted.pixelColor(36, 33) == tokens().badge
    button.set_badge(0)
    assert button.grab().toImage() == plain
