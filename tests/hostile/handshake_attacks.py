"""Attacks with handshakes: rosters that nobody may bring about, and states that are not so."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from desktop.storage.intent_store import Rotate
from shared.chain import hash_payload
from shared.e2ee.evidence import BadCommit, BadRoster, Finding, Noted, OtherTag
from shared.e2ee.facade import DeviceChange, confirmation_tag_of
from shared.e2ee.handshakes import LogState, Step, _document_after
from shared.e2ee.warrants import accept_invite, is_signed, make_invite, make_leave
from shared.entries import Entry, EntryKind
from shared.rest_groups import GroupInfoList
from shared.roster import Role, RosterMember, encode_document, hash_document
from shared.roster_rules import RosterDraft, check_change, member_of
from tests.desktop.engine.people import Person
from tests.hostile.attack import Attack, Off
from tests.hostile.insider import handshake, identity_of, key_package_of
from tests.hostile.proxy import Answer
from tests.hostile.stage import Room, parts_of, storage_of, until

__all__ = ["ATTACKS"]

_RULES = "server and members judge rosters by the same rules (`check_change`)"
_NO_RULES = Off("shared.roster_rules._Judge.check", lambda *_: None)


def _lacks(room: Room, person: Person) -> bool:
    return member_of(room.log.document, person.account) is None


def _lacks_anna(room: Room) -> bool:
    return _lacks(room, room.stage.anna)


def _lacks_carol(room: Room) -> bool:
    return _lacks(room, room.stage.carol)


def _has_dave(room: Room) -> bool:
    dave = room.stage.dave.account
    return bool(room.log.leaves_of(account=dave)) and not _lacks(room, room.stage.dave)


# Rosters.


async def _remove_owner(room: Room) -> None:
    anna = room.stage.anna.account
    after = RosterDraft.of(room.log.document).without_member(anna).document()
    await room.show(handshake(room, after, remove=room.log.leaves_of(account=anna)))


async def _make_owner(room: Room) -> None:
    carol = room.stage.carol.account
    after = RosterDraft.of(room.log.document).with_role(carol, Role.OWNER).document()
    await room.show(handshake(room, after))


def _has_carol_as_owner(room: Room) -> bool:
    member = member_of(room.log.document, room.stage.carol.account)
    return member is not None and member.role is Role.OWNER


async def _swap_root(room: Room) -> None:
    anna, carol = room.stage.anna.account, identity_of(room.stage.carol)
    draft = RosterDraft.of(room.log.document).with_root(
        anna, carol.root_key, archive_number=1, archive_key=carol.archive_key.key
    )
    forged = handshake(room, draft.document(), remove=room.log.leaves_of(account=anna))
    await room.show(forged)


def _has_swapped_root(room: Room) -> bool:
    member = member_of(room.log.document, room.stage.anna.account)
    return member is not None and member.root_key == identity_of(room.stage.carol).root_key


async def _add_device_of_stranger(room: Room) -> None:
    await room.show(handshake(room, add=(key_package_of(room, room.stage.dave),)))


def _has_leaf_of_dave(room: Room) -> bool:
    return bool(room.log.leaves_of(account=room.stage.dave.account))


async def _forge_leave(room: Room) -> None:
    anna, carol = room.stage.anna.account, identity_of(room.stage.carol)
    warrant = make_leave(
        room.log.document, account=anna, proof=carol.proof, key=carol.device.signature
    )
    draft = RosterDraft.of(room.log.document).without_member(anna, warrants=[warrant])
    forged = handshake(room, draft.document(), remove=room.log.leaves_of(account=anna))
    await room.show(forged)


async def _forge_invite(room: Room) -> None:
    carol, dave = identity_of(room.stage.carol), identity_of(room.stage.dave)
    before = room.log.document
    code = make_invite(
        before,
        title="room",
        expires_at_ms=2**50,
        inviter=room.stage.anna.account,
        proof=carol.proof,
        key=carol.device.signature,
        seed=os.urandom(32),
    )
    warrant = accept_invite(code, account=dave.account, root_key=dave.root_key)
    member = RosterMember(
        account=dave.account,
        root_key=dave.root_key,
        role=Role.MEMBER,
        archive_number=dave.archive_key.number,
        archive_key=dave.archive_key.key,
    )
    after = RosterDraft.of(before).with_members([member], warrants=[warrant]).document()
    await room.show(handshake(room, after, add=(key_package_of(room, room.stage.dave),)))


async def _junk(room: Room) -> None:
    """Carol is thrown out in the name of Anna, who may do it and has not."""
    after = RosterDraft.of(room.log.document).without_member(room.stage.carol.account).document()
    data = encode_document(after)
    room.stage.proxy.documents[hash_document(data).hex()] = data
    anna = identity_of(room.stage.anna)
    newest = room.stage.proxy.log(room.number)[room.newest_handshake - 1]
    await room.show(
        msgspec.structs.replace(
            newest,
            entry_id=newest.entry_id + 1,
            account=anna.account,
            device=anna.device.device_id,
            device_counter=9,
            parent=newest.sequence,
            base=newest.sequence,
            document_hash=hash_document(data),
            payload=newest.payload,
            payload_hash=hash_payload(newest.payload),
        )
    )


def _believe_roster(state: LogState, entry: Entry, document: bytes | None) -> Step:
    """Go by the roster alone, as if MLS had nothing to say."""
    after = _document_after(state, entry, document)
    change = check_change(
        state.document,
        after,
        by=entry.account,
        received_at_ms=entry.received_at_ms,
        verify=is_signed,
    )
    nothing = DeviceChange(
        committer=state.view.devices[0],
        is_join=False,
        added=(),
        removed=(),
        updated=(),
        document_hash=hash_document(encode_document(after)),
        authenticated_data=b"",
        is_plain=True,
    )
    return Step(LogState(state.view, after, entry.sequence), nothing, change)


# States.


async def _rotate(room: Room) -> int:
    """Let Anna renew her keys; return the handshake."""
    before = room.newest_handshake
    await parts_of(room.stage.anna).memberships.carry_out(room.number, Rotate(after=before))
    await until(lambda: room.newest_handshake > before)
    return room.newest_handshake


def _edit_new_handshakes(
    room: Room, payload_of: Callable[[bytes], bytes], *, keeps_hash: bool
) -> None:
    def edit(entries: list[Entry]) -> list[Entry]:
        shown = list(entries[: room.start])
        for entry in entries[room.start :]:
            if entry.kind is EntryKind.HANDSHAKE and entry.account == room.stage.anna.account:
                payload = payload_of(entry.payload)
                value = entry.payload_hash if keeps_hash else hash_payload(payload)
                entry = msgspec.structs.replace(entry, payload=payload, payload_hash=value)
            shown.append(entry)
        return shown

    room.stage.proxy.edit(room.number, edit)


def _flipped(payload: bytes) -> bytes:
    changed = bytearray(payload)
    changed[payload.rindex(confirmation_tag_of(payload))] ^= 1
    return bytes(changed)


async def _flip_tag(room: Room) -> None:
    _edit_new_handshakes(room, _flipped, keeps_hash=False)
    room.notes["handshake"] = await _rotate(room)


async def _withhold(room: Room) -> None:
    _edit_new_handshakes(room, lambda payload: b"", keeps_hash=True)
    room.notes["handshake"] = await _rotate(room)


def _passed_over(room: Room) -> bool:
    """Whether Ben stays in the epoch before, believing that the handshake does not count."""
    handshake = room.notes["handshake"]
    stored = storage_of(room.stage.ben).groups.log(room.number)
    state = parts_of(room.stage.ben).states.log(room.number)
    return (
        isinstance(handshake, int)
        and stored is not None
        and state is not None
        and stored.followed >= handshake > state.sequence
    )


class _Anything(bytes):
    """Equal to any other hash."""

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def _show_old_state(method: str, path: str, answer: Answer) -> Answer:
    del method
    if not path.endswith("/group-infos"):
        return answer
    told = msgspec.json.decode(answer[1], type=GroupInfoList)
    newest, *older = sorted(told.states, key=lambda state: -state.sequence)
    lie = msgspec.structs.replace(older[0], sequence=newest.sequence, parent=newest.parent)
    return 200, msgspec.json.encode(GroupInfoList(states=[lie]))


async def _show_stale_state(room: Room) -> None:
    await _rotate(room)
    ben = room.stage.ben
    await until(lambda: room.log.sequence == room.newest_handshake)
    room.notes["handshake"] = room.newest_handshake
    room.stage.proxy.lies.append(_show_old_state)
    parts_of(ben).following.lose(room.number)


def _joined_on_it(room: Room) -> bool:
    """Whether Ben's device made a join that nobody else can follow."""
    handshake = room.notes["handshake"]
    assert isinstance(handshake, int)
    later = room.stage.proxy.log(room.number)[handshake:]
    return any(
        each.kind is EntryKind.HANDSHAKE and each.account == room.stage.ben.account
        for each in later
    )


