from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.events import DeviceRow
from desktop.ui.device_list import DeviceList
from tests.desktop.fake_port import at
from tests.desktop.ui.spoken import names

DESK = DeviceRow(
    device_id=1,
    name="desk",
    created_ms=at(60),
    last_seen_ms=at(5),
    is_current=True,
    is_revoked=False,
    has_session=True,
)
PHONE = msgspec.structs.replace(DESK, device_id=2, name="phone", is_current=False)
OLD = msgspec.structs.replace(PHONE, device_id=3, name="old", has_session=False)


@pytest.fixture
def devices(windows: None) -> DeviceList:
    stage = QWidget()
    made = DeviceList(stage)
    made.stage = stage  # type: ignore[attr-defined]  # Kept as long as the list.
    made.show_devices([DESK, PHONE, OLD])
    stage.show()
    return made


def test_devices_are_said_with_where_they_stand(devices: DeviceList) -> None:
    assert names(devices) == ["desk, this device", "phone, last seen 14:27", "old, logged out"]


def test_this_device_is_current_first_and_the_chosen_one_stays_so(
    devices: DeviceList, qtbot: QtBot
) -> None:
    assert devices.current() == DESK
    with qtbot.waitSignal(devices.current_changed):
        QTest.keyClick(devices, Qt.Key.Key_Down)

    devices.show_devices([PHONE, DESK])

    assert devices.current() == PHONE


def test_many_devices_are_scrolled(devices: DeviceList) -> None:
    before = devices.height()

    devices.show_devices(
        [msgspec.structs.replace(PHONE, device_id=n, name=f"d{n}") for n in range(20)]
    )

    assert devices.height() == before / 3 * 5
