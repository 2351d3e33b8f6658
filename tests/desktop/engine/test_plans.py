from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop.engine.errors import ServerRefusedError
from desktop.engine.plans import Plan, Planner
from desktop.storage.intent_store import (
    AddAccounts,
    AdmitJoin,
    CarryOut,
    DropDevices,
    Intent,
    RemoveAccount,
    ReplaceRoot,
    Rotate,
    SetHistoryKept,
    SetMemberRole,
    StoredIntent,
    Warranted,
)
from shared import limits
from shared.e2ee.account import certify_archive
from shared.e2ee.devices import append_revocation
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.warrants import (
    accept_invite,
    archive_warrant,
    make_invite,
    make_leave,
    make_revoke,
)
from shared.errors import Code
from shared.identifiers import ConversationId
from shared.roster import InviteWarrant, LeaveWarrant, Role
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]
CLAIM = bytes(16)
DAY_MS = 86_400_000


async def grouped(sit: Sit) -> tuple[Seat, Seat, Seat, ConversationId]:
    """Return Anna, who owns a group, Ben, who is in it, and Carol, who is not; all offline."""
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben)
    for seat in (anna, ben, carol):
        await seat.down()
    return anna, ben, carol, club


async def plan(seat: Seat, conversation_id: ConversationId, *intents: Intent) -> Plan:
    planner: Planner = seat.parts.memberships._planner
    log = seat.parts.states.log(conversation_id)
    assert log is not None
    stored = [StoredIntent(number, intent) for number, intent in enumerate(intents, start=1)]
    return await planner.plan(conversation_id, log, stored)


def accounts(made: Plan) -> list[int]:
    return [each.account for each in made.roster.document().members]


def leaf(seat: Seat, conversation_id: ConversationId) -> set[int]:
    log = seat.parts.states.log(conversation_id)
    assert log is not None
    return set(log.leaves_of(account=seat.account, device=seat.device))


def leave_of(seat: Seat, club: ConversationId, *, number: int = 0) -> LeaveWarrant:
    document = seat.server.logs[club].document
    me = seat.parts.context.me()
    return make_leave(
        msgspec.structs.replace(document, number=number or document.number),
        account=seat.account,
        proof=me.proof,
        key=me.device.signature,
    )


def invitation(host: Seat, guest: Seat, club: ConversationId, *, root: bytes) -> InviteWarrant:
    me = host.parts.context.me()
    code = make_invite(
        host.server.logs[club].document,
        title="club",
        expires_at_ms=host.server.now_ms + 60_000,
        inviter=host.account,
        proof=me.proof,
        key=me.device.signature,
        seed=bytes(32),
    )
    return accept_invite(code, account=guest.account, root_key=root)


async def test_who_goes_goes_before_others_come_and_keys_are_renewed_last(sit: Sit) -> None:
    anna, ben, carol, club = await grouped(sit)

    made = await plan(
        anna,
        club,
        Rotate(after=1),
        AddAccounts(accounts=(carol.account,), claim_id=CLAIM),
        RemoveAccount(account=ben.account),
    )

    assert made.intents == [3, 2, 1]
    assert accounts(made) == [anna.account, carol.account]
    assert made.added_devices == [carol.device]
    assert made.remove == leaf(ben, club)
    assert made.rotates


async def test_what_is_so_already_needs_no_commit(sit: Sit) -> None:
    anna, ben, carol, club = await grouped(sit)

    made = await plan(
        anna,
        club,
        AddAccounts(accounts=(ben.account,), claim_id=CLAIM),
        RemoveAccount(account=carol.account),
        SetHistoryKept(has_history=True),
        ReplaceRoot(account=ben.account, claim_id=CLAIM),
        AdmitJoin(warrant=invitation(anna, ben, club, root=ben.owner.root.public), claim_id=CLAIM),
        CarryOut(),
    )

    assert made.is_empty
    assert made.after is None
    assert (sorted(made.intents), made.void) == ([1, 2, 3, 4, 5, 6], {})


async def test_a_renewal_that_somebody_else_brought_about_is_done(sit: Sit) -> None:
    anna, _, _, club = await grouped(sit)

    made = await plan(anna, club, Rotate(after=0))

    assert (made.done, made.intents, made.is_empty) == ([1], [], True)


