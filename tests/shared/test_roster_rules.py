from __future__ import annotations

from collections.abc import Callable
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import limits, roster_rules
from shared.e2ee.keys import SignatureKeyPair
from shared.e2ee.warrants import (
    accept_invite,
    is_signed,
    make_invite,
    make_leave,
    make_revoke,
)
from shared.errors import Code, LocalError, RefusedError
from shared.roster import (
    ArchiveWarrant,
    ConversationKind,
    DeviceProof,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    Role,
    RosterDocument,
    RosterMember,
    Warrant,
    decode_document,
    encode_document,
)
from shared.roster_rules import RosterChange, RosterDraft, check_change, check_first, check_warrant

NOW_MS = 1_800_000_000_000
CONVERSATION = 31
OWNER, ADMIN, MEMBER, STRANGER = 1, 2, 3, 9
ROLES = {1: Role.OWNER, 2: Role.ADMIN, 3: Role.MEMBER, 4: Role.OWNER, 5: Role.ADMIN, 6: Role.MEMBER}
replace = msgspec.structs.replace


def root_of(account: int, life: int = 1) -> SignatureKeyPair:
    return SignatureKeyPair(bytes([account, life, 1, 0]) * 8)


def device_of(account: int) -> SignatureKeyPair:
    return SignatureKeyPair(bytes([account, 1, 2, 0]) * 8)


def archive_of(account: int, number: int) -> bytes:
    return bytes([account, number, 3, 0]) * 8


def proof_of(account: int, life: int = 1) -> DeviceProof:
    device_id, key, exchange = account + 100, device_of(account).public, bytes(32)
    signed = roster_rules.device_bytes(
        device_id=device_id, signature_key=key, exchange_key=exchange
    )
    return DeviceProof(
        device_id=device_id,
        signature_key=key,
        exchange_key=exchange,
        signature=root_of(account, life).sign(signed),
    )


def row(account: int, role: Role = Role.MEMBER, *, since: int = 1) -> RosterMember:
    return RosterMember(
        account=account,
        root_key=root_of(account).public,
        role=role,
        archive_number=1,
        archive_key=archive_of(account, 1),
        since=since,
    )


def group(*accounts: int, number: int = 7) -> RosterDocument:
    """Two owners, two admins, two members, or only some of them."""
    return RosterDocument(
        conversation_id=CONVERSATION,
        kind=ConversationKind.GROUP,
        members=tuple(row(account, ROLES[account]) for account in accounts or ROLES),
        number=number,
    )


def two_people() -> RosterDocument:
    members = (row(1), row(2))
    return RosterDocument(
        conversation_id=CONVERSATION, kind=ConversationKind.DIRECT, members=members
    )


def notes() -> RosterDocument:
    return RosterDocument(
        conversation_id=CONVERSATION, kind=ConversationKind.NOTES, members=(row(1),)
    )


def leave(document: RosterDocument, account: int) -> LeaveWarrant:
    return make_leave(document, account=account, proof=proof_of(account), key=device_of(account))


def invite(document: RosterDocument, inviter: int, account: int) -> InviteWarrant:
    code = make_invite(
        document,
        title="",
        expires_at_ms=NOW_MS,
        inviter=inviter,
        proof=proof_of(inviter),
        key=device_of(inviter),
        seed=bytes(32),
    )
    return accept_invite(code, account=account, root_key=root_of(account).public)


def revoke(account: int, device_id: int = 50) -> RevokeWarrant:
    return make_revoke(account=account, device_id=device_id, root=root_of(account))


def archive(account: int, number: int = 2, life: int = 1) -> ArchiveWarrant:
    key = archive_of(account, number)
    signed = roster_rules.archive_bytes(number=number, key=key)
    return ArchiveWarrant(
        account=account,
        archive_number=number,
        archive_key=key,
        signature=root_of(account, life).sign(signed),
    )


def re_rooted(document: RosterDocument, account: int) -> RosterDocument:
    return roster_rules.with_root(
        document,
        account,
        root_of(account, 2).public,
        archive_number=1,
        archive_key=archive_of(account, 9),
    )