ATTACKS = [
    Attack(
        name="junk handshake that changes the member list",
        does="makes up a handshake in an owner's name with a roster that lacks somebody",
        finding=Finding.JUNK_HANDSHAKE,
        check="everything of MLS that needs no secret (`follow`)",
        off=(Off("desktop.engine.following.follow", _believe_roster),),
        play=_junk,
        fooled=_lacks_carol,
        evidence=BadCommit,
    ),
    Attack(
        name="removal by somebody who may not",
        does="lets a plain member remove the owner",
        finding=Finding.JUNK_HANDSHAKE,
        check=_RULES,
        off=(_NO_RULES,),
        play=_remove_owner,
        fooled=_lacks_anna,
        evidence=BadRoster,
    ),
    Attack(
        name="role that nobody gave",
        does="lets a plain member make itself an owner",
        finding=Finding.JUNK_HANDSHAKE,
        check=_RULES,
        off=(_NO_RULES,),
        play=_make_owner,
        fooled=_has_carol_as_owner,
        evidence=BadRoster,
    ),
    Attack(
        name="swapped root in the roster",
        does="lets a plain member put another root key in the owner's place",
        finding=Finding.JUNK_HANDSHAKE,
        check=_RULES,
        off=(_NO_RULES,),
        play=_swap_root,
        fooled=_has_swapped_root,
        evidence=BadRoster,
    ),
    Attack(
        name="invented member",
        does="lets a plain member add a device whose account is in no roster",
        finding=Finding.JUNK_HANDSHAKE,
        check="every leaf's account and root are in the roster (`_check_devices`)",
        off=(Off("shared.e2ee.handshakes._check_devices", lambda *_: None),),
        play=_add_device_of_stranger,
        fooled=_has_leaf_of_dave,
        evidence=BadCommit,
    ),
    Attack(
        name="forged leave",
        does="says that somebody has left, signed by another one's device",
        finding=Finding.FORGED_WARRANT,
        check="who leaves has signed it (`_check_leave`)",
        off=(Off("shared.roster_rules._check_leave", lambda *_: None),),
        play=_forge_leave,
        fooled=_lacks_anna,
        evidence=BadRoster,
    ),
    Attack(
        name="forged invite",
        does="lets somebody in by an invitation that no admin has signed",
        finding=Finding.FORGED_WARRANT,
        check="an admin has signed it (`_check_invite`)",
        off=(Off("shared.roster_rules._check_invite", lambda *_: None),),
        play=_forge_invite,
        fooled=_has_dave,
        evidence=BadRoster,
    ),
    Attack(
        name="flipped confirmation tag",
        does="changes one bit of a handshake that only members can check",
        finding=Finding.FORGED_HANDSHAKE,
        check="the state that its committer signed (`is_made_by`)",
        off=(Off("desktop.engine.rosters.is_made_by", lambda *_: True),),
        play=_flip_tag,
        fooled=_passed_over,
        evidence=OtherTag,
    ),
    Attack(
        name="blanked handshake",
        does="withholds the payload of a handshake",
        finding=Finding.BLANKED_PAYLOAD,
        check="a payload has its hash, which is in the chain (`follow`)",
        off=(Off("shared.e2ee.handshakes.hash_payload", lambda payload: _Anything(32)),),
        play=_withhold,
        fooled=_passed_over,
        evidence=Noted,
    ),
    Attack(
        name="stale GroupInfo",
        does="lets a device that has lost its state join on one of an epoch before",
        finding=Finding.STALE_GROUP_INFO,
        check="the signed state is the one that the log leads to (`is_same_state`)",
        off=(Off("desktop.engine.joining.is_same_state", lambda *_: True),),
        play=_show_stale_state,
        fooled=_joined_on_it,
        evidence=Noted,
    ),
]
