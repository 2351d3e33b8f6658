"""Tests of `shared.e2ee.evidence_values`: each evidence, and its twin that shows nothing."""

from __future__ import annotations

import msgspec
import pytest

from shared.chain import START
from shared.e2ee.account import DeviceKeys, certify_device
from shared.e2ee.devices import append_device, append_revocation
from shared.e2ee.evidence_values import (
    BadCommit,
    BadHead,
    BadRoster,
    Blame,
    BrokenChain,
    Evidence,
    Fork,
    Misbound,
    Noted,
    OtherTag,
    Outsider,
    SeenElsewhere,
    SwappedPackage,
    Trust,
    TwoLists,
    UnlistedDevice,
    check_evidence,
    check_run,
    nameless,
    skeletons,
)
from shared.e2ee.facade import Conversation
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.messages import seal_message
from shared.entries import EntryKind
from shared.errors import SealError
from tests.shared.e2ee.forged_log import (
    ANNA,
    BERT,
    CLEO,
    DOCUMENT,
    SERVER,
    TRUST,
    WITH_CLEO,
    ForgedLog,
    Person,
    Talk,
    bare,
    draw,
    make_document,
    make_talk,
    sign_head,
    with_payload,
)

OTHER_CHAIN = b"o" * 32


def blamed(evidence: Evidence, trust: Trust = TRUST) -> Blame:
    shown = check_evidence(evidence, trust)
    assert shown.message.endswith(".")
    return shown.blamed


def refused(evidence: Evidence, reason: str, trust: Trust = TRUST) -> None:
    with pytest.raises(SealError, match=reason):
        check_evidence(evidence, trust)


def make_log(count: int = 4) -> ForgedLog:
    """Return a log of one handshake that names `DOCUMENT`, and messages."""
    log = ForgedLog()
    log.append(log.draft(EntryKind.HANDSHAKE, document=DOCUMENT, parent=0))
    while len(log.entries) < count:
        log.append(log.draft())
    return log


# --- Runs ---


def test_server_answers_for_a_run_up_to_a_head_it_signed() -> None:
    log = make_log()

    assert check_run(log.run(), TRUST) is Blame.SERVER
    assert check_run(log.run(3), TRUST) is Blame.SERVER
    assert check_run(log.run(is_signed=False), TRUST) is Blame.UNCLEAR


def test_run_with_a_hole_a_change_or_another_beginning_is_refused() -> None:
    log = make_log()
    run = log.run()
    entries = run.entries
    changed = msgspec.structs.replace(entries[1], expires_at_ms=7)
    elsewhere = msgspec.structs.replace(entries[1], conversation_id=99)
    broken = [
        (entries[0], *entries[2:]),
        (entries[0], changed, *entries[2:]),
        (entries[0], elsewhere, *entries[2:]),
        entries[1:],
    ]

    for forged in broken:
        with pytest.raises(SealError):
            check_run(msgspec.structs.replace(run, entries=forged), TRUST)
    with pytest.raises(SealError, match="beginning"):
        check_run(msgspec.structs.replace(run, chain_before=OTHER_CHAIN), TRUST)


def test_run_needs_the_head_of_its_own_end_and_of_this_server() -> None:
    log = make_log()
    run = log.run()
    elsewhere = [
        sign_head(3, log.entries[2].chain),
        sign_head(4, OTHER_CHAIN),
        sign_head(4, log.chain, conversation_id=99),
    ]

    for head in elsewhere:
        with pytest.raises(SealError, match="not where"):
            check_run(msgspec.structs.replace(run, head=head), TRUST)
    with pytest.raises(SealError, match="signature"):
        check_run(run, Trust(ANNA.root.public, TRUST.roots))


def test_runs_and_device_lists_hold_no_payload_and_no_name() -> None:
    log = make_log(2)
    named = msgspec.structs.replace(ANNA.certificate, sealed_name=b"sealed")
    entries = [append_device([], named, root=ANNA.root)]
    entries.append(append_revocation(entries, ANNA.device.device_id, root=ANNA.root))

    assert {entry.payload for entry in skeletons(log.entries)} == {b""}
    assert nameless(entries) == (ANNA.devices[0], entries[1])


# --- Heads and chain ---


def test_two_signed_heads_of_one_place_show_a_fork() -> None:
    log = make_log()

    assert blamed(Fork(first=log.head(), second=sign_head(4, OTHER_CHAIN))) is Blame.SERVER


