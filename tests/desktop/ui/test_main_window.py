from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.models.conversations import Part
from desktop.ui.chat_pane import ChatPane
from desktop.ui.chat_stack import PANES_KEPT_MAX
from desktop.ui.main_window import MainWindow
from desktop.ui.settings import SettingsStore
from desktop.ui.theme import Appearance, set_appearance
from desktop.ui.translate import Language, set_language
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, drag, menu_of, press, press_row, type_into, wheel
from tests.desktop.ui.spoken import unnamed_controls
from tests.exhibits.stage import ALICE, DESIGN, LI, MOM, WANG, add_variety, make_world


@pytest.fixture
def window(world: FakePort, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    made = MainWindow(world.session, world, SettingsStore(tmp_path / "windows.json"))
    qtbot.addWidget(made)
    # As the shell does.
    made.side.chat_chosen.connect(made.show_conversation)
    made.pane_made.connect(lambda pane: pane.back_requested.connect(made.close_conversation))
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def open_chat(window: MainWindow, conversation_id: ConversationId) -> ChatPane:
    """Press its row in the list."""
    press_row(window.side.list, window.side.list.filter.index_of(conversation_id))
    assert window.open_pane is not None
    assert window.open_pane.conversation_id == conversation_id
    return window.open_pane


def test_a_narrow_window_shows_one_column(window: MainWindow) -> None:
    window.resize(400, 600)
    assert window.side.isVisible()
    assert not window.chats.isVisible()

    pane = open_chat(window, WANG)
    assert not window.side.isVisible()
    assert pane.header.back_button.isVisible()

    press(pane.header.back_button)
    assert window.side.isVisible()
    assert window.side.list.hasFocus()


def test_the_keyboard_reaches_search_and_closes_a_conversation(window: MainWindow) -> None:
    window.show_conversation(WANG)

    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_F, both)
    assert window.side.search.hasFocus()
    QTest.keyClick(window, Qt.Key.Key_Escape)

    assert window.open_pane is None


def test_a_conversation_keeps_its_place_while_another_is_read(window: MainWindow) -> None:
    pane = window.show_conversation(WANG)

    window.show_conversation(MOM)

    assert window.show_conversation(WANG) is pane


def test_no_more_panes_are_kept_than_the_bound(world: FakePort, window: MainWindow) -> None:
    people = [
        profile(100 + number, f"user{number}", f"User {number}")
        for number in range(PANES_KEPT_MAX + 3)
    ]
    ids = [world.add_conversation(person) for person in people]
    world.announce()

    for conversation_id in ids:
        window.show_conversation(conversation_id)

    assert len(window.chats) == PANES_KEPT_MAX


def test_size_and_splitter_are_remembered(
    world: FakePort, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.resize(780, 640)
    handle = window._splitter.handle(1)
    grip = handle.rect().center()
    drag(handle, grip, grip + QPoint(300 - handle.x(), 0))
    window.move(13, 17)
    window.close()

    again = MainWindow(world.session, world, SettingsStore(tmp_path / "windows.json"))
    qtbot.addWidget(again)

    assert (again.width(), again.height()) == (780, 640)
    assert (again.x(), again.y()) == (13, 17)
    again.show()
    assert again.side.width() == 300


def test_the_title_counts_what_is_unread(world: FakePort, window: MainWindow) -> None:
    world.receive(MOM, "hello?")

    assert window.windowTitle() == "(5) 林晓 – Mim"


def test_escape_ends_an_answer_before_it_closes_the_conversation(
    world: FakePort, window: MainWindow, qtbot: QtBot
) -> None:
    pane = window.show_conversation(WANG)
    pane.view.reply_requested.emit(world.rows[WANG][0])
    window.activateWindow()
    qtbot.waitActive(window)
    pane.composer.editor.setFocus()

    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Escape)
    first = (pane.composer.strip.isHidden(), window.open_pane is pane)
    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Escape)

    assert first == (True, True)
    assert window.open_pane is None


def test_what_is_being_edited_is_still_there_after_another_conversation(
    world: FakePort, window: MainWindow
) -> None:
    pane = window.show_conversation(WANG)
    row = next(row for row in world.rows[WANG] if row.is_own)
    pane.view.edit_requested.emit(row)
    pane.composer.editor.insertPlainText(" now")

    window.show_conversation(MOM)
    again = window.show_conversation(WANG)

    assert again.composer.text == f"{row.text} now"
    assert again.composer.strip.isVisibleTo(again)


