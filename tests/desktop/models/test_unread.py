from __future__ import annotations

import msgspec

from desktop.models.unread import Unread, unread_of
from tests.desktop.fake_port import FakePort, at
from tests.exhibits.stage import ALICE, MOM, WANG


def test_muted_conversations_count_only_what_names_the_person(world: FakePort) -> None:
    changes = {
        WANG: {"unread": 4, "muted_until_ms": 0, "mentions": 1},
        ALICE: {"unread": 2, "muted_until_ms": at(1)},
        MOM: {"unread": 3, "muted_until_ms": at(-1)},
    }
    for conversation_id, row in world.conversations.items():
        wanted = {"unread": 0, **changes.get(conversation_id, {})}
        world.conversations[conversation_id] = msgspec.structs.replace(row, **wanted)
    world.announce()

    assert unread_of(world.session.conversations, now_ms=at(0)) == Unread(3, True)


def test_nothing_unread_is_nothing(port: FakePort) -> None:
    assert unread_of(port.session.conversations, now_ms=at(0)) == Unread()


def test_accounts_are_added() -> None:
    assert Unread(2) + Unread(3, True) == Unread(5, True)