def test_two_signed_heads_show_a_fork_when_one_does_not_lead_to_the_other() -> None:
    log = make_log()
    between = log.run(3)

    fork = Fork(first=sign_head(2, OTHER_CHAIN), second=log.head(), between=between)

    assert blamed(fork) is Blame.SERVER
    first_of_all = Fork(first=sign_head(0, OTHER_CHAIN), second=log.head(), between=log.run())
    assert blamed(first_of_all) is Blame.SERVER


def test_heads_of_one_log_are_no_fork() -> None:
    log = make_log()
    earlier = sign_head(2, log.entries[1].chain)

    refused(Fork(first=log.head(), second=log.head()), "agree")
    refused(Fork(first=earlier, second=log.head(), between=log.run(3)), "agree")
    refused(Fork(first=earlier, second=log.head()), "missing")
    refused(Fork(first=earlier, second=log.head(), between=log.run(2)), "do not lead")


def test_heads_that_one_could_write_oneself_are_no_fork() -> None:
    log = make_log()
    other = sign_head(4, OTHER_CHAIN)
    unsigned = msgspec.structs.replace(other, signature=bytes(64))
    elsewhere = sign_head(4, OTHER_CHAIN, conversation_id=99)

    refused(Fork(first=log.head(), second=unsigned), "signature")
    refused(Fork(first=unsigned, second=log.head()), "signature")
    refused(Fork(first=log.head(), second=elsewhere), "two logs")


def test_head_that_the_server_did_not_sign_blames_nobody() -> None:
    log = make_log()
    unsigned = msgspec.structs.replace(log.head(), signature=bytes(64))

    assert blamed(BadHead(head=unsigned)) is Blame.UNCLEAR
    refused(BadHead(head=log.head()), "did sign")


def test_entry_that_does_not_continue_the_chain_blames_nobody() -> None:
    log = make_log()
    [before, entry] = skeletons(log.entries[1:3])

    assert blamed(BrokenChain(chain_before=START, entry=entry)) is Blame.UNCLEAR
    refused(BrokenChain(chain_before=before.chain, entry=entry), "continues")


def test_noted_entry_is_in_the_log_and_no_more() -> None:
    log = make_log()

    assert blamed(Noted(run=log.run(2), sequence=3)) is Blame.UNCLEAR
    for absent in (1, 5):
        refused(Noted(run=log.run(2), sequence=absent), "not in the run")


# --- Bindings ---


def test_handshake_made_for_other_fields_is_shown() -> None:
    talk = make_talk()
    submission, _ = talk.commit()
    changed = msgspec.structs.replace(submission, expires_at_ms=7)
    talk.log.append(changed)

    evidence = Misbound(run=talk.log.run(), sequence=2, payload=submission.payload)

    assert blamed(evidence) is Blame.UNCLEAR
    first = Misbound(run=talk.log.run(), sequence=1, payload=talk.log.entries[0].payload)
    refused(first, "belongs to the entry")
    refused(msgspec.structs.replace(evidence, payload=first.payload), "not the entry's")


def message(talk: Talk, *, seen: int | None = None, seen_chain: bytes | None = None) -> bytes:
    """Append a message whose sender says it saw this; return its payload."""
    draft = talk.log.draft()
    binding = talk.log.binding(draft, seen=seen, seen_chain=seen_chain)
    _, payload = seal_message(talk.anna, b"hello", binding=binding)
    talk.log.append(with_payload(draft, payload))
    return payload


def test_message_made_for_other_fields_is_shown() -> None:
    talk = make_talk()
    draft = talk.log.draft()
    _, payload = seal_message(talk.anna, b"hello", binding=talk.log.binding(draft))
    talk.log.append(msgspec.structs.replace(draft, payload=payload, expires_at_ms=7))
    good = message(talk)

    evidence = Misbound(run=talk.log.run(), sequence=2, payload=payload)

    assert blamed(evidence) is Blame.UNCLEAR
    refused(Misbound(run=talk.log.run(), sequence=3, payload=good), "belongs to the entry")


def test_payload_that_binds_nothing_shows_nothing() -> None:
    log = make_log(1)
    package, junk = ANNA.prekey().public, b"junk"
    log.append(log.draft(payload=package))
    log.append(log.draft(payload=junk))

    refused(Misbound(run=log.run(), sequence=2, payload=package), "neither")
    with pytest.raises(SealError):
        check_evidence(Misbound(run=log.run(), sequence=3, payload=junk), TRUST)