def judge(
    before: RosterDocument, after: RosterDocument, by: int, *, at_ms: int = NOW_MS
) -> RosterChange:
    return check_change(before, after, by=by, received_at_ms=at_ms, verify=is_signed)


def refusal(
    before: RosterDocument, after: RosterDocument, by: int, *, at_ms: int = NOW_MS
) -> Code | None:
    try:
        judge(before, after, by, at_ms=at_ms)
    except RefusedError as error:
        return error.code
    return None


# --- What is signed ---


@pytest.mark.parametrize(
    ("made", "prefix", "fields"),
    [
        (
            roster_rules.device_bytes(
                device_id=1, signature_key=b"\x02" * 32, exchange_key=b"\x03" * 32
            ),
            b"mim.device.v1",
            "0000000000000001" + "02" * 32 + "03" * 32,
        ),
        (
            roster_rules.leave_bytes(conversation_id=1, account=2, number=3),
            b"mim.leave.v1",
            "000000000000000100000000000000020000000000000003",
        ),
        (
            roster_rules.invite_bytes(
                conversation_id=1, number=2, expires_at_ms=3, invite_key=b"\x04" * 32
            ),
            b"mim.invite.v1",
            "000000000000000100000000000000020000000000000003" + "04" * 32,
        ),
        (
            roster_rules.join_bytes(conversation_id=1, account=2, root_key=b"\x03" * 32),
            b"mim.join.v1",
            "00000000000000010000000000000002" + "03" * 32,
        ),
        (
            roster_rules.revoke_bytes(account=1, device_id=2),
            b"mim.revoke.v1",
            "00000000000000010000000000000002",
        ),
        (
            roster_rules.archive_bytes(number=1, key=b"\x02" * 32),
            b"mim.archive.v1",
            "00000001" + "02" * 32,
        ),
    ],
)
def test_the_signed_bytes_are_fixed(made: bytes, prefix: bytes, fields: str) -> None:
    assert made == prefix + bytes.fromhex(fields)


# --- First documents ---


def test_conversations_of_each_kind_may_begin() -> None:
    check_first(two_people(), by=1)
    check_first(two_people(), by=2)
    check_first(notes(), by=1)
    check_first(group(OWNER, ADMIN, MEMBER, number=1), by=OWNER)


@pytest.mark.parametrize(
    ("document", "by", "code"),
    [
        (two_people(), STRANGER, Code.FORBIDDEN),
        (group(1, 2, number=1), ADMIN, Code.FORBIDDEN),
        (group(1, 4, number=1), OWNER, Code.FORBIDDEN),
        (group(1, 2, number=2), OWNER, Code.MALFORMED),
        (replace(group(1, number=1), invites_since=1), OWNER, Code.MALFORMED),
        (replace(group(1, number=1), barred_devices=(5,)), OWNER, Code.MALFORMED),
        (replace(group(1, number=1), warrants=(revoke(1),)), OWNER, Code.MALFORMED),
    ],
)
def test_a_first_document_that_says_more_is_refused(
    document: RosterDocument, by: int, code: Code
) -> None:
    with pytest.raises(RefusedError) as caught:
        check_first(document, by=by)

    assert caught.value.code is code


@pytest.mark.parametrize(
    "document",
    [
        replace(group(), members=(row(1, Role.OWNER), row(1))),
        replace(group(), barred_devices=(5, 5)),
        replace(group(), members=(row(1, Role.OWNER, since=8),)),
        replace(group(), invites_since=8),
        group(ADMIN, MEMBER),
        replace(two_people(), members=(row(1),)),
        replace(two_people(), members=(row(1), row(2, Role.OWNER))),
        replace(notes(), members=(row(1), row(2))),
        replace(notes(), members=(row(1, Role.OWNER),)),
    ],
)
def test_a_document_has_to_make_sense_by_itself(document: RosterDocument) -> None:
    with pytest.raises(RefusedError) as caught:
        roster_rules.check_form(document)

    assert caught.value.code is Code.MALFORMED


