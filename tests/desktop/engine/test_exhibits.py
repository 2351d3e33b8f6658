"""What each attack leaves behind: an alarm whose proof others check without a server."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop import commands
from desktop.engine.alarms import Finding
from desktop.engine.exhibits import Exhibits
from desktop.events import Alarm, AuditExported
from desktop.storage.intent_store import Rotate
from shared import limits
from shared.chain import binding_bytes, chain_after, hash_payload
from shared.e2ee.account import DeviceKeys, certify_device
from shared.e2ee.devices import append_device
from shared.e2ee.evidence import (
    BadCommit,
    BadHead,
    BadRoster,
    BrokenChain,
    Evidence,
    Fork,
    Misbound,
    Noted,
    OtherTag,
    Outsider,
    SeenElsewhere,
    SignedHead,
    SwappedPackage,
    TwoLists,
    UnlistedDevice,
    Verdict,
    check_proof,
    decode_evidence,
)
from shared.e2ee.facade import confirmation_tag_of
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.warrants import make_leave
from shared.entries import Entry, EntryKind, Head, Submission
from shared.errors import Code, SealError
from shared.events import Event, EventKind
from shared.frames import Accepted, Entries, Events, Heads, Refused
from shared.identifiers import ConversationId
from shared.rest_devices import ClaimedKeyPackages
from shared.roster import RosterDocument, encode_document, hash_document
from shared.roster_rules import RosterDraft
from tests.desktop.engine.forged import append, push
from tests.desktop.engine.small_server import Log, Seat

pytestmark = [pytest.mark.asyncio, pytest.mark.logs_warnings]
Sit = Callable[..., Seat]


async def export(seat: Seat, conversation_id: int) -> bytes:
    command = commands.ExportAudit(conversation_id=ConversationId(conversation_id))
    exported = await seat.parts.account_commands.carry_out(command)
    assert isinstance(exported, AuditExported)
    return exported.data


def told(seat: Seat, finding: Finding) -> bool:
    return any(isinstance(each, Alarm) and each.kind == finding for each in seat.told)


def stored(seat: Seat, conversation_id: int, finding: Finding) -> Evidence:
    kept = seat.parts.context.storage.findings.findings(conversation_id)
    (found,) = [each for each in kept if each.kind == finding]
    return decode_evidence(found.evidence)


async def proved(
    seat: Seat, conversation_id: int, finding: Finding, kind: type[Evidence]
) -> Verdict:
    """Check that a finding was told, with evidence; return what the exported proof says of it."""
    assert told(seat, finding)
    assert type(stored(seat, conversation_id, finding)) is kind
    data = await export(seat, conversation_id)
    (verdict,) = [each for each in check_proof(data).verdicts if each.kind == finding]
    assert verdict.holds, verdict.message
    for at in range(0, len(data), max(1, len(data) // 40)):
        with pytest.raises(SealError):
            check_proof(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    return verdict


def rechain(log: Log, sequence: int, **changes: Any) -> Entry:
    """Let the server rewrite an entry, and all chain values from there on."""
    for at in range(sequence - 1, len(log.entries)):
        before = log.entries[at - 1].chain if at else bytes(32)
        entry = log.entries[at]
        if at == sequence - 1:
            entry = msgspec.structs.replace(entry, **changes)
        log.entries[at] = msgspec.structs.replace(entry, chain=chain_after(before, entry))
    return log.entries[sequence - 1]


def handshake(seat: Seat, number: int, payload: bytes, document: RosterDocument | None) -> Entry:
    """Let the server take a handshake, whatever it is."""
    log = seat.server.logs[number]
    document_hash = log.entries[log.newest_handshake - 1].document_hash
    if document is not None:
        data = encode_document(document)
        document_hash = hash_document(data)
        log.documents[document_hash] = data
    entry = append(
        seat,
        number,
        kind=EntryKind.HANDSHAKE,
        parent=log.newest_handshake,
        base=log.newest_handshake,
        document_hash=document_hash,
        payload=payload,
    )
    push(seat, entry)
    return entry


def roster_of(seat: Seat, number: int) -> RosterDocument:
    return seat.server.logs[number].document


# Handshakes.


async def test_junk_that_no_device_signed_blames_nobody(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    handshake(anna, chat, b"junk", None)
    await ben.settle()

    verdict = await proved(ben, chat, Finding.JUNK_HANDSHAKE, BadCommit)
    assert verdict.blamed == "unclear"


async def test_a_roster_against_the_rules_blames_the_server(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    # Ben, who is no admin, would be alone.
    before = roster_of(ben, club)
    after = msgspec.structs.replace(before, number=2, members=before.members[1:])

    handshake(ben, club, b"junk", after)
    await anna.settle()

    verdict = await proved(anna, club, Finding.JUNK_HANDSHAKE, BadRoster)
    assert verdict.blamed == "server"
    assert "against the rules" in verdict.message


async def test_a_commit_that_a_member_made_against_the_rules_blames_its_device(sit: Sit) -> None:
    anna, ben, carol = await sit("anna").up(), await sit("ben").up(), sit("carol")
    await carol.parts.connection._parts.prekeys.publish()
    club = await anna.group("club", ben)
    log = ben.server.logs[club]
    group = ben.parts.states.group(club)
    assert group is not None
    submission = Submission(
        conversation_id=club,
        kind=EntryKind.HANDSHAKE,
        device_counter=1,
        parent=1,
        base=1,
        document_hash=log.entries[0].document_hash,
        sent_at_ms=ben.server.now_ms,
        sent_error_ms=0,
        payload=b"",
    )
    binding = binding_bytes(
        submission, account=ben.account, device=ben.device, seen=1, seen_chain=log.entries[0].chain
    )
    # Carol's device, though her account is not in the roster.
    change = group.change(
        add=(carol.server.packages[carol.device][0][0],),
        now_s=ben.server.now_ms // 1000,
        authenticated_data=binding,
        policy=None,
    )
    entry = ben.server._append(
        ben, log, msgspec.structs.replace(submission, payload=change.handshake)
    )
    ben.server._push(log, entry, but=None)
    await anna.settle()

    verdict = await proved(anna, club, Finding.JUNK_HANDSHAKE, BadCommit)
    assert verdict.blamed == "device"


async def test_a_forged_leave_blames_the_server(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    before = roster_of(ben, club)
    # Ben's device signs that Carol wants to go.
    warrant = make_leave(
        before,
        account=carol.account,
        proof=ben.parts.context.me().proof,
        key=ben.keys.signature,
    )
    after = RosterDraft.of(before).without_member(carol.account, warrants=[warrant]).document()

    handshake(ben, club, b"junk", after)
    await anna.settle()

    verdict = await proved(anna, club, Finding.FORGED_WARRANT, BadRoster)
    assert verdict.blamed == "server"


async def test_a_flipped_confirmation_tag_is_proved_by_what_was_signed(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    def flip(seat: Seat, what: str, value: Any) -> Any:
        if what != "frame" or seat is anna or not isinstance(value, Entries):
            return value
        if [each.sequence for each in value.entries] != [2]:
            return value
        payload = bytearray(value.entries[0].payload)
        payload[payload.rindex(confirmation_tag_of(bytes(payload)))] ^= 1
        entry = msgspec.structs.replace(
            value.entries[0], payload=bytes(payload), payload_hash=hash_payload(bytes(payload))
        )
        entry = msgspec.structs.replace(entry, chain=chain_after(value.chain_before, entry))
        return msgspec.structs.replace(value, entries=(entry,))

    anna.server.twist = flip
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.settle()

    verdict = await proved(ben, chat, Finding.FORGED_HANDSHAKE, OtherTag)
    assert verdict.blamed == "unclear"


async def test_a_signed_state_of_another_epoch_is_told_with_its_place(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    log = anna.server.logs[chat]
    log.states[-1] = msgspec.structs.replace(log.states[0], sequence=2, parent=1)

    ben.parts.connection._parts.following.lose(chat)
    await ben.until(lambda: told(ben, Finding.STALE_GROUP_INFO))

    verdict = await proved(ben, chat, Finding.STALE_GROUP_INFO, Noted)
    assert verdict.blamed == "unclear"


async def test_a_withheld_handshake_is_told_with_its_place(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    def blank(seat: Seat, what: str, value: Any) -> Any:
        if what != "frame" or seat is anna or not isinstance(value, Entries):
            return value
        entries = tuple(msgspec.structs.replace(each, payload=b"") for each in value.entries)
        return msgspec.structs.replace(value, entries=entries)

    anna.server.twist = blank
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.until(lambda: told(ben, Finding.BLANKED_PAYLOAD))

    verdict = await proved(ben, chat, Finding.BLANKED_PAYLOAD, Noted)
    assert "unsigned" in verdict.message


async def test_stale_without_anything_newer_is_told_with_the_newest(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    lies = [1]

    def lie(seat: Seat, what: str, value: Any) -> Any:
        if what == "frame" and isinstance(value, Accepted) and lies:
            lies.pop()
            return Refused(
                value.conversation_id,
                value.device_counter,
                value.payload_hash,
                Code.STALE,
                "no",
                own_counter=value.device_counter,
                newest_handshake=1,
            )
        return value

    anna.server.twist = lie
    await anna.say(chat, "once")

    verdict = await proved(anna, chat, Finding.FALSE_STALE, Noted)
    assert verdict.blamed == "unclear"


# Messages.


async def test_an_entry_of_a_stranger_blames_the_server(sit: Sit) -> None:
    anna, ben, carol = await sit("anna").up(), await sit("ben").up(), sit("carol")
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")

    push(carol, append(carol, chat))
    await ben.settle()

    verdict = await proved(ben, chat, Finding.INVENTED_MEMBER, Outsider)
    assert verdict.blamed == "server"
    assert ben.texts(chat) == ["hello", "<unreadable>"]


async def test_an_entry_of_a_device_that_nobody_listed_is_told_once_the_list_was_asked(
    sit: Sit,
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    entry = append(anna, chat)
    rechain(anna.server.logs[chat], entry.sequence, device=999)
    ben.calls.clear()

    push(anna, anna.server.logs[chat].entries[-1])
    await ben.settle()

    verdict = await proved(ben, chat, Finding.INVENTED_DEVICE, UnlistedDevice)
    assert verdict.blamed == "unclear"
    assert f"GET /v1/users/{anna.account}/keys" in ben.calls
    assert ben.texts(chat) == ["<unreadable>"]


async def test_a_device_that_could_not_be_asked_for_is_not_accused(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    entry = append(anna, chat)
    rechain(anna.server.logs[chat], entry.sequence, device=999)
    anna.owner.device_list.clear()  # An older list than the one seen: nobody goes by it.

    push(anna, anna.server.logs[chat].entries[-1])
    await ben.settle()

    assert told(ben, Finding.STALE_DEVICE_LIST)
    assert not told(ben, Finding.INVENTED_DEVICE)


async def test_changed_clear_fields_are_told_when_the_message_comes(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await ben.down()
    await anna.say(chat, "at noon")
    log = anna.server.logs[chat]
    rechain(log, 2, sent_at_ms=log.entries[1].sent_at_ms + 60_000)

    await ben.up()

    verdict = await proved(ben, chat, Finding.FORGED_FIELDS, Misbound)
    assert verdict.blamed == "unclear"
    assert ben.texts(chat) == ["<unreadable>"]


class OtherLog:
    """Shows one seat a log in which an entry is another one, with chains and heads that fit."""

    def __init__(self, log: Log, victim: Seat, sequence: int, **changes: Any) -> None:
        self.log, self.victim, self.sequence, self.changes = log, victim, sequence, changes

    def entries(self) -> list[Entry]:
        other = Log(self.log.document, self.log.pair, entries=list(self.log.entries))
        if len(other.entries) >= self.sequence:
            rechain(other, self.sequence, **self.changes)
        return other.entries

    def __call__(self, seat: Seat, what: str, value: Any) -> Any:
        if seat is not self.victim or what != "frame":
            return value
        shown = self.entries()
        if isinstance(value, Heads):
            heads = [seat.server.signed(each, shown[each.head - 1].chain) for each in value.heads]
            return msgspec.structs.replace(value, heads=tuple(heads))
        if isinstance(value, Entries) and value.entries:
            first, last = value.entries[0].sequence, value.entries[-1].sequence
            before = shown[first - 2].chain if first > 1 else bytes(32)
            return msgspec.structs.replace(
                value, chain_before=before, entries=tuple(shown[first - 1 : last])
            )
        return value


async def test_a_message_whose_sender_saw_another_log_is_told_and_shown(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    anna.server.twist = OtherLog(anna.server.logs[chat], ben, 2, payload_hash=bytes(32))
    await anna.say(chat, "kept from Ben")

    await anna.say(chat, "shown")

    verdict = await proved(ben, chat, Finding.DROPPED_ENTRY, SeenElsewhere)
    assert verdict.blamed == "unclear"
    assert "saw another log" in verdict.message
    assert ben.texts(chat)[-1] == "shown"


# Chain and heads.


def note_head(seat: Seat, head: Head) -> None:
    seat.parts.connection._parts.heads.note([head])


async def test_an_entry_that_does_not_continue_the_chain_is_told_with_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    def unlink(seat: Seat, what: str, value: Any) -> Any:
        if seat is not ben or what != "frame" or not isinstance(value, Entries):
            return value
        entries = tuple(msgspec.structs.replace(each, chain=b"x" * 32) for each in value.entries)
        return msgspec.structs.replace(value, entries=entries)

    anna.server.twist = unlink
    await anna.say(chat, "hello")

    verdict = await proved(ben, chat, Finding.BROKEN_CHAIN, BrokenChain)
    assert verdict.blamed == "unclear"
    assert ben.texts(chat) == ["hello"]


async def test_two_signed_heads_of_one_place_blame_the_server(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    head = anna.server.head(anna, chat)
    note_head(ben, head)

    note_head(ben, anna.server.signed(head, b"x" * 32))

    verdict = await proved(ben, chat, Finding.FORK, Fork)
    assert verdict.blamed == "server"


async def test_a_head_that_the_log_contradicts_is_proved_by_a_later_one(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    head = anna.server.signed(anna.server.head(anna, chat), b"x" * 32)
    note_head(ben, head)
    kept = ben.parts.context.storage.findings
    at_first = [each.evidence for each in kept.findings(chat)]
    await anna.say(chat, "hello")

    # The audit asks for the newest head: the server signs the log that is here.
    verdict = await proved_after_audit(ben, chat)

    assert at_first == [b""]
    assert verdict.blamed == "server"
    assert len([each for each in ben.told if isinstance(each, Alarm)]) == 1


async def proved_after_audit(seat: Seat, conversation_id: int) -> Verdict:
    await export(seat, conversation_id)
    return await proved(seat, conversation_id, Finding.FORK, Fork)


async def test_a_head_that_the_server_did_not_sign_is_proved(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    head = msgspec.structs.replace(anna.server.head(anna, chat), signature=bytes(64))

    note_head(ben, head)

    verdict = await proved(ben, chat, Finding.BAD_HEAD, BadHead)
    assert verdict.blamed == "unclear"


# Keys.


def another_device(seat: Seat, *, after: int) -> None:
    """Let a root list a device after the first entries, as if the later ones were not there."""
    owner = seat.owner
    device = DeviceKeys(7, SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32)))
    entries = owner.device_list[:after]
    entry = append_device(entries, certify_device(device, root=owner.root), root=owner.root)
    owner.device_list[after:] = [entry]


async def tell_devices(seat: Seat, of: Seat) -> None:
    event = Event(position=99, at_ms=1, kind=EventKind.DEVICES_CHANGED.value, account=of.account)
    seat.queue(Events((event,), 99))
    await seat.settle()


async def test_a_shorter_device_list_is_proved(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    sit("ben", "desk")
    chat = await anna.direct(ben)

    ben.owner.device_list.pop()
    await tell_devices(anna, ben)

    verdict = await proved(anna, chat, Finding.STALE_DEVICE_LIST, TwoLists)
    assert verdict.blamed == "unclear"


async def test_two_device_lists_of_one_root_blame_its_owner(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    sit("ben", "desk")
    chat = await anna.direct(ben)

    another_device(ben, after=1)
    await tell_devices(anna, ben)

    verdict = await proved(anna, chat, Finding.STALE_DEVICE_LIST, TwoLists)
    assert verdict.blamed == "device"


async def test_a_swapped_key_package_is_proved(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    foreign = carol.server.packages[carol.device][0][0]

    def swap(seat: Seat, what: str, value: Any) -> Any:
        if isinstance(value, ClaimedKeyPackages):
            swapped = [msgspec.structs.replace(each, package=foreign) for each in value.packages]
            return ClaimedKeyPackages(packages=swapped)
        return value

    anna.server.twist = swap
    club = await anna.group("club", ben)

    verdict = await proved(anna, club, Finding.SWAPPED_KEY_PACKAGE, SwappedPackage)
    assert verdict.blamed == "unclear"
    # Nobody's device was let in by it.
    log = anna.parts.states.log(club)
    assert log is not None
    assert log.leaves_of(account=carol.account) == ()


# What is here, and what is not.


async def talk(sit: Sit) -> tuple[Seat, ConversationId]:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(4):
        await anna.say(chat, str(number))
    return ben, chat


def exhibits_of(seat: Seat) -> Exhibits:
    return seat.parts.connection._parts.alarms.exhibits


async def test_a_run_has_no_holes_and_no_payloads(sit: Sit) -> None:
    ben, chat = await talk(sit)
    exhibits = exhibits_of(ben)

    run = exhibits.run(chat, 2, 4)

    entries = ben.server.logs[chat].entries
    assert run is not None
    assert run.chain_before == entries[0].chain
    assert [each.chain for each in run.entries] == [each.chain for each in entries[1:4]]
    assert not any(each.payload for each in run.entries)
    assert exhibits.run(chat, 4, 3) is None
    assert exhibits.run(chat, 4, 9) is None
    assert exhibits.run(chat, 9, 9) is None
    assert exhibits.run(chat, 1, limits.PROOF_ENTRIES_MAX) is None


async def test_what_shows_nothing_is_no_evidence(sit: Sit) -> None:
    ben, chat = await talk(sit)
    exhibits = exhibits_of(ben)
    entry = ben.parts.context.storage.messages.entry(chat, 3)
    assert entry is not None
    log = ben.parts.states.log(chat)
    assert log is not None
    group = ben.parts.states.group(chat)
    strange = msgspec.structs.replace(entry, conversation_id=5)

    assert exhibits.misbound(entry) is None
    assert exhibits.seen_elsewhere(entry) is None
    assert exhibits.broken_chain(chat, 3) is None
    assert exhibits.broken_chain(chat, 9) is None
    assert exhibits.outsider(entry, log.document_hash) is None
    assert exhibits.outsider(entry, bytes(32)) is None
    assert exhibits.noted(chat, 9) is None
    assert exhibits.unlisted(entry, root_key=bytes(32), devices=()) is None
    assert exhibits.bad_roster(log, entry, None) is None
    assert exhibits.bad_commit(log, entry, None, None) is None
    assert exhibits.fork(ben.server.head(ben, chat)) is None
    for build in (exhibits.misbound, exhibits.seen_elsewhere):
        assert build(strange) is None
    assert exhibits.unlisted(strange, root_key=bytes(32), devices=()) is None
    assert exhibits.bad_commit(log, strange, None, group) is None
    assert not exhibits.is_forged(entry)
    assert not exhibits.is_forged(msgspec.structs.replace(entry, payload=b"junk"))


async def test_a_handshake_is_not_measured_on_another_epoch(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    before = anna.parts.states.log(chat)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.settle()
    entry = anna.parts.context.storage.messages.entry(chat, 2)
    group = anna.parts.states.group(chat)
    assert before is not None
    assert entry is not None

    # It is a good one, and would look like junk.
    assert exhibits_of(anna).bad_commit(before, entry, None, group) is None


async def test_a_roster_that_cannot_be_read_breaks_the_rules(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    log = anna.parts.states.log(club)
    assert log is not None
    document = b"no roster"
    entry = append(
        anna,
        club,
        kind=EntryKind.HANDSHAKE,
        base=1,
        document_hash=hash_document(document),
        payload=b"junk",
    )
    anna.parts.context.storage.messages.save_entries([entry, *anna.server.logs[club].entries])
    exhibits = exhibits_of(anna)

    assert isinstance(exhibits.bad_roster(log, entry, document), BadRoster)
    assert exhibits.finding_of(log, entry, document) is Finding.JUNK_HANDSHAKE


async def test_a_run_is_led_on_to_the_nearest_signed_head(sit: Sit) -> None:
    ben, chat = await talk(sit)
    exhibits = exhibits_of(ben)
    noted = exhibits.noted(chat, 2)
    assert noted is not None
    entries = ben.server.logs[chat].entries
    before = exhibits.vouched(noted, longest=9)
    for sequence in (5, 4):
        head = msgspec.structs.replace(ben.server.head(ben, chat), head=sequence)
        signed = ben.server.signed(head, entries[sequence - 1].chain)
        ben.parts.context.storage.findings.save_head(signed)

    after = exhibits.vouched(noted, longest=9)

    assert isinstance(before, Noted)
    assert before.run.head is None
    assert isinstance(after, Noted)
    assert after.run.head is not None
    assert (after.run.head.sequence, len(after.run.entries)) == (4, 3)
    assert exhibits.kept(after) is after
    assert exhibits.vouched(after, longest=9) is after
    assert exhibits.vouched(noted, longest=1) is noted
    head_alone = BadHead(head=SignedHead.of(ben.server.head(ben, chat)))
    assert exhibits.vouched(head_alone, longest=9) is head_alone


async def test_a_run_of_another_log_than_the_one_here_is_left_as_it_is(sit: Sit) -> None:
    ben, chat = await talk(sit)
    exhibits = exhibits_of(ben)
    noted = exhibits.noted(chat, 2)
    assert noted is not None
    ben.parts.context.storage.findings.save_head(ben.server.head(ben, chat))
    moved = msgspec.structs.replace(noted.run.entries[0], chain=b"x" * 32)
    other = msgspec.structs.replace(noted, run=msgspec.structs.replace(noted.run, entries=(moved,)))

    assert exhibits.vouched(other, longest=9) is other