def test_sender_that_saw_another_log_shows_a_dropped_entry() -> None:
    talk = make_talk()
    payload = message(talk, seen_chain=OTHER_CHAIN)

    evidence = SeenElsewhere(run=talk.log.run(), sequence=2, payload=payload)

    assert blamed(evidence) is Blame.UNCLEAR
    alone = msgspec.structs.replace(evidence, run=talk.log.run(2))
    assert blamed(alone) is Blame.UNCLEAR


def test_sender_that_saw_more_than_was_there_shows_a_dropped_entry() -> None:
    talk = make_talk()
    payload = message(talk, seen=9)

    evidence = SeenElsewhere(run=talk.log.run(2), sequence=2, payload=payload)

    assert blamed(evidence) is Blame.UNCLEAR


def test_sender_that_saw_this_log_shows_nothing() -> None:
    talk = make_talk()
    first = message(talk)
    third = message(talk, seen=1, seen_chain=talk.log.entries[0].chain)
    run = talk.log.run()

    refused(SeenElsewhere(run=run, sequence=2, payload=first), "this very log")
    refused(SeenElsewhere(run=talk.log.run(3), sequence=3, payload=third), "does not hold")


def test_payload_of_another_entry_does_not_show_what_was_seen() -> None:
    talk = make_talk()
    draft = talk.log.draft()
    binding = talk.log.binding(draft, seen_chain=OTHER_CHAIN)
    _, payload = seal_message(talk.anna, b"hello", binding=binding)
    talk.log.append(msgspec.structs.replace(draft, payload=payload, expires_at_ms=7))

    refused(SeenElsewhere(run=talk.log.run(), sequence=2, payload=payload), "does not belong")


# --- Members and devices ---


def test_entry_of_no_member_blames_the_server_that_signed_for_it() -> None:
    log = make_log(2)
    log.append(log.draft(), by=CLEO)

    evidence = Outsider(run=log.run(), sequence=3, document=DOCUMENT)

    assert blamed(evidence) is Blame.SERVER
    unsigned = msgspec.structs.replace(evidence, run=log.run(is_signed=False))
    assert blamed(unsigned) is Blame.UNCLEAR


def test_entry_of_a_barred_device_blames_the_server_that_signed_for_it() -> None:
    log = ForgedLog()
    document = make_document(barred=BERT.device.device_id)
    log.append(log.draft(EntryKind.HANDSHAKE, document=document, parent=0))
    log.append(log.draft(), by=BERT)

    assert blamed(Outsider(run=log.run(), sequence=2, document=document)) is Blame.SERVER


def test_entry_of_a_member_is_no_outsiders() -> None:
    log = make_log(2)
    log.append(log.draft(EntryKind.HANDSHAKE, document=WITH_CLEO))
    log.append(log.draft(), by=CLEO)

    refused(Outsider(run=log.run(), sequence=2, document=DOCUMENT), "member's device")
    refused(Outsider(run=log.run(), sequence=4, document=WITH_CLEO), "member's device")
    refused(Outsider(run=log.run(), sequence=4, document=DOCUMENT), "does not name")
    refused(Outsider(run=log.run(4), sequence=4, document=DOCUMENT), "handshake before")


def test_roster_that_cannot_be_read_shows_nothing() -> None:
    log = ForgedLog()
    log.append(log.draft(EntryKind.HANDSHAKE, document=b"junk", parent=0))
    log.append(log.draft(), by=CLEO)

    refused(Outsider(run=log.run(), sequence=2, document=b"junk"), "cannot be read")


def test_device_that_is_in_no_list_blames_nobody() -> None:
    log = make_log(2)
    other = certify_device(
        DeviceKeys(77, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32))), root=ANNA.root
    )
    without = (append_device([], other, root=ANNA.root),)
    root_key = ANNA.root.public

    evidence = UnlistedDevice(run=log.run(), sequence=2, root_key=root_key, devices=without)

    assert blamed(evidence) is Blame.UNCLEAR
    refused(msgspec.structs.replace(evidence, devices=bare(ANNA)), "is in its account's list")
    refused(msgspec.structs.replace(evidence, root_key=BERT.root.public), "not known")
    with pytest.raises(SealError):
        check_evidence(msgspec.structs.replace(evidence, devices=bare(BERT)), TRUST)


