from __future__ import annotations

import pytest

from desktop.storage.intent_store import Join, RemoveAccount, Rotate, StoredIntent
from desktop.storage.storage import Storage
from shared import limits
from shared.errors import Code, RefusedError


def test_intents_wait_in_order_and_the_same_one_once(storage: Storage) -> None:
    first = storage.intents.add(7, RemoveAccount(account=3))
    again = storage.intents.add(7, RemoveAccount(account=3))
    second = storage.intents.add(7, Rotate(after=2))
    storage.intents.add(8, Join())

    assert first == again
    assert storage.intents.of(7) == [
        StoredIntent(first, RemoveAccount(account=3)),
        StoredIntent(second, Rotate(after=2)),
    ]
    assert storage.intents.conversations() == [7, 8]


def test_intents_go_one_by_one_or_with_their_conversation(storage: Storage) -> None:
    first = storage.intents.add(7, Join())
    storage.intents.add(7, Rotate(after=2))

    storage.intents.remove(first)
    left = storage.intents.of(7)
    storage.intents.remove_all(7)

    assert [each.intent for each in left] == [Rotate(after=2)]
    assert storage.intents.conversations() == []


def test_too_many_intents_are_refused(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INTENTS_MAX", 1)
    storage.intents.add(7, Join())

    with pytest.raises(RefusedError) as refused:
        storage.intents.add(8, Join())

    assert refused.value.code is Code.OVERLOADED
