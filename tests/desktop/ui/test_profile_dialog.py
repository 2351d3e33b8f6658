from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import BlockAccount, LoadProfile, SetAvatar, SetProfile, SetRemark
from desktop.models.avatars import decode_picture
from desktop.ui.profile_dialog import OwnProfileDialog, ProfileDialog, avatar_bytes
from shared import limits
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort


def make_picture(width: int, height: int, *, is_transparent: bool = False) -> QImage:
    """A picture that is hard to compress."""
    kind = QImage.Format.Format_ARGB32 if is_transparent else QImage.Format.Format_RGB32
    image = QImage(width, height, kind)
    for x in range(width):
        for y in range(height):
            seed = (x * 7919 + y * 104729) % 16777213
            color = QColor(seed & 255, seed >> 8 & 255, seed >> 16 & 255)
            color.setAlpha(200 if is_transparent else 255)
            image.setPixelColor(x, y, color)
    return image


@pytest.mark.parametrize("is_transparent", [False, True])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (40, 90), (256, 256)])
def test_an_avatar_is_square_and_small_enough(
    windows: None, width: int, height: int, is_transparent: bool
) -> None:
    data = avatar_bytes(make_picture(width, height, is_transparent=is_transparent))

    image = decode_picture(data)
    assert image.width() == image.height() == limits.AVATAR_PIXELS
    assert len(data) <= limits.AVATAR_BYTES_MAX


def test_names_and_picture_are_saved(world: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    qtbot.addWidget(dialog)
    path = tmp_path / "me.png"
    make_picture(64, 64).save(str(path))

    dialog.nickname.setText("Lin")
    QTest.keyClicks(dialog.signature, "hello")
    dialog.take_picture(str(path))
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert world.of(SetProfile) == [SetProfile(nickname="Lin", signature="hello")]
    assert len(world.of(SetAvatar)) == 1
    assert world.session.account is not None
    assert world.session.account.profile.nickname == "Lin"


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused(
    world: FakePort, tmp_path: Path, qtbot: QtBot, content: bytes
) -> None:
    dialog = OwnProfileDialog(world.session, world)
    qtbot.addWidget(dialog)
    path = tmp_path / "me.png"
    path.write_bytes(content)

    dialog.take_picture(str(path))

    assert "PNG or JPEG" in dialog.error.text()


def test_a_file_that_is_gone_is_refused(world: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    qtbot.addWidget(dialog)

    dialog.take_picture(str(tmp_path / "gone.png"))

    assert "PNG or JPEG" in dialog.error.text()


def test_an_empty_nickname_is_said(world: FakePort, qtbot: QtBot) -> None:
    dialog = OwnProfileDialog(world.session, world)
    qtbot.addWidget(dialog)
    dialog.nickname.clear()

    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: "nickname" in dialog.error.text())
    assert not world.of(SetProfile)


def test_a_friend_can_be_written_to_and_a_stranger_added(world: FakePort, qtbot: QtBot) -> None:
    friend = ProfileDialog(world.session, world, AccountId(2))
    qtbot.addWidget(friend)
    stranger = ProfileDialog(world.session, world, AccountId(11))
    qtbot.addWidget(stranger)
    qtbot.waitUntil(lambda: stranger.name.text() == "Alina Novak")

    with qtbot.waitSignal(friend.chat_requested):
        QTest.mouseClick(friend.main_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(stranger.add_requested) as told:
        QTest.mouseClick(stranger.main_button, Qt.MouseButton.LeftButton)

    assert told.args == ["alina"]


def test_offline_what_is_known_is_shown(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LoadProfile] = "offline"

    dialog = ProfileDialog(world.session, world, AccountId(2))
    qtbot.addWidget(dialog)

    qtbot.waitUntil(lambda: bool(world.of(LoadProfile)))
    assert dialog.name.text() == "王芳"


def test_an_own_name_is_stored_with_enter_and_shown(world: FakePort, qtbot: QtBot) -> None:
    dialog = ProfileDialog(world.session, world, AccountId(2))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.remark.accessibleName() == "Your name for them"

    QTest.keyClicks(dialog.remark, " Fang ")
    QTest.keyClick(dialog.remark, Qt.Key.Key_Return)

    assert world.of(SetRemark) == [SetRemark(account=AccountId(2), remark="Fang")]
    assert dialog.name.text() == "Fang"
    assert dialog.user_name.text() == "王芳 · @wangfang"
    assert dialog.isVisible()
    dialog.close_button.click()
    assert len(world.of(SetRemark)) == 1


def test_an_own_name_is_stored_when_the_dialog_goes(world: FakePort, qtbot: QtBot) -> None:
    dialog = ProfileDialog(world.session, world, AccountId(2))
    qtbot.addWidget(dialog)
    dialog.open()

    QTest.keyClicks(dialog.remark, "Fang")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert world.of(SetRemark) == [SetRemark(account=AccountId(2), remark="Fang")]


def test_a_stranger_has_no_own_name(world: FakePort, qtbot: QtBot) -> None:
    dialog = ProfileDialog(world.session, world, AccountId(11))
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.name.text() == "Alina Novak")

    assert dialog.remark.isHidden()
    dialog.reject()
    assert world.of(SetRemark) == []


def test_somebody_is_blocked_and_unblocked_from_here(world: FakePort, qtbot: QtBot) -> None:
    dialog = ProfileDialog(world.session, world, AccountId(3))
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.block_requested) as blocked:
        QTest.mouseClick(dialog.block_button, Qt.MouseButton.LeftButton)
    world.send(BlockAccount(account=AccountId(3)))

    again = ProfileDialog(world.session, world, AccountId(3))
    qtbot.addWidget(again)
    words = again.block_button.text()
    with qtbot.waitSignal(again.unblock_requested) as unblocked:
        QTest.mouseClick(again.block_button, Qt.MouseButton.LeftButton)

    assert words == "Unblock"
    assert blocked.args == unblocked.args == [AccountId(3)]
