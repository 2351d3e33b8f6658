"""A server's data folder with an account that has 10,000 messages in 100 conversations.

Real engines say everything, to a real server. That takes a while, so the folder is kept in the
temporary directory under a name that tells which sources have made it.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from desktop.commands import CreateGroup, OpenNotes, SendText
from desktop.events import ConversationOpened
from shared.identifiers import AccountId, ConversationId
from tests.scenarios.people import Person, befriend
from tests.server_process import ROOT, ServerProcess

__all__ = ["Facts", "copy_filled"]

_TALK = (
    "today tomorrow lunch meeting paper train station weather music garden coffee window river "
    "letter question answer photo number street evening morning market doctor travel picture "
    "今天 明天 会议 火车 天气 音乐 咖啡 问题 回答 照片 晚上 早上 市场 旅行"
)
_WORDS = _TALK.split()
_SOURCES = ("backend", "desktop/engine", "desktop/storage", "shared", "tests/load/filled_server.py")


class Facts(msgspec.Struct, frozen=True):
    """What a new device has to find."""

    messages: int
    conversations: int
    newest_conversation: int
    newest_texts: list[str]  # Of its newest screen, in order.
    oldest_words: list[str]  # One word for each conversation that only its first message has.


class Size(msgspec.Struct, frozen=True):
    """How much there is; ``friends`` of whom ``talkers`` are in all groups."""

    friends: int = 19
    talkers: int = 4
    long_groups: int = 20  # With ``long`` messages each.
    short_groups: int = 60
    long: int = 300
    short: int = 50

    @property
    def conversations(self) -> int:
        """Direct ones, notes and groups."""
        return self.friends + 1 + self.long_groups + self.short_groups

    @property
    def messages(self) -> int:
        """All of them."""
        short = self.friends + 1 + self.short_groups
        return self.long_groups * self.long + short * self.short


STANDARD = Size()
assert (STANDARD.conversations, STANDARD.messages) == (100, 10_000)


def copy_filled(folder: Path, *, size: Size = STANDARD, kept: Path | None = None) -> Facts:
    """Copy a filled data folder to ``folder / "server"``, made now if there is none.

    Args:
        folder: Where to.
        size: How much there is.
        kept: A filled folder to take whatever sources have made it.
    """
    kept = kept or Path(tempfile.gettempdir()) / f"mim-filled-{_fingerprint(size)}"
    if not (kept / "facts.json").exists():
        print(f"filling a server with {size.messages} messages, kept in {kept}", flush=True)
        with tempfile.TemporaryDirectory(prefix="mim-filling-") as place:
            facts = asyncio.run(_fill(Path(place), size))
            (Path(place) / "server" / "facts.json").write_bytes(msgspec.json.encode(facts))
            shutil.copytree(Path(place) / "server", kept)
    shutil.copytree(kept, folder / "server")
    data = (folder / "server" / "facts.json").read_bytes()
    (folder / "server" / "facts.json").unlink()
    return msgspec.json.decode(data, type=Facts)


def _fingerprint(size: Size) -> str:
    digest = hashlib.sha256(repr(size).encode())
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for name in _SOURCES:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


async def _fill(folder: Path, size: Size) -> Facts:
    server = ServerProcess(folder / "server", "--rate-limit", _NO_CLAIM_LIMIT).start()
    anna = Person("anna", url=server.url, folder=folder)
    friends = [Person(f"friend{n:02}", url=server.url, folder=folder) for n in range(size.friends)]
    people = [anna, *friends]
    try:
        for person in people:
            await person.start()
            await person.register()
        for friend in friends:
            await befriend(anna, friend)
        facts = await _talk(anna, friends, size)
    finally:
        for person in people:
            await person.stop()
        server.stop()
    assert server.check().returncode == 0
    return facts


_NO_CLAIM_LIMIT = "key_package_claims_per_account=100000/hour"


async def _talk(anna: Person, friends: list[Person], size: Size) -> Facts:
    draw = random.Random(20261124)
    talkers = friends[: size.talkers]
    scripts: dict[ConversationId, tuple[list[Person], int]] = {}
    notes = await anna.session.ask_for(ConversationOpened, OpenNotes())
    scripts[notes.conversation_id] = ([anna], size.short)
    for friend in friends:
        scripts[anna.conversation_id(friend)] = ([anna, friend], size.short)
    lengths = [size.long] * size.long_groups + [size.short] * size.short_groups
    for number, length in enumerate(lengths):
        present = draw.sample(talkers, draw.randint(1, len(talkers)))
        quiet = draw.sample(friends[size.talkers :], draw.randint(1, 4))
        conversation_id = await _make_group(anna, f"Group {number}", present, quiet)
        scripts[conversation_id] = ([anna, *present], length)
    # The longest come last, so that the newest screen is one of a long conversation.
    order = sorted(scripts, key=lambda each: scripts[each][1])
    words, texts = [], []
    for number, conversation_id in enumerate(order):
        speakers, length = scripts[conversation_id]
        texts = [
            f"{number}-{place} {' '.join(draw.choices(_WORDS, k=draw.randint(2, 16)))}"
            for place in range(length)
        ]
        words.append(f"firstof{number}")
        texts[0] += f" firstof{number}"
        await _speak(conversation_id, speakers, texts)
    return Facts(
        messages=size.messages,
        conversations=size.conversations,
        newest_conversation=order[-1],
        newest_texts=texts[-60:],
        oldest_words=words,
    )


async def _make_group(
    anna: Person, name: str, present: list[Person], quiet: list[Person]
) -> ConversationId:
    accounts = tuple(AccountId(each.session.own().account) for each in [*present, *quiet])
    opened = await anna.session.ask_for(
        ConversationOpened, CreateGroup(name=name, accounts=accounts)
    )
    for person in present:
        await _until_known(person, opened.conversation_id)
    return opened.conversation_id


async def _speak(conversation_id: ConversationId, speakers: list[Person], texts: list[str]) -> None:
    """Say the texts by turns of ten, so that they stay in order."""
    for begin in range(0, len(texts), 10):
        speaker = speakers[begin // 10 % len(speakers)]
        for text in texts[begin : begin + 10]:
            await speaker.session.ask(SendText(conversation_id=conversation_id, text=text))
        last = texts[min(begin + 10, len(texts)) - 1]
        for person in speakers:
            await _until_last(person, conversation_id, last)


async def _until_known(person: Person, conversation_id: ConversationId) -> None:
    await person.until(lambda: conversation_id in person.session.conversations)


async def _until_last(person: Person, conversation_id: ConversationId, text: str) -> None:
    conversations, begin = person.session.conversations, text.split(" ")[0]
    await person.until(lambda: conversations[conversation_id].preview.split(" ")[0] == begin)
