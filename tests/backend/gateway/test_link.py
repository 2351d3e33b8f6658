"""The link of a real server process, over real sockets."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import gevent
import pytest
from wsproto.events import BytesMessage

from backend.bus import EntryStored, PresenceChanged
from backend.crossing import HubCrossing
from backend.gateway.link import LinkShell
from shared import chain, limits
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code
from shared.events import EventKind
from shared.frames import (
    Accepted,
    Bye,
    Confirm,
    Confirmed,
    Entries,
    Events,
    Heads,
    Hello,
    Mark,
    Ping,
    Pong,
    Presence,
    Pull,
    Ready,
    Receipt,
    Refused,
    ServerFrame,
    Submit,
    Typing,
    decode_server_frame,
    encode_frame,
)
from shared.rest import Conversation, ProfileChange
from shared.rest_groups import HandshakeAccepted
from shared.roster import ConversationKind, Role, RosterDocument, encode_document
from shared.roster_rules import with_members, without_member
from tests.backend.conftest import MakePerson
from tests.backend.gateway.wire import Wire
from tests.backend.grouped import group_creation, member_of, next_handshake
from tests.backend.office import Office
from tests.backend.people import Link, Person, message, new_id
from tests.server_process import ServerProcess


@pytest.fixture
def hub_office(tmp_path: Path) -> Iterator[Office]:
    """Services on this thread's hub, as a server has them."""
    opened = Office(tmp_path / "data", crossing=HubCrossing(1))
    yield opened
    opened.close()


@pytest.fixture
def anna(person: MakePerson) -> Person:
    return person("anna")


@pytest.fixture
def ben(person: MakePerson) -> Person:
    return person("ben")


@pytest.fixture
def chat(anna: Person, ben: Person) -> int:
    return anna.converse(ben)


def test_hello_is_answered_with_everything_in_order(anna: Person, ben: Person, chat: int) -> None:
    link = anna.link()

    frames = link.greet()

    link.close()
    kinds = [type(frame) for frame in frames]
    assert kinds == [Ready, Events, Presence, Heads]
    ready, events, presence, heads = frames
    assert isinstance(ready, Ready)
    assert (ready.account, ready.device, ready.client_sent_ms) == (anna.account, anna.device, 1)
    assert isinstance(events, Events)
    assert events.is_snapshot
    assert presence == Presence(ben.account, is_online=False, last_seen_ms=0)
    assert isinstance(heads, Heads)
    assert [
        (h.conversation_id, h.head, h.newest_handshake, h.own_counter) for h in heads.heads
    ] == [(chat, 1, 1, 1)]


def test_events_after_the_position_are_listed(anna: Person, ben: Person) -> None:
    link = anna.link()
    snapshot = next(frame for frame in link.greet() if isinstance(frame, Events))
    link.close()
    anna.befriend(ben)
    anna.call("PATCH", "/v1/me", ProfileChange(signature="Hi"))
    first = anna.link()
    missed = [frame for frame in first.greet() if isinstance(frame, Events)]
    first.close()

    again = anna.link()
    position = missed[-1].position
    nothing = [frame for frame in again.greet(position=position) if isinstance(frame, Events)]
    again.close()
    late = anna.link()
    beyond = [frame for frame in late.greet(position=position + 1) if isinstance(frame, Events)]
    late.close()

    assert snapshot.position == 0
    assert missed[0].is_snapshot  # Position 0 says nothing about what is known.
    assert position == 3
    assert nothing == []
    assert beyond[0].is_snapshot


