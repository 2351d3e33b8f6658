from __future__ import annotations

import os

import msgspec
import pytest

from desktop.engine.system_lines import line_of, newcomers_line_of
from desktop.events import SystemKind
from shared.roster import (
    ConversationKind,
    DeviceProof,
    InviteWarrant,
    LeaveWarrant,
    Role,
    RosterDocument,
    RosterMember,
)
from shared.roster_rules import RosterDraft

PROOF = DeviceProof(
    device_id=1, signature_key=bytes(32), exchange_key=bytes(32), signature=bytes(64)
)


def member(account: int, role: Role = Role.MEMBER) -> RosterMember:
    return RosterMember(
        account=account,
        root_key=bytes([account]) * 32,
        role=role,
        archive_number=1,
        archive_key=bytes(32),
    )


def document(kind: ConversationKind, *members: RosterMember) -> RosterDocument:
    return RosterDocument(conversation_id=31, kind=kind, members=members)


GROUP = document(ConversationKind.GROUP, member(1, Role.OWNER), member(2), member(3))
DIRECT = document(ConversationKind.DIRECT, member(1), member(2))


def leave(account: int) -> LeaveWarrant:
    return LeaveWarrant(account=account, number=1, device=PROOF, signature=bytes(64))


def invite(account: int) -> InviteWarrant:
    return InviteWarrant(
        inviter=1,
        device=PROOF,
        number=1,
        expires_at_ms=1,
        invite_key=bytes(32),
        signature=bytes(64),
        account=account,
        root_key=bytes(32),
        join_signature=bytes(64),
    )


def test_only_the_making_of_a_group_is_told() -> None:
    notes = document(ConversationKind.NOTES, member(1))

    lines = [line_of(None, each) for each in (GROUP, DIRECT, notes)]

    assert lines == [(SystemKind.CREATED, (), ""), None, None]


def test_who_comes_was_added_or_had_an_invitation() -> None:
    draft = RosterDraft.of(GROUP)
    added = draft.with_members([member(4)]).document()
    joined = draft.with_members([member(4)], warrants=[invite(4)]).document()
    both = draft.with_members([member(4), member(5)], warrants=[invite(4)]).document()

    assert line_of(GROUP, added) == (SystemKind.ADDED, (4,), "")
    assert line_of(GROUP, joined) == (SystemKind.JOINED, (4,), "")
    assert line_of(GROUP, both) == (SystemKind.ADDED, (4, 5), "")


def test_who_goes_was_removed_or_wanted_to() -> None:
    draft = RosterDraft.of(GROUP)
    removed = draft.without_member(2).document()
    left = draft.without_member(2, warrants=[leave(2)]).document()
    both = draft.without_member(2, warrants=[leave(2)]).without_member(3).document()

    assert line_of(GROUP, removed) == (SystemKind.REMOVED, (2,), "")
    assert line_of(GROUP, left) == (SystemKind.LEFT, (2,), "")
    assert line_of(GROUP, both) == (SystemKind.REMOVED, (2, 3), "")


def test_an_owner_that_leaves_is_told_before_the_heir() -> None:
    after = RosterDraft.of(GROUP).without_member(1, warrants=[leave(1)]).document()

    assert after.members[0].role is Role.OWNER
    assert line_of(GROUP, after) == (SystemKind.LEFT, (1,), "")


def test_a_role_is_told_as_its_number() -> None:
    after = RosterDraft.of(GROUP).with_role(2, Role.ADMIN).document()

    assert line_of(GROUP, after) == (SystemKind.ROLE_CHANGED, (2,), "2")


@pytest.mark.parametrize("before", [GROUP, DIRECT])
def test_a_new_root_is_told_before_all_else(before: RosterDocument) -> None:
    changed = msgspec.structs.replace(before.members[1], root_key=os.urandom(32))
    after = msgspec.structs.replace(
        before, members=(before.members[0], changed, *before.members[2:]), has_history=False
    )

    assert line_of(before, after) == (SystemKind.ROOT_CHANGED, (2,), "")


@pytest.mark.parametrize("before", [GROUP, DIRECT])
def test_history_is_told_on_and_off(before: RosterDocument) -> None:
    off = msgspec.structs.replace(before, has_history=False)

    assert line_of(before, off) == (SystemKind.HISTORY_CHANGED, (), "off")
    assert line_of(off, before) == (SystemKind.HISTORY_CHANGED, (), "on")


def test_a_changed_archive_key_or_a_barred_device_is_no_line() -> None:
    newer = msgspec.structs.replace(GROUP.members[1], archive_number=2)
    after = msgspec.structs.replace(
        GROUP, members=(GROUP.members[0], newer, GROUP.members[2]), barred_devices=(9,)
    )

    assert line_of(GROUP, after) is None


def test_a_newcomer_learns_of_its_coming_from_the_roster_alone() -> None:
    newcomer = msgspec.structs.replace(member(4), since=2)
    grown = msgspec.structs.replace(GROUP, number=2, members=(*GROUP.members, newcomer))

    added = newcomers_line_of(grown)
    joined = newcomers_line_of(msgspec.structs.replace(grown, warrants=(invite(4),)))
    later = newcomers_line_of(msgspec.structs.replace(grown, number=3))

    assert added == (SystemKind.ADDED, (4,), "")
    assert joined == (SystemKind.JOINED, (4,), "")
    assert later is None