# --- Who may what in a group: every actor, every target, against words ---


def removes(role: Role, target: Role) -> bool:
    """Owners remove anyone, admins remove members, members nobody."""
    return {
        Role.OWNER: {Role.OWNER, Role.ADMIN, Role.MEMBER},
        Role.ADMIN: {Role.MEMBER},
        Role.MEMBER: set(),
    }[role].__contains__(target)


@pytest.mark.parametrize(("by", "target"), [p for p in product(ROLES, ROLES) if p[0] != p[1]])
def test_who_removes_and_replaces_whom(by: int, target: int) -> None:
    before = group()
    may = None if removes(ROLES[by], ROLES[target]) else Code.FORBIDDEN

    assert refusal(before, roster_rules.without_member(before, target), by) == may
    assert refusal(before, re_rooted(before, target), by) == may
    assert roster_rules.may_remove(before, by, target) is (may is None)


@pytest.mark.parametrize(("by", "target"), [p for p in product(ROLES, ROLES) if p[0] != p[1]])
def test_anyone_carries_out_a_wish_to_leave(by: int, target: int) -> None:
    before = group()
    after = roster_rules.without_member(before, target, warrants=[leave(before, target)])

    change = judge(before, after, by)

    assert change.left == (target,)
    assert [member.account for member in change.removed] == [target]


@pytest.mark.parametrize(("by", "target", "role"), [*product(ROLES, ROLES, Role)])
def test_only_owners_give_roles(by: int, target: int, role: Role) -> None:
    before = group()
    after = roster_rules.with_role(before, target, role)
    changes_nothing = ROLES[target] is role
    expected = None if ROLES[by] is Role.OWNER else Code.FORBIDDEN

    assert refusal(before, after, by) == (Code.MALFORMED if changes_nothing else expected)


@pytest.mark.parametrize(("by", "role"), [*product(ROLES, Role)])
def test_who_adds_with_which_role(by: int, role: Role) -> None:
    before = group()
    after = roster_rules.with_members(before, [row(STRANGER, role)])
    may = ROLES[by] is Role.OWNER or (ROLES[by] is Role.ADMIN and role is Role.MEMBER)

    assert refusal(before, after, by) == (None if may else Code.FORBIDDEN)
    assert roster_rules.may_add(before, by) is (ROLES[by] is not Role.MEMBER)


@pytest.mark.parametrize(("by", "inviter", "role"), [*product(ROLES, ROLES, Role)])
def test_an_admins_invitation_lets_anyone_add_a_member(by: int, inviter: int, role: Role) -> None:
    before = group()
    warrant = invite(before, inviter, STRANGER)
    after = roster_rules.with_members(before, [row(STRANGER, role)], warrants=[warrant])
    expected = None
    if ROLES[inviter] is Role.MEMBER:
        expected = Code.BAD_INVITE
    elif role is not Role.MEMBER and ROLES[by] is not Role.OWNER:
        expected = Code.FORBIDDEN

    assert refusal(before, after, by) == expected


@pytest.mark.parametrize("by", list(ROLES))
def test_settings_are_for_owners_and_admins(by: int) -> None:
    before = group()
    may = None if ROLES[by] is not Role.MEMBER else Code.FORBIDDEN

    assert refusal(before, roster_rules.with_history(before, False), by) == may
    assert refusal(before, roster_rules.with_invites_void(before), by) == may


@pytest.mark.parametrize(("by", "target"), [*product(ROLES, ROLES)])
def test_anyone_carries_out_what_a_root_signed(by: int, target: int) -> None:
    before = group()

    keyed = judge(before, roster_rules.with_archive(before, archive(target)), by)
    barred = judge(before, roster_rules.with_barred(before, revoke(target)), by)

    assert [member.account for member in keyed.re_keyed] == [target]
    assert barred == RosterChange(barred=(50,))


@pytest.mark.parametrize("by", [STRANGER, 0])
def test_who_is_not_a_member_changes_nothing(by: int) -> None:
    before = group()

    assert refusal(before, roster_rules.with_history(before, False), by) is Code.FORBIDDEN
    assert not roster_rules.may_add(before, by)
    assert not roster_rules.may_remove(before, by, MEMBER)
    assert not roster_rules.may_remove(before, OWNER, by)