async def test_what_nobody_can_carry_out_is_void_and_the_rest_goes_through(sit: Sit) -> None:
    anna, ben, carol, club = await grouped(sit)

    made = await plan(
        anna,
        club,
        SetMemberRole(account=carol.account, role=2),
        SetMemberRole(account=ben.account, role=2),
    )

    assert {number: refused.code for number, refused in made.void.items()} == {1: Code.NOT_MEMBER}
    assert made.intents == [2]
    assert [each.role for each in made.roster.document().members] == [Role.OWNER, Role.ADMIN]


async def test_what_the_rules_forbid_is_void_before_it_is_sent(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)

    made = await plan(ben, club, RemoveAccount(account=anna.account), Rotate(after=9))

    assert [refused.code for refused in made.void.values()] == [Code.FORBIDDEN] * 2
    assert (made.intents, made.remove, made.after) == ([], set(), None)


async def test_a_wish_to_leave_that_waits_is_carried_out_by_any_commit(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)
    anna.server.logs[club].warrants.append(leave_of(anna, club))

    made = await plan(ben, club, Rotate(after=9))

    assert accounts(made) == [ben.account]
    assert made.remove == leaf(anna, club)
    assert [each.role for each in made.roster.document().members] == [Role.OWNER]


async def test_nobody_carries_out_the_own_wish_to_leave(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)
    anna.server.logs[club].warrants.append(leave_of(ben, club))

    made = await plan(ben, club, CarryOut())

    assert made.is_empty
    assert accounts(made) == [anna.account, ben.account]


async def test_a_warrant_that_does_not_hold_spoils_nothing(sit: Sit) -> None:
    anna, ben, carol, club = await grouped(sit)
    stranger = SignatureKeyPair(bytes(32))
    anna.server.logs[club].warrants += [
        make_revoke(account=ben.account, device_id=ben.device, root=stranger),
        leave_of(carol, club),
    ]

    made = await plan(anna, club, SetMemberRole(account=ben.account, role=2))

    assert (made.void, made.intents) == ({}, [1])
    assert (made.remove, made.roster.document().warrants) == (set(), ())
    assert accounts(made) == [anna.account, ben.account]


async def test_without_the_list_of_warrants_the_rest_is_done(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)

    def refuse(_seat: Seat, what: str, value: Any) -> Any:
        if what.endswith("warrants"):
            raise ServerRefusedError(Code.NOT_FOUND, "no", {})
        return value

    anna.server.twist = refuse

    made = await plan(anna, club, SetMemberRole(account=ben.account, role=2))

    assert made.intents == [1]
    assert not made.is_empty


async def test_a_revoked_device_is_barred_and_its_leaf_goes(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)
    warrant = make_revoke(account=ben.account, device_id=ben.device, root=ben.owner.root)

    made = await plan(anna, club, Warranted(warrants=(warrant,)))

    assert made.roster.document().barred_devices == (ben.device,)
    assert made.remove == leaf(ben, club)
    assert made.roster.document().warrants == (warrant,)


def end_device(seat: Seat, device_id: int, root: SignatureKeyPair) -> None:
    """Let this device have ended another one, and told all conversations of then."""
    store = seat.parts.context.storage.document
    store.add_warrants((make_revoke(account=seat.account, device_id=device_id, root=root),))
    store.note_handed_out(store.waiting())


async def test_a_device_that_was_ended_before_the_group_began_is_barred_too(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)
    end_device(ben, 77, ben.owner.root)
    end_device(anna, 78, ben.owner.root)  # Signed by another root: void.

    own, other = await plan(ben, club, Rotate(after=1)), await plan(anna, club, Rotate(after=1))

    assert own.after is not None
    assert own.after.barred_devices == (77,)
    assert other.after is None


async def test_a_device_that_is_barred_already_needs_no_commit(sit: Sit) -> None:
    _, ben, _, club = await grouped(sit)
    end_device(ben, 77, ben.owner.root)
    log = ben.parts.states.log(club)
    assert log is not None
    barred = msgspec.structs.replace(log.document, barred_devices=(77,))
    alone = msgspec.structs.replace(log.document, members=log.document.members[:1])
    planner = ben.parts.memberships._planner

    lacks = [planner.lacks_bar(each) for each in (log.document, barred, alone)]

    assert lacks == [True, False, False]


