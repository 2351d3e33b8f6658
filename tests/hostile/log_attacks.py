"""Attacks on the log: entries changed, moved, dropped, repeated, and heads that disagree."""

from __future__ import annotations

import msgspec

from desktop.engine.signed_heads import SignedHeads
from desktop.events import MessageKind
from shared.chain import START
from shared.e2ee.evidence import (
    BadHead,
    BrokenChain,
    Finding,
    Fork,
    Misbound,
    Noted,
    SeenElsewhere,
)
from shared.entries import Entry, Head
from shared.errors import Code
from shared.frames import Accepted, Heads, Refused, ServerFrame
from tests.hostile.attack import Attack, Off
from tests.hostile.insider import identity_of
from tests.hostile.stage import Room, storage_of, until

__all__ = ["ATTACKS"]

DAY_MS = 86_400_000
_BINDING = Off("shared.e2ee.messages.is_bound", lambda binding, entry: True)
# As if every sender had seen nothing.
_SEEN = Off("shared.e2ee.messages.seen_of", lambda binding: (0, START))
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
    carol = identity_of(room.stage.carol)
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


async def _swap(room: Room) -> None:
    def edit(entries: list[Entry]) -> list[Entry]:
        new = entries[room.start :]
        swapped = [new[1], new[0], *new[2:]] if len(new) > 1 else []
        return entries[: room.start] + swapped

    room.stage.proxy.edit(room.number, edit)
    await room.say(room.stage.anna, "one")
    await room.say(room.stage.anna, "two")


def _is_swapped(room: Room) -> bool:
    one, two = room.row("one"), room.row("two")
    return one is not None and two is not None and two.sequence < one.sequence


async def _repeat(room: Room) -> None:
    room.edit(lambda entry: [entry, entry])
    await room.say(room.stage.anna, "one")
    await until(lambda: _entry_of(room, room.start + 2) is not None)


def _takes_repetition(room: Room) -> bool:
    """Whether the message counts twice, if only in the log: (account, message_id) shows once."""
    grey = [row for row in room.rows() if row.kind is MessageKind.UNREADABLE]
    return room.shows("one") and _entry_of(room, room.start + 2) is not None and not grey


def _entry_of(room: Room, sequence: int) -> Entry | None:
    return storage_of(room.stage.ben).messages.entry(room.number, sequence)


async def _fork(room: Room) -> None:
    anna, proxy = room.stage.anna, room.stage.proxy
    room.edit(lambda entry: [] if entry.account == anna.account else [entry])
    await room.say(anna, "one")
    await room.say(room.stage.ben, "mine")
    await proxy.cut()  # Coming back, Ben is told, and signed, that this is the log.
    kept = storage_of(room.stage.ben).findings
    await until(lambda: any(each.head > room.start for each in kept.heads(room.number)))
    entry = proxy.log(room.number)[room.start]
    signed = msgspec.structs.replace(
        proxy.head(room.number), head=entry.sequence, chain=entry.chain
    )
    await until(lambda: bool(proxy.links))
    await proxy.push(Heads((proxy.signed(signed),), is_last=False))
    await until(lambda: len(kept.heads(room.number)) > 1)


def _is_forked(room: Room) -> bool:
    own = room.row("mine")
    return own is not None and own.sequence == room.start + 1 and not room.shows("one")


def _keep_head(heads: SignedHeads, head: Head) -> None:
    heads._context.storage.findings.save_head(head)


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
        check="what the next sender says it saw (`open_message`, `Opening.is_seen`)",
        off=(_SEEN,),
        play=_drop_one,
        fooled=_misses_one,
        evidence=SeenElsewhere,
        prevents=False,
    ),
    Attack(
        name="reordered entries",
        does="lets two messages change places and rebuilds the chain",
        finding=Finding.DROPPED_ENTRY,
        check="what the sender says it saw (`open_message`, `Opening.is_seen`)",
        off=(_SEEN,),
        play=_swap,
        fooled=_is_swapped,
        evidence=SeenElsewhere,
    ),
    Attack(
        name="repeated entry",
        does="appends a message once more, and rebuilds the chain",
        finding=Finding.REPEATED_ENTRY,
        check="a message key counts once, for good (`Opening._note_used`)",
        off=(Off("desktop.engine.opening.Opening._note_used", lambda *_: None),),
        play=_repeat,
        fooled=_takes_repetition,
        evidence=Noted,
    ),
    Attack(
        name="fork",
        does="shows two devices different logs and signs both",
        finding=Finding.FORK,
        check="signed heads are kept and compared (`SignedHeads.note`)",
        off=(Off("desktop.engine.signed_heads.SignedHeads._note", _keep_head),),
        play=_fork,
        fooled=_is_forked,
        evidence=Fork,
        prevents=False,
    ),
    Attack(
        name="two signed heads that disagree",
        does="signs two chain values for one place",
        finding=Finding.FORK,
        check="signed heads are kept and compared (`SignedHeads.note`)",
        off=(Off("desktop.engine.signed_heads.SignedHeads._note", _keep_head),),
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
