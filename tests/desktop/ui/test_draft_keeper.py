from __future__ import annotations

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.commands import SaveDraft
from desktop.ui.draft_keeper import DraftKeeper
from shared import limits
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile


class Desk:
    """What is typed, and its keeper."""

    def __init__(self, port: FakePort, saved: str = "") -> None:
        self.port = port
        self.conversation_id = port.add_conversation(profile(2, "ben", "Ben"))
        self.typed = self.draft(saved)
        self.owner = QObject()
        self.keeper = DraftKeeper(port, lambda: self.typed, self.typed, self.owner)

    def draft(self, text: str, *, reply_to: str = "") -> SaveDraft:
        conversation_id = ConversationId(self.conversation_id)
        return SaveDraft(conversation_id=conversation_id, text=text, reply_to=reply_to)

    @property
    def stored(self) -> list[str]:
        return [command.text for command in self.port.of(SaveDraft)]


def test_what_is_typed_is_stored_by_itself_once(port: FakePort, qtbot: QtBot) -> None:
    desk = Desk(port)
    desk.typed = desk.draft("tea")

    desk.keeper.note_change()

    qtbot.waitUntil(lambda: desk.stored == ["tea"])
    desk.keeper.flush()
    assert desk.stored == ["tea"]


def test_what_is_stored_already_is_not_stored_again(port: FakePort) -> None:
    desk = Desk(port, "tea")

    desk.keeper.flush()
    desk.typed = desk.draft("coffee")
    desk.keeper.note_saved(desk.typed)
    desk.keeper.flush()

    assert desk.stored == []


def test_what_it_answers_is_a_part_of_it(port: FakePort) -> None:
    desk = Desk(port, "tea")
    desk.typed = desk.draft("tea", reply_to="ab" * 16)

    desk.keeper.flush()

    assert port.of(SaveDraft)[0].reply_to == "ab" * 16


def test_blanks_are_nothing_and_the_bound_holds(port: FakePort) -> None:
    desk = Desk(port, "tea")

    desk.typed = desk.draft(" \n ")
    desk.keeper.flush()
    desk.typed = desk.draft("x" * (limits.DRAFT_LENGTH_MAX + 5))
    desk.keeper.flush()

    assert [len(text) for text in desk.stored] == [0, limits.DRAFT_LENGTH_MAX]
