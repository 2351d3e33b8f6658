"""Attacks on the log: entries changed, moved, dropped, repeated, and heads that disagree."""

from __future__ import annotations

import msgspec

from shared import limits
from shared.e2ee.evidence import (
    BadHead,
    BrokenChain,
    Finding,
    Fork,
    Misbound,
    Noted,
    SeenElsewhere,
)
from shared.entries import Entry
from shared.errors import Code
from shared.frames import Accepted, Heads, Refused, ServerFrame
from tests.hostile.attack import Attack, Off
from tests.hostile.stage import Room, parts_of, storage_of, until

__all__ = ["ATTACKS"]

DAY_MS = 86_400_000
_BINDING = Off("shared.e2ee.messages.is_bound", lambda binding, entry: True)
_BOUND = "what the sender bound to the message (`is_bound`)"


async def _say_noon(room: Room) -> None:
    await room.say(room.stage.anna, "at noon")


def _shows_noon(room: Room) -> bool:
    return room.shows("at noon")


async def _change_sent_at(room: Room) -> None:
    room.edit(lambda entry: [msgspec.structs.replace(entry, sent_at_ms=entry.sent_at_ms - DAY_MS)])
    await _say_noon(room)


async def _change_counter(room: Room) -> None:
    room.edit(
        lambda entry: [msgspec.structs.replace(entry, device_counter=entry.device_counter + 5)]
    )
    await _say_noon(room)


async def _change_expiry(room: Room) -> None:
    room.edit(
        lambda entry: [msgspec.structs.replace(entry, expires_at_ms=entry.sent_at_ms + 7 * DAY_MS)]
    )
    await _say_noon(room)


async def _change_blobs(room: Room) -> None:
    room.edit(lambda entry: [msgspec.structs.replace(entry, blob_ids=(7, 8))])
    await _say_noon(room)


async def _change_sender(room: Room) -> None:
    carol = parts_of(room.stage.carol).sealing._context.me()
    room.edit(
        lambda entry: [
            msgspec.structs.replace(entry, account=carol.account, device=carol.device.device_id)
        ]
    )
    await _say_noon(room)


def _is_carols(room: Room) -> bool:
    row = room.row("at noon")
    return row is not None and row.sender == room.stage.carol.account


async def _change_received(room: Room) -> None:
    room.edit(
        lambda entry: [msgspec.structs.replace(entry, received_at_ms=entry.received_at_ms + 5_000)],
        breaks_chain=True,
    )
    await _say_noon(room)


async def _drop_one(room: Room) -> None:
    room.edit(lambda entry: [] if entry.sequence == room.start + 1 else [entry])
    await room.say(room.stage.anna, "one")
    await room.say(room.stage.anna, "two")


def _misses_one(room: Room) -> bool:
    return room.shows("two") and not room.shows("one")


async def _fork(room: Room) -> None:
    await _drop_one(room)
    await until(lambda: room.shows("two"))
    await room.stage.proxy.cut()  # Coming back, Ben is told, and signed, that this is the log.
    heads = storage_of(room.stage.ben).findings
    await until(lambda: bool(heads.heads(room.number)))
    room.stage.proxy.be_honest()
    await room.say(room.stage.anna, "three")
    await until(lambda: room.shows("three"))
    await parts_of(room.stage.ben).heads.ask(room.number)
    head = room.stage.proxy.log(room.number)[room.start]
    shown = room.stage.proxy.head(room.number)
    signed = room.stage.proxy.signed(
        msgspec.structs.replace(shown, head=head.sequence, chain=head.chain)
    )
    await room.stage.proxy.push(Heads((signed,), is_last=False))


async def _two_heads(room: Room) -> None:
    head = room.stage.proxy.head(room.number)
    await room.stage.proxy.push(Heads((head,), is_last=False))
    other = room.stage.proxy.signed(msgspec.structs.replace(head, chain=b"x" * 32))
    await room.stage.proxy.push(Heads((other,), is_last=False))
    await _say_noon(room)


async def _unsigned_head(room: Room) -> None:
    head = room.stage.proxy.head(room.number)
    forged = msgspec.structs.replace(head, signature=bytes(64))
    await room.stage.proxy.push(Heads((forged,), is_last=False))
    await _say_noon(room)


def _has_unsigned_head(room: Room) -> bool:
    kept = storage_of(room.stage.ben).findings.heads(room.number)
    return any(each.signature == bytes(64) for each in kept)


