from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import SaveDraft
from desktop.ui.chat_stack import PANES_KEPT_MAX, ChatStack
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import ALICE, MOM, WANG


@pytest.fixture
def settings(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "windows.json")


@pytest.fixture
def places(settings: SettingsStore) -> ReadingPlaces:
    return ReadingPlaces(settings)


@pytest.fixture
def stack(
    world: FakePort, settings: SettingsStore, places: ReadingPlaces, qtbot: QtBot
) -> ChatStack:
    made = ChatStack(world.session, world, settings, places)
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    return made


def test_at_first_it_says_what_to_do(stack: ChatStack) -> None:
    assert stack.empty.isVisible()
    assert stack.open_pane is None


def test_a_pane_is_made_once(stack: ChatStack, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stack.pane_made) as told:
        pane = stack.open(WANG)
    stack.open(MOM)

    with qtbot.assertNotEmitted(stack.pane_made):
        again = stack.open(WANG)

    assert told.args == [pane]
    assert again is pane is stack.open_pane


def test_what_was_typed_is_kept_when_another_is_opened(world: FakePort, stack: ChatStack) -> None:
    stack.open(WANG).composer.editor.setPlainText("half a")

    stack.open(MOM)

    assert world.of(SaveDraft)[-1].text == "half a"


def test_leaving_shows_none_and_keeps_the_pane(stack: ChatStack) -> None:
    pane = stack.open(WANG)

    stack.leave()

    assert stack.open_pane is None
    assert stack.open(WANG) is pane


def test_one_that_is_dropped_is_made_anew(stack: ChatStack) -> None:
    pane = stack.open(WANG)
    stack.open(MOM)

    stack.drop(WANG)
    assert stack.open_pane is not None
    stack.drop(MOM)
    assert stack.open_pane is None

    assert stack.open(WANG) is not pane


def test_beyond_the_bound_the_one_left_the_longest_ago_goes(
    world: FakePort, stack: ChatStack
) -> None:
    first = stack.open(WANG)
    for number in range(PANES_KEPT_MAX):
        person = profile(100 + number, f"user{number}", f"User {number}")
        stack.open(world.add_conversation(person))

    assert len(stack) == PANES_KEPT_MAX
    assert stack.open(WANG) is not first


def test_where_was_read_is_remembered(
    world: FakePort, stack: ChatStack, places: ReadingPlaces, qtbot: QtBot
) -> None:
    for number in range(100):
        world.add_message(ALICE, f"line {number}")
    pane = stack.open(ALICE)
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded and not pane.timeline.is_loading)
    pane.view.verticalScrollBar().setValue(700)
    place = pane.place
    assert place is not None

    stack.remember()
    assert places.find(ALICE) == place
    pane.view.verticalScrollBar().setValue(900)
    stack.drop_all()

    kept = places.find(ALICE)
    assert kept is not None
    assert kept != place
    assert len(stack) == 0


def test_what_was_typed_is_stored_when_the_app_is_left(world: FakePort, stack: ChatStack) -> None:
    stack.open(WANG).composer.editor.setPlainText("not sent")

    stack.flush()

    assert world.of(SaveDraft)[-1].text == "not sent"
