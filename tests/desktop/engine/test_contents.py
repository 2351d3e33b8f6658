from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop import commands
from desktop.events import FileState, MessageKind
from desktop.storage.message_store import OpenedEntry
from shared.content import Edit, Known, Profile, Reaction, Recall, Text, Timer, decode_content
from shared.identifiers import ConversationId
from shared.roster import ConversationKind
from tests.desktop.engine.blob_server import sealed_file
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def send(seat: Seat, conversation_id: ConversationId, content: Known) -> None:
    """Send what no person typed, and wait until nothing moves."""
    local_id = seat.parts.contents.queue(conversation_id, content)
    assert seat.run is not None
    seat.run.add_message(conversation_id, local_id)
    await seat.settle()


def name_of(seat: Seat, conversation_id: ConversationId) -> str:
    stored = seat.parts.context.storage.conversations.get(conversation_id)
    assert stored is not None
    return stored.title


async def test_an_admins_profile_renames_the_group_for_all(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)

    await send(anna, club, Profile(bytes(16), "chess club", b"picture", "Tuesdays"))

    assert name_of(anna, club) == name_of(ben, club) == "chess club"
    profile = ben.parts.contents.profile(club)
    assert profile is not None
    assert (profile.avatar, profile.announcement) == (b"picture", "Tuesdays")
    assert anna.texts(club)[-1] == ben.texts(club)[-1] == "<renamed>"


