from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import LoadServer, SetPrivacy, UnblockAccount
from desktop.events import PrivacyChanged
from desktop.ui.account_pages import AboutPage, AccountPage, PrivacyPage, StoragePage
from desktop.ui.settings import SettingsStore
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "windows.json")


def test_the_account_is_named_with_its_server(port: FakePort, store: SettingsStore) -> None:
    page = AccountPage(port.session, store)

    assert page.name.text() == "林晓"
    assert page.address.text() == "@linxiao on http://127.0.0.1:8080"


def test_what_is_asked_for_leaves_by_signals(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    page = AccountPage(port.session, store)
    page.show()

    for row, wanted in (
        (page.profile_row, page.profile_requested),
        (page.devices_row, page.devices_requested),
        (page.password_row, page.password_requested),
        (page.code_row, page.code_requested),
        (page.log_out_row, page.log_out_requested),
    ):
        with qtbot.waitSignal(wanted):
            QTest.mouseClick(row, Qt.MouseButton.LeftButton)


def test_one_switch_of_privacy_leaves_the_other_as_it_is(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    port.session.apply(PrivacyChanged(shares_presence=False, sends_read_marks=True))
    page = PrivacyPage(port.session, port, store)
    page.show()

    QTest.mouseClick(page.sends_read_marks, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: bool(port.of(SetPrivacy)))
    command = port.of(SetPrivacy)[0]
    assert (command.shares_presence, command.sends_read_marks) == (False, False)


def test_a_refused_change_of_privacy_is_undone_and_said(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    port.refusals[SetPrivacy] = "offline"
    page = PrivacyPage(port.session, port, store)
    page.show()

    QTest.mouseClick(page.shares_presence, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(page.error.isVisible)
    assert page.shares_presence.isChecked()


def test_privacy_waits_until_the_engine_has_told_what_holds(
    windows: None, store: SettingsStore
) -> None:
    port = FakePort()
    page = PrivacyPage(port.session, port, store)

    assert not page.shares_presence.isEnabled()
    port.announce()

    assert page.shares_presence.isEnabled()
    assert page.shares_presence.isChecked()


def test_somebody_is_let_through_again(port: FakePort, store: SettingsStore, qtbot: QtBot) -> None:
    port.blocked = [profile(40, "noise", "Noise")]
    port.tell_contacts()
    page = PrivacyPage(port.session, port, store)
    page.show()
    page.blocked.setCurrentIndex(page.blocked.people.index(0))

    QTest.mouseClick(page.unblock_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(page.nobody.isVisible)
    assert port.of(UnblockAccount)[0].account == 40
    assert not page.blocked.isVisible()


def test_the_passcode_is_offered_only_where_there_is_one(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    assert not hasattr(PrivacyPage(port.session, port, store), "passcode_row")
    page = PrivacyPage(port.session, port, store, has_passcode=True)
    page.show()

    with qtbot.waitSignal(page.passcode_requested):
        QTest.mouseClick(page.passcode_row, Qt.MouseButton.LeftButton)


def test_room_is_measured_and_given_back(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    page = StoragePage(port, store)
    page.show()
    page.shown()
    qtbot.waitUntil(page.clear_button.isEnabled)
    assert page.database.text() == "Messages and keys: 12.3 MB"
    assert page.clear_button.text() == "Remove 800 MB"

    QTest.mouseClick(page.clear_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: page.files.text() == "Pictures and files: 45.0 MB")
    assert not page.clear_button.isEnabled()


def test_mim_tells_its_version_and_server(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    page = AboutPage(port.session, port, store, version="9.8.7")
    assert page.version.text() == "Mim 9.8.7"
    assert page.server.text() == "Connected to http://127.0.0.1:8080"

    page.shown()

    qtbot.waitUntil(lambda: page.server.text().endswith("8080: Office, Mim 2.0"))


def test_offline_the_servers_address_is_told(
    port: FakePort, store: SettingsStore, qtbot: QtBot
) -> None:
    port.refusals[LoadServer] = "offline"
    page = AboutPage(port.session, port, store, version="9.8.7")

    page.shown()

    qtbot.waitUntil(lambda: bool(port.of(LoadServer)))
    assert page.server.text() == "Connected to http://127.0.0.1:8080"


def test_every_control_has_a_name(port: FakePort, store: SettingsStore) -> None:
    for page in (
        AccountPage(port.session, store),
        PrivacyPage(port.session, port, store),
        StoragePage(port, store),
    ):
        page.show()

        assert unnamed_controls(page) == []
