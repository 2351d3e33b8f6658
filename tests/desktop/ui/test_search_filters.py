from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.date_range_dialog import DateRangeDialog, day_ms
from desktop.ui.message_search import Query
from desktop.ui.pick_dialog import PickDialog
from desktop.ui.search_filters import Chip, SearchFilters
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import NOW, OWN, FakePort, profile
from tests.desktop.ui.hands import choose, open_menu, press, retype
from tests.desktop.ui.spoken import unnamed_controls
from tests.exhibits.stage import WANG

# In the app a window owns the filters; those Python let go of would end under their open menu.
KEPT: list[SearchFilters] = []


@pytest.fixture
def filters(world: FakePort) -> SearchFilters:
    made = SearchFilters(world.session)
    made.resize(320, 60)
    made.show()
    KEPT.append(made)
    return made


def pick(chip: Chip, start: str) -> None:
    menu = open_menu(chip)
    choose(menu, next(each.text() for each in menu.actions() if each.text().startswith(start)))


def test_a_chat_is_chosen_and_taken_away(filters: SearchFilters, qtbot: QtBot) -> None:
    with qtbot.waitSignal(filters.changed):
        pick(filters.chat, "王芳")
    assert filters.query("x") == Query(text="x", conversation_id=WANG)
    assert filters.chat.text() == "王芳"
    assert filters.chat.accessibleName() == "Chat: 王芳"
    assert filters.chat.isChecked()
    assert filters.is_set

    pick(filters.chat, "Any chat")

    assert not filters.is_set
    assert filters.chat.text() == "Chat"


def test_who_wrote_is_chosen_oneself_too(filters: SearchFilters) -> None:
    pick(filters.writer, "林晓")
    assert filters.query("").sender == OWN
    assert filters.writer.text() == "You"

    pick(filters.writer, "Alice")

    assert filters.query("").sender == 3


@pytest.mark.parametrize(("words", "days"), [("Today", 1), ("Last 7", 7), ("Last 30", 30)])
def test_a_span_begins_at_midnight(filters: SearchFilters, words: str, days: int) -> None:
    pick(filters.date, words)

    midnight = NOW.replace(hour=0, minute=0)
    since = midnight - timedelta(days=days - 1)
    assert filters.query("").since_ms == round(since.timestamp() * 1000)
    assert filters.query("").until_ms == 0
    assert filters.date.text().startswith(words)


def test_days_are_chosen(filters: SearchFilters) -> None:
    pick(filters.date, "Choose dates")
    (dialog,) = filters.window().findChildren(DateRangeDialog)

    first = dialog.first.date()
    press(dialog.search_button)

    assert filters.query("").since_ms == day_ms(first)
    assert filters.date.text() == "2026-10-24 – 2026-11-23"


def test_only_files_is_switched(filters: SearchFilters, qtbot: QtBot) -> None:
    with qtbot.waitSignal(filters.changed):
        press(filters.files)
    assert filters.query("").only_files
    QTest.keyClick(filters.files, Qt.Key.Key_Return)

    assert not filters.is_set


def test_among_many_one_is_picked_by_letters(world: FakePort, filters: SearchFilters) -> None:
    filters.use_members([profile(100 + n, f"user{n}", f"User {n}") for n in range(300)])
    pick(filters.writer, "More")
    (dialog,) = filters.window().findChildren(PickDialog)
    retype(dialog.search, "user 299")

    QTest.keyClick(dialog.search, Qt.Key.Key_Return)

    assert filters.query("").sender == 399
    assert filters.writer.text() == "User 299"


def test_within_a_chat_there_is_no_chip_for_it(world: FakePort) -> None:
    filters = SearchFilters(world.session, within=WANG)
    filters.show()

    assert not filters.chat.isVisible()
    assert not filters.is_set
    assert filters.query("x").conversation_id == WANG


def test_everything_is_taken_away_and_said_anew(filters: SearchFilters, qtbot: QtBot) -> None:
    pick(filters.date, "Today")
    set_language(Language.CHINESE)
    assert filters.date.text() == "今天"

    with qtbot.waitSignal(filters.changed):
        filters.clear()

    assert filters.date.text() == "日期"
    assert unnamed_controls(filters) == []