@pytest.mark.parametrize("as_json", [False, True])
def test_a_message_goes_there_and_its_receipts_back(
    anna: Person, ben: Person, chat: int, as_json: bool
) -> None:
    annas, bens = anna.online(as_json=as_json), ben.online(as_json=as_json)
    submission = message(chat, 2)

    accepted = annas.submit(submission)
    pushed = bens.expect(Entries)
    bens.send(Confirm(chat, 2))
    confirmed = bens.expect(Confirmed)
    delivered = annas.expect(Receipt)
    bens.send(Mark(chat, 2))
    read = annas.expect(Receipt)

    annas.close()
    bens.close()
    assert isinstance(accepted, Accepted)
    entry = pushed.entries[0]
    assert (entry.payload, entry.chain) == (submission.payload, accepted.chain)
    assert chain.is_linked(pushed.chain_before, entry)
    assert confirmed == Confirmed(chat, 2)
    assert (delivered.account, delivered.delivered, delivered.read) == (ben.account, 2, 0)
    assert (read.delivered, read.read) == (2, 2)
    assert read.read_at_ms >= delivered.delivered_at_ms > 0


def test_receipts_that_moved_meanwhile_are_told_after_hello(
    anna: Person, ben: Person, chat: int
) -> None:
    bens = ben.online()
    bens.send(Mark(chat, 1))
    moved = bens.expect(Receipt)
    bens.close()

    link = anna.link()
    told = [
        frame for frame in link.greet(marks_since_ms=moved.read_at_ms) if isinstance(frame, Receipt)
    ]
    link.close()
    later = anna.link()
    after = later.greet(marks_since_ms=moved.read_at_ms + 1)
    later.close()

    assert told == [moved]
    assert not any(isinstance(frame, Receipt) for frame in after)


def test_what_was_sent_while_away_is_in_the_heads_and_can_be_pulled(
    anna: Person, ben: Person, chat: int
) -> None:
    annas = anna.online()
    for counter in range(2, 12):
        annas.submit(message(chat, counter))
    annas.close()

    bens = ben.link()
    heads = next(frame for frame in bens.greet() if isinstance(frame, Heads))
    bens.send(Pull(7, chat, after=1, limit=100))
    pulled = bens.expect(Entries)
    bens.close()

    assert heads.heads[0].head == 11
    assert pulled.pull_id == 7
    assert [entry.sequence for entry in pulled.entries] == list(range(2, 12))


def test_a_pull_of_what_is_none_of_ones_business_is_empty(
    anna: Person, chat: int, person: MakePerson
) -> None:
    link = person("carl").online()

    link.send(Pull(1, chat, after=0, limit=10))

    answer = link.expect(Entries)
    link.close()
    assert answer.entries == ()


def test_unconfirmed_entries_stop_at_the_window_and_go_on_after_a_confirm(
    anna: Person, ben: Person, chat: int
) -> None:
    annas, bens = anna.online(), ben.online()
    count = limits.UNCONFIRMED_PER_CONVERSATION_MAX + 60
    for counter in range(2, count + 2):
        assert isinstance(annas.submit(message(chat, counter)), Accepted)

    got: list[int] = []
    while len(got) < limits.UNCONFIRMED_PER_CONVERSATION_MAX:
        got += [entry.sequence for entry in bens.expect(Entries).entries]
    bens.send(Confirm(chat, got[-1]))
    while len(got) < count:
        got += [entry.sequence for entry in bens.expect(Entries).entries]

    annas.close()
    bens.close()
    assert got == list(range(2, count + 2))


def test_presence_is_told_to_contacts(anna: Person, ben: Person, chat: int) -> None:
    annas = anna.online()

    bens = ben.online()
    came = annas.expect(Presence)
    bens.close()
    gone = annas.expect(Presence)

    annas.close()
    assert (came.account, came.is_online) == (ben.account, True)
    assert (gone.account, gone.is_online) == (ben.account, False)
    assert gone.last_seen_ms > 0


def test_a_quick_reconnect_is_not_shown(anna: Person, ben: Person, chat: int) -> None:
    annas = anna.online()
    bens = ben.online()
    annas.expect(Presence)

    bens.close()
    again = ben.online()
    again.send(Typing(chat, True))
    frame = annas.receive()

    annas.close()
    again.close()
    assert frame == Typing(chat, True, ben.account)


def test_events_come_live(anna: Person, ben: Person) -> None:
    annas = anna.online()

    anna.befriend(ben)

    first, second = annas.expect(Events), annas.expect(Events)
    annas.close()
    assert [event.kind for event in (*first.events, *second.events)] == [
        EventKind.CONTACTS_CHANGED
    ] * 2
    assert (first.position, second.position) == (1, 2)


