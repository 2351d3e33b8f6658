from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SetAvatar, SetProfile
from desktop.ui.own_profile_dialog import OwnProfileDialog
from tests.desktop.fake_port import FakePort
from tests.desktop.pictures import picture_bytes
from tests.desktop.ui.spoken import unnamed_controls


def test_names_and_picture_are_saved(world: FakePort, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()

    dialog.nickname.setText("Lin")
    QTest.keyClicks(dialog.signature, "hello")
    dialog.chooser.chosen.emit(picture_bytes(256, 256))
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert world.of(SetProfile) == [SetProfile(nickname="Lin", signature="hello")]
    assert world.of(SetAvatar)[0].data == picture_bytes(256, 256)
    assert world.session.account is not None
    assert world.session.account.profile.nickname == "Lin"


def test_a_picture_is_taken_away(world: FakePort, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()
    dialog.chooser.chosen.emit(picture_bytes(256, 256))
    assert dialog.remove_button.isVisible()

    QTest.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert world.of(SetAvatar)[0].data == b""


def test_an_empty_nickname_is_said(world: FakePort, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()
    dialog.nickname.clear()

    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: "nickname" in dialog.error.text())
    assert not world.of(SetProfile)


def test_every_control_has_a_name(world: FakePort) -> None:
    dialog = OwnProfileDialog(world.session, world)
    dialog.open()

    assert unnamed_controls(dialog) == []
    assert dialog.focusWidget() is dialog.nickname
