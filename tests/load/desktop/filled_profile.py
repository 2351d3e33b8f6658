"""Profiles with many messages, written by the storage that the engine itself writes with.

A real engine registers, makes friends and groups on a real server; the messages of the past are
then put into its database, opened as they would be after years. That takes minutes, so profiles
are kept in the temporary directory under a name that tells which sources have made them. Who opens
one is offline: the server knows nothing of that past.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.commands import CreateGroup
from desktop.events import ConversationOpened, MessageKind
from desktop.storage.message_store import OpenedEntry
from desktop.storage.storage import Storage, open_storage
from shared.content import File
from shared.entries import Entry, EntryKind
from shared.identifiers import AccountId, ConversationId
from tests.scenarios.people import Person, befriend
from tests.server_process import CHEAP_KDF, ROOT, ServerProcess

__all__ = ["WORD", "Filled", "Past", "filled_profile"]

WORD = "海獭"  # A word of two characters that few messages have.
# What decides how the stored past looks; it stays good when anything else changes.
_SOURCES = (
    "desktop/storage/migrations.py",
    "desktop/storage/search_index.py",
    "desktop/storage/tokenizer.py",
    "shared/entries.py",
    "tests/load/desktop/filled_profile.py",
)
_FRIENDS = 12
_BATCH = 5_000
_WORDS = (
    "今天 明天 会议 火车 天气 音乐 咖啡 问题 回答 照片 晚上 早上 市场 旅行 我们 他们 已经 可以 "
    "today tomorrow lunch meeting paper train station weather music garden coffee window river "
    "letter question answer photo number street evening morning market doctor travel picture"
)
_TALK = _WORDS.split()
_FIRST_MS = 1_600_000_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """How much was said: in the long conversation, of which some are pictures, and in others."""

    long: int
    others: int
    pictures: int = 0


class Filled(msgspec.Struct, frozen=True):
    """What a filled profile has."""

    long_conversation: int
    messages: int
    word_count: int


def filled_profile(place: Path, past: Past) -> Filled:
    """Copy a filled home to ``place``, made now if there is none."""
    kept = Path(tempfile.gettempdir()) / f"mim-profile-{_fingerprint(past)}"
    if not (kept / "facts.json").exists():
        print(f"filling a profile with {past.long + past.others} messages in {kept}", flush=True)
        with tempfile.TemporaryDirectory(prefix="mim-filling-") as folder:
            facts = asyncio.run(_fill(Path(folder), past))
            home = Path(folder) / "home"
            (home / "facts.json").write_bytes(msgspec.json.encode(facts))
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(home, kept)
    shutil.copytree(kept, place)
    return msgspec.json.decode((place / "facts.json").read_bytes(), type=Filled)


def _fingerprint(past: Past) -> str:
    digest = hashlib.sha256(repr(past).encode())
    for name in _SOURCES:
        path = ROOT / name
        for each in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(each.read_bytes())
    return digest.hexdigest()[:16]


async def _fill(folder: Path, past: Past) -> Filled:
    server = ServerProcess(folder / "server", *CHEAP_KDF).start()
    anna = Person("anna", url=server.url, folder=folder)
    friends = [Person(f"friend{n:02}", url=server.url, folder=folder) for n in range(_FRIENDS)]
    try:
        for person in (anna, *friends):
            await person.start()
            await person.register()
        for friend in friends:
            await befriend(anna, friend)
        for number in range(_FRIENDS):
            accounts = tuple(AccountId(each.session.own().account) for each in friends[:3])
            await anna.session.ask_for(
                ConversationOpened, CreateGroup(name=f"小组 {number}", accounts=accounts)
            )
        conversations = list(anna.session.conversations)
        long_one = anna.conversation_id(friends[0])
        peers = {
            anna.conversation_id(friend): AccountId(friend.session.own().account)
            for friend in friends
        }
        me = AccountId(anna.session.own().account)
    finally:
        for person in (anna, *friends):
            await person.stop()
        server.stop()
    home = folder / "home" / "profile-1"
    shutil.copytree(anna.home, home)
    (home / "windows.json").write_text('{"was_logged_in": true, "language": "en"}', "utf-8")
    storage = open_storage(home, uses_key_store=False)
    try:
        writer = _Writer(storage, me, past)
        others = [each for each in conversations if each != long_one]
        for conversation_id in others:
            peer = peers.get(conversation_id, next(iter(peers.values())))
            writer.fill(conversation_id, peer, past.others // len(others))
        writer.fill(long_one, peers[long_one], past.long, pictures=past.pictures)
    finally:
        storage.close()
    return Filled(long_one, past.long + past.others, writer.words)


class _Writer:
    """Puts a past into a profile."""

    def __init__(self, storage: Storage, me: AccountId, past: Past) -> None:
        self._storage = storage
        self._me = me
        self._draw = random.Random(20261130)
        self._entry_id = 1 << 40
        self._thumbnails = [_thumbnail(number) for number in range(60 if past.pictures else 0)]
        self.words = 0

    def fill(
        self, conversation_id: ConversationId, peer: AccountId, count: int, *, pictures: int = 0
    ) -> None:
        """Say so many messages in a conversation, the last ones at the same time as in others."""
        row = self._storage.conversations.get(conversation_id)
        assert row is not None
        first = row.head + 1
        for begin in range(0, count, _BATCH):
            with self._storage.database.transaction():
                for place in range(begin, min(begin + _BATCH, count)):
                    is_own = self._draw.random() < 0.4
                    is_picture = place >= count - pictures and place % 2 == 0
                    self._say(
                        conversation_id,
                        first + place,
                        sender=self._me if is_own else peer,
                        at_ms=_FIRST_MS + place * 150_000,
                        is_picture=is_picture,
                    )
        last = first + count - 1
        self._storage.database.run(
            "UPDATE conversations SET head = ?1, have = ?1, last = ?1, own_read = ?1, unread = 0,"
            " delivered = ?1, read = ?1 WHERE conversation_id = ?2",
            last,
            conversation_id,
        )

    def _say(
        self,
        conversation_id: ConversationId,
        sequence: int,
        *,
        sender: AccountId,
        at_ms: int,
        is_picture: bool,
    ) -> None:
        self._entry_id += 1
        text, file = self._text(), None
        if is_picture:
            file, text = self._picture(sequence), ""
        entry = Entry(
            conversation_id=conversation_id,
            sequence=sequence,
            entry_id=self._entry_id,
            kind=EntryKind.APPLICATION,
            account=sender,
            device=1,
            device_counter=sequence,
            parent=1,
            base=0,
            document_hash=None,
            sent_at_ms=at_ms,
            sent_error_ms=5,
            received_at_ms=at_ms + 40,
            expires_at_ms=0,
            blob_ids=(),
            payload_hash=bytes(32),
            chain=bytes(32),
            payload=b"",
        )
        opened = OpenedEntry(
            entry=entry,
            kind=MessageKind.TEXT if file is None else MessageKind.FILE,
            message_id=self._entry_id.to_bytes(16, "big"),
            text=text,
            file=file,
        )
        self._storage.messages.add_opened(opened, is_own=sender == self._me)

    def _text(self) -> str:
        words = self._draw.choices(_TALK, k=self._draw.randint(2, 18))
        if self._draw.random() < 0.0005:
            words.append(WORD)
            self.words += 1
        return " ".join(words)

    def _picture(self, sequence: int) -> File:
        width, height, preview, thumbnail = self._thumbnails[sequence % len(self._thumbnails)]
        return File(
            blob_id=1_000_000 + sequence,
            message_id=self._entry_id.to_bytes(16, "big"),
            key=bytes(32),
            hash=bytes(32),
            size=2_400_000,
            name=f"IMG_{sequence}.jpg",
            media_type="image/jpeg",
            width=width * 8,
            height=height * 8,
            preview=preview,
            thumbnail=thumbnail,
        )


def _thumbnail(number: int) -> tuple[int, int, bytes, bytes]:
    """Paint a small picture with as much in it as a photograph has."""
    width, height = (320, 240) if number % 3 else (240, 320)
    draw = random.Random(number)
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor.fromHsv(number * 6 % 360, 120, 200))
    painter = QPainter(image)
    for _ in range(140):
        painter.setBrush(QColor.fromHsv(draw.randrange(360), draw.randrange(256), 200))
        side = draw.randrange(4, 60)
        painter.drawEllipse(QRectF(draw.randrange(width), draw.randrange(height), side, side))
    painter.end()
    return width, height, _jpeg(image.scaled(20, 15), 40), _jpeg(image, 70)


def _jpeg(image: QImage, quality: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", quality)  # type: ignore[call-overload]
    return bytes(buffer.data().data())