def test_the_settings_reach_where_is_typed(window: MainWindow) -> None:
    window._settings.change(enter_sends=False)

    pane = window.show_conversation(WANG)

    assert not pane.composer.editor.enter_sends()


def make(world: FakePort, path: Path, qtbot: QtBot) -> MainWindow:
    made = MainWindow(world.session, world, SettingsStore(path))
    qtbot.addWidget(made)
    made.side.chat_chosen.connect(made.show_conversation)
    made.show()
    made.activateWindow()
    made.restore_conversation()
    return made


@pytest.fixture
def full(world: FakePort, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    add_variety(world)
    world.announce()
    window = make(world, tmp_path / "windows.json", qtbot)
    qtbot.waitUntil(window.isActiveWindow)
    return window


def press_keys(window: MainWindow, keys: str) -> None:
    QTest.keySequence(window, QKeySequence(keys))


@pytest.mark.parametrize(
    ("there", "back"), [("Ctrl+Tab", "Ctrl+Shift+Tab"), ("Alt+Down", "Alt+Up")]
)
def test_the_keyboard_goes_from_conversation_to_conversation(
    full: MainWindow, there: str, back: str
) -> None:
    seen = []
    for keys in (there, there, there, back):
        press_keys(full, keys)
        assert full.open_pane is not None
        seen.append(full.open_pane.conversation_id)

    assert seen == [DESIGN, LI, WANG, LI]


def test_the_keyboard_reaches_every_page(full: MainWindow, qtbot: QtBot) -> None:
    press_keys(full, "Ctrl+2")
    assert full.side.tree.isVisible()
    press_keys(full, "Ctrl+1")
    assert full.side.list.isVisible()
    with qtbot.waitSignal(full.rail.notes_requested):
        press_keys(full, "Ctrl+3")


def test_f6_goes_round_the_parts_of_the_window(full: MainWindow) -> None:
    full.resize(1100, 700)
    pane = open_chat(full, ALICE)
    press(pane.header.info_button)
    press(pane.composer.editor)
    seen = []
    for _ in range(5):
        press_keys(full, "F6")
        seen.append(QApplication.focusWidget())

    assert seen == [
        full.info.close_button,
        full.rail.chats_button,
        full.side.list,
        pane.view,
        pane.composer.editor,
    ]
    press_keys(full, "Shift+F6")
    assert QApplication.focusWidget() is pane.view


def test_escape_leaves_what_was_entered_last(full: MainWindow) -> None:
    full.resize(780, 640)
    press(open_chat(full, ALICE).header.info_button)
    type_into(full.side.search, "al")

    press_keys(full, "Esc")
    assert full.side.search.text() == ""
    assert full.info.isVisible()
    press_keys(full, "Esc")
    assert not full.info.isVisible()
    assert full.open_pane is not None
    press_keys(full, "Esc")
    assert full.open_pane is None
    assert full.side.list.hasFocus()


def test_escape_leaves_the_archive(full: MainWindow) -> None:
    full.side.show_part(Part.ARCHIVE)

    press_keys(full, "Esc")

    assert full.side.part is Part.ALL


def test_the_list_is_folded_by_dragging_and_unfolded_again(full: MainWindow) -> None:
    full.resize(900, 640)
    widths = []
    for position in (200, 129, 100, 131, 470, 700):
        handle = full._splitter.handle(1)
        grip = handle.rect().center()
        drag(handle, grip, grip + QPoint(position - handle.x(), 0))
        widths.append((full.side.width(), full.side.is_folded))

    assert widths == [
        (260, False),
        (72, True),
        (72, True),
        (260, False),
        (470, False),
        (480, False),
    ]


def test_a_folded_list_is_remembered(
    world: FakePort, full: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    full.resize(780, 640)
    press_keys(full, "Ctrl+Shift+D")
    assert full.side.is_folded
    full.close()

    again = make(world, tmp_path / "windows.json", qtbot)

    assert again.side.is_folded
    assert again.side.width() == 72


def test_a_folded_list_makes_room_for_contacts(full: MainWindow) -> None:
    full.resize(900, 640)
    full._set_folded(True)

    press_keys(full, "Ctrl+2")
    assert full.side.width() == 320
    press_keys(full, "Ctrl+1")

    assert full.side.width() == 72


@pytest.mark.parametrize(
    ("width", "is_beside"), [(1100, True), (1000, True), (999, False), (760, False), (400, False)]
)
def test_info_stands_beside_the_conversation_where_there_is_room(
    full: MainWindow, width: int, is_beside: bool
) -> None:
    full.resize(width, 640)
    pane = full.show_conversation(WANG)

    press(pane.header.info_button)

    assert full.info.isVisible()
    assert pane.isVisible() == is_beside
    if is_beside:
        assert full.info.width() == 312
    press(full.info.close_button)
    assert not full.info.isVisible()
    assert pane.isVisible()


def test_another_conversation_has_its_own_info(full: MainWindow) -> None:
    full.resize(1100, 640)
    full.show_conversation(WANG)
    full.show_info(True)

    full.show_conversation(DESIGN)
    assert full.info.name.text() == "产品设计组"
    full.close_conversation()

    assert not full.info.isVisible()


def test_archiving_is_taken_back_from_the_toast(world: FakePort, full: MainWindow) -> None:
    index, right = full.side.list.filter.index_of(WANG), Qt.MouseButton.RightButton

    choose(menu_of(lambda: press_row(full.side.list, index, button=right)), "Archive")
    archived = world.session.conversations.find(WANG)
    assert archived is not None
    assert archived.is_archived
    press(full.toast.button)

    again = world.session.conversations.find(WANG)
    assert again is not None
    assert not again.is_archived


@pytest.fixture
def long_chat(world: FakePort) -> ConversationId:
    for number in range(300):
        world.add_message(
            MOM, f"line {number} " + "word " * (number % 30), minutes_ago=300 - number
        )
    world.keep(MOM, draft="")
    world.announce()
    return MOM


def top_row(window: MainWindow) -> tuple[str, int]:
    """Return what is read at the top of the screen, and how far it is scrolled."""
    pane = window.open_pane
    assert pane is not None
    place = pane.view.place
    assert place is not None
    row = next(row for row in pane.timeline.rows if row.local_id == place.local_id)
    return row.text, place.offset


def test_the_reading_position_is_there_after_a_restart(
    world: FakePort,
    window: MainWindow,
    long_chat: ConversationId,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    window.resize(780, 640)
    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded)
    wheel(pane.view.viewport(), 6)
    qtbot.waitUntil(lambda: not pane.timeline.is_loading)
    before = top_row(window)
    window.close()

    again = make(world, tmp_path / "windows.json", qtbot)
    pane = again.open_pane  # type: ignore[assignment]
    assert pane is not None
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded and not pane.timeline.is_loading)

    assert top_row(again) == before


def test_the_reading_position_is_there_when_a_conversation_is_opened_again(
    world: FakePort, window: MainWindow, long_chat: ConversationId, qtbot: QtBot
) -> None:
    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded)
    wheel(pane.view.viewport(), 4)
    qtbot.waitUntil(lambda: not pane.timeline.is_loading)
    before = top_row(window)
    window.close_all()

    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded and not pane.timeline.is_loading)

    assert top_row(window) == before


