"""The states of a link: one table for both sides, which PROTOCOL.md shows as it is here.

A row is (phase, what happens) → (next phase, who may do it). What is in no row is a breach of
the protocol: the side that sees it says ``bye`` with ``malformed`` and closes. ``python -m
shared.protocol.transitions`` prints the table.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from shared.errors import Code, LocalError, PeerError
from shared.frames import Frame

__all__ = ["TRANSITIONS", "LinkCommand", "LinkPhase", "Side", "after", "name_of", "table"]


class LinkPhase(Enum):
    """How far a link is."""

    CONNECTING = "connecting"  # The WebSocket is up, nothing has been said.
    GREETING = "greeting"  # The client has said hello.
    OPEN = "open"
    CLOSING = "closing"  # One side has said bye; what still comes in is ignored.
    CLOSED = "closed"


class Side(Enum):
    """Who does something."""

    CLIENT = "client"
    SERVER = "server"


class LinkCommand(StrEnum):
    """What happens to a link other than a frame."""

    TIMEOUT = "(timeout)"  # No hello or ready in time, or two pings without an answer.
    CUT = "(cut)"  # The WebSocket has ended, whoever ended it.


_C = frozenset({Side.CLIENT})
_S = frozenset({Side.SERVER})
_BOTH = _C | _S

_OPEN_FRAMES = {
    "submit": _C,
    "pull": _C,
    "confirm": _C,
    "mark": _C,
    "typing": _BOTH,
    "events": _S,
    "heads": _S,
    "accepted": _S,
    "refused": _S,
    "entries": _S,
    "confirmed": _S,
    "receipt": _S,
    "presence": _S,
    "ping": _BOTH,
    "pong": _BOTH,
}

TRANSITIONS: dict[tuple[LinkPhase, str], tuple[LinkPhase, frozenset[Side]]] = {
    (LinkPhase.CONNECTING, "hello"): (LinkPhase.GREETING, _C),
    (LinkPhase.CONNECTING, "bye"): (LinkPhase.CLOSING, _BOTH),
    (LinkPhase.CONNECTING, LinkCommand.TIMEOUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.CONNECTING, LinkCommand.CUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.GREETING, "ready"): (LinkPhase.OPEN, _S),
    (LinkPhase.GREETING, "bye"): (LinkPhase.CLOSING, _BOTH),
    (LinkPhase.GREETING, LinkCommand.TIMEOUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.GREETING, LinkCommand.CUT): (LinkPhase.CLOSED, _BOTH),
    **{(LinkPhase.OPEN, name): (LinkPhase.OPEN, who) for name, who in _OPEN_FRAMES.items()},
    (LinkPhase.OPEN, "bye"): (LinkPhase.CLOSING, _BOTH),
    (LinkPhase.OPEN, LinkCommand.TIMEOUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.OPEN, LinkCommand.CUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.CLOSING, LinkCommand.TIMEOUT): (LinkPhase.CLOSED, _BOTH),
    (LinkPhase.CLOSING, LinkCommand.CUT): (LinkPhase.CLOSED, _BOTH),
}


def name_of(frame: Frame) -> str:
    """Return the name a frame has on the wire."""
    return str(frame.__struct_config__.tag)


def after(phase: LinkPhase, what: str, *, by: Side, is_own: bool) -> LinkPhase:
    """Return the phase after a frame or command.

    Args:
        phase: The phase before.
        what: The name of a frame or a `LinkCommand`.
        by: Who sends the frame.
        is_own: Whether that is this side.

    Raises:
        PeerError: If the other side may not send this now.
        LocalError: If this side may not.
    """
    row = TRANSITIONS.get((phase, what))
    if row is not None and by in row[1]:
        return row[0]
    message = f"The {by.value} may not send {what} while the link is {phase.value}."
    if is_own:
        raise LocalError(message)
    raise PeerError(Code.MALFORMED, message)


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| phase | frame or (command) | by | next phase |", "| --- | --- | --- | --- |"]
    for (phase, what), (following, who) in TRANSITIONS.items():
        by = "either" if who == _BOTH else next(iter(who)).value
        lines.append(f"| {phase.value} | {what} | {by} | {following.value} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
