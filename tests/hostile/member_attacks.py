"""Attacks with messages of those who are no members, or devices of nobody."""

from __future__ import annotations

import os

from desktop import commands
from shared.e2ee.evidence import Finding, Outsider, UnlistedDevice
from shared.e2ee.keys import SignatureKeyPair
from shared.roster import Role, RosterDocument, RosterMember
from shared.roster_rules import member_of
from tests.desktop.engine.people import Person
from tests.hostile.attack import Attack, Off
from tests.hostile.insider import group_of, identity_of, message
from tests.hostile.stage import Room, until

__all__ = ["ATTACKS"]

_FORGED = "from nobody"
_INVENTED_ID = 777
_INVENTED_KEY = SignatureKeyPair(os.urandom(32))


def _shows_forged(room: Room) -> bool:
    return room.shows(_FORGED)


async def _let_stranger_speak(room: Room) -> None:
    dave = identity_of(room.stage.dave)
    forged = message(
        room,
        _FORGED,
        account=dave.account,
        device=dave.device.device_id,
        key=dave.device.signature,
    )
    await room.show(forged)


def _member_or_anybody(document: RosterDocument, account: int) -> RosterMember | None:
    """Take everybody for a member, with the root that goes with a name that Ben knows."""
    return member_of(document, account) or RosterMember(
        account=account,
        root_key=_ROOTS[account],
        role=Role.MEMBER,
        archive_number=1,
        archive_key=bytes(32),
    )


_ROOTS: dict[int, bytes] = {}


async def _let_stranger_speak_known(room: Room) -> None:
    dave = identity_of(room.stage.dave)
    _ROOTS[dave.account] = dave.root_key
    await _let_stranger_speak(room)


async def _let_removed_speak(room: Room) -> None:
    carol = identity_of(room.stage.carol)
    group = group_of(room)
    parent = room.newest_handshake
    await _remove(room, room.stage.carol)
    room.start = len(room.stage.proxy.log(room.number))
    forged = message(
        room,
        _FORGED,
        account=carol.account,
        device=carol.device.device_id,
        key=carol.device.signature,
        group=group,
        parent=parent,
    )
    await room.show(forged)


async def _remove(room: Room, person: Person) -> None:
    command = commands.RemoveMember(conversation_id=room.number, account=person.account)
    await room.stage.anna.engine.ask(command)
    await until(lambda: member_of(room.log.document, person.account) is None)


async def _invent_device(room: Room) -> None:
    forged = message(
        room,
        _FORGED,
        account=room.stage.anna.account,
        device=_INVENTED_ID,
        key=_INVENTED_KEY,
    )
    await room.show(forged)


ATTACKS = [
    Attack(
        name="message of a stranger",
        does="appends a message of an account that is in no roster, sealed by a bribed member",
        finding=Finding.INVENTED_MEMBER,
        check="the sender is in the roster of the epoch (`Opening._member`)",
        off=(Off("desktop.engine.opening.member_of", _member_or_anybody),),
        play=_let_stranger_speak_known,
        fooled=_shows_forged,
        evidence=Outsider,
    ),
    Attack(
        name="message of somebody who was removed",
        does="appends, behind the removal, a message sealed in an epoch before it",
        finding=Finding.INVENTED_MEMBER,
        check="the sender is in the roster where the message stands (`Opening._check_still_in`)",
        off=(Off("desktop.engine.opening.Opening._check_still_in", lambda *_: None),),
        play=_let_removed_speak,
        fooled=_shows_forged,
        evidence=Outsider,
    ),
    Attack(
        name="invented device",
        does="appends a message of a device that it made for a member",
        finding=Finding.INVENTED_DEVICE,
        check="the device is on its account's list (`PeerKeys.device_key`)",
        off=(
            Off(
                "desktop.engine.peer_keys.PeerKeys.device_key",
                lambda *_, **__: _INVENTED_KEY.public,
            ),
        ),
        play=_invent_device,
        fooled=_shows_forged,
        evidence=UnlistedDevice,
    ),
]
