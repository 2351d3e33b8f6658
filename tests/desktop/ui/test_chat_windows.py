from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import SaveDraft
from desktop.events import LinkState, PresenceState
from desktop.ui.chat_windows import ChatWindow, ChatWindows
from desktop.ui.info_pane import INFO_WIDTH
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import press, type_into
from tests.exhibits.stage import ALICE, LI, WANG

ALICES_ACCOUNT = AccountId(3)


@pytest.fixture
def settings(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "windows.json")


@pytest.fixture
def windows_of(world: FakePort, settings: SettingsStore) -> ChatWindows:
    return make(world, settings)


def make(world: FakePort, settings: SettingsStore) -> ChatWindows:
    return ChatWindows(world.session, world, settings, ReadingPlaces(settings))


def opened(windows: ChatWindows, conversation_id: ConversationId) -> ChatWindow:
    assert windows.open(conversation_id)
    window = windows.find(conversation_id)
    assert window is not None
    return window


def presence(world: FakePort, state: PresenceState) -> None:
    world.session.apply(
        events.PresenceChanged(account=ALICES_ACCOUNT, presence=state, last_seen_ms=0)
    )


def test_one_conversation_has_one_window(windows_of: ChatWindows) -> None:
    assert windows_of.open(WANG)
    assert windows_of.open(WANG)

    assert len(windows_of) == 1
    windows_of.close_all()
    assert len(windows_of) == 0


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_closing_a_window_keeps_what_was_typed(
    world: FakePort, windows_of: ChatWindows, qtbot: QtBot, way: str
) -> None:
    window = opened(windows_of, WANG)
    type_into(window.pane.composer.editor, "not yet")
    qtbot.waitUntil(window.isActiveWindow)

    with qtbot.waitSignal(windows_of.closed):
        if way == "mouse":
            window.close()
        else:
            QTest.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)

    assert world.of(SaveDraft)[-1].text == "not yet"
    assert windows_of.find(WANG) is None


def test_one_window_more_than_the_bound_is_refused(
    world: FakePort, windows_of: ChatWindows, qtbot: QtBot
) -> None:
    ids = []
    for number in range(limits.CHAT_WINDOWS_MAX + 1):
        person = profile(100 + number, f"user{number}", f"User {number}")
        ids.append(world.add_conversation(person))
    world.announce()
    for conversation_id in ids[:-1]:
        assert windows_of.open(conversation_id)

    with qtbot.waitSignal(windows_of.too_many):
        assert not windows_of.open(ids[-1])

    windows_of.close_all()


def test_windows_come_back_where_they_stood(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore
) -> None:
    opened(windows_of, ALICE).setGeometry(40, 60, 400, 450)
    opened(windows_of, WANG).setGeometry(90, 30, 500, 600)
    windows_of.close_all()

    again = make(world, SettingsStore(settings._path))
    again.restore()

    alice, wang = again.find(ALICE), again.find(WANG)
    assert alice is not None
    assert wang is not None
    assert alice.geometry().getRect() == (40, 60, 400, 450)
    assert wang.geometry().getRect() == (90, 30, 500, 600)
    again.close_all()


def test_a_window_that_was_closed_stays_closed(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore
) -> None:
    opened(windows_of, ALICE)
    opened(windows_of, WANG).close()
    windows_of.close_all()

    again = make(world, SettingsStore(settings._path))
    again.restore()

    assert again.find(WANG) is None
    assert len(again) == 1
    again.close_all()


def test_a_conversation_that_is_gone_is_not_opened_again(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore
) -> None:
    opened(windows_of, ALICE)
    windows_of.close_all()
    world.session.conversations.clear()

    again = make(world, SettingsStore(settings._path))
    again.restore()

    assert len(again) == 0


@pytest.mark.parametrize(("is_wanted", "stays"), [(True, False), (False, True)])
def test_a_window_closes_when_the_other_one_has_gone_if_that_is_wanted(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore, is_wanted: bool, stays: bool
) -> None:
    settings.change(closes_private_windows=is_wanted)
    opened(windows_of, ALICE)
    opened(windows_of, LI)  # Offline from the beginning.

    presence(world, PresenceState.OFFLINE)
    assert windows_of._gone.isActive()
    windows_of._gone.timeout.emit()

    assert (windows_of.find(ALICE) is not None) == stays
    assert windows_of.find(LI) is not None
    windows_of.close_all()


