from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import (
    PASTED_FOLDER,
    EditMessage,
    LoadDraft,
    LoadMembers,
    SaveDraft,
    SendFile,
    SendText,
    SetTyping,
)
from desktop.events import Member, MessageRow
from desktop.ui.composer import Composer
from desktop.ui.draft_keeper import DRAFT_DELAY_MS
from desktop.ui.settings import SettingsStore
from desktop.ui.translate import Language, set_language
from shared import limits
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, name_files, open_menu, paste_into

MakeComposer = Callable[..., Composer]


@pytest.fixture
def make_composer(port: FakePort, qtbot: QtBot) -> MakeComposer:
    """Puts a composer at the bottom of a window, where the keyboard is."""
    windows: list[QWidget] = []

    def make(draft: str = "", settings: SettingsStore | None = None) -> Composer:
        conversation_id = ConversationId(1002)
        if conversation_id not in port.conversations:
            port.add_conversation(profile(2, "ben", "Ben"))
        port._set(conversation_id, draft=draft)
        window = QWidget()
        windows.append(window)
        window.resize(500, 520)
        composer = Composer(conversation_id, port, draft=draft, settings=settings, parent=window)
        composer.setGeometry(0, 460, 500, 58)
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        qtbot.waitActive(window)
        composer.editor.setFocus()
        QApplication.processEvents()
        return composer

    return make


def sent_texts(port: FakePort, qtbot: QtBot, count: int) -> list[str]:
    qtbot.waitUntil(lambda: len(port.of(SendText)) == count)
    return [command.text for command in port.of(SendText)]


def old_message(port: FakePort, text: str = "tea?", *, is_own: bool = True) -> MessageRow:
    conversation_id = port.add_conversation(profile(2, "ben", "Ben"))
    return port.add_message(conversation_id, text, is_own=is_own)