def test_two_lists_of_one_root_that_disagree_blame_its_owner() -> None:
    first = bare(ANNA)
    other = certify_device(
        DeviceKeys(77, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32))), root=ANNA.root
    )
    second = (append_device([], other, root=ANNA.root),)

    lists = TwoLists(account=ANNA.account, root_key=ANNA.root.public, seen=first, shown=second)

    assert blamed(lists) is Blame.DEVICE


def test_shorter_list_blames_nobody_and_a_longer_one_is_fine() -> None:
    first = bare(ANNA)
    longer = (*first, append_revocation(first, ANNA.device.device_id, root=ANNA.root))

    def lists(*, seen: object, shown: object) -> TwoLists:
        values = {"seen": seen, "shown": shown}
        return msgspec.structs.replace(
            TwoLists(account=ANNA.account, root_key=ANNA.root.public, seen=(), shown=()), **values
        )

    assert blamed(lists(seen=longer, shown=first)) is Blame.UNCLEAR
    refused(lists(seen=first, shown=longer), "continues")
    refused(lists(seen=first, shown=first), "continues")


def swapped(package: bytes, whose: Person = BERT, device_id: int = 0) -> SwappedPackage:
    return SwappedPackage(
        account=whose.account,
        device_id=device_id or whose.device.device_id,
        package=package,
        root_key=whose.root.public,
        devices=bare(whose),
    )


def test_key_package_of_somebody_else_blames_nobody() -> None:
    assert blamed(swapped(CLEO.prekey().public)) is Blame.UNCLEAR
    assert blamed(swapped(b"junk")) is Blame.UNCLEAR
    assert blamed(swapped(BERT.prekey().public, device_id=99)) is Blame.UNCLEAR


def test_key_package_with_another_key_of_the_device_blames_nobody() -> None:
    keys = DeviceKeys(BERT.device.device_id, SignatureKeyPair(draw(32)), BERT.device.exchange)
    twin = Person(BERT.account, BERT.root, keys)

    assert blamed(swapped(twin.prekey().public)) is Blame.UNCLEAR


def test_key_package_of_the_device_is_fine() -> None:
    refused(swapped(BERT.prekey().public), "device's own")


# --- Handshakes ---


def bad_roster() -> tuple[ForgedLog, BadRoster]:
    """Return a log in which a plain member added somebody."""
    log = make_log(2)
    log.append(log.draft(EntryKind.HANDSHAKE, document=WITH_CLEO), by=BERT)
    return log, BadRoster(run=log.run(), sequence=3, before=DOCUMENT, after=WITH_CLEO)


def test_roster_that_its_author_may_not_change_blames_the_server_that_signed_for_it() -> None:
    log, evidence = bad_roster()

    assert blamed(evidence) is Blame.SERVER
    assert "add members" in check_evidence(evidence, TRUST).message
    unsigned = msgspec.structs.replace(evidence, run=log.run(is_signed=False))
    assert blamed(unsigned) is Blame.UNCLEAR


def test_roster_that_cannot_be_read_blames_the_server_that_signed_for_it() -> None:
    log = make_log(2)
    log.append(log.draft(EntryKind.HANDSHAKE, document=b"junk"))

    evidence = BadRoster(run=log.run(), sequence=3, before=DOCUMENT, after=b"junk")

    assert blamed(evidence) is Blame.SERVER


def test_roster_that_its_author_may_change_shows_nothing() -> None:
    log = make_log(2)
    log.append(log.draft(EntryKind.HANDSHAKE, document=WITH_CLEO), by=ANNA)

    refused(BadRoster(run=log.run(), sequence=3, before=DOCUMENT, after=WITH_CLEO), "may change")


def test_rosters_that_the_log_does_not_name_show_nothing() -> None:
    _, evidence = bad_roster()
    other = make_document(2)

    refused(msgspec.structs.replace(evidence, before=other), "does not name")
    refused(msgspec.structs.replace(evidence, after=other), "does not name")
    refused(msgspec.structs.replace(evidence, sequence=2), "no handshake")


def test_roster_that_stays_shows_nothing() -> None:
    log = make_log(2)
    log.append(log.draft(EntryKind.HANDSHAKE, document=DOCUMENT), by=CLEO)

    refused(BadRoster(run=log.run(), sequence=3, before=DOCUMENT, after=DOCUMENT), "does not name")


