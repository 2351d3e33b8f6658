from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QLineEdit

from desktop.ui.qt_words import speak_chinese
from desktop.ui.translate import Language, set_language


@pytest.fixture(autouse=True)
def english_afterwards(windows: None) -> Iterator[None]:
    yield
    set_language(Language.ENGLISH)


def first_action(field: QLineEdit) -> str:
    menu = field.createStandardContextMenu()
    words = menu.actions()[0].text()
    menu.deleteLater()
    return words.split("\t")[0]


def test_menus_of_fields_speak_the_language_and_switch_while_open() -> None:
    field = QLineEdit()
    english = first_action(field)

    set_language(Language.CHINESE)

    assert first_action(field).startswith("撤")
    set_language(Language.ENGLISH)
    assert first_action(field) == english == "&Undo"


def test_what_is_open_is_told() -> None:
    class Listener(QObject):
        told = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            self.told += event.type() is QEvent.Type.LanguageChange
            return False

    field, listener = QLineEdit(), Listener()
    field.installEventFilter(listener)

    speak_chinese(is_wanted=True)
    QCoreApplication.sendPostedEvents()

    assert listener.told


def test_being_asked_again_changes_nothing() -> None:
    speak_chinese(is_wanted=True)
    speak_chinese(is_wanted=True)
    speak_chinese(is_wanted=False)

    assert first_action(QLineEdit()) == "&Undo"