def test_a_new_conversation_is_an_event_and_then_its_first_entry(anna: Person, ben: Person) -> None:
    anna.befriend(ben)
    annas, bens = anna.online(), ben.online()

    anna.call("POST", "/v1/conversations", anna.creation(ben))
    event = bens.expect(Events)
    entry = bens.expect(Entries).entries[0]
    own = annas.expect(Events)
    annas.send(Ping(5))
    rest = annas.receive()

    annas.close()
    bens.close()
    assert event.events[0].kind == own.events[0].kind == EventKind.CONVERSATION_NEW
    assert (entry.sequence, entry.kind) == (1, EntryKind.HANDSHAKE)
    assert isinstance(rest, Pong)  # Who made it is not told its first entry.


def test_a_ping_is_answered_with_the_servers_clock(anna: Person) -> None:
    link = anna.online()

    link.send(Ping(12345))

    pong = link.expect(Pong)
    link.close()
    assert pong.ping_sent_ms == 12345
    assert pong.sent_ms >= pong.received_ms > 1_700_000_000_000


def test_the_newest_link_of_a_device_wins(anna: Person) -> None:
    older = anna.online()

    newer = anna.online()

    bye = older.expect(Bye)
    assert bye.code is Code.REPLACED
    assert older.wait_closed() == 4409
    newer.send(Ping(1))
    assert isinstance(newer.receive(), Pong)
    older.close()
    newer.close()


def test_logging_out_closes_the_link(anna: Person) -> None:
    link = anna.online()

    answer = anna.call("DELETE", "/v1/sessions/current")

    assert answer.status == 204
    assert link.expect(Bye).code is Code.UNAUTHENTICATED
    assert link.wait_closed() == 4401
    link.close()
    assert anna.call("GET", "/v1/me").code is Code.UNAUTHENTICATED


@pytest.mark.parametrize(("version", "code"), [(0, 4426), (99, 4427)])
def test_another_version_is_told_who_is_too_old(anna: Person, version: int, code: int) -> None:
    link = anna.link()

    link.send(Hello(version, 1, 0, 0))

    assert link.wait_closed() == code
    link.close()


def test_a_handshake_cannot_be_submitted_in_a_frame(anna: Person, chat: int) -> None:
    link = anna.online()

    answer = link.submit(message(chat, 2, kind=EntryKind.HANDSHAKE, base=1))

    link.close()
    assert isinstance(answer, Refused)
    assert answer.code is Code.MALFORMED


def test_a_flood_of_frames_is_stopped(anna: Person) -> None:
    link = anna.online()

    link.flood(Ping(1), times=limits.FRAMES_PER_SECOND_MAX * 20)

    assert link.wait_closed() == 4429
    link.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_slow_reader_is_closed_and_gets_the_rest_with_the_next_link(
    anna: Person, ben: Person, chat: int, person: MakePerson, server: ServerProcess, as_json: bool
) -> None:
    """The slow reader's socket fills up; the sender and everybody else go on all the same."""
    carl = person("carl")
    other_chat = anna.converse(carl)
    annas, carls = anna.online(), carl.online()
    slow = ben.online(as_json=as_json, is_slow=True)

    counter = 1
    while not _was_too_slow(server, ben) and counter < limits.UNCONFIRMED_PER_CONVERSATION_MAX:
        counter += 1
        assert isinstance(annas.submit(_large(chat, counter)), Accepted)
        assert isinstance(annas.submit(message(other_chat, counter)), Accepted)
        assert carls.expect(Entries).entries[0].sequence == counter
    frames, code = slow.rest()
    slow.close()
    assert isinstance(annas.submit(_large(chat, counter + 1)), Accepted)
    again = ben.link(as_json=as_json)
    heads = next(frame for frame in again.greet() if isinstance(frame, Heads))
    pushed = _sequences(frames)
    missed: list[int] = []
    while len(pushed) + len(missed) < counter:
        again.send(Pull(1, chat, after=len(pushed) + len(missed) + 1, limit=100))
        missed += _sequences([again.expect(Entries)])
    annas.submit(message(chat, counter + 2))
    live = again.expect(Entries)

    for link in (annas, carls, again):
        link.close()
    assert isinstance(frames[-1], Bye)
    assert (frames[-1].code, code) == (Code.SLOW_READER, 4408)
    assert heads.heads[0].head == counter + 1
    assert pushed + missed == list(range(2, counter + 2))
    assert len(missed) * 60_000 > limits.LINK_QUEUE_BYTES_MAX // 2
    assert [entry.sequence for entry in live.entries] == [counter + 2]