def press(composer: Composer, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for each in modifiers:
        held |= each
    QTest.keyClick(composer.editor, key, held)


SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


# Keys.


def test_enter_sends_and_shift_enter_breaks_the_line(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer()

    QTest.keyClicks(composer.editor, "one")
    press(composer, ENTER, SHIFT)
    QTest.keyClicks(composer.editor, "two")
    press(composer, ENTER)

    assert sent_texts(port, qtbot, 1) == ["one\ntwo"]
    assert composer.text == ""


def test_where_the_settings_say_so_enter_breaks_the_line_and_control_enter_sends(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    settings = SettingsStore()
    composer = make_composer(settings=settings)
    settings.change(enter_sends=False)

    QTest.keyClicks(composer.editor, "one")
    press(composer, ENTER)
    QTest.keyClicks(composer.editor, "two")
    press(composer, ENTER, CONTROL)

    assert sent_texts(port, qtbot, 1) == ["one\ntwo"]


def test_blank_text_is_not_sent(make_composer: MakeComposer, port: FakePort) -> None:
    composer = make_composer()

    QTest.keyClicks(composer.editor, "   ")
    press(composer, ENTER)
    QApplication.processEvents()

    assert not port.of(SendText)
    assert not composer.send_button.isEnabled()


def test_what_is_sent_can_be_undone_before_it_is_sent(make_composer: MakeComposer) -> None:
    composer = make_composer()

    QTest.keyClicks(composer.editor, "tea")
    press(composer, Qt.Key.Key_Z, CONTROL)
    undone = composer.text
    press(composer, Qt.Key.Key_Z, CONTROL, SHIFT)

    assert (undone, composer.text) == ("", "tea")


def test_up_asks_to_edit_the_last_message_where_nothing_is_typed(
    make_composer: MakeComposer,
) -> None:
    composer = make_composer()
    asked: list[int] = []
    composer.edit_last_requested.connect(lambda: asked.append(1))

    press(composer, Qt.Key.Key_Up)
    QTest.keyClicks(composer.editor, "x")
    press(composer, Qt.Key.Key_Up)

    assert asked == [1]


# What is wrong.


def test_text_that_is_too_long_is_said_with_a_number_and_not_sent(
    make_composer: MakeComposer, port: FakePort
) -> None:
    composer = make_composer()

    paste_into(composer.editor, "x" * (limits.TEXT_LENGTH_MAX + 12))
    press(composer, ENTER)
    QApplication.processEvents()

    assert composer.warning.text().startswith("Too long by 12 characters")
    assert not port.of(SendText)
    assert len(composer.text) == limits.TEXT_LENGTH_MAX + 12


def test_what_there_is_no_room_for_is_not_pasted_and_it_is_said(
    make_composer: MakeComposer,
) -> None:
    composer = make_composer("half a thought")

    paste_into(composer.editor, "x" * limits.DRAFT_LENGTH_MAX)
    complaint = composer.warning.text()
    QTest.keyClicks(composer.editor, "!")

    assert complaint.startswith(f"Not pasted: {limits.DRAFT_LENGTH_MAX} characters")
    assert composer.text == "half a thought!"
    assert not composer.warning.isVisible()


@pytest.mark.parametrize("code", ["overloaded", "local"])
def test_what_the_engine_refuses_comes_back_and_it_is_said(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot, code: str
) -> None:
    row = old_message(port)
    composer = make_composer()
    composer.answer(row, "Ben")
    QTest.keyClicks(composer.editor, "yes")
    port.refusals[SendText] = code

    press(composer, ENTER)
    QTest.keyClicks(composer.editor, "and")
    qtbot.waitUntil(composer.warning.isVisible)

    assert composer.text == "and\nyes"
    assert composer.strip.isVisible()
    assert composer.warning.text()
    assert port.of(SaveDraft) == []  # Nothing has taken its place yet.


def test_a_refused_edit_is_open_again(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer("half a thought")
    composer.edit(old_message(port))
    QTest.keyClicks(composer.editor, "!!")
    port.refusals[EditMessage] = "forbidden"

    press(composer, ENTER)
    qtbot.waitUntil(composer.warning.isVisible)
    edited = composer.text
    press(composer, ESCAPE)

    assert edited == "tea?!!"
    assert composer.text == "half a thought"


def test_what_is_refused_after_the_window_is_gone_stays_a_draft(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer()
    QTest.keyClicks(composer.editor, "good night")
    port.refusals[SendText] = "overloaded"
    press(composer, ENTER)

    composer.leave()
    composer.setParent(None)
    composer.deleteLater()

    qtbot.waitUntil(lambda: [each.text for each in port.of(SaveDraft)] == ["good night"])


# Growing.


def test_the_composer_grows_with_the_text_up_to_a_bound(make_composer: MakeComposer) -> None:
    composer = make_composer()
    low = composer.height()

    for _ in range(4):
        QTest.keyClicks(composer.editor, "a")
        press(composer, ENTER, SHIFT)
    middle = composer.height()
    QApplication.clipboard().setText("a\n" * 96)
    press(composer, Qt.Key.Key_V, CONTROL)

    assert (low, composer.height()) == (58, 224)
    assert low < middle < 224
    assert composer.editor.verticalScrollBar().maximum() > 0


# Input methods.


def compose(composer: Composer, preedit: str, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(composer.editor, event)


def test_a_word_in_the_making_takes_room_and_hides_the_placeholder(
    make_composer: MakeComposer,
) -> None:
    composer = make_composer()
    empty = composer.editor.grab().toImage()

    compose(composer, "ni hao " * 40)
    high, is_grown = composer.height(), composer.height() > 58
    compose(composer, "n")
    composing = composer.editor.grab().toImage()
    composer.editor.setPlaceholderText("")
    without = composer.editor.grab().toImage()

    assert is_grown, high
    assert composing != empty
    assert composing == without
    assert composer.text == ""


def test_enter_in_the_middle_of_a_word_does_not_send(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer()
    compose(composer, "nihao")

    press(composer, ENTER)
    QApplication.processEvents()
    early = list(port.of(SendText))
    compose(composer, "", "你好")
    press(composer, ENTER)

    assert not early
    assert sent_texts(port, qtbot, 1) == ["你好"]


def test_composing_a_word_is_typing(make_composer: MakeComposer, port: FakePort) -> None:
    composer = make_composer()

    compose(composer, "n")

    assert [command.is_typing for command in port.of(SetTyping)] == [True]


# Drafts.


def test_a_draft_is_stored_though_one_goes_on_typing(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer()
    assert DRAFT_DELAY_MS < 1000

    def type_on() -> bool:
        QTest.keyClicks(composer.editor, "x")
        return bool(port.of(SaveDraft))

    qtbot.waitUntil(type_on)


def test_sending_removes_the_draft(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer(draft="ready")

    press(composer, ENTER)

    assert sent_texts(port, qtbot, 1) == ["ready"]
    qtbot.waitUntil(lambda: bool(port.of(SaveDraft)))
    assert port.of(SaveDraft)[-1].text == ""
    kinds = [type(each) for each in port.sent if isinstance(each, SaveDraft | SendText)]
    assert kinds == [SendText, SaveDraft]


def test_leaving_stores_the_draft_with_what_it_answers(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row = old_message(port, is_own=False)
    first = make_composer()
    first.answer(row, "Ben")
    QTest.keyClicks(first.editor, "yes")
    first.leave()

    again = make_composer(draft="yes")
    again.name_of = lambda _account: "Ben"
    again.retranslate()
    QTest.keyClick(again.editor, ENTER)
    sent_texts(port, qtbot, 1)

    assert port.of(SaveDraft)[0].reply_to == row.message_id
    assert port.of(SendText)[0].reply_to == row.message_id


def test_an_edit_that_was_begun_comes_back_and_what_was_typed_before_it_too(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row = old_message(port)
    first = make_composer("half a thought")
    first.edit(row)
    QTest.keyClicks(first.editor, " now")
    first.leave()

    again = make_composer(draft="half a thought")
    qtbot.waitUntil(again.strip.isVisible)
    edited = again.text
    press(again, ESCAPE)

    assert edited == "tea? now"
    assert again.text == "half a thought"


def test_what_another_window_stored_just_now_is_what_is_typed_on(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    first = make_composer("half")
    QTest.keyClicks(first.editor, " a thought")
    first.leave()
    stale = port.of(SaveDraft)[-1]

    again = make_composer("half")
    qtbot.waitUntil(lambda: again.text == stale.text)
    again.leave()

    assert again.text == "half a thought"
    assert len(port.of(SaveDraft)) == 1


def test_what_is_typed_before_the_draft_is_loaded_is_stored_too(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row = old_message(port)
    port.drafts[row.conversation_id] = SaveDraft(
        conversation_id=row.conversation_id, text="half", reply_to=row.message_id
    )
    composer = Composer(row.conversation_id, port, draft="half")
    qtbot.addWidget(composer)

    composer.editor.insertPlainText("!")
    qtbot.waitUntil(lambda: composer.strip.isVisibleTo(composer))
    composer.leave()

    stored = port.of(SaveDraft)[-1]
    assert (stored.text, stored.reply_to) == ("half!", row.message_id)


def test_an_edit_whose_message_is_gone_leaves_its_text(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row = old_message(port)
    port.drafts[row.conversation_id] = SaveDraft(
        conversation_id=row.conversation_id, text="half", edit_of="ff" * 16, edit_text="a word"
    )

    composer = make_composer("half")

    qtbot.waitUntil(lambda: composer.text == "half\na word")
    assert composer.strip.isHidden()


def test_a_draft_that_cannot_be_loaded_keeps_its_text(
    make_composer: MakeComposer, port: FakePort
) -> None:
    port.refusals[LoadDraft] = "local"

    composer = make_composer(draft="half")

    assert composer.text == "half"
    assert composer.strip.isHidden()


def test_typing_is_told_once_and_its_end_too(make_composer: MakeComposer, port: FakePort) -> None:
    composer = make_composer()

    QTest.keyClicks(composer.editor, "hello")
    composer.leave()

    assert [command.is_typing for command in port.of(SetTyping)] == [True, False]


def test_a_refused_message_comes_back_behind_what_is_typed(make_composer: MakeComposer) -> None:
    composer = make_composer(draft="new")

    composer.restore("refused")

    assert composer.text == "new\nrefused"


# Answering and editing.


def test_an_answer_names_what_it_answers_once(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row = old_message(port)
    composer = make_composer()
    low = composer.height()

    composer.answer(row, "Ben")
    high, said = composer.height(), composer.strip.quote.accessibleName()
    for text in ("yes", "more"):
        QTest.keyClicks(composer.editor, text)
        press(composer, ENTER)
    sent_texts(port, qtbot, 2)

    assert (high - low, said) == (48, "Reply to Ben: tea?")
    assert [each.reply_to for each in port.of(SendText)] == [row.message_id, ""]
    assert composer.height() == low


def test_an_edit_changes_the_message_and_gives_back_what_was_typed(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row, composer = old_message(port), make_composer(draft="half a thought")

    composer.edit(row)
    shown = composer.text
    QTest.keyClicks(composer.editor, "!")
    press(composer, ENTER)
    qtbot.waitUntil(lambda: bool(port.of(EditMessage)))

    assert shown == "tea?"
    edits = port.of(EditMessage)
    assert [(each.message_id, each.text) for each in edits] == [(row.message_id, "tea?!")]
    assert composer.text == "half a thought"
    assert not port.of(SendText)


def test_an_edit_names_whom_its_text_names(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    port.members = [Member(profile=profile(3, "alice", "Alice"), role=1)]
    row = msgspec.structs.replace(old_message(port, "@Alice tea?"), mentions=(AccountId(3),))
    composer = make_composer()
    composer.completer.offers_people = True

    composer.edit(row)
    qtbot.waitUntil(lambda: composer.completer.mentions(composer.text) == (3,))
    QTest.keyClicks(composer.editor, "!")
    press(composer, ENTER)
    qtbot.waitUntil(lambda: bool(port.of(EditMessage)))

    assert port.of(EditMessage)[0].mentions == (3,)


def test_escape_ends_first_the_edit_and_then_the_answer(
    make_composer: MakeComposer, port: FakePort
) -> None:
    other, row = old_message(port, "other", is_own=False), old_message(port)
    composer = make_composer(draft="half a thought")
    composer.answer(other, "Ben")
    composer.edit(row)

    press(composer, ESCAPE)
    text, answering = composer.text, composer.strip.quote.title
    press(composer, ESCAPE)

    assert (text, answering) == ("half a thought", "Reply to Ben")
    assert composer.strip.isHidden()
    assert composer.text == "half a thought"
    assert not port.of(EditMessage)


def test_a_press_on_the_strip_leads_to_the_message(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    row, composer = old_message(port), make_composer()
    composer.answer(row, "Ben")

    with qtbot.waitSignal(composer.jump_requested) as told:
        QTest.mouseClick(composer.strip.quote, Qt.MouseButton.LeftButton)

    assert told.args == [row]


# Emoji.


def test_an_emoji_is_picked(make_composer: MakeComposer) -> None:
    composer = make_composer()
    QTest.mouseClick(composer.emoji_button, Qt.MouseButton.LeftButton)
    picker = composer.picker
    assert picker is not None

    QTest.keyClicks(picker.search, "rocket")
    QTest.keyClick(picker.search, ENTER)
    QTest.keyClick(picker.search, ESCAPE)
    QTest.keyClick(picker.search, ESCAPE)

    assert composer.text == "🚀"
    assert picker.isHidden()
    assert composer.editor.hasFocus()


def test_the_emoji_are_ready_when_the_mouse_comes(make_composer: MakeComposer) -> None:
    composer = make_composer()

    QTest.mouseMove(composer.emoji_button, composer.emoji_button.rect().center())
    ready = composer.picker
    QTest.mouseClick(composer.emoji_button, Qt.MouseButton.LeftButton)

    assert ready is not None
    assert composer.picker is ready
    assert ready.isVisible()


def test_where_members_cannot_be_loaded_a_name_is_typed_all_the_same(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot
) -> None:
    port.refusals[LoadMembers] = "local"
    composer = make_composer()
    composer.completer.offers_people = True

    QTest.keyClicks(composer.editor, "@ben")
    qtbot.waitUntil(lambda: bool(port.of(LoadMembers)))
    press(composer, ENTER)

    assert sent_texts(port, qtbot, 1) == ["@ben"]
    assert port.of(SendText)[0].mentions == ()


def test_the_emoji_button_closes_what_it_opened(make_composer: MakeComposer) -> None:
    composer = make_composer()

    QTest.mouseClick(composer.emoji_button, Qt.MouseButton.LeftButton)
    picker = composer.picker
    assert picker is not None
    was_open = picker.isVisible()
    QTest.mouseClick(composer.emoji_button, Qt.MouseButton.LeftButton)

    assert was_open
    assert picker.isHidden()


# Files.


def picture() -> QImage:
    image = QImage(32, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    return image


def test_a_file_that_is_pasted_is_sent_with_what_is_typed(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("tea")
    row, composer = old_message(port), make_composer("look")
    composer.answer(row, "Ben")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QApplication.clipboard().setMimeData(data)

    press(composer, Qt.Key.Key_V, CONTROL)
    dialog = composer.files.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.items) and dialog.items[0].detail != "")
    QTest.keyClick(dialog.caption.editor, ENTER)
    qtbot.waitUntil(lambda: composer.files.dialog is None)

    sent = port.of(SendFile)
    assert [(each.path, each.text, each.reply_to) for each in sent] == [
        (str(path), "look", row.message_id)
    ]
    assert composer.text == ""
    assert composer.strip.isHidden()


def test_a_picture_that_is_pasted_is_a_file_in_the_profile_until_it_is_not_sent(
    make_composer: MakeComposer, qtbot: QtBot, tmp_path: Path
) -> None:
    composer = make_composer("look", SettingsStore(tmp_path / "windows.json"))
    QApplication.clipboard().setImage(picture())

    press(composer, Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: composer.files.dialog is not None)
    dialog = composer.files.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.items) and dialog.items[0].is_picture)
    made = list((tmp_path / PASTED_FOLDER).iterdir())
    QTest.keyClicks(dialog.caption.editor, " here")
    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)

    assert [path.suffix for path in made] == [".png"]
    assert list((tmp_path / PASTED_FOLDER).iterdir()) == []
    assert composer.text == "look here"


def test_a_caption_in_the_making_is_a_draft_too(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("tea")
    composer = make_composer("look")
    composer.offer_files([str(path)])
    dialog = composer.files.dialog
    assert dialog is not None

    QTest.keyClicks(dialog.caption.editor, " here")

    qtbot.waitUntil(lambda: [each.text for each in port.of(SaveDraft)][-1:] == ["look here"])
    composer.leave()
    assert port.of(SaveDraft)[-1].text == "look here"
    dialog.reject()


def test_a_picture_that_cannot_be_written_is_said(
    make_composer: MakeComposer, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / PASTED_FOLDER).write_text("in the way")
    composer = make_composer(settings=SettingsStore(tmp_path / "windows.json"))

    composer.files.paste(picture())
    qtbot.waitUntil(composer.warning.isVisible)

    assert composer.warning.text() == "The picture cannot be saved here. Is the disk full?"


def test_files_are_chosen_by_a_menu(
    make_composer: MakeComposer, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    picture().save(str(path))
    composer = make_composer()

    menu = open_menu(composer.attach_button)
    words = [action.text() for action in menu.actions()]
    choose(menu, "Photo")
    chooser = composer.window().findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    name_files(chooser, path)
    dialog = composer.files.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.items))

    assert words == ["Photo", "File"]
    assert [item.name for item in dialog.items] == ["a.png"]
    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)


def test_while_a_message_is_edited_files_leave_it_alone(
    make_composer: MakeComposer, port: FakePort, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("tea")
    row, composer = old_message(port), make_composer("half")
    composer.edit(row)

    composer.offer_files([str(path)])
    dialog = composer.files.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.send_button.isEnabled())
    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: composer.files.dialog is None)

    assert not composer.attach_button.isEnabled()
    assert [each.text for each in port.of(SendFile)] == [""]
    assert composer.text == "tea?"


def test_everything_is_said_in_the_language_that_is_spoken(
    make_composer: MakeComposer, port: FakePort
) -> None:
    row, composer = old_message(port), make_composer()
    composer.answer(row, "Ben")

    set_language(Language.CHINESE)

    assert composer.attach_button.accessibleName() == "发送照片或文件"
    assert composer.strip.quote.title == "回复 Ben"
    assert msgspec.structs.asdict(row)["text"] in composer.strip.quote.words
