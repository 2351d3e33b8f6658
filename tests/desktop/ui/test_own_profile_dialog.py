from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop.commands import SetAvatar, SetProfile
from desktop.models.avatars import decode_picture
from desktop.ui.own_profile_dialog import OwnProfileDialog
from shared import limits
from tests.desktop.fake_port import FakePort
from tests.desktop.pictures import picture_bytes
from tests.desktop.ui.hands import name_files, press, retype, type_into
from tests.desktop.ui.spoken import unnamed_controls


def choose_picture(dialog: OwnProfileDialog, path: Path, qtbot: QtBot) -> None:
    path.write_bytes(picture_bytes(400, 300))
    press(dialog.picture_button)
    (files,) = dialog.findChildren(QFileDialog)
    name_files(files, path)
    qtbot.waitUntil(lambda: dialog.chooser.crop is not None)
    assert dialog.chooser.crop is not None
    press(dialog.chooser.crop.done_button)


def test_names_and_picture_are_saved(world: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()

    retype(dialog.nickname, "Lin")
    type_into(dialog.signature, "hello")
    choose_picture(dialog, tmp_path / "me.png", qtbot)
    with qtbot.waitSignal(dialog.accepted):
        press(dialog.save_button)

    assert world.of(SetProfile) == [SetProfile(nickname="Lin", signature="hello")]
    assert decode_picture(world.of(SetAvatar)[0].data).width() == limits.AVATAR_PIXELS
    assert world.session.account is not None
    assert world.session.account.profile.nickname == "Lin"


def test_a_picture_is_taken_away(world: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()
    choose_picture(dialog, tmp_path / "me.png", qtbot)
    assert dialog.remove_button.isVisible()

    press(dialog.remove_button)
    with qtbot.waitSignal(dialog.accepted):
        press(dialog.save_button)

    assert world.of(SetAvatar)[0].data == b""


def test_an_empty_nickname_is_said(world: FakePort, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()
    retype(dialog.nickname, "")

    press(dialog.save_button)

    qtbot.waitUntil(lambda: "nickname" in dialog.error.text())
    assert not world.of(SetProfile)


def test_every_control_has_a_name(world: FakePort) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()

    assert unnamed_controls(dialog) == []
    assert dialog.focusWidget() is dialog.nickname