@pytest.mark.parametrize("by", list(ROLES))
def test_nobody_removes_or_replaces_oneself(by: int) -> None:
    before = group()
    gone = roster_rules.without_member(before, by, warrants=[leave(before, by)])

    assert refusal(before, gone, by) is Code.FORBIDDEN
    assert refusal(before, re_rooted(before, by), by) is Code.FORBIDDEN
    assert not roster_rules.may_remove(before, by, by)


# --- The last owner ---


@pytest.mark.parametrize(("accounts", "heir"), [((1, 3, 2, 5), 2), ((1, 6, 3), 6), ((1, 3, 5), 5)])
def test_the_longest_standing_admin_else_member_inherits(
    accounts: tuple[int, ...], heir: int
) -> None:
    before = group(*accounts)
    after = roster_rules.without_member(before, OWNER, warrants=[leave(before, OWNER)])

    change = judge(before, after, 3)

    assert [(member.account, member.role) for member in change.role_changes] == [(heir, Role.OWNER)]


def test_nobody_else_inherits() -> None:
    before = group(OWNER, ADMIN, MEMBER)
    after = roster_rules.without_member(before, OWNER, warrants=[leave(before, OWNER)])
    other = replace(after, members=(row(ADMIN, Role.ADMIN), row(MEMBER, Role.OWNER)))
    nobody = replace(after, members=(row(ADMIN, Role.ADMIN), row(MEMBER)))

    assert refusal(before, other, MEMBER) is Code.FORBIDDEN
    assert refusal(before, nobody, MEMBER) is Code.MALFORMED


def test_nobody_inherits_while_an_owner_is_left() -> None:
    before = group(1, 4, ADMIN)
    after = roster_rules.without_member(before, OWNER, warrants=[leave(before, OWNER)])

    assert judge(before, after, ADMIN).role_changes == ()


def test_the_last_owner_stays_one() -> None:
    before = group(OWNER, ADMIN)
    after = replace(before, number=8, members=(row(OWNER, Role.ADMIN), row(ADMIN, Role.ADMIN)))

    assert refusal(before, after, OWNER) is Code.MALFORMED


# --- How documents follow each other ---


@pytest.mark.parametrize(
    "edit",
    [
        lambda after: replace(after, number=9),
        lambda after: replace(after, number=7),
        lambda after: replace(after, conversation_id=32),
        lambda after: replace(after, kind=ConversationKind.DIRECT, members=(row(1), row(2))),
        lambda after: replace(after, members=after.members[::-1]),
        lambda after: replace(after, members=(row(STRANGER, since=8), *after.members)),
        lambda after: replace(after, members=(*after.members, row(STRANGER, since=7))),
        lambda after: replace(
            after, members=(replace(after.members[0], since=8), *after.members[1:])
        ),
        lambda after: replace(after, invites_since=3),
        lambda after: replace(after, has_history=True),
    ],
    ids=[
        "number skipped",
        "number kept",
        "conversation",
        "kind",
        "order",
        "new first",
        "new as of old",
        "old as of new",
        "invitations",
        "nothing",
    ],
)
def test_a_document_that_does_not_follow_is_refused(
    edit: Callable[[RosterDocument], RosterDocument],
) -> None:
    before = group()
    after = roster_rules.with_history(before, False)
    assert refusal(before, after, OWNER) is None

    assert refusal(before, edit(after), OWNER) is Code.MALFORMED


def test_barred_devices_stay_barred() -> None:
    before = replace(group(), barred_devices=(5, 6))
    more = roster_rules.with_barred(before, revoke(1, 7))

    assert judge(before, more, MEMBER).barred == (7,)
    for barred in ((5,), (6, 5), (5, 7), ()):
        after = replace(more, barred_devices=barred)
        assert refusal(before, after, OWNER) is Code.MALFORMED


