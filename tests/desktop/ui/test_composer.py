from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import EditMessage, SaveDraft, SendText, SetTyping
from desktop.events import MessageRow
from desktop.ui.composer import HEIGHT_MAX, HEIGHT_MIN, Composer
from desktop.ui.emoji_picker import EmojiPicker
from shared import limits
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile


def make_composer(port: FakePort, qtbot: QtBot, draft: str = "") -> Composer:
    conversation_id = port.add_conversation(profile(2, "ben", "Ben"))
    composer = Composer(ConversationId(conversation_id), port, draft=draft)
    qtbot.addWidget(composer)
    composer.resize(500, 58)
    composer.show()
    return composer


def test_enter_sends_and_shift_enter_breaks_the_line(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)

    QTest.keyClicks(composer.editor, "one")
    QTest.keyClick(composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(composer.editor, "two")
    QTest.keyClick(composer.editor, Qt.Key.Key_Return)

    assert [command.text for command in port.of(SendText)] == ["one\ntwo"]
    assert composer.text == ""


def test_blank_text_is_not_sent(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)

    QTest.keyClicks(composer.editor, "   ")
    QTest.keyClick(composer.editor, Qt.Key.Key_Return)

    assert not port.of(SendText)
    assert not composer.send_button.isEnabled()


def test_text_that_is_too_long_is_said_and_not_sent(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)

    composer.editor.setPlainText("x" * (limits.TEXT_LENGTH_MAX + 1))
    composer.send()

    assert composer.warning.isVisible()
    assert not port.of(SendText)


def test_the_composer_grows_with_the_text_up_to_a_bound(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)
    assert composer.height() == HEIGHT_MIN

    composer.editor.setPlainText("a\n" * 4)
    middle = composer.height()
    composer.editor.setPlainText("a\n" * 100)

    assert HEIGHT_MIN < middle < HEIGHT_MAX
    assert composer.height() == HEIGHT_MAX


def test_a_draft_is_stored_a_moment_after_typing(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)

    QTest.keyClicks(composer.editor, "not yet")

    qtbot.waitUntil(lambda: [command.text for command in port.of(SaveDraft)] == ["not yet"])


def test_sending_removes_the_draft(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot, draft="ready")

    QTest.keyClick(composer.editor, Qt.Key.Key_Return)

    assert port.of(SendText)[0].text == "ready"
    assert port.of(SaveDraft)[-1].text == ""


def test_typing_is_told_once_and_its_end_too(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)

    QTest.keyClicks(composer.editor, "hello")
    composer.leave()

    assert [command.is_typing for command in port.of(SetTyping)] == [True, False]


def test_a_refused_message_comes_back_behind_what_is_typed(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot, draft="new")

    composer.restore("refused")

    assert composer.text == "new\nrefused"


def test_an_emoji_is_picked(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)
    QTest.mouseClick(composer.emoji_button, Qt.MouseButton.LeftButton)
    picker = composer.findChild(EmojiPicker)
    assert isinstance(picker, EmojiPicker)

    QTest.keyClicks(picker.search, "rocket")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)

    assert composer.text == "🚀"
    picker.close()


def changed_row(port: FakePort) -> MessageRow:
    conversation_id = port.add_conversation(profile(2, "ben", "Ben"))
    row = port.add_message(conversation_id, "tea?", is_own=True)
    return msgspec.structs.replace(row, message_id="ab" * 16)


def test_an_answer_names_what_it_answers_once(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot)
    low = composer.height()

    composer.answer(changed_row(port), "Ben")
    high, said = composer.height(), composer.strip.title.text()
    for text in ("yes", "more"):
        QTest.keyClicks(composer.editor, text)
        QTest.keyClick(composer.editor, Qt.Key.Key_Return)

    assert (high - low, said) == (48, "Reply to Ben")
    assert [each.reply_to for each in port.of(SendText)] == ["ab" * 16, ""]
    assert composer.height() == low


def test_an_edit_changes_the_message_and_gives_back_what_was_typed(
    port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer(port, qtbot, draft="half a thought")

    composer.edit(changed_row(port))
    shown = composer.text
    QTest.keyClicks(composer.editor, "!")
    QTest.keyClick(composer.editor, Qt.Key.Key_Return)

    assert shown == "tea?"
    edits = port.of(EditMessage)
    assert [(each.message_id, each.text) for each in edits] == [("ab" * 16, "tea?!")]
    assert composer.text == "half a thought"
    assert not port.of(SendText)


def test_escape_ends_an_edit_and_keeps_the_draft(port: FakePort, qtbot: QtBot) -> None:
    composer = make_composer(port, qtbot, draft="half a thought")
    composer.edit(changed_row(port))

    QTest.keyClick(composer.editor, Qt.Key.Key_Escape)
    composer.flush_draft()

    assert composer.text == "half a thought"
    assert composer.strip.isHidden()
    assert not port.of(EditMessage)
    assert not port.of(SaveDraft)


def test_up_asks_to_edit_the_last_message_where_nothing_is_typed(
    port: FakePort, qtbot: QtBot
) -> None:
    composer = make_composer(port, qtbot)
    asked: list[int] = []
    composer.edit_last_requested.connect(lambda: asked.append(1))

    QTest.keyClick(composer.editor, Qt.Key.Key_Up)
    QTest.keyClicks(composer.editor, "x")
    QTest.keyClick(composer.editor, Qt.Key.Key_Up)

    assert asked == [1]