async def test_what_a_plain_member_calls_a_group_is_neither_applied_nor_shown(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    before = anna.texts(club)

    await send(ben, club, Profile(bytes(16), "bens club"))
    await ben.say(club, "hello")

    assert name_of(anna, club) == name_of(ben, club) == "club"
    assert anna.texts(club) == ben.texts(club) == [*before, "hello"]


async def test_two_people_have_no_name_that_one_of_them_could_give(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    await send(anna, chat, Profile(bytes(16), "us"))

    assert (name_of(ben, chat), ben.texts(chat)) == ("", [])
    assert ben.parts.contents.profile(chat) is None


async def test_a_kind_of_a_later_version_is_one_line_and_blocks_nothing(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    outbox = anna.parts.context.storage.outbox
    local_id = outbox.new_local_id()
    later = msgspec.msgpack.encode(["hologram", bytes(16), 3])
    outbox.add(local_id, chat, typed_at_ms=1, content=later)
    assert anna.run is not None
    anna.run.add_message(chat, local_id)
    await anna.settle()

    await anna.say(chat, "did you see it?")

    assert ben.texts(chat) == ["<unsupported>", "did you see it?"]


async def test_a_payload_that_is_gone_leaves_a_line_in_its_place(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    await anna.say(chat, "kept")
    log = anna.server.logs[chat]
    log.entries[1] = msgspec.structs.replace(log.entries[1], payload=b"")

    desk = await sit("ben", "desk").up()

    assert desk.texts(chat) == ["<removed>", "kept"]


async def test_a_file_is_a_line_with_what_is_known_of_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    content, _ = sealed_file(b"data", blob_id=99, name="report.pdf")

    await send(anna, chat, msgspec.structs.replace(content, text="look"))

    row = ben.rows(chat)[-1]
    assert (row.kind, row.text) == (MessageKind.FILE, "look")
    assert row.file is not None
    assert (row.file.name, row.file.size, row.file.state) == ("report.pdf", 4, FileState.REMOTE)


async def test_changes_come_to_the_same_line_in_whatever_order_they_are_opened(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "one")
    first = anna.rows(chat)[-1]
    target = bytes.fromhex(first.message_id)
    await send(anna, chat, Edit(bytes(16), target, "two"))
    await send(ben, chat, Reaction(bytes(16), target, "👍"))
    await send(anna, chat, Edit(b"e" * 16, target, "three"))
    shown = [(row.text, row.reactions) for row in ben.rows(chat)]
    storage, entries = ben.parts.context.storage, ben.server.logs[chat].entries[1:]

    for row in ben.rows(chat):
        storage.contents.remove(row.local_id)
    storage.database.run("DELETE FROM effects")
    for entry in reversed(entries):
        opened = ben.parts.opening.open(entry)
        content = decode_content(opened.message.data)
        ben.parts.contents.apply(entry, content, role=1, kind=ConversationKind.DIRECT)

    assert [(row.text, row.reactions) for row in ben.rows(chat)] == shown
    assert shown[0][0] == "three"


async def test_what_nobody_may_counts_for_nothing(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "mine")
    row = ben.rows(chat)[-1]
    target = bytes.fromhex(row.message_id)
    entry = ben.server.logs[chat].entries[1]

    await send(ben, chat, Edit(bytes(16), target, "yours"))
    await send(ben, chat, Recall(b"r" * 16, target, 2, bytes(entry.payload_hash)))

    assert anna.texts(chat) == ben.texts(chat) == ["mine"]


async def test_a_message_that_was_sent_twice_is_shown_once_and_taken_back_twice(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await send(anna, chat, Text(b"t" * 16, "once"))
    await send(anna, chat, Text(b"t" * 16, "once"))
    row = anna.rows(chat)[-1]
    once = (anna.texts(chat), ben.texts(chat))

    await anna.ask(commands.RecallMessage(conversation_id=chat, message_id=row.message_id))
    desk = await sit("ben", "desk").up()

    assert once == (["once"], ["once"])
    assert anna.texts(chat) == ben.texts(chat) == desk.texts(chat) == ["<recalled>"]
    assert [len(each.payload) for each in anna.server.logs[chat].entries[1:3]] == [0, 0]


async def test_a_recall_shows_where_a_message_could_not_be_opened(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    storage = ben.parts.context.storage
    (line,) = storage.contents.lines(chat, message_id=None, place=2)
    storage.contents.remove(line.local_id)
    entry = storage.messages.entry(chat, 2)
    assert entry is not None
    storage.messages.add_opened(OpenedEntry(entry=entry, kind=MessageKind.UNREADABLE), is_own=False)

    await anna.ask(
        commands.RecallMessage(conversation_id=chat, message_id=anna.rows(chat)[-1].message_id)
    )

    assert ben.texts(chat) == ["<recalled>"]


async def test_the_newest_timer_and_name_count_whatever_is_opened_last(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await send(anna, club, Timer(bytes(16), 60))
    await send(anna, club, Timer(b"t" * 16, 3600))
    await send(anna, club, Profile(b"p" * 16, "chess club"))

    storage = ben.parts.context.storage
    entries = [entry for entry in ben.server.logs[club].entries if entry.account == anna.account]
    for entry in reversed([each for each in entries if each.kind.value == 2]):
        content = decode_content(ben.parts.opening.open(entry).message.data)
        ben.parts.contents.apply(entry, content, role=4, kind=ConversationKind.GROUP)

    stored = storage.conversations.get(club)
    assert stored is not None
    assert (stored.timer_s, stored.title) == (3600, "chess club")


async def test_newcomers_are_told_name_and_timer(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club")
    await send(anna, club, Timer(bytes(16), 60))

    await anna.do(commands.AddMembers(conversation_id=club, accounts=(ben.account,)))

    stored = ben.parts.context.storage.conversations.get(club)
    assert stored is not None
    assert (stored.timer_s, stored.title) == (60, "club")
    # Told again to everybody, it shows nowhere.
    assert ben.texts(club) == ["<added>"]
    assert anna.texts(club)[-2:] == ["<timer_changed>", "<added>"]


async def test_changes_of_a_kind_nobody_shows_are_no_harm(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    await send(anna, chat, Reaction(bytes(16), b"u" * 16, "👍"))
    await anna.say(chat, "tea")

    assert ben.texts(chat) == ["tea"]
    assert not ben.parts.context.storage.messages.has_unopened(chat)