def test_a_new_root_counts_as_coming_anew() -> None:
    before = group()
    after = re_rooted(before, MEMBER)
    kept = [replace(m, since=1) if m.account == MEMBER else m for m in after.members]

    change = judge(before, after, ADMIN)

    assert [(m.account, m.since) for m in change.re_rooted] == [(MEMBER, 8)]
    assert change.re_keyed == ()
    assert refusal(before, replace(after, members=tuple(kept)), ADMIN) is Code.MALFORMED


# --- Two people, and one's own notes ---


def test_two_people_stay_the_same() -> None:
    before = two_people()
    alone = replace(before, number=2, members=(row(1),), warrants=(leave(before, 2),))
    swapped = replace(before, number=2, members=(row(1), row(3, since=2)))

    assert refusal(before, alone, 1) is Code.MALFORMED
    assert refusal(before, swapped, 1) is Code.FORBIDDEN
    assert not roster_rules.may_add(before, 1)
    assert not roster_rules.may_remove(before, 1, 2)


@pytest.mark.parametrize(("by", "other"), [(1, 2), (2, 1)])
def test_either_of_two_replaces_the_root_of_the_other(by: int, other: int) -> None:
    before = two_people()

    assert judge(before, re_rooted(before, other), by).re_rooted[0].account == other
    assert refusal(before, re_rooted(before, by), by) is Code.FORBIDDEN


@pytest.mark.parametrize("before", [two_people(), notes()])
def test_without_roles_anyone_turns_history_off(before: RosterDocument) -> None:
    assert refusal(before, roster_rules.with_history(before, False), 1) is None
    assert refusal(before, roster_rules.with_invites_void(before), 1) is Code.FORBIDDEN


def test_notes_take_keys_and_revocations() -> None:
    before = notes()

    assert refusal(before, roster_rules.with_archive(before, archive(1)), 1) is None
    assert refusal(before, roster_rules.with_barred(before, revoke(1)), 1) is None
    assert refusal(before, re_rooted(before, 1), 1) is Code.FORBIDDEN


def test_nobody_leaves_two_by_a_warrant_or_is_invited() -> None:
    before = two_people()

    for warrant in (leave(before, 2), invite(before, 1, 3)):
        with pytest.raises(RefusedError):
            check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)


# --- Warrants ---


def flipped(signature: bytes) -> bytes:
    return bytes([signature[0] ^ 1]) + signature[1:]


def leave_cases() -> list[tuple[str, LeaveWarrant]]:
    good = leave(group(), MEMBER)
    new_root = proof_of(MEMBER, 2)
    return [
        ("of another number", replace(good, number=6)),
        ("of the future", leave(group(number=8), MEMBER)),
        ("of another conversation", leave(replace(group(), conversation_id=32), MEMBER)),
        ("signature", replace(good, signature=flipped(good.signature))),
        ("of an unknown root", replace(good, device=new_root)),
        ("of another device", replace(good, device=proof_of(ADMIN))),
        ("proof", replace(good, device=replace(good.device, exchange_key=b"\x01" * 32))),
        ("of another account", replace(good, account=6)),
        ("of a stranger", leave(group(), STRANGER)),
    ]


@pytest.mark.parametrize(
    "warrant", [w for _, w in leave_cases()], ids=[n for n, _ in leave_cases()]
)
def test_a_wish_to_leave_that_does_not_hold_removes_nobody(warrant: LeaveWarrant) -> None:
    before = group()
    after = roster_rules.without_member(before, MEMBER, warrants=[warrant])

    assert refusal(before, after, 6) is Code.FORBIDDEN
    assert refusal(before, after, OWNER) is Code.FORBIDDEN  # Not even by right.
    with pytest.raises(RefusedError):
        check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)


def test_a_wish_to_leave_is_void_once_its_account_came_anew() -> None:
    warrant = leave(group(), MEMBER)
    anew = replace(group(OWNER, 6), members=(row(1, Role.OWNER), row(MEMBER, since=9)), number=9)

    after = roster_rules.without_member(anew, MEMBER, warrants=[warrant])

    assert refusal(anew, after, OWNER) is Code.FORBIDDEN