def test_nobody_has_gone_when_ones_own_link_breaks(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore
) -> None:
    settings.change(closes_private_windows=True)
    opened(windows_of, ALICE)

    presence(world, PresenceState.OFFLINE)
    world.session.apply(events.LinkChanged(state=LinkState.OFFLINE))

    assert not windows_of._gone.isActive()
    windows_of.close_all()


def test_who_is_back_at_once_has_not_gone(
    world: FakePort, windows_of: ChatWindows, settings: SettingsStore
) -> None:
    settings.change(closes_private_windows=True)
    opened(windows_of, ALICE)

    presence(world, PresenceState.OFFLINE)
    presence(world, PresenceState.ONLINE)
    windows_of._gone.timeout.emit()

    assert windows_of.find(ALICE) is not None
    windows_of.close_all()


def test_the_settings_reach_where_is_typed(
    windows_of: ChatWindows, settings: SettingsStore
) -> None:
    settings.change(enter_sends=False)

    window = opened(windows_of, WANG)

    assert not window.pane.composer.editor.enter_sends()
    windows_of.close_all()


def test_the_window_with_the_focus_is_known_and_flushing_keeps_it_open(
    world: FakePort, windows_of: ChatWindows, qtbot: QtBot
) -> None:
    window = opened(windows_of, WANG)
    type_into(window.pane.composer.editor, "not yet")
    qtbot.waitUntil(window.isActiveWindow)
    assert windows_of.active() == WANG

    windows_of.flush()

    assert world.of(SaveDraft)[-1].text == "not yet"
    assert windows_of.find(WANG) is window
    windows_of.close_all()
    assert windows_of.active() is None


def test_archiving_is_taken_back_in_the_same_window(
    world: FakePort, windows_of: ChatWindows
) -> None:
    window = opened(windows_of, ALICE)
    row = window.pane.row
    assert row is not None

    window.pane.keeping.archive(row)
    assert window.toast.button.text() == "Undo"
    press(window.toast.button)

    row = window.pane.row
    assert row is not None
    assert not row.is_archived
    windows_of.close_all()


@pytest.mark.parametrize(
    ("key", "signal"),
    [(Qt.Key.Key_K, "switch_requested"), (Qt.Key.Key_Slash, "shortcuts_requested")],
)
def test_keys_of_the_main_window_work_in_a_chats_own(
    windows_of: ChatWindows, qtbot: QtBot, key: Qt.Key, signal: str
) -> None:
    window = opened(windows_of, WANG)
    qtbot.waitUntil(window.isActiveWindow)

    with qtbot.waitSignal(getattr(window, signal)):
        QTest.keyClick(window.pane.composer.editor, key, Qt.KeyboardModifier.ControlModifier)
    windows_of.close_all()


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_info_takes_the_place_of_the_conversation_in_a_narrow_window(
    windows_of: ChatWindows, qtbot: QtBot, way: str
) -> None:
    window = opened(windows_of, WANG)
    window.resize(500, 600)
    qtbot.waitUntil(window.isActiveWindow)

    press(window.pane.header.info_button)

    assert window.info is not None
    assert (window.info.isVisible(), window.pane.isVisible()) == (True, False)
    assert window.info.close_button.hasFocus()
    if way == "mouse":
        press(window.info.close_button)
    else:
        QTest.keyClick(window.info, Qt.Key.Key_Escape)
    assert (window.info.isVisible(), window.pane.isVisible()) == (False, True)
    assert window.pane.header.info_button.hasFocus()
    windows_of.close_all()


def test_the_info_stands_beside_the_conversation_where_there_is_room(
    windows_of: ChatWindows,
) -> None:
    window = opened(windows_of, WANG)
    window.resize(900, 600)

    press(window.pane.header.info_button)

    assert window.info is not None
    assert (window.info.isVisible(), window.pane.isVisible()) == (True, True)
    assert window.pane.header.info_button.isChecked()
    assert window.info.width() == INFO_WIDTH
    window.resize(500, 600)
    assert not window.pane.isVisible()
    window.resize(900, 600)
    press(window.pane.header.info_button)
    assert not window.info.isVisible()
    windows_of.close_all()