def test_who_had_read_to_the_end_comes_back_to_the_end(
    world: FakePort, window: MainWindow, long_chat: ConversationId, qtbot: QtBot
) -> None:
    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded)
    window.close_all()
    world.add_message(MOM, "the newest", minutes_ago=0)

    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.rows[-1].text == "the newest")

    assert pane.place is None


def test_every_control_is_named(full: MainWindow) -> None:
    full.resize(1100, 700)
    full.show_conversation(WANG)
    full.show_info(True)

    assert unnamed_controls(full) == []


def test_a_crash_loses_little_of_where_was_read(
    world: FakePort, window: MainWindow, long_chat: ConversationId, tmp_path: Path, qtbot: QtBot
) -> None:
    pane = open_chat(window, long_chat)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded)
    wheel(pane.view.viewport(), 4)
    assert window._remembering.isActive()

    window._remembering.timeout.emit()

    settings = SettingsStore(tmp_path / "windows.json").settings
    assert settings.open_conversation == long_chat
    assert dict(settings.places)[long_chat] == pane.place


def test_language_and_theme_change_while_the_window_is_open(
    full: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    def picture(window: MainWindow) -> QImage:
        window.resize(1100, 700)
        window.show_conversation(DESIGN)
        window.show_info(True)
        qtbot.waitUntil(lambda: len(window.info.members.lines) == 4)
        window.side.list.setFocus()
        while window.info.scroll_area.verticalScrollBar().value() > 0:
            wheel(window.info.scroll_area.viewport(), 1)
        qtbot.wait(1)
        return window.grab().toImage()

    before = picture(full)
    set_language(Language.CHINESE)
    set_appearance(Appearance.DARK)
    changed = picture(full)
    other = make_world()
    add_variety(other)
    other.announce()
    anew = picture(make(other, tmp_path / "other.json", qtbot))

    assert changed != before
    assert changed == anew
