from __future__ import annotations

import pytest

from backend.bus import (
    EntryStored,
    EventStored,
    PresenceChanged,
    ReceiptMoved,
    SessionClosed,
    TypingNoted,
)
from backend.gateway.live_links import LiveLinks, PushedEntry
from shared.entries import Entry, EntryKind
from shared.errors import Code
from shared.events import Event, EventKind
from shared.frames import (
    Entries,
    Events,
    Presence,
    Receipt,
    ServerFrame,
    Typing,
    decode_server_frame,
)

ENTRY = Entry(
    conversation_id=9,
    sequence=1,
    entry_id=1,
    kind=EntryKind.APPLICATION,
    account=1,
    device=11,
    device_counter=1,
    parent=1,
    base=0,
    document_hash=None,
    sent_at_ms=1,
    sent_error_ms=1,
    received_at_ms=1,
    expires_at_ms=0,
    blob_ids=(),
    payload_hash=bytes(32),
    chain=bytes(32),
    payload=b"x",
)


class FakeLink:
    """Keeps what it is told."""

    def __init__(self, account: int, device: int) -> None:
        self.account, self.device = account, device
        self.offered: list[PushedEntry] = []
        self.pushed: list[tuple[ServerFrame, bool]] = []
        self.codes: list[Code] = []
        self.served_from: list[tuple[int, int]] = []

    def serve_from(self, conversation_id: int, after: int) -> None:
        self.served_from.append((conversation_id, after))

    def offer(self, pushed: PushedEntry) -> None:
        self.offered.append(pushed)

    def push(self, frame: ServerFrame, *, can_drop: bool = False) -> None:
        self.pushed.append((frame, can_drop))

    def shut(self, code: Code, message: str, *, retry_after_ms: int = 0) -> None:
        self.codes.append(code)


@pytest.fixture
def links() -> LiveLinks:
    return LiveLinks()


def test_the_newest_link_of_a_device_stays(links: LiveLinks) -> None:
    older, newer = FakeLink(1, 11), FakeLink(1, 11)
    links.add(older)
    links.add(newer)

    links.remove(older)

    assert older.codes == [Code.REPLACED]
    assert len(links) == 1
    links.remove(newer)
    assert len(links) == 0


def test_members_are_offered_the_same_entry(links: LiveLinks) -> None:
    members = [FakeLink(1, 11), FakeLink(2, 22)]
    stranger = FakeLink(3, 33)
    for link in (*members, stranger):
        links.add(link)

    links.hear(EntryStored(ENTRY, bytes(32), (1, 2)))

    assert members[0].offered == members[1].offered
    assert stranger.offered == []


def test_an_entry_is_encoded_once_for_all_of_a_subprotocol() -> None:
    pushed = PushedEntry(EntryStored(ENTRY, bytes(32), (1, 2)))

    binary, text = pushed.encoded(as_json=False), pushed.encoded(as_json=True)

    assert pushed.encoded(as_json=False) is binary
    assert decode_server_frame(binary) == decode_server_frame(text)
    assert decode_server_frame(text) == Entries(9, bytes(32), (ENTRY,))


def test_each_announcement_reaches_whom_it_concerns(links: LiveLinks) -> None:
    anna, ben = FakeLink(1, 11), FakeLink(2, 22)
    links.add(anna)
    links.add(ben)
    event = Event(position=4, at_ms=1, kind=EventKind.CONTACTS_CHANGED)
    receipt = Receipt(9, 1, 1, 1, 0, 0)
    presence = Presence(1, is_online=True, last_seen_ms=1)
    typing = Typing(9, True, 1)

    links.hear(EventStored(1, event))
    links.hear(ReceiptMoved(receipt, (1, 2)))
    links.hear(PresenceChanged(presence, (2,)))
    links.hear(TypingNoted(typing, (2,)))

    assert anna.pushed == [(Events((event,), 4), False), (receipt, False)]
    assert ben.pushed == [(receipt, False), (presence, True), (typing, True)]


def test_a_closed_session_closes_its_device_only(links: LiveLinks) -> None:
    anna, ben = FakeLink(1, 11), FakeLink(2, 22)
    links.add(anna)
    links.add(ben)

    links.hear(SessionClosed(11))

    assert (anna.codes, ben.codes) == ([Code.UNAUTHENTICATED], [])


def test_a_stop_is_told_to_everyone(links: LiveLinks) -> None:
    everyone = [FakeLink(number, number) for number in range(1, 4)]
    for link in everyone:
        links.add(link)

    links.close_all(Code.OVERLOADED, "Stop.", retry_after_ms=1)

    assert [link.codes for link in everyone] == [[Code.OVERLOADED]] * 3


def test_newcomers_are_served_from_the_entry_that_adds_them(links: LiveLinks) -> None:
    old, new = FakeLink(1, 11), FakeLink(2, 22)
    links.add(old)
    links.add(new)

    links.hear(EntryStored(ENTRY, bytes(32), (1, 2), frozenset({2})))

    assert old.served_from == []
    assert new.served_from == [(ENTRY.conversation_id, ENTRY.sequence - 1)]
    assert len(old.offered) == len(new.offered) == 1
