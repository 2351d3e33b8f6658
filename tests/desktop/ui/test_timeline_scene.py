from __future__ import annotations

import msgspec
from PySide6.QtCore import QSize

from desktop.events import FileRow
from desktop.ui.timeline_scene import Scene
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile


def test_a_scene_without_a_session_knows_what_rows_say_themselves(port: FakePort) -> None:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), "a")
    file = FileRow(name="a", size=9, done=3, total=12)
    scene = Scene()

    assert scene.progress_of(row).share == 0
    assert scene.progress_of(msgspec.structs.replace(row, file=file)).share == 0.25
    assert scene.image_of(row, QSize(9, 9)) is None
    assert scene.profile_of(AccountId(7)).account == 7
    assert scene.avatar_of(scene.profile_of(AccountId(7))) is None


def test_a_scene_tells_nothing_of_what_it_shows() -> None:
    assert "secret" not in repr(Scene(found="secret"))