def bad_commit(
    talk: Talk, payload: bytes, *, after: bytes | None = WITH_CLEO, sequence: int = 2
) -> BadCommit:
    return BadCommit(
        run=talk.log.run(),
        sequence=sequence,
        payload=payload,
        group_info=talk.created.group_info,
        tree=talk.created.tree,
        before=DOCUMENT,
        after=after,
    )


def test_handshake_against_the_rules_blames_the_device_that_signed_it() -> None:
    talk = make_talk()
    submission, _ = talk.commit(BERT, add=CLEO, document=WITH_CLEO)
    talk.log.append(submission, by=BERT)

    evidence = bad_commit(talk, submission.payload)

    assert blamed(evidence) is Blame.DEVICE
    stranger = Trust(SERVER.public, {})
    assert blamed(evidence, stranger) is Blame.UNCLEAR


def test_good_handshake_is_no_junk() -> None:
    talk = make_talk()
    submission, _ = talk.commit(ANNA, add=CLEO, document=WITH_CLEO)
    talk.log.append(submission)

    refused(bad_commit(talk, submission.payload), "good one")
    refused(bad_commit(talk, submission.payload, after=None), "does not follow")


def test_handshake_that_nobody_signed_blames_nobody() -> None:
    talk = make_talk()
    submission, _ = talk.commit(BERT, add=CLEO, document=WITH_CLEO)
    forged = submission.payload[:-100] + bytes([submission.payload[-100] ^ 1])
    forged += submission.payload[-99:]
    talk.log.append(with_payload(submission, forged), by=BERT)

    assert blamed(bad_commit(talk, forged)) is Blame.UNCLEAR


def test_handshake_put_under_another_name_blames_nobody() -> None:
    talk = make_talk()
    submission, _ = talk.commit(BERT, add=CLEO, document=WITH_CLEO)
    talk.log.append(submission, by=ANNA)

    assert blamed(bad_commit(talk, submission.payload)) is Blame.UNCLEAR


def test_message_in_place_of_a_handshake_blames_nobody() -> None:
    talk = make_talk()
    draft = talk.log.draft(EntryKind.HANDSHAKE, document=DOCUMENT)
    _, payload = seal_message(talk.anna, b"hello", binding=talk.log.binding(draft))
    talk.log.append(with_payload(draft, payload))
    message(talk)

    assert blamed(bad_commit(talk, payload, after=None)) is Blame.UNCLEAR
    last = talk.log.entries[-1].payload
    refused(bad_commit(talk, last, after=None, sequence=3), "no handshake")
    refused(bad_commit(talk, last, after=None), "not the entry's")


def test_joining_without_a_place_in_the_roster_blames_nobody() -> None:
    talk = make_talk()
    draft = talk.log.draft(EntryKind.HANDSHAKE, document=DOCUMENT)
    pending = Conversation.join_external(
        talk.created.group_info,
        talk.created.tree,
        CLEO.mls_keys,
        authenticated_data=talk.log.binding(draft, CLEO),
    )
    talk.log.append(with_payload(draft, pending.handshake), by=CLEO)

    assert blamed(bad_commit(talk, pending.handshake, after=None)) is Blame.UNCLEAR


def test_description_of_another_commit_shows_a_flipped_tag() -> None:
    talk = make_talk()
    submission, pending = talk.commit()
    _, other = talk.commit()
    talk.log.append(submission)

    def evidence(group_info: bytes, tree: bytes) -> OtherTag:
        return OtherTag(
            run=talk.log.run(),
            sequence=2,
            payload=submission.payload,
            group_info=group_info,
            tree=tree,
            document=DOCUMENT,
        )

    assert blamed(evidence(other.group_info, other.tree)) is Blame.UNCLEAR
    refused(evidence(pending.group_info, pending.tree), "led to the epoch")
    created = talk.created
    refused(evidence(created.group_info, created.tree), "another epoch")
    with pytest.raises(SealError):
        check_evidence(evidence(other.group_info[:-1], other.tree), TRUST)


def test_message_has_no_tag_to_be_flipped() -> None:
    talk = make_talk()
    payload = message(talk)

    evidence = OtherTag(
        run=talk.log.run(),
        sequence=2,
        payload=payload,
        group_info=talk.created.group_info,
        tree=talk.created.tree,
        document=DOCUMENT,
    )

    refused(evidence, "another epoch")


def test_nothing_of_an_evidence_shows_in_repr() -> None:
    assert repr(swapped(b"package")) == "SwappedPackage()"