@pytest.mark.logs_warnings
def test_a_slow_readers_queue_is_freed_with_its_link(
    hub_office: Office, request: pytest.FixtureRequest
) -> None:
    anna, ben = hub_office.join("anna"), hub_office.join("ben")
    chat = hub_office.converse(anna, ben)
    links, wire = hub_office.app.links, Wire()
    request.addfinalizer(wire.socket.close)
    shell = LinkShell(
        hub_office.services,
        links,
        wire.transport,
        account=ben.account,
        device=ben.device,
        link_id="slow",
    )
    runner = gevent.spawn(shell.run)
    _say_hello(wire)

    sequence = 1
    while len(links) == 1 and sequence < limits.UNCONFIRMED_PER_CONVERSATION_MAX:
        sequence += 1
        stored = EntryStored(_large_entry(chat, sequence), bytes(32), (ben.account,))
        hub_office.services.context.bus.publish(stored)
        gevent.sleep(0)
    with gevent.Timeout(20):
        runner.join()
        while len(hub_office.heard_of(PresenceChanged)) < 2:  # They came, and they are gone.
            gevent.sleep(0.01)
    hub_office.settle()
    gone = weakref.ref(shell)
    del shell, runner
    gevent.sleep(0)  # The writer was let go and ends now.
    gc.collect()

    assert sequence * 60_000 > limits.LINK_QUEUE_BYTES_MAX
    assert sequence < limits.UNCONFIRMED_PER_CONVERSATION_MAX
    assert len(links) == 0
    assert gone() is None


