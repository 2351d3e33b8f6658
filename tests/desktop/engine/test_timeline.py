from __future__ import annotations

import msgspec
import pytest

from desktop.engine.changes import Changes
from desktop.engine.conversations import Conversations
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.timeline import Timeline
from desktop.events import MessageKind, MessageRow, Notice, NoticeKind
from shared.chain import hash_payload
from shared.content import Text, encode_content
from shared.frames import Receipt
from tests.desktop.engine.office import CONVERSATION, ME, PEER, Log, Office

pytestmark = pytest.mark.asyncio


class Desk:
    """A timeline on a context, with a conversation that is known."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.log = Log()
        self.log.serve(office.http)
        self.keys = PeerKeys(office.context)
        self.conversations = Conversations(office.context, self.keys)
        self.timeline = Timeline(office.context, self.keys, Changes(office.context))

    async def prepare(self, *, with_keys: bool = True) -> Desk:
        await self.conversations.refresh(CONVERSATION)
        if with_keys:
            await self.keys.fetch(ME.account)
            await self.conversations.fetch_record(CONVERSATION, 1)
        return self

    def apply(self) -> bool:
        return self.timeline.apply(CONVERSATION, self.log.entries)

    def rows(self) -> list[MessageRow]:
        return self.office.context.storage.messages.before(CONVERSATION, None, 100)

    def notices(self) -> list[NoticeKind]:
        return [event.kind for event in self.office.told if isinstance(event, Notice)]


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


async def test_entries_become_rows_of_both_people(desk: Desk) -> None:
    await desk.prepare()
    desk.log.text(PEER, "hello")
    desk.log.text(ME, "hi")

    is_left = desk.apply()

    assert not is_left
    assert [(row.text, row.is_own) for row in desk.rows()] == [("hello", False), ("hi", True)]
    assert desk.office.context.storage.messages.unopened(CONVERSATION, 9) == []
    assert desk.notices() == []


async def test_entries_wait_for_their_keys_and_open_later(desk: Desk) -> None:
    await desk.prepare(with_keys=False)
    desk.log.text(PEER, "hello")

    is_left = desk.apply()
    desk.timeline.open_rest(CONVERSATION, is_last_try=False)
    before = desk.rows()
    parents = desk.timeline.missing_parents(CONVERSATION)
    await desk.conversations.fetch_record(CONVERSATION, 1)
    desk.timeline.open_rest(CONVERSATION, is_last_try=True)

    assert is_left
    assert before == []
    assert parents == [1]
    assert desk.timeline.missing_parents(CONVERSATION) == []
    assert [row.text for row in desk.rows()] == ["hello"]


@pytest.mark.logs_warnings
async def test_what_nobody_can_open_is_one_grey_line(desk: Desk) -> None:
    await desk.prepare()
    good = desk.log.text(PEER, "hello")
    for changed in (
        msgspec.structs.replace(good, payload=b"\x00" * 300),
        msgspec.structs.replace(good, sent_at_ms=5),
        msgspec.structs.replace(good, account=99),
        msgspec.structs.replace(good, payload=b""),
        msgspec.structs.replace(good, parent=9),
    ):
        sequence = len(desk.log.entries) + 1
        whole = msgspec.structs.replace(
            changed,
            sequence=sequence,
            entry_id=sequence,
            payload_hash=hash_payload(changed.payload),
        )
        desk.log.entries.append(whole)
    seen = (len(desk.log.entries), desk.log.head)
    desk.log.write(PEER, b"no content", seen=seen)
    desk.log.write(PEER, msgspec.msgpack.encode(["dance", 1]), seen=seen)

    desk.apply()
    desk.timeline.open_rest(CONVERSATION, is_last_try=True)

    assert [row.kind for row in desk.rows()] == [
        MessageKind.TEXT,
        MessageKind.UNREADABLE,
        MessageKind.UNREADABLE,
        MessageKind.UNREADABLE,
        MessageKind.REMOVED,
        MessageKind.UNREADABLE,
        MessageKind.UNREADABLE,
        MessageKind.UNSUPPORTED,
    ]


async def test_a_sender_who_saw_another_log_is_told_once(desk: Desk) -> None:
    await desk.prepare()
    content = encode_content(Text(b"i" * 16, "forked"))
    desk.log.write(PEER, content, seen=(1, b"f" * 32))
    desk.log.write(PEER, encode_content(Text(b"j" * 16, "again")), seen=(1, b"f" * 32))

    desk.apply()

    conversation = desk.office.context.storage.conversations.get(CONVERSATION)
    assert conversation is not None
    assert conversation.broken_after_ms
    assert desk.notices() == [NoticeKind.CHAIN_BROKEN]
    assert [row.text for row in desk.rows()] == ["forked", "again"]


async def test_a_message_that_was_sent_twice_is_shown_once(desk: Desk) -> None:
    await desk.prepare()
    desk.log.text(PEER, "once", message_id=b"i" * 16)
    desk.log.text(PEER, "once", message_id=b"i" * 16)

    desk.apply()

    assert [row.sequence for row in desk.rows()] == [2]


async def test_receipts_move_marks_of_either_member(desk: Desk) -> None:
    await desk.prepare()
    desk.log.text(ME, "hi")
    desk.log.text(PEER, "hello")
    desk.apply()

    for account, read in ((PEER.account, 2), (ME.account, 3), (PEER.account, 1)):
        desk.timeline.note_receipt(
            Receipt(
                conversation_id=CONVERSATION,
                account=account,
                delivered=3,
                delivered_at_ms=40,
                read=read,
                read_at_ms=50,
            )
        )

    conversation = desk.office.context.storage.conversations.get(CONVERSATION)
    assert conversation is not None
    assert (conversation.own_read, conversation.unread) == (3, 0)
    assert (desk.rows()[0].state, desk.rows()[0].read_at_ms) == ("read", 50)
    assert desk.office.context.storage.account.positions()[1] == 50


async def test_pages_say_whether_there_is_more(desk: Desk) -> None:
    await desk.prepare()
    for number in range(10):
        desk.log.text(PEER, str(number))
    desk.apply()
    conversation = desk.office.context.storage.conversations.get(CONVERSATION)
    assert conversation is not None

    def page(**where: int | None) -> tuple[str, bool, bool]:
        asked: dict[str, int | None] = {"before": None, "after": None, "around": None, **where}
        found = desk.timeline.page(
            conversation,
            before=asked["before"],
            after=asked["after"],
            around=asked["around"],
            limit=4,
        )
        return "".join(row.text for row in found.rows), found.has_older, found.has_newer

    keys = [row.order for row in desk.rows()]
    assert page() == ("6789", True, False)
    assert page(before=keys[6]) == ("2345", True, True)
    assert page(before=keys[2]) == ("01", False, True)
    assert page(after=keys[7]) == ("89", True, False)
    assert page(around=keys[5]) == ("3456", True, True)
    assert page(before=keys[0]) == ("", False, True)


async def test_a_chain_that_never_began_is_broken_from_the_start(desk: Desk) -> None:
    await desk.prepare()

    desk.timeline.note_broken(CONVERSATION, 0)

    conversation = desk.office.context.storage.conversations.get(CONVERSATION)
    assert conversation is not None
    assert conversation.broken_after_ms == 1
