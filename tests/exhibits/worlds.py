"""Worlds for scenes: new, varied, with a group in which everything happens."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path

import msgspec

from desktop.events import DeviceRow, Member
from shared.identifiers import ConversationId
from shared.roster import Role
from tests.desktop.fake_port import FakePort, at, profile
from tests.exhibits import timeline
from tests.exhibits.stage import add_variety, make_picture, make_world, sort_friends

__all__ = ["CLUB", "RICH", "files", "grouped", "nobody", "rich", "sorted_friends", "varied"]

CLUB = ConversationId(1050)
RICH = timeline.GROUP


def nobody() -> FakePort:
    """Return the world of somebody who has just registered."""
    return FakePort()


def varied() -> FakePort:
    """Return the world with groups, files, and conversations kept in every way."""
    port = make_world()
    add_variety(port)
    return port


def rich() -> FakePort:
    """Return the world with a group in which everything happens that can."""
    port = varied()
    timeline.make_group(port)
    return port


def sorted_friends() -> FakePort:
    """Return the world with friends sorted into groups."""
    port = make_world()
    sort_friends(port)
    return port


def grouped() -> FakePort:
    """Return the world with a group in it, several devices and a request to join."""
    port = make_world()
    port.add_conversation(
        profile(50, "", ""), kind=2, title="周三读书会 Book club", own_role=3, member_count=5
    )
    port.conversations[CLUB] = msgspec.structs.replace(
        port.conversations[CLUB], peer=profile(0, "", "")
    )
    people = [port.own, *(contact.profile for contact in port.contacts.values())][:5]
    roles = [Role.OWNER, Role.ADMIN, Role.MEMBER, Role.MEMBER, Role.MEMBER]
    port.members = [
        Member(profile=person, role=role) for person, role in zip(people, roles, strict=True)
    ]
    port.joining = [profile(11, "alina", "Alina Novak")]
    port.add_message(CLUB, "Chapter seven by Wednesday, 别忘了带书", minutes_ago=50)
    port.devices = [
        DeviceRow(
            device_id=number,
            name=name,
            created_ms=at(days * 1440),
            last_seen_ms=at(minutes),
            is_current=number == 1,
            is_revoked=False,
            has_session=True,
        )
        for number, (name, days, minutes) in enumerate(
            (("书房电脑", 40, 0), ("Laptop", 3, 95)), start=1
        )
    ]
    return port


def files(count: int, *, has_missing: bool = False) -> list[str]:
    """Return paths of files that can be sent, and of one that is not there."""
    folder = _folder()
    chosen = [str(folder / name) for name, _ in _FILES[:count]]
    return [*chosen, str(folder / "gone.doc")] if has_missing else chosen


_FILES = (
    ("sunset.png", b""),
    ("季度报告（最终版）-含附件与审批意见.pdf", b"x" * 240_000),
    ("notes.txt", b"tea"),
    ("icons_v3.zip", b"x" * 126_000),
    ("budget.xlsx", b"x" * 48_000),
    ("screen.png", b""),
)


@cache
def _folder() -> Path:
    made = tempfile.TemporaryDirectory(prefix="mim-scenes-")
    atexit.register(made.cleanup)
    for name, data in _FILES:
        (Path(made.name) / name).write_bytes(data or make_picture())
    return Path(made.name)