def test_many_links_submit_at_once_and_the_log_has_no_holes(
    anna: Person, ben: Person, chat: int, server: ServerProcess
) -> None:
    links = [anna.online(), ben.online()]
    counts = [60, 60]

    def work(link: Link, first: int, count: int) -> None:
        for counter in range(first, first + count):
            link.send(Submit(message(chat, counter)))

    threads = [
        threading.Thread(target=work, args=(link, first, count))
        for link, first, count in zip(links, (2, 1), counts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [[link.expect(Accepted).sequence for _ in range(60)] for link in links]

    for link in links:
        link.close()
    assert sorted(answers[0] + answers[1]) == list(range(2, 122))
    assert all(answer == sorted(answer) for answer in answers)
    assert server.check().stdout == "All is well.\n"


def _large(chat: int, counter: int) -> Submission:
    return message(chat, counter, payload=bytes(60_000))


def _was_too_slow(server: ServerProcess, reader: Person) -> bool:
    return f"(device {reader.device}) is read too slowly" in server.log_text()


def _sequences(frames: Sequence[ServerFrame]) -> list[int]:
    return [
        entry.sequence for frame in frames if isinstance(frame, Entries) for entry in frame.entries
    ]


def _say_hello(wire: Wire) -> None:
    """Open the link and read up to its heads."""
    hello = encode_frame(Hello(1, 1, 0, 0, "test"))
    assert isinstance(hello, bytes)
    wire.write(hello)
    frames: list[ServerFrame] = []
    while not (frames and isinstance(frames[-1], Heads)):
        events = wire.read()
        frames += [
            decode_server_frame(bytes(event.data))
            for event in events
            if isinstance(event, BytesMessage)
        ]


def _large_entry(chat: int, sequence: int) -> Entry:
    return Entry(
        conversation_id=chat,
        sequence=sequence,
        entry_id=sequence,
        kind=EntryKind.APPLICATION,
        account=1,
        device=1,
        device_counter=sequence,
        parent=1,
        base=1,
        document_hash=None,
        sent_at_ms=1,
        sent_error_ms=1,
        received_at_ms=1,
        expires_at_ms=0,
        blob_ids=(),
        payload_hash=bytes(32),
        chain=bytes(32),
        payload=bytes(60_000),
    )


def make_group(owner: Person) -> RosterDocument:
    document = RosterDocument(
        conversation_id=new_id(),
        kind=ConversationKind.GROUP,
        members=(member_of(owner, Role.OWNER),),
    )
    owner.call("POST", "/v1/conversations", group_creation(document)).read(Conversation)
    return document


def commit(who: Person, document: RosterDocument, *, counter: int, base: int) -> HandshakeAccepted:
    number = document.conversation_id
    made = next_handshake(
        number, counter=counter, parent=base, base=base, content=encode_document(document)
    )
    answer = who.call("POST", f"/v1/conversations/{number}/handshakes", made)
    return answer.read(HandshakeAccepted)


def test_who_is_added_is_served_from_there_and_who_goes_up_to_there(
    anna: Person, ben: Person
) -> None:
    anna.befriend(ben)
    document = make_group(anna)
    number = document.conversation_id
    annas, bens = anna.online(), ben.online()
    with_ben = with_members(document, [member_of(ben)])

    annas.submit(message(number, 2))
    added = commit(anna, with_ben, counter=3, base=1)
    first = bens.expect(Entries)
    annas.submit(message(number, 4, parent=3))
    second = bens.expect(Entries)
    gone = commit(anna, without_member(with_ben, ben.account), counter=5, base=3)
    last = bens.expect(Entries)
    annas.submit(message(number, 6, parent=5))
    again = commit(
        anna,
        with_members(without_member(with_ben, ben.account), [member_of(ben)]),
        counter=7,
        base=5,
    )
    anew = bens.expect(Entries)

    annas.close()
    bens.close()
    assert [frame.entries[0].sequence for frame in (first, second, last, anew)] == [3, 4, 5, 7]
    assert (added.sequence, gone.sequence, again.sequence) == (3, 5, 7)
    assert chain.is_linked(first.chain_before, first.entries[0])
    assert first.chain_before != chain.START
    assert chain.is_linked(anew.chain_before, anew.entries[0])


def test_the_own_commit_comes_over_the_link_too(anna: Person) -> None:
    document = make_group(anna)
    annas = anna.online()

    made = next_handshake(
        document.conversation_id,
        counter=2,
        parent=1,
        base=1,
        content=encode_document(document),
        has_document=False,
    )
    path = f"/v1/conversations/{document.conversation_id}/handshakes"
    accepted = anna.call("POST", path, made).read(HandshakeAccepted)
    entry = annas.expect(Entries).entries[0]

    annas.close()
    assert (entry.sequence, entry.payload_hash) == (accepted.sequence, accepted.payload_hash)


def test_one_who_has_gone_catches_up_to_there(anna: Person, ben: Person) -> None:
    anna.befriend(ben)
    document = make_group(anna)
    with_ben = with_members(document, [member_of(ben)])
    commit(anna, with_ben, counter=2, base=1)
    commit(anna, without_member(with_ben, ben.account), counter=3, base=2)
    annas = anna.online()
    annas.submit(message(document.conversation_id, 4, parent=3))
    annas.close()

    bens = ben.link()
    heads = [head for frame in bens.greet() if isinstance(frame, Heads) for head in frame.heads]
    bens.send(Pull(1, document.conversation_id, 1, 100))
    pulled = bens.expect(Entries)
    bens.send(Pull(2, document.conversation_id, 3, 100))
    beyond = bens.expect(Entries)

    bens.close()
    assert [(head.head, head.newest_handshake) for head in heads] == [(3, 3)]
    assert [entry.sequence for entry in pulled.entries] == [2, 3]
    assert heads[0].chain == pulled.entries[-1].chain
    assert beyond.entries == ()
