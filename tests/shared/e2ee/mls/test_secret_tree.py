from __future__ import annotations

from pathlib import Path

import pytest

from shared import limits
from shared.e2ee.mls import framing
from shared.e2ee.mls.crypto import SUITE
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.keys import Secret
from shared.e2ee.mls.secret_tree import MessageKey, RatchetKind, SecretTree
from tests.shared.e2ee.mls.vectors import load, unhex

ROOT = Secret(b"r" * 32)


def take(
    tree: SecretTree, generation: int, leaf: int = 0, kind: RatchetKind = RatchetKind.APPLICATION
) -> tuple[MessageKey, SecretTree]:
    return tree.take(SUITE, leaf=leaf, kind=kind, generation=generation)


def refusal(tree: SecretTree, generation: int) -> Reason:
    with pytest.raises(MlsError) as refused:
        take(tree, generation)
    assert refused.value.check is Check.SECRET
    return refused.value.reason


def test_secret_tree_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/secret-tree.json"):
        part = case["sender_data"]
        key = framing.sender_data_key(
            SUITE, unhex(part["sender_data_secret"]), unhex(part["ciphertext"])
        )
        assert (key.key, key.nonce) == (unhex(part["key"]), unhex(part["nonce"]))

        tree = SecretTree.start(len(case["leaves"]), Secret(unhex(case["encryption_secret"])))
        for leaf, generations in enumerate(case["leaves"]):
            for step in generations:
                for kind in RatchetKind:
                    name = kind.name.lower()
                    key, tree = take(tree, step["generation"], leaf, kind)
                    assert key.key == unhex(step[f"{name}_key"])
                    assert key.nonce == unhex(step[f"{name}_nonce"])


def test_every_leaf_kind_and_generation_has_its_own_key() -> None:
    tree = SecretTree.start(4, ROOT)
    seen = set()

    for leaf in range(4):
        for kind in RatchetKind:
            for generation in range(3):
                key, tree = take(tree, generation, leaf, kind)
                seen.add((key.key, key.nonce))

    assert len(seen) == 24


def test_keys_come_in_any_order() -> None:
    tree = SecretTree.start(2, ROOT)
    in_order = []
    straight = tree
    for generation in range(5):
        key, straight = take(straight, generation)
        in_order.append(key.key)

    for generation in (3, 0, 4, 2, 1):
        key, tree = take(tree, generation)
        assert key.key == in_order[generation]


def test_taking_a_key_changes_nothing_for_who_does_not_adopt_the_tree() -> None:
    tree = SecretTree.start(2, ROOT)

    first, _ = take(tree, 0)
    again, _ = take(tree, 0)

    assert first.key == again.key
    assert tree.encryption_secret == ROOT


def test_what_a_key_came_from_is_gone_afterwards() -> None:
    _, tree = take(SecretTree.start(4, ROOT), 1, leaf=1)

    assert tree.encryption_secret is None
    assert set(tree.nodes) == {0, 5}
    assert tree.generation_of(1, RatchetKind.APPLICATION) == 2
    assert tree.generation_of(1, RatchetKind.HANDSHAKE) == 0
    assert tree.generation_of(0, RatchetKind.APPLICATION) == 0
    assert list(tree.ratchets[1, RatchetKind.APPLICATION].skipped) == [0]


def test_a_used_key_is_refused() -> None:
    _, tree = take(SecretTree.start(2, ROOT), 2)

    assert refusal(tree, 2) is Reason.KEY_CONSUMED
    _, tree = take(tree, 1)
    assert refusal(tree, 1) is Reason.KEY_CONSUMED


def test_a_key_a_thousand_ahead_is_found_and_one_more_is_refused() -> None:
    tree = SecretTree.start(2, ROOT)

    take(tree, limits.MLS_AHEAD_MAX)

    assert refusal(tree, limits.MLS_AHEAD_MAX + 1) is Reason.TOO_FAR_AHEAD


def test_the_oldest_of_too_many_skipped_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_SKIPPED_MAX", 3)

    _, tree = take(SecretTree.start(2, ROOT), 5)

    assert set(tree.ratchets[0, RatchetKind.APPLICATION].skipped) == {2, 3, 4}
    assert refusal(tree, 1) is Reason.KEY_CONSUMED


def test_the_guard_changes_the_first_four_bytes_of_a_nonce() -> None:
    key = MessageKey(b"k", bytes(range(12)))

    assert key.guarded_nonce(b"\xff\0\0\1") == b"\xff\1\2\2" + bytes(range(4, 12))


def test_nothing_secret_shows() -> None:
    key, tree = take(SecretTree.start(2, ROOT), 1)

    assert "rrr" not in repr(tree)
    assert repr(key.key) not in repr(key)
