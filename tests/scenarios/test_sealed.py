"""Nothing that people write to each other lies on the server in any form that can be read."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from desktop.commands import SaveFile, SendFile
from desktop.events import MessageState, Queued
from tests.scenarios.people import befriended
from tests.server_process import ServerProcess

PHRASES = 50
CONTROL = "Control phrase 控制短语 zx81"


def phrases() -> list[str]:
    """Texts that occur nowhere by chance, half of them Chinese."""
    draw = random.Random(20260501)
    latin = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz ", k=24)) for _ in range(25)]
    chinese = ["".join(draw.choices("山水日月金木火土天地人心风云雨雪", k=12)) for _ in range(25)]
    return [f"{text} {number}" for number, text in enumerate([*latin, *chinese])]


def forms(text: str) -> list[bytes]:
    """Every way in which a text might lie in a file."""
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    found = list(plain)
    for data in plain:
        found += [data.hex().encode(), data.hex().upper().encode()]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found += [_inner(encode(b"\0" * shift + data), shift) for shift in range(3)]
    # JSON may escape what is not ASCII.
    found.append(text.encode("ascii", "backslashreplace"))
    return found


def _inner(encoded: bytes, shift: int) -> bytes:
    """The part of base64 that does not depend on the neighbours, for one of three alignments."""
    return encoded.rstrip(b"=")[4 if shift else 0 : -2]


def contents(folder: Path, log: Path) -> dict[str, bytes]:
    """The raw bytes of every file, so also the WAL and pages that SQLite has set free."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in [*files, log]}


def holders(text: str, files: dict[str, bytes]) -> list[str]:
    return [name for name, data in files.items() for form in forms(text) if form in data]


def test_every_form_of_a_text_is_known() -> None:
    """The search would find what it looks for: otherwise finding nothing proves nothing."""
    text = phrases()[30]
    around = [b"x", b"xy", b"xyz"]

    for data in (text.encode(), text.encode("utf-16-le")):
        hidden = {
            f"base64 {len(before)}": base64.b64encode(before + data + b"rest") for before in around
        }
        hidden["hex"] = b"00" + data.hex().encode() + b"00"
        hidden["plain"] = b"--" + data + b"--"
        for name, bytes_ in hidden.items():
            assert holders(text, {name: bytes_}), name


@pytest.mark.asyncio
async def test_a_nickname_is_found_on_the_server_and_no_message_is(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path, nicknames=(CONTROL, "Ben")) as (anna, ben):
        for number, text in enumerate(phrases()):
            speaker, listener = (anna, ben) if number % 2 else (ben, anna)
            row = await speaker.say(listener, text)
            await listener.until_heard(text)
            await speaker.until_state(row, MessageState.DELIVERED)
        running = contents(server.data, server.log)
        server.stop()
        stopped = contents(server.data, server.log)

    assert any(name.endswith("-wal") for name in running), "the WAL was looked at too"
    for files in (running, stopped):
        assert holders(CONTROL, files)
        found = {text: holders(text, files) for text in phrases()}
        assert {text: names for text, names in found.items() if names} == {}
    print(f"{PHRASES} phrases in {len(forms(CONTROL))} forms: none found; the control phrase was")


@pytest.mark.asyncio
async def test_of_a_file_neither_content_nor_name_nor_caption_is_found(
    server: ServerProcess, tmp_path: Path
) -> None:
    name, caption, *lines = phrases()
    async with befriended(server.url, tmp_path, nicknames=(CONTROL, "Ben")) as (anna, ben):
        path = tmp_path / f"{name}.txt"
        # Longer than one sealed chunk, and the same again and again.
        path.write_text("\n".join(lines) * 100, encoding="utf-8")
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

    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
    assert holders(CONTROL, files)
    blobs = [data for blob, data in files.items() if len(blob) == 16]
    assert [len(data) > path.stat().st_size for data in blobs] == [True]
    for text in phrases():
        assert holders(text, files) == []
        # In the profiles it lies sealed too.
        assert [holders(text, each) for each in kept] == [[], []]
