from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import RenameDevice, RevokeDevice
from desktop.events import DeviceRow
from desktop.ui.devices_dialog import DevicesDialog
from tests.desktop.fake_port import FakePort, at
from tests.desktop.ui.spoken import unnamed_controls


def device(number: int, name: str, *, is_current: bool = False) -> DeviceRow:
    return DeviceRow(
        device_id=number,
        name=name,
        created_ms=at(60),
        last_seen_ms=at(5),
        is_current=is_current,
        is_revoked=name == "gone",
        has_session=True,
    )


@pytest.fixture
def dialog(world: FakePort, qtbot: QtBot) -> DevicesDialog:
    world.devices = [device(1, "desk", is_current=True), device(2, "phone"), device(3, "gone")]
    made = DevicesDialog(world)
    made.open()
    qtbot.waitUntil(lambda: len(made.options) == 2)
    return made


def test_devices_that_were_not_ended_are_listed(dialog: DevicesDialog) -> None:
    assert [option.text() for option in dialog.options] == [
        "desk (this device)",
        "phone, last seen 14:27",
    ]
    assert not dialog.revoke_button.isVisible()
    assert unnamed_controls(dialog) == []


def test_a_device_gets_another_name(dialog: DevicesDialog, world: FakePort, qtbot: QtBot) -> None:
    dialog.name.setText("big desk")

    QTest.keyClick(dialog.name, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(world.of(RenameDevice)))
    assert world.of(RenameDevice) == [RenameDevice(device_id=1, name="big desk")]


def test_another_device_is_ended_with_the_password(
    dialog: DevicesDialog, world: FakePort, qtbot: QtBot
) -> None:
    dialog.options[1].setChecked(True)
    QTest.mouseClick(dialog.revoke_button, Qt.MouseButton.LeftButton)
    assert dialog.error.text() == "Please fill in every field."
    QTest.keyClicks(dialog.password, "long enough")

    with qtbot.waitSignal(dialog.said) as said:
        QTest.keyClick(dialog.password, Qt.Key.Key_Return)

    assert said.args == ["phone can no longer read new messages."]
    assert world.of(RevokeDevice)[0].device_id == 2
    qtbot.waitUntil(lambda: len(dialog.options) == 1)


def test_a_device_has_a_name(dialog: DevicesDialog, world: FakePort) -> None:
    dialog.name.clear()

    dialog.rename()

    assert dialog.error.isVisible()
    assert not world.of(RenameDevice)
