"""What an attack is: what the server does, what notices it, and what happens if nothing does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.e2ee.evidence import Evidence, Finding
from tests.hostile.stage import Room

__all__ = ["Attack", "Off"]


@dataclass(frozen=True, slots=True)
class Off:
    """A check of the client that a failing twin is played without."""

    place: str  # A dotted name, as `monkeypatch.setattr` takes it.
    instead: object


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to cheat Ben.

    Attributes:
        name: What it is called, in a test's name and in SECURITY.md.
        does: What the server does.
        finding: What Ben is told.
        check: What notices it.
        off: The code of that check, for the twin.
        play: Does it, to the point where Ben has what he needs to notice.
        fooled: Whether Ben believes what is not so.
        evidence: What is kept with the alarm; None where nothing lasts that shows it.
        prevents: Whether Ben is not fooled at all; otherwise he is, and is told.
        heals: Whether Ben hears Anna again once the server is honest.
    """

    name: str
    does: str
    finding: Finding
    check: str
    off: tuple[Off, ...]
    play: Callable[[Room], Awaitable[None]]
    fooled: Callable[[Room], bool]
    evidence: type[Evidence] | None = None
    prevents: bool = True
    heals: bool = True
