from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.commands import SaveDraft
from desktop.ui.chat_windows import ChatWindows
from desktop.ui.settings import SettingsStore
from shared import limits
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import WANG


def test_one_conversation_has_one_window(world: FakePort) -> None:
    windows = ChatWindows(world.session, world, SettingsStore())

    assert windows.open(WANG)
    assert windows.open(WANG)

    assert len(windows) == 1
    windows.close_all()
    assert len(windows) == 0


def test_closing_a_window_keeps_what_was_typed(world: FakePort, qtbot: QtBot) -> None:
    windows = ChatWindows(world.session, world, SettingsStore())
    windows.open(WANG)
    window = windows.find(WANG)
    assert window is not None
    window.pane.composer.editor.setPlainText("not yet")

    with qtbot.waitSignal(windows.closed):
        window.close()

    assert world.of(SaveDraft)[-1].text == "not yet"
    assert windows.find(WANG) is None


def test_one_window_more_than_the_bound_is_refused(world: FakePort, qtbot: QtBot) -> None:
    windows = ChatWindows(world.session, world, SettingsStore())
    ids = []
    for number in range(limits.CHAT_WINDOWS_MAX + 1):
        person = profile(100 + number, f"user{number}", f"User {number}")
        ids.append(world.add_conversation(person))
    world.announce()
    for conversation_id in ids[:-1]:
        assert windows.open(conversation_id)

    with qtbot.waitSignal(windows.too_many):
        assert not windows.open(ids[-1])

    windows.close_all()


def test_the_settings_reach_where_is_typed(world: FakePort) -> None:
    settings = SettingsStore()
    settings.change(enter_sends=False)
    windows = ChatWindows(world.session, world, settings)

    windows.open(WANG)
    window = windows.find(WANG)

    assert window is not None
    assert not window.pane.composer.editor.enter_sends()
    windows.close_all()


def test_the_window_with_the_focus_is_known_and_flushing_keeps_it_open(
    world: FakePort, qtbot: QtBot
) -> None:
    windows = ChatWindows(world.session, world, SettingsStore())
    windows.open(WANG)
    window = windows.find(WANG)
    assert window is not None
    window.pane.composer.editor.setPlainText("not yet")
    qtbot.waitUntil(window.isActiveWindow)
    assert windows.active() == WANG

    windows.flush()

    assert world.of(SaveDraft)[-1].text == "not yet"
    assert windows.find(WANG) is window
    windows.close_all()
    assert windows.active() is None
