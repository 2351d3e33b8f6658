from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.engine.requests import Draft, HandshakeMaker
from shared.chain import START, hash_payload, is_bound, seen_of
from shared.e2ee.epoch_records import open_record
from shared.e2ee.facade import Conversation, binding_of
from shared.e2ee.handshakes import LogState, draft_entry, is_made_by
from shared.entries import Entry, EntryKind, Submission
from shared.errors import SealError
from shared.rest_groups import Creation, Handshake, PublicState
from shared.roster import ConversationKind, Role, RosterDocument, RosterMember, hash_document
from shared.roster_rules import RosterDraft
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]
CONVERSATION = 77


def maker_of(seat: Seat) -> HandshakeMaker:
    return HandshakeMaker(seat.parts.context)


def member(seat: Seat, role: Role) -> RosterMember:
    number, pair = seat.owner.archives[-1]
    return RosterMember(
        account=seat.account,
        root_key=seat.owner.root.public,
        role=role,
        archive_number=number,
        archive_key=pair.public,
    )


def club(*members: RosterMember, has_history: bool = True) -> RosterDocument:
    return RosterDocument(
        conversation_id=CONVERSATION,
        kind=ConversationKind.GROUP,
        members=members,
        has_history=has_history,
    )


def entry_of(submission: Submission, *, by: Seat, sequence: int) -> Entry:
    """Return a submission as the log would have it."""
    drafted = draft_entry(
        submission,
        account=by.account,
        device=by.device,
        seen=sequence - 1,
        received_at_ms=by.server.now_ms,
    )
    return msgspec.structs.replace(
        drafted,
        sequence=sequence,
        payload=submission.payload,
        payload_hash=hash_payload(submission.payload),
    )


class Made:
    """A group of Anna's alone, at epoch 1, as its creation made it."""

    def __init__(self, anna: Seat, document: RosterDocument | None = None) -> None:
        self.anna = anna
        self.document = document or club(member(anna, Role.OWNER))
        self.maker = maker_of(anna)
        self.pending = self.maker.creation(self.document, add=(), devices=(), peer=0, title="club")
        self.body = msgspec.msgpack.decode(self.pending.body, type=Creation)
        self.entry = entry_of(self.body.submission, by=anna, sequence=1)
        self.group: Conversation = anna.parts.states.group_of(self.pending)
        self.log = LogState.start(self.body.group_info, self.body.tree, self.body.document, 1)

    def commit(self, draft: Draft) -> Handshake:
        pending = self.maker.commit(self.group, draft, counter=2, base=1, have=(5, b"c" * 32))
        return msgspec.msgpack.decode(pending.body, type=Handshake)

    def opens(self, seat: Seat, sealed: bytes) -> bytes:
        return open_record(
            sealed, conversation_id=CONVERSATION, archives=seat.owner.archives, handshake=None
        )


async def test_a_creation_is_the_first_entry_and_everything_in_it_agrees(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")

    made = Made(anna, club(member(anna, Role.OWNER), member(ben, Role.MEMBER)))

    submission = made.body.submission
    assert (submission.device_counter, submission.parent, submission.base) == (1, 0, 0)
    assert submission.document_hash == hash_document(made.body.document)
    assert made.pending.payload_hash == hash_payload(submission.payload)
    assert (made.pending.is_creation, made.pending.title) == (True, "club")
    assert is_bound(binding_of(submission.payload), made.entry)
    assert seen_of(binding_of(submission.payload)) == (0, START)
    assert is_made_by(made.log, made.entry)
    assert [each.account for each in made.body.records] == [anna.account, ben.account]
    assert made.opens(ben, made.body.records[1].record) == made.pending.record
    assert made.body.welcome is None


async def test_without_history_no_record_leaves_the_device(sit: Sit) -> None:
    anna = sit("anna")

    made = Made(anna, club(member(anna, Role.OWNER), has_history=False))

    assert made.body.records == []
    assert made.pending.record


async def test_a_member_with_an_unusable_key_does_not_stop_the_others(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    odd = msgspec.structs.replace(member(ben, Role.MEMBER), archive_key=bytes(32))

    made = Made(anna, club(odd, member(anna, Role.OWNER)))

    assert [each.account for each in made.body.records] == [anna.account]


async def test_a_commit_says_what_its_author_saw(sit: Sit) -> None:
    made = Made(sit("anna"))

    body = made.commit(Draft(before=made.log))

    submission = body.submission
    assert (submission.device_counter, submission.parent, submission.base) == (2, 1, 1)
    assert submission.kind is EntryKind.HANDSHAKE
    assert submission.document_hash == made.log.document_hash
    assert (body.document, body.welcome) == (None, None)
    binding = binding_of(submission.payload)
    assert seen_of(binding) == (5, b"c" * 32)
    assert is_bound(binding, entry_of(submission, by=made.anna, sequence=6))


async def test_a_commit_that_adds_somebody_brings_roster_record_and_welcome(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await ben.parts.connection._parts.prekeys.publish()
    package = ben.server.packages[ben.device][0][0]
    made = Made(anna)
    after = RosterDraft.of(made.document).with_members([member(ben, Role.MEMBER)]).document()

    body = made.commit(
        Draft(before=made.log, after=after, add=(package,), added_devices=(ben.device,))
    )

    assert body.document is not None
    assert body.submission.document_hash == hash_document(body.document)
    assert {each.account for each in body.records} == {anna.account, ben.account}
    assert body.welcome is not None
    assert body.welcome.devices == [ben.device]
    found = ben.parts.connection._parts.prekeys.find(body.welcome.welcome)
    assert found is not None
    assert found.public == package


async def test_a_commit_that_others_would_skip_is_not_made(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await ben.parts.connection._parts.prekeys.publish()
    package = ben.server.packages[ben.device][0][0]
    made = Made(anna)

    # Ben's device without Ben's account in the roster.
    with pytest.raises(SealError):
        made.commit(Draft(before=made.log, add=(package,), added_devices=(ben.device,)))


async def test_a_join_comes_from_what_a_member_signed(sit: Sit) -> None:
    anna, desk = sit("anna"), sit("anna", "desk")
    made = Made(anna)
    public = PublicState(
        sequence=1,
        parent=0,
        document_hash=made.log.document_hash,
        group_info=made.body.group_info,
        tree=made.body.tree,
    )

    pending = maker_of(desk).join(
        made.log, public, counter=1, base=1, have=(1, made.entry.chain), intents=(4,)
    )

    body = msgspec.msgpack.decode(pending.body, type=Handshake)
    assert pending.intents == (4,)
    assert body.document is None
    entry = entry_of(body.submission, by=desk, sequence=2)
    assert is_bound(binding_of(entry.payload), entry)
    state = LogState.start(body.group_info, body.tree, made.body.document, 2)
    assert is_made_by(state, entry)
    assert len(state.leaves_of(account=anna.account)) == 2


async def test_a_signed_state_that_was_changed_is_no_way_in(sit: Sit) -> None:
    anna, desk = sit("anna"), sit("anna", "desk")
    made = Made(anna)
    info = bytearray(made.body.group_info)
    info[-1] ^= 1
    public = PublicState(
        sequence=1,
        parent=0,
        document_hash=made.log.document_hash,
        group_info=bytes(info),
        tree=made.body.tree,
    )

    with pytest.raises(SealError):
        maker_of(desk).join(
            made.log, public, counter=1, base=1, have=(1, made.entry.chain), intents=()
        )
