from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import LoadMembers, MarkRead, SaveDraft, SendText
from desktop.events import Profile
from desktop.models.notifications import Attention, Note, NoteKind, Previews
from desktop.ui.notification_sinks import NotificationSink
from desktop.ui.notification_words import Notification
from desktop.ui.notifications import Notifications, wishes_of
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, at, profile
from tests.exhibits.stage import MOM, WANG, make_world


class Wall(NotificationSink):
    """A place that keeps what is shown on it."""

    def __init__(self, *, is_ready: bool = True) -> None:
        super().__init__()
        self.ready = is_ready
        self.shown: dict[str, Notification] = {}

    @property
    def is_ready(self) -> bool:
        return self.ready

    def show(self, notification: Notification) -> None:
        self.shown[notification.key] = notification

    def withdraw(self, key: str) -> None:
        self.shown.pop(key, None)

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self.shown.values()]


class House:
    """One account with notifications; others may move in."""

    def __init__(self, world: FakePort, folder: Path) -> None:
        self.world = world
        self.settings = SettingsStore(folder / "windows.json")
        self.wall, self.spare = Wall(), Wall()
        self.notifications = Notifications(self.settings, wall_ms=lambda: at(0))
        self.notifications.use([self.wall, self.spare])
        self.attention = Attention()
        self.opened: list[tuple[int, Note]] = []
        self.notifications.opened.connect(lambda *args: self.opened.append(args))
        self.move_in(1, world)

    def move_in(
        self, number: int, port: FakePort, look: Callable[[], Attention] | None = None
    ) -> None:
        self.notifications.add(number, port.session, port, look or (lambda: self.attention))
        port.announce()

    @property
    def key(self) -> str:
        return next(iter(self.wall.shown))


@pytest.fixture
def house(windows: None, tmp_path: Path) -> House:
    return House(make_world(), tmp_path)


def test_a_message_is_shown_in_the_best_place_and_taken_back_when_read(house: House) -> None:
    row = house.world.receive(MOM, "Dinner?")

    assert [(each.title, each.body) for each in house.wall.shown.values()] == [("Mom", "Dinner?")]
    assert not house.spare.shown
    house.world.send(MarkRead(conversation_id=MOM, sequence=row.sequence))
    assert not house.wall.shown


def test_where_one_looks_nothing_is_shown(house: House) -> None:
    house.attention = Attention(is_here=True, conversations=frozenset({MOM}))

    house.world.receive(MOM, "Dinner?")

    assert not house.wall.shown


def test_settings_hold_at_once(house: House) -> None:
    house.settings.change(previews=Previews.NONE)
    house.world.receive(MOM, "Dinner?")
    assert house.wall.titles == ["Mim"]

    house.settings.change(notifies=False)
    house.world.receive(WANG, "晚上见")
    assert len(house.wall.shown) == 1
    assert not wishes_of(house.settings).notifies


def test_a_place_that_is_not_ready_is_passed_over(house: House) -> None:
    house.wall.ready = False

    house.world.receive(MOM, "Dinner?")

    assert not house.wall.shown
    assert house.spare.titles == ["Mom"]


def test_what_a_place_gives_back_is_shown_in_the_next(house: House) -> None:
    house.world.receive(MOM, "Dinner?")

    house.wall.failed.emit(house.wall.shown[house.key])

    assert house.spare.titles == ["Mom"]


def test_pressing_it_leads_to_the_message(house: House) -> None:
    row = house.world.receive(MOM, "Dinner?")

    house.wall.activated.emit(house.key)
    house.wall.activated.emit("1/nothing")
    house.wall.activated.emit("7/nothing")

    [(number, note)] = house.opened
    assert number == 1
    assert note.row == row


def test_an_answer_is_sent_and_what_it_answers_is_read(house: House, qtbot: QtBot) -> None:
    row = house.world.receive(MOM, "Dinner?")

    house.wall.replied.emit(house.key, "  Yes! ")

    qtbot.waitUntil(lambda: bool(house.world.of(MarkRead)))
    assert house.world.of(SendText)[0].text == "Yes!"
    assert house.world.of(MarkRead)[0].sequence == row.sequence
    assert not house.opened


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_answer_is_none(house: House, text: str, qtbot: QtBot) -> None:
    house.world.receive(MOM, "Dinner?")

    house.wall.replied.emit(house.key, text)

    assert not house.world.of(SendText)


