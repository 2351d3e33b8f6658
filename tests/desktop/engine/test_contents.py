from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.events import FileState, MessageKind
from shared.content import File, Profile
from shared.identifiers import ConversationId
from tests.desktop.engine.blob_server import sealed_file
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def send(seat: Seat, conversation_id: ConversationId, content: Profile | File) -> None:
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