async def _call_stale(room: Room) -> None:
    lies = [True]

    def lie(frame: ServerFrame) -> list[ServerFrame]:
        if isinstance(frame, Accepted) and frame.conversation_id == room.number and lies:
            lies.pop()
            refused = Refused(
                frame.conversation_id,
                frame.device_counter,
                frame.payload_hash,
                Code.STALE,
                "The roster has changed.",
                own_counter=frame.device_counter,
                newest_handshake=1,
            )
            return [refused]
        return [frame]

    room.stage.proxy.frame_lies.append(lie)
    await room.say(room.stage.ben, "mine")


def _is_said_once(room: Room) -> bool:
    count = len(room.stage.proxy.log(room.number)) - room.start
    return room.shows("mine") and count == 1


ATTACKS = [
    Attack(
        name="forged sent_at",
        does="moves a message to yesterday, and rebuilds the chain",
        finding=Finding.FORGED_FIELDS,
        check=_BOUND,
        off=(_BINDING,),
        play=_change_sent_at,
        fooled=_shows_noon,
        evidence=Misbound,
    ),
    Attack(
        name="forged device_counter",
        does="gives a message another counter, as if others had come before it",
        finding=Finding.FORGED_FIELDS,
        check=_BOUND,
        off=(_BINDING,),
        play=_change_counter,
        fooled=_shows_noon,
        evidence=Misbound,
    ),
    Attack(
        name="forged expires_at",
        does="sets a timer that the sender did not set",
        finding=Finding.FORGED_FIELDS,
        check=_BOUND,
        off=(_BINDING,),
        play=_change_expiry,
        fooled=_shows_noon,
        evidence=Misbound,
    ),
    Attack(
        name="forged blob_ids",
        does="lets a message refer to files that the sender did not name",
        finding=Finding.FORGED_FIELDS,
        check=_BOUND,
        off=(_BINDING,),
        play=_change_blobs,
        fooled=_shows_noon,
        evidence=Misbound,
    ),
    Attack(
        name="forged sender",
        does="says that another member's device sent a message",
        finding=Finding.FORGED_FIELDS,
        check="the device's signature, and what was bound (`is_signed_by`, `is_bound`)",
        off=(
            Off("shared.e2ee.mls.framing.is_signed_by", lambda *_: True),
            _BINDING,
        ),
        play=_change_sender,
        fooled=_is_carols,
        evidence=Misbound,
    ),
    Attack(
        name="changed server fields",
        does="changes when an entry was received, and leaves the chain as it was",
        finding=Finding.BROKEN_CHAIN,
        check="the chain over all fields (`is_linked`)",
        off=(Off("shared.chain.is_linked", lambda previous, entry: True),),
        play=_change_received,
        fooled=_shows_noon,
        evidence=BrokenChain,
        prevents=False,
    ),
    Attack(
        name="dropped entry",
        does="leaves a message out, renumbers the rest and rebuilds the chain",
        finding=Finding.DROPPED_ENTRY,
        check="the chain value that the next sender saw (`Opening.is_seen`)",
        off=(Off("desktop.engine.opening.Opening.is_seen", lambda *_: True),),
        play=_drop_one,
        fooled=_misses_one,
        evidence=SeenElsewhere,
        prevents=False,
    ),
    Attack(
        name="fork",
        does="shows two devices different logs and signs both",
        finding=Finding.FORK,
        check="signed heads are kept and compared (`SignedHeads.note`)",
        off=(Off("desktop.engine.signed_heads.SignedHeads._compare_with_log", lambda *_: None),),
        play=_fork,
        fooled=_misses_one,
        evidence=Fork,
        prevents=False,
    ),
    Attack(
        name="two signed heads that disagree",
        does="signs two chain values for one place",
        finding=Finding.FORK,
        check="signed heads are kept and compared (`SignedHeads.note`)",
        off=(Off("desktop.engine.signed_heads.SignedHeads.note", lambda *_: None),),
        play=_two_heads,
        fooled=_shows_noon,
        evidence=Fork,
        prevents=False,
    ),
    Attack(
        name="head that nobody signed",
        does="tells where a log stands under a signature that does not hold",
        finding=Finding.BAD_HEAD,
        check="the server's pinned key (`SignedHeads._is_signed`)",
        off=(Off("desktop.engine.signed_heads.SignedHeads._is_signed", lambda *_: True),),
        play=_unsigned_head,
        fooled=_has_unsigned_head,
        evidence=BadHead,
    ),
    Attack(
        name="`stale` for an entry that was kept",
        does="appends a message and answers that it is stale",
        finding=Finding.FALSE_STALE,
        check="whether anything newer is there (`LinkSending._check_stale`)",
        off=(Off("desktop.engine.link_sending.LinkSending._check_stale", lambda *_: None),),
        play=_call_stale,
        fooled=_is_said_once,
        evidence=Noted,
        prevents=False,
    ),
]

assert limits.ORDER_BLOCK  # The order of what is shown is judged elsewhere.
_: type[Entry] = Entry