def test_an_answer_that_is_refused_stays_as_a_draft(house: House, qtbot: QtBot) -> None:
    house.world.refusals[SendText] = "not_member"
    house.world.receive(MOM, "Dinner?")

    house.wall.replied.emit(house.key, "Yes!")

    qtbot.waitUntil(lambda: bool(house.opened))
    draft = house.world.of(SaveDraft)[0].text
    assert draft == "Sounds good, I'll bring\nYes!"
    assert not house.world.of(MarkRead)


def test_an_answer_that_is_too_long_stays_as_a_draft(house: House, qtbot: QtBot) -> None:
    house.world.receive(WANG, "?")

    house.wall.replied.emit(house.key, "x" * (limits.TEXT_LENGTH_MAX + 1))

    qtbot.waitUntil(lambda: bool(house.opened))
    assert len(house.world.of(SaveDraft)[0].text) == limits.TEXT_LENGTH_MAX + 1
    assert not house.world.of(SendText)


def test_marking_as_read_sends_the_mark(house: House) -> None:
    row = house.world.receive(MOM, "Dinner?")

    house.wall.read.emit(house.key)

    assert house.world.of(MarkRead)[0].sequence == row.sequence
    assert not house.wall.shown


def test_what_was_dismissed_leads_nowhere(house: House) -> None:
    house.world.receive(MOM, "Dinner?")
    key = house.key

    house.wall.dismissed.emit(key)
    house.wall.activated.emit(key)

    assert not house.opened


def test_locking_takes_back_what_says_something(house: House) -> None:
    house.world.receive(MOM, "Dinner?")

    house.notifications.hide_contents()

    assert not house.wall.shown


def test_with_two_accounts_each_says_for_which_it_is(house: House) -> None:
    other = make_world()
    house.move_in(2, other)

    house.world.receive(MOM, "Dinner?")
    other.receive(MOM, "Dinner?")

    assert house.wall.titles == ["Mom → 林晓", "Mom → 林晓"]
    assert [key.split("/")[0] for key in house.wall.shown] == ["1", "2"]
    house.notifications.remove(2)
    assert [key.split("/")[0] for key in house.wall.shown] == ["1"]
    other.receive(WANG, "?")
    assert len(house.wall.shown) == 1


def test_a_security_message_is_shown(house: House) -> None:
    notice = events.Notice(kind=events.NoticeKind.DEVICE_ADDED, detail="phone")
    house.world.session.apply(notice)

    house.wall.activated.emit(house.key)

    assert house.wall.titles == ["Security"]
    assert house.opened[0][1].kind is NoteKind.SECURITY


def test_before_there_is_a_place_nothing_is_shown_and_later_it_is(
    windows: None, tmp_path: Path
) -> None:
    world, wall = make_world(), Wall()
    notifications = Notifications(SettingsStore(tmp_path / "windows.json"), wall_ms=lambda: at(0))
    notifications.add(1, world.session, world, Attention)
    world.announce()
    world.receive(MOM, "Dinner?")

    notifications.use([wall])
    world.receive(MOM, "Hello?")

    assert [each.body for each in wall.shown.values()] == ["Hello?"]
    notifications.stop()
    assert not wall.shown
    world.receive(MOM, "Hm.")
    assert not wall.shown


def receive_in_group(house: House, sender: Profile, preview_sender: Profile | None) -> None:
    world = house.world
    world.add_conversation(profile(90, "", ""), kind=2, title="Design", own_role=1)
    world.announce()
    conversation_id = ConversationId(1090)
    row = world.add_message(conversation_id, "New icons")
    row = msgspec.structs.replace(row, sender=sender.account)
    world.keep(conversation_id, unread=1, first_unread=row.sequence, preview_sender=preview_sender)
    world.session.apply(events.TimelineChanged(conversation_id=conversation_id, rows=[row]))
    world._tell(conversation_id)


@pytest.mark.parametrize("is_told", [True, False])
def test_who_writes_in_a_group_is_named_though_no_contact(
    house: House, qtbot: QtBot, is_told: bool
) -> None:
    dana = profile(77, "dana", "Dana")
    house.world.members = [events.Member(profile=dana, role=1)]

    receive_in_group(house, dana, dana if is_told else None)

    def said() -> list[str]:
        return [each.body for each in house.wall.shown.values()]

    qtbot.waitUntil(lambda: said() == ["Dana: New icons"])


def test_whose_name_cannot_be_found_is_told_of_without_it(house: House, qtbot: QtBot) -> None:
    house.world.members = []

    receive_in_group(house, profile(77, "dana", "Dana"), None)

    qtbot.waitUntil(lambda: bool(house.world.of(LoadMembers)))
    assert [each.body for each in house.wall.shown.values()] == ["New icons"]