def test_a_wish_to_leave_holds_in_later_documents() -> None:
    warrant = leave(group(), MEMBER)
    later = group(number=12)

    check_warrant(later, warrant, received_at_ms=NOW_MS, verify=is_signed)
    after = roster_rules.without_member(later, MEMBER, warrants=[warrant])
    assert refusal(later, after, 6) is None


def test_a_barred_device_neither_leaves_nor_invites() -> None:
    before = replace(group(), barred_devices=(101, 103))

    for warrant, code in (
        (leave(before, MEMBER), Code.FORBIDDEN),
        (invite(before, OWNER, STRANGER), Code.BAD_INVITE),
    ):
        with pytest.raises(RefusedError) as caught:
            check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)
        assert caught.value.code is code


def invite_cases() -> list[tuple[str, InviteWarrant]]:
    good = invite(group(), OWNER, STRANGER)
    return [
        ("of another number", replace(good, number=6)),
        ("of the future", invite(group(number=8), OWNER, STRANGER)),
        ("other expiry", replace(good, expires_at_ms=NOW_MS + 1)),
        ("other key", replace(good, invite_key=root_of(9).public)),
        ("signature", replace(good, signature=flipped(good.signature))),
        ("join signature", replace(good, join_signature=flipped(good.join_signature))),
        ("other inviter", replace(good, inviter=ADMIN)),
        ("unknown inviter", invite(group(), STRANGER, STRANGER)),
        ("proof", replace(good, device=replace(good.device, device_id=1))),
        ("other account", replace(good, account=8)),
        ("other root", replace(good, root_key=root_of(9, 2).public)),
        ("other conversation", invite(replace(group(), conversation_id=1), OWNER, STRANGER)),
    ]


@pytest.mark.parametrize(
    "warrant", [w for _, w in invite_cases()], ids=[n for n, _ in invite_cases()]
)
def test_an_invitation_that_does_not_hold_lets_nobody_in(warrant: InviteWarrant) -> None:
    before = group()
    after = roster_rules.with_members(before, [row(STRANGER)], warrants=[warrant])

    assert refusal(before, after, MEMBER) is Code.BAD_INVITE
    with pytest.raises(RefusedError):
        check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)


def test_an_invitation_ends() -> None:
    before = group()
    warrant = invite(before, ADMIN, STRANGER)
    after = roster_rules.with_members(before, [row(STRANGER)], warrants=[warrant])

    assert refusal(before, after, MEMBER, at_ms=NOW_MS) is None
    assert refusal(before, after, MEMBER, at_ms=NOW_MS + 1) is Code.BAD_INVITE


def test_invitations_end_together() -> None:
    before = group()
    warrant = invite(before, ADMIN, STRANGER)
    void = roster_rules.with_invites_void(before)
    judge(before, void, ADMIN)

    after = roster_rules.with_members(void, [row(STRANGER)], warrants=[warrant])
    assert refusal(void, after, MEMBER) is Code.BAD_INVITE
    fresh = roster_rules.with_members(
        void, [row(STRANGER)], warrants=[invite(void, ADMIN, STRANGER)]
    )
    assert refusal(void, fresh, MEMBER) is None


def test_an_invitation_ends_with_its_inviters_stay() -> None:
    warrant = invite(group(), ADMIN, STRANGER)
    members = (row(1, Role.OWNER), row(MEMBER), row(ADMIN, Role.ADMIN, since=9))
    anew = replace(group(), members=members, number=9)

    after = roster_rules.with_members(anew, [row(STRANGER)], warrants=[warrant])

    assert refusal(anew, after, MEMBER) is Code.BAD_INVITE


def test_an_invitation_says_who_invited() -> None:
    before = group()
    warrant = invite(before, ADMIN, STRANGER)
    after = roster_rules.with_members(before, [row(STRANGER)], warrants=[warrant])

    change = judge(before, after, MEMBER)

    assert change.invited == ((STRANGER, ADMIN),)
    assert change.added == (row(STRANGER, since=8),)