async def test_a_newer_archive_key_comes_in_by_its_warrant(sit: Sit) -> None:
    _, ben, _, club = await grouped(sit)
    newer = certify_archive(2, ExchangeKeyPair(bytes(31) + b"\1"), root=ben.owner.root)
    warrant = archive_warrant(account=ben.account, archive_key=newer)

    made = await plan(ben, club, Warranted(warrants=(warrant,)))

    assert made.roster.document().members[1].archive_key == newer.key
    assert made.intents == [1]


async def test_the_leaf_of_a_device_that_its_owner_has_ended_goes_with_any_commit(
    sit: Sit,
) -> None:
    anna, ben, _, club = await grouped(sit)
    ben.owner.device_list.append(
        append_revocation(ben.owner.device_list, ben.device, root=ben.owner.root)
    )
    await anna.parts.connection._parts.keys.fetch(ben.account)

    made = await plan(anna, club)

    assert made.remove == leaf(ben, club)
    assert made.after is None


async def test_a_leaf_that_was_not_renewed_for_three_months_goes_with_any_commit(
    sit: Sit,
) -> None:
    anna, ben, _, club = await grouped(sit)
    groups, now_ms = anna.parts.context.storage.groups, anna.parts.context.server_time().at_ms
    assert (await plan(anna, club)).is_empty  # Seen for the first time: it counts from now.

    age(anna, club, ben, now_ms - limits.LEAF_STALE_MS + DAY_MS)
    assert (await plan(anna, club)).is_empty
    age(anna, club, ben, now_ms - limits.LEAF_STALE_MS - DAY_MS)
    age(anna, club, anna, now_ms - limits.LEAF_STALE_MS - DAY_MS)  # Never the own one.
    made = await plan(anna, club)

    assert made.remove == leaf(ben, club)
    assert made.after is None
    assert groups.leaf_renewed_at_ms(club, ben.device) is not None


def age(seat: Seat, club: ConversationId, other: Seat, at_ms: int) -> None:
    """Let a seat have seen a device's leaf renewed at this time."""
    seat.parts.context.storage.database.run(
        "INSERT OR REPLACE INTO leaf_times VALUES (?, ?, ?)", club, other.device, at_ms
    )


async def test_devices_are_dropped_by_name_and_the_own_one_never(sit: Sit) -> None:
    anna, ben, _, club = await grouped(sit)

    made = await plan(anna, club, DropDevices(devices=(ben.device, anna.device)))

    assert made.remove == leaf(ben, club)


async def test_who_was_invited_comes_in_with_all_that_its_invitation_proves(sit: Sit) -> None:
    anna, _, carol, club = await grouped(sit)
    warrant = invitation(anna, carol, club, root=carol.owner.root.public)

    made = await plan(anna, club, AdmitJoin(warrant=warrant, claim_id=CLAIM))

    assert accounts(made)[-1] == carol.account
    assert made.roster.document().warrants == (warrant,)
    assert made.added_devices == [carol.device]


async def test_an_invitation_for_another_root_lets_nobody_in(sit: Sit) -> None:
    anna, _, carol, club = await grouped(sit)
    stranger = SignatureKeyPair(bytes(32))
    warrant = invitation(anna, carol, club, root=stranger.public)

    made = await plan(anna, club, AdmitJoin(warrant=warrant, claim_id=CLAIM))

    assert made.void[1].code is Code.BAD_INVITE
    assert made.is_empty


async def test_an_invitation_that_has_expired_lets_nobody_in(sit: Sit) -> None:
    anna, _, carol, club = await grouped(sit)
    anna.server.now_ms -= 7 * 86_400_000
    warrant = invitation(anna, carol, club, root=carol.owner.root.public)
    anna.server.now_ms += 7 * 86_400_000

    made = await plan(anna, club, AdmitJoin(warrant=warrant, claim_id=CLAIM))

    assert made.void[1].code is Code.BAD_INVITE
