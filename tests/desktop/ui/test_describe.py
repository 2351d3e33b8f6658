from __future__ import annotations

import msgspec
import pytest

from desktop.events import MessageKind, MessageState, SystemKind
from desktop.models.contacts import Blocked, Group, Joining, Section
from desktop.ui.describe import (
    WordDescriber,
    face_of,
    presence_words,
    preview_sender,
    preview_words,
)
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import MOM, WANG, ZHANG, sort_friends

DESCRIBER = WordDescriber()


def test_a_conversation_is_said_with_name_words_time_and_unread(world: FakePort) -> None:
    said = DESCRIBER.conversation(world.conversations[ZHANG], is_typing=False)

    assert said == "张伟, p99 降到 18 ms 了，你看看, 13:57, 2 unread"


def test_typing_and_drafts_come_before_the_last_words(world: FakePort) -> None:
    assert "typing…" in DESCRIBER.conversation(world.conversations[WANG], is_typing=True)
    assert "Draft: Sounds good" in DESCRIBER.conversation(world.conversations[MOM], is_typing=False)


def test_own_last_words_are_said_with_their_state(world: FakePort) -> None:
    row = msgspec.structs.replace(
        world.conversations[ZHANG], preview_is_own=True, preview_state=MessageState.READ, unread=0
    )

    assert DESCRIBER.conversation(row, is_typing=False).endswith(
        "You: p99 降到 18 ms 了，你看看, 13:57, read"
    )


@pytest.mark.parametrize("section", list(Section))
def test_sections_are_said_with_their_number(windows: None, section: Section) -> None:
    assert DESCRIBER.node(section, 3).endswith("(3)")


def test_people_are_said_with_what_matters_about_them(world: FakePort) -> None:
    friend, request = world.contacts[AccountId(2)], world.requests[0]

    assert DESCRIBER.node(friend, 0) == "王芳, online, 界面设计 · 喜欢爬山"
    verified = msgspec.structs.replace(friend, is_verified=True)
    assert DESCRIBER.node(verified, 0) == "王芳, verified, online, 界面设计 · 喜欢爬山"
    assert "Wants to be your contact" in DESCRIBER.node(request, 0)
    assert "Waiting for an answer" in DESCRIBER.node(world.requests[1], 0)


def test_the_time_somebody_was_seen_is_said(world: FakePort) -> None:
    assert presence_words(world.contacts[AccountId(4)]) == "last seen 12:57"
    gone = msgspec.structs.replace(world.contacts[AccountId(4)], last_seen_ms=0)
    assert presence_words(gone) == "offline"


def test_the_newest_line_is_said_whatever_it_is(world: FakePort) -> None:
    row = world.conversations[ZHANG]
    recalled = msgspec.structs.replace(row, preview="", preview_kind=MessageKind.RECALLED)
    timed = msgspec.structs.replace(
        row,
        preview="3600",
        preview_kind=MessageKind.SYSTEM,
        preview_system=SystemKind.TIMER_CHANGED,
    )

    assert preview_words(row) == row.preview
    assert preview_words(recalled) == "This message was taken back."
    assert preview_words(timed) == "Messages disappear after 1 hour."


def test_every_branch_and_row_of_the_tree_is_said(world: FakePort) -> None:
    sort_friends(world)
    row = world.conversations[ConversationId(1090)]
    friend = world.contacts[AccountId(4)]

    assert DESCRIBER.node(world.friend_groups[0], 2) == "同事 (2)"
    assert DESCRIBER.node(friend, 0) == "老张, last seen 12:57"
    assert DESCRIBER.node(Group(row), 0) == "Design review, 12 members"
    assert DESCRIBER.node(Joining(row), 0) == "Design review, 2 waiting"
    assert DESCRIBER.node(Blocked(friend.profile, "老张"), 0) == "老张, blocked"


def test_a_conversation_is_called_by_the_own_name_for_its_other_member(world: FakePort) -> None:
    row = msgspec.structs.replace(world.conversations[ZHANG], remark="老张")

    assert face_of(row).nickname == "老张"
    assert DESCRIBER.conversation(row, is_typing=False).startswith("老张, ")


def test_files_and_pictures_are_told_apart(world: FakePort) -> None:
    row = msgspec.structs.replace(
        world.conversations[ZHANG],
        preview="photo.jpg",
        preview_kind=MessageKind.FILE,
        preview_file="photo.jpg",
        preview_is_picture=True,
    )
    document = msgspec.structs.replace(row, preview_is_picture=False)

    assert preview_words(row) == "[Picture]"
    assert preview_words(msgspec.structs.replace(row, preview="us")) == "[Picture] us"
    assert preview_words(document) == "photo.jpg"
    assert preview_words(msgspec.structs.replace(document, preview="us")) == "[File] us"


def test_who_said_the_newest_line_stands_before_it(world: FakePort) -> None:
    row = world.conversations[ZHANG]
    own = msgspec.structs.replace(row, preview_is_own=True)
    system = msgspec.structs.replace(own, preview_system=SystemKind.CREATED)

    assert preview_sender(row, "") == ""
    assert preview_sender(row, "Ben") == "Ben:"
    assert preview_sender(own, "") == "You:"
    assert preview_sender(system, "") == ""
    assert preview_sender(msgspec.structs.replace(own, kind=3), "") == ""
    assert preview_sender(msgspec.structs.replace(row, preview=""), "Ben") == ""
    assert "Ben: p99" in DESCRIBER.conversation(row, is_typing=False, sender="Ben")


def test_how_a_conversation_is_kept_is_said(world: FakePort) -> None:
    row = msgspec.structs.replace(
        world.conversations[ZHANG], is_pinned=True, is_verified=True, mentions=1
    )

    said = DESCRIBER.conversation(row, is_typing=False, is_muted=True)

    assert said.startswith("张伟, verified, ")
    assert said.endswith("2 unread, names you, muted, pinned")