@pytest.mark.parametrize(
    "warrant",
    [
        replace(archive(MEMBER), signature=flipped(archive(MEMBER).signature)),
        archive(MEMBER, life=2),
        replace(archive(MEMBER), account=6),
        replace(archive(MEMBER), archive_key=archive_of(6, 2)),
        archive(MEMBER, 1),
        archive(STRANGER),
    ],
    ids=["signature", "root", "account", "key", "number", "stranger"],
)
def test_an_archive_key_moves_forward_signed(warrant: ArchiveWarrant) -> None:
    before = group()
    after = roster_rules.with_archive(before, archive(MEMBER))
    judge(before, after, 6)

    assert refusal(before, replace(after, warrants=(warrant,)), 6) is Code.FORBIDDEN
    with pytest.raises(RefusedError):
        check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)


def test_an_archive_key_never_moves_without_a_warrant_or_back() -> None:
    before = roster_rules.with_archive(group(), archive(MEMBER, 5))
    ahead = roster_rules.with_archive(before, archive(MEMBER, 6))
    back = roster_rules.with_archive(before, archive(MEMBER, 4))

    assert refusal(before, ahead, OWNER) is None
    assert refusal(before, replace(ahead, warrants=()), OWNER) is Code.FORBIDDEN
    assert refusal(before, back, OWNER) is Code.FORBIDDEN


def test_who_comes_may_show_that_the_archive_key_is_its_own() -> None:
    before = group()
    member = replace(row(STRANGER), archive_number=2, archive_key=archive_of(STRANGER, 2))
    good, other = archive(STRANGER), archive(STRANGER, 3)

    after = roster_rules.with_members(before, [member], warrants=[good])

    assert refusal(before, after, OWNER) is None
    assert refusal(before, replace(after, warrants=(other,)), OWNER) is Code.FORBIDDEN


@pytest.mark.parametrize(
    "warrants",
    [
        (),
        (replace(revoke(MEMBER), signature=flipped(revoke(MEMBER).signature)),),
        (replace(revoke(MEMBER), account=6),),
        (revoke(STRANGER),),
        (revoke(MEMBER, 51),),
    ],
    ids=["none", "signature", "account", "stranger", "device"],
)
def test_only_its_root_bars_a_device(warrants: tuple[RevokeWarrant, ...]) -> None:
    before = group()
    after = roster_rules.with_barred(before, revoke(MEMBER))
    judge(before, after, 6)

    assert refusal(before, replace(after, warrants=warrants), OWNER) is Code.FORBIDDEN


def test_a_root_bars_devices_as_it_comes_and_as_it_goes() -> None:
    before = group()
    coming = RosterDraft.of(before).with_members([row(STRANGER)]).with_barred(revoke(STRANGER))
    going = RosterDraft.of(before).without_member(MEMBER).with_barred(revoke(MEMBER))

    assert judge(before, coming.document(), OWNER).barred == (50,)
    assert judge(before, going.document(), OWNER).barred == (50,)


@pytest.mark.parametrize(
    "warrant",
    [
        leave(group(), MEMBER),
        invite(group(), OWNER, STRANGER),
        revoke(MEMBER),
        archive(MEMBER),
    ],
)
def test_a_warrant_is_for_what_the_document_changes(warrant: Warrant) -> None:
    before = group()
    after = replace(roster_rules.with_history(before, False), warrants=(warrant,))

    check_warrant(before, warrant, received_at_ms=NOW_MS, verify=is_signed)
    assert refusal(before, after, OWNER) is Code.FORBIDDEN


def test_a_revocation_is_kept_only_for_devices_that_are_not_barred() -> None:
    before = replace(group(), barred_devices=(50,))

    with pytest.raises(RefusedError) as caught:
        check_warrant(before, revoke(MEMBER), received_at_ms=NOW_MS, verify=is_signed)

    assert caught.value.code is Code.FORBIDDEN


# --- Making documents ---


