from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.editor import Editor, local_files
from desktop.ui.menu import Menu
from desktop.ui.theme import Appearance, set_appearance, tokens
from desktop.ui.translate import Language, set_language
from shared import limits
from tests.desktop.ui.hands import paste_into, press_key, type_into
from tests.desktop.ui.paint_count import PaintCount

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def editor(windows: None, qtbot: QtBot) -> Iterator[Editor]:
    window = QWidget()
    qtbot.addWidget(window)
    made = Editor(window)
    made.resize(300, 100)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    made.setFocus()
    yield made
    window.close()


def select(editor: Editor, start: int, end: int) -> None:
    press_key(editor, Qt.Key.Key_Home, CONTROL)
    press_key(editor, Qt.Key.Key_Right, times=start)
    press_key(editor, Qt.Key.Key_Right, SHIFT, times=end - start)


@pytest.mark.parametrize(
    ("key", "held", "marked"),
    [
        (Qt.Key.Key_B, CONTROL, "some **words** 😀"),
        (Qt.Key.Key_I, CONTROL, "some *words* 😀"),
        (Qt.Key.Key_X, CONTROL | SHIFT, "some ~~words~~ 😀"),
        (Qt.Key.Key_M, CONTROL | SHIFT, "some `words` 😀"),
    ],
)
def test_keys_put_signs_around_what_is_selected_and_take_them_away(
    editor: Editor, key: Qt.Key, held: Qt.KeyboardModifier, marked: str
) -> None:
    type_into(editor, "some words 😀")
    select(editor, 5, 10)

    QTest.keyClick(editor, key, held)
    once = editor.text
    QTest.keyClick(editor, key, held)

    assert once == marked
    assert editor.text == "some words 😀"


def test_signs_are_one_step_to_undo(editor: Editor) -> None:
    paste_into(editor, "one\ntwo")
    press_key(editor, Qt.Key.Key_A, CONTROL)

    QTest.keyClick(editor, Qt.Key.Key_B, CONTROL)
    marked = editor.text
    QTest.keyClick(editor, Qt.Key.Key_Z, CONTROL)

    assert (marked, editor.text) == ("**one**\n**two**", "one\ntwo")


def test_without_a_selection_the_cursor_stands_between_the_signs(editor: Editor) -> None:
    QTest.keyClick(editor, Qt.Key.Key_B, CONTROL)
    QTest.keyClicks(editor, "tea")

    assert editor.text == "**tea**"


def test_rich_text_is_pasted_without_its_looks(editor: Editor) -> None:
    data = QMimeData()
    data.setHtml("<h1>Big</h1><b>bold</b>")
    data.setText("Big bold")

    for copied in (data, _html_alone()):
        QApplication.clipboard().setMimeData(copied)
        press_key(editor, Qt.Key.Key_V, CONTROL)

    assert "Big bold" in editor.text
    assert not editor.textCursor().charFormat().font().bold()
    assert "<" not in editor.text


def _html_alone() -> QMimeData:
    data = QMimeData()
    data.setHtml("<b>x</b>")
    return data


def _files() -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a b.txt"), QUrl("https://example.org/c")])
    return data


def test_files_and_pictures_that_are_pasted_are_offered(editor: Editor, qtbot: QtBot) -> None:
    picture = QMimeData()
    picture.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))

    with qtbot.waitSignal(editor.files_offered) as files:
        editor.insertFromMimeData(_files())
    with qtbot.waitSignal(editor.image_offered) as image:
        editor.insertFromMimeData(picture)

    assert files.args == [["/tmp/a b.txt"]]
    assert isinstance(image.args[0], QImage)
    assert editor.text == ""


def test_words_that_come_with_a_picture_of_them_are_words(editor: Editor) -> None:
    """As spreadsheets copy cells."""
    data = QMimeData()
    data.setText("1\t2")
    data.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))

    editor.insertFromMimeData(data)

    assert editor.text == "1\t2"


def test_where_no_files_are_taken_their_addresses_are_pasted(editor: Editor) -> None:
    editor.takes_files = False

    editor.insertFromMimeData(_files())

    assert "a%20b.txt" in editor.text or "a b.txt" in editor.text


def test_only_files_of_this_machine_count() -> None:
    assert local_files(_files()) == ["/tmp/a b.txt"]


@pytest.mark.parametrize("kind", [QDragEnterEvent, QDragMoveEvent])
def test_files_are_not_dropped_into_the_text(editor: Editor, kind: type[QDragEnterEvent]) -> None:
    text = QMimeData()
    text.setText("words")

    def is_taken(data: QMimeData) -> bool:
        copy = Qt.DropAction.CopyAction
        at = QPoint(5, 5) if kind is QDragEnterEvent else QPoint(6, 6)
        event = kind(at, copy, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        if kind is QDragMoveEvent:
            editor.dragMoveEvent(event)
        else:
            editor.dragEnterEvent(event)
        return event.isAccepted()

    assert not is_taken(_files())
    if kind is QDragEnterEvent:
        assert is_taken(text)


def test_at_the_bound_nothing_more_is_typed_and_it_is_told(editor: Editor, qtbot: QtBot) -> None:
    editor.set_text("x" * limits.DRAFT_LENGTH_MAX)

    with qtbot.waitSignal(editor.overfull) as told:
        QTest.keyClicks(editor, "y")
    QTest.keyClick(editor, Qt.Key.Key_Backspace)

    assert told.args == [1]  # Of what was typed.
    assert len(editor.text) == limits.DRAFT_LENGTH_MAX - 1


def test_escape_is_taken_from_the_window_only_where_it_means_something(editor: Editor) -> None:
    from PySide6.QtGui import QShortcut

    left: list[int] = []
    shortcut = QShortcut(Qt.Key.Key_Escape, editor.window())
    shortcut.activated.connect(lambda: left.append(1))
    escaped: list[int] = []
    editor.escaped.connect(lambda: escaped.append(1))

    editor.wants_escape = lambda: True
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    kept = len(left)
    editor.wants_escape = lambda: False
    QTest.keyClick(editor, Qt.Key.Key_Escape)

    assert (kept, len(left), len(escaped)) == (0, 1, 1)


def test_the_menu_speaks_the_language_of_the_app_and_works(editor: Editor) -> None:
    set_language(Language.CHINESE)
    editor.set_text("tea")
    editor.selectAll()
    menu = Menu()

    editor.fill_menu(menu)
    by_name = {action.text(): action for action in menu.actions()}
    by_name["粗体"].trigger()
    marked = editor.text
    by_name["剪切"].trigger()

    assert marked == "**tea**"
    assert (editor.text, QApplication.clipboard().text()) == ("", "**tea**")
    assert not by_name["重做"].isEnabled()


def test_the_text_follows_the_theme(editor: Editor) -> None:
    set_appearance(Appearance.DARK)

    assert editor.palette().text().color() == QColor(tokens().text)


def test_tab_leaves_the_text(editor: Editor) -> None:
    other = QWidget(editor.window())
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    other.show()

    QTest.keyClick(editor, Qt.Key.Key_Tab)

    assert not editor.hasFocus()
    assert editor.text == ""


def test_what_is_typed_is_painted_before_anything_else_has_a_turn(editor: Editor) -> None:
    painted = PaintCount(editor.viewport())

    QApplication.sendEvent(editor, QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_A, NONE, "a"))

    assert painted.rects
