"""Nothing that people write to each other lies on the server, or passes to it, readable."""

from __future__ import annotations

import asyncio
import base64
import gzip
import sqlite3
import zlib
from pathlib import Path
from random import Random

import pytest

from desktop.commands import (
    CreateGroup,
    EditMessage,
    LoadDevices,
    React,
    RenameDevice,
    RequestContact,
    SaveFile,
    SendFile,
    SetGroupProfile,
    WithdrawRequest,
)
from desktop.events import ConversationOpened, DevicesLoaded, MessageRow, MessageState, Queued
from shared import limits
from shared.identifiers import AccountId
from tests.scenarios.canaries import PHRASES, Search, phrases
from tests.scenarios.people import Person, befriended
from tests.server_process import ServerProcess
from tests.wire_tape import WireTape, unmasked

CONTROL = "Control phrase 控制短语 zx81"
GREETINGS, DEVICE_NAMES, GROUP_NAMES, REACTIONS, EDITS = 15, 15, 20, 20, 30


def contents(folder: Path, log: Path) -> dict[str, bytes]:
    """The raw bytes of every file, so also the WAL and pages that SQLite has set free."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in [*files, log]}


def masked_frame(payload: bytes) -> bytes:
    """What a client sends: an upgrade, then one frame under a mask."""
    mask = b"\x12\x34\x56\x78"
    hidden = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    head = b"GET /v1/link HTTP/1.1\r\nUpgrade: websocket\r\nHost: x\r\n\r\n"
    return head + bytes([0x82, 0x80 | 126]) + len(payload).to_bytes(2) + mask + hidden


@pytest.mark.parametrize("text", phrases()[30:32])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_every_form_of_a_text_would_be_found(text: str, coding: str) -> None:
    """Otherwise finding nothing proves nothing."""
    data, search = text.encode(coding), Search(phrases())
    long = bytes(range(256)) * 3 + data + bytes(256)  # So that it is packed with other things.
    raw = zlib.compressobj(wbits=-15)
    hidden = {
        "plain": b"--" + data + b"--",
        "hex": b"00" + data.hex().encode() + b"00",
        "hex in capitals": b"00" + data.hex().upper().encode() + b"00",
        "zlib": b"x" + zlib.compress(data),
        "zlib, long": b"xy" + zlib.compress(long),
        "zlib, fast": b"x" + zlib.compress(data, level=1),
        "zlib, cut": b"x" + zlib.compress(long + Random(1).randbytes(99))[:-50],
        "gzip": b"xyz" + gzip.compress(data),
        "raw": b"x" + raw.compress(data) + raw.flush(),
        "masked": unmasked(masked_frame(b"x" * 200 + data)),
    }
    for before in (b"x", b"xy", b"xyz"):
        joined = before + data + b"rest"
        hidden[f"base64 {len(before)}"] = base64.b64encode(joined)
        hidden[f"base64 for addresses {len(before)}"] = base64.urlsafe_b64encode(joined)

    assert {name for name, held in hidden.items() if text not in search.found(held)} == set()
    assert not search.found(masked_frame(data)), "the mask hides it, so it is taken off"


@pytest.mark.asyncio
async def test_a_nickname_is_found_on_the_server_and_nothing_of_200_phrases_is(
    server: ServerProcess, tmp_path: Path
) -> None:
    tape = await WireTape(server.port).start()
    left = iter(phrases())
    async with befriended(tape.url, tmp_path, nicknames=(CONTROL, "Ben")) as (anna, ben):
        carol = Person("carol", url=tape.url, folder=tmp_path)
        await carol.start()
        await carol.register()
        for _ in range(GREETINGS):
            await greet(carol, anna, next(left))
        for _ in range(DEVICE_NAMES):
            await name_device(ben, next(left))
        await name_groups(anna, ben, [next(left) for _ in range(GROUP_NAMES)])
        first = await ask_and_wait(anna, ben, next(left))
        for _ in range(REACTIONS):
            await react(ben, anna, first, next(left))
        for _ in range(EDITS):
            await edit(anna, ben, first, next(left))
        for number, text in enumerate(left):
            speaker, listener = (anna, ben) if number % 2 else (ben, anna)
            row = await speaker.say(listener, text)
        await listener.until_heard(text)
        await speaker.until_state(row, MessageState.DELIVERED)
        await carol.stop()
        running = contents(server.data, server.log)
        server.stop()
        stopped = contents(server.data, server.log)
    await tape.stop()

    assert any(name.endswith("-wal") for name in running), "the WAL was looked at too"
    search, control = Search(phrases()), Search([CONTROL])
    for files in (running, stopped, tape.files()):
        assert control.holders(files), "what is not sealed is found"
        assert search.holders(files) == {}
    assert len(tape.tapes) >= 6, "calls and links were recorded"
    print(f"{PHRASES} phrases: none in database, log and {tape.total} bytes on the wire")


async def greet(asking: Person, asked: Person, greeting: str) -> None:
    """Ask with a greeting, and take it back once it was read."""
    command = RequestContact(user_name=asked.name, greeting=greeting)
    await asking.session.ask(command)
    await asked.until(lambda: has_greeting(asked, asking, greeting))
    await asking.session.ask(WithdrawRequest(account=asked.session.own().account))
    await asked.until(lambda: asked.session.request(asking.name) is None)


def has_greeting(asked: Person, asking: Person, greeting: str) -> bool:
    request = asked.session.request(asking.name)
    return request is not None and request.greeting == greeting


async def name_device(person: Person, name: str) -> None:
    loaded = await person.session.ask_for(DevicesLoaded, LoadDevices())
    command = RenameDevice(device_id=loaded.devices[0].device_id, name=name)
    await person.session.ask(command)
    loaded = await person.session.ask_for(DevicesLoaded, LoadDevices())
    assert [device.name for device in loaded.devices] == [name]


async def name_groups(owner: Person, member: Person, names: list[str]) -> None:
    """Make a group, and rename it until every name was seen by its other member."""
    accounts = (AccountId(member.session.own().account),)
    command = CreateGroup(name=names[0], accounts=accounts)
    opened = await owner.session.ask_for(ConversationOpened, command)
    group = opened.conversation_id
    for name in names:
        await owner.session.ask(SetGroupProfile(conversation_id=group, name=name))
        await member.until(lambda name=name: titles(member).get(group) == name)  # type: ignore[misc]


def titles(person: Person) -> dict[int, str]:
    return {number: row.title for number, row in person.session.conversations.items()}


async def ask_and_wait(speaker: Person, listener: Person, text: str) -> MessageRow:
    row = await speaker.say(listener, text)
    await listener.until_heard(text)
    return await speaker.until_state(row, MessageState.DELIVERED)


def same(person: Person, row: MessageRow) -> MessageRow:
    """Return the message as this person has it now."""
    return next(each for each in person.rows.values() if each.message_id == row.message_id)


async def react(actor: Person, other: Person, row: MessageRow, emoji: str) -> None:
    """Put a text where an emoji is meant: an emoji cannot hold a phrase."""
    assert len(emoji) <= limits.EMOJI_LENGTH_MAX
    for is_removed in (False, True):
        await actor.session.ask(
            React(
                conversation_id=row.conversation_id,
                message_id=row.message_id,
                emoji=emoji,
                is_removed=is_removed,
            )
        )
        await other.until(
            lambda: any(each.emoji == emoji for each in same(other, row).reactions) != is_removed  # noqa: B023
        )


async def edit(author: Person, other: Person, row: MessageRow, text: str) -> None:
    await author.session.ask(
        EditMessage(conversation_id=row.conversation_id, message_id=row.message_id, text=text)
    )
    await other.until(lambda: same(other, row).text == text)


@pytest.mark.asyncio
async def test_of_a_file_neither_content_nor_name_nor_caption_is_found(
    server: ServerProcess, tmp_path: Path
) -> None:
    name, caption, *lines = phrases()
    tape = await WireTape(server.port).start()
    async with befriended(tape.url, tmp_path, nicknames=(CONTROL, "Ben")) as (anna, ben):
        path = tmp_path / f"{name}.txt"
        # Longer than one sealed chunk.
        path.write_text("\n".join(lines) * 20, encoding="utf-8")
        command = SendFile(conversation_id=anna.conversation_id(ben), path=str(path), text=caption)
        queued = await anna.session.ask_for(Queued, command)
        await anna.until_state(queued.row, MessageState.DELIVERED)
        heard = await ben.until_heard(caption)
        await ben.session.ask(
            SaveFile(
                conversation_id=heard.conversation_id,
                local_id=heard.local_id,
                path=str(tmp_path / "copy"),
            )
        )
        server.stop()
        files = contents(server.data, server.log)
        kept = [contents(person.home, server.log) for person in (anna, ben)]
    await tape.stop()

    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
    search = Search(phrases())
    assert Search([CONTROL]).holders(files)
    blobs = [data for blob, data in files.items() if len(blob) == 16]
    assert [len(data) > path.stat().st_size for data in blobs] == [True]
    assert tape.total > 2 * path.stat().st_size, "it was recorded up and down"
    # In the profiles it lies sealed too.
    for held in (files, tape.files()):
        assert search.holders(held) == {}
    assert [search.holders(held, inflates=False) for held in kept] == [{}, {}]


def test_what_lies_in_pages_that_sqlite_has_set_free_would_be_found(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "x.sqlite")
    text = phrases()[7]
    database.execute("PRAGMA secure_delete = 0")
    database.execute("CREATE TABLE x (y)")
    database.execute("INSERT INTO x VALUES (?)", [text * 300])
    database.commit()
    database.execute("DELETE FROM x")
    database.commit()
    database.close()

    holders = Search(phrases()).holders(contents(tmp_path, tmp_path / "x.sqlite"))

    assert holders == {"x.sqlite": {text}}


@pytest.mark.asyncio
async def test_the_tape_passes_on_and_keeps_what_passes(server: ServerProcess) -> None:
    tape = await WireTape(server.port).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", tape.port)

    writer.write(b"GET /v1/server HTTP/1.0\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await tape.stop()

    assert answer.startswith(b"HTTP/1.")
    assert bytes(tape.tapes[0].up).startswith(b"GET /v1/server")
    assert bytes(tape.tapes[0].down) == answer