def test_several_changes_get_one_number() -> None:
    before = replace(group(), warrants=(revoke(1),))
    draft = (
        RosterDraft.of(before)
        .with_members([row(STRANGER)])
        .without_member(6)
        .with_role(MEMBER, Role.ADMIN)
        .with_archive(archive(ADMIN))
        .with_barred(revoke(ADMIN))
        .with_history(False)
        .with_invites_void()
    )

    after = draft.document()
    change = judge(before, after, OWNER)

    assert (after.number, after.invites_since, after.has_history) == (8, 8, False)
    assert after.warrants == (archive(ADMIN), revoke(ADMIN))
    assert [member.account for member in change.added] == [STRANGER]
    assert [member.account for member in change.removed] == [6]
    assert [member.account for member in change.role_changes] == [MEMBER]
    assert decode_document(encode_document(after)) == after


def test_who_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(LocalError):
        roster_rules.without_member(group(), STRANGER)
    with pytest.raises(LocalError):
        roster_rules.with_role(group(), STRANGER, Role.ADMIN)
    with pytest.raises(LocalError):
        roster_rules.without_member(notes(), 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 8), st.sampled_from("arlkbhvR"), st.integers(1, 8)),
        max_size=12,
    )
)
def test_whatever_is_allowed_leaves_a_sound_document(
    steps: list[tuple[int, str, int]],
) -> None:
    """A plain model says who is in the group with which role; the rules never disagree."""
    document = RosterDocument(
        conversation_id=CONVERSATION,
        kind=ConversationKind.GROUP,
        members=(row(1, Role.OWNER), row(2, Role.ADMIN), row(3)),
    )
    roles = {1: Role.OWNER, 2: Role.ADMIN, 3: Role.MEMBER}
    numbers = dict.fromkeys(range(1, 9), 1)
    for by, step, target in steps:
        own, other = roles.get(by), roles.get(target)
        numbers[target] += 1
        expected, after = next_step(document, step, target, numbers[target])
        if after is None:
            continue
        may = own is not None and expected(own, other, by == target)

        assert refusal(document, after, by) == (None if may else Code.FORBIDDEN)
        if may:
            document = after
            roles = {member.account: member.role for member in document.members}
            assert Role.OWNER in roles.values()
            sinces = [member.since for member in document.members]
            assert sinces == sorted(sinces)
            assert len(document.members) <= limits.MEMBERS_MAX


Expected = Callable[[Role, Role | None, bool], bool]


def next_step(
    document: RosterDocument, step: str, target: int, number: int
) -> tuple[Expected, RosterDocument | None]:
    """Return who may, in words, and the document."""
    is_in = roster_rules.member_of(document, target) is not None
    match step:
        case "a":
            made = None if is_in else roster_rules.with_members(document, [row(target)])
            return (lambda own, other, oneself: own is not Role.MEMBER), made
        case "r" | "l" if is_in and len(document.members) > 1:
            warrants = [leave(document, target)] if step == "l" else []
            made = roster_rules.without_member(document, target, warrants=warrants)
            if step == "l":
                return (lambda own, other, oneself: not oneself), made
            return (
                lambda own, other, oneself: (
                    not oneself and other is not None and removes(own, other)
                )
            ), made
        case "R" if is_in:
            made = roster_rules.with_role(document, target, Role.ADMIN)
            # Who is the last owner stays it, and who is an admin needs no change.
            owners = [m.account for m in document.members if m.role is Role.OWNER]
            if owners == [target] or made.members == document.members:
                return (lambda own, other, oneself: False), None
            return (lambda own, other, oneself: own is Role.OWNER), made
        case "k" if is_in:
            made = roster_rules.with_archive(document, archive(target, number))
            return (lambda own, other, oneself: True), made
        case "b" if is_in:
            made = roster_rules.with_barred(document, revoke(target, 1_000 * target + number))
            return (lambda own, other, oneself: True), made
        case "h":
            made = roster_rules.with_history(document, not document.has_history)
            return (lambda own, other, oneself: own is not Role.MEMBER), made
        case "v":
            made = roster_rules.with_invites_void(document)
            return (lambda own, other, oneself: own is not Role.MEMBER), made
    return (lambda own, other, oneself: False), None
