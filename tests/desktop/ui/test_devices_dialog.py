from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import RenameDevice, RevokeDevice
from desktop.events import DeviceRow
from desktop.ui.devices_dialog import DevicesDialog, EndDeviceDialog, RenameDeviceDialog
from tests.desktop.fake_port import FakePort, at
from tests.desktop.ui.hands import press, press_row, retype, type_into
from tests.desktop.ui.spoken import names, unnamed_controls


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
    qtbot.waitUntil(lambda: made.list.devices.rowCount() == 2)
    qtbot.waitUntil(lambda: not made._is_busy)
    return made


def end_dialog(dialog: DevicesDialog) -> EndDeviceDialog:
    press_row(dialog.list, dialog.list.devices.index(1))
    press(dialog.end_button)
    return dialog.findChildren(EndDeviceDialog)[0]


def test_devices_that_were_not_ended_are_listed(dialog: DevicesDialog) -> None:
    assert names(dialog.list) == ["desk, this device", "phone, last seen 14:27"]
    assert not dialog.end_button.isVisible()
    assert unnamed_controls(dialog) == []


def test_a_device_gets_another_name(dialog: DevicesDialog, world: FakePort, qtbot: QtBot) -> None:
    press(dialog.rename_button)
    (naming,) = dialog.findChildren(RenameDeviceDialog)
    assert naming.name.selectedText() == "desk"
    QTest.keyClicks(naming.name, " big desk ")

    with qtbot.waitSignal(naming.accepted):
        QTest.keyClick(naming.name, Qt.Key.Key_Return)

    assert world.of(RenameDevice) == [RenameDevice(device_id=1, name="big desk")]


def test_a_device_has_a_name(dialog: DevicesDialog, world: FakePort) -> None:
    press(dialog.rename_button)
    (naming,) = dialog.findChildren(RenameDeviceDialog)
    retype(naming.name, "")

    press(naming.save_button)

    assert naming.error.isVisible()
    assert not world.of(RenameDevice)


def test_another_device_is_ended_with_the_password(
    dialog: DevicesDialog, world: FakePort, qtbot: QtBot
) -> None:
    ending = end_dialog(dialog)
    assert "stays on it" in ending.words.text()
    press(ending.yes_button)
    assert ending.error.text() == "Please fill in every field."
    QTest.keyClicks(ending.password, "long enough")

    with qtbot.waitSignal(dialog.said) as said:
        QTest.keyClick(ending.password, Qt.Key.Key_Return)

    assert said.args == ["phone can no longer read new messages."]
    assert world.of(RevokeDevice)[0].device_id == 2
    qtbot.waitUntil(lambda: dialog.list.devices.rowCount() == 1)


def test_a_wrong_password_ends_nothing_and_is_said(
    dialog: DevicesDialog, world: FakePort, qtbot: QtBot
) -> None:
    world.refusals[RevokeDevice] = "wrong_credentials"
    ending = end_dialog(dialog)
    type_into(ending.password, "wrong one")

    press(ending.yes_button)

    qtbot.waitUntil(ending.error.isVisible)
    assert ending.isVisible()
    assert dialog.list.devices.rowCount() == 2
