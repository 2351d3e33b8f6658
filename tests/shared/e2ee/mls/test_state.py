from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.e2ee.mls import state
from shared.e2ee.mls.errors import MlsError, Reason
from shared.e2ee.mls.wire import Remove
from tests.shared.e2ee.mls.forge import proposal
from tests.shared.e2ee.mls.members import advance, follow, make_groups


def refusal(data: bytes, key: bytes, ratchets: bytes | None = None) -> Reason:
    with pytest.raises(MlsError) as refused:
        state.decode_group(data, key=key, ratchets=ratchets)  # type: ignore[arg-type]
    return refused.value.reason


def test_a_group_comes_back_exactly_as_it_was() -> None:
    groups, _ = advance(make_groups(4), 1)
    sender = groups[0]
    for number in range(3):
        sender, last = sender.seal(b"%d" % number)
    reader = groups[2].process(last).group
    assert reader is not None
    waiting = follow([groups[3]], proposal(groups[0], Remove(1))[0])[0]

    for group in (*groups, sender, reader, waiting):
        again = state.decode_group(
            state.encode_group(group), key=group.signature_key, suite=group.suite
        )
        assert again == group
        assert state.encode_group(again) == state.encode_group(group)


def test_a_message_changes_the_small_part_alone() -> None:
    group = make_groups(4)[0]
    epoch = state.encode_epoch(group)

    after, _ = group.seal(b"text")

    assert state.encode_epoch(after) == epoch
    ratchets = state.encode_ratchets(after)
    assert len(ratchets) < 500
    again = state.decode_group(epoch, key=group.signature_key, ratchets=ratchets, suite=group.suite)
    assert again == after


def test_state_of_another_version_is_refused() -> None:
    group = make_groups(2)[0]
    epoch, ratchets = state.encode_epoch(group), state.encode_ratchets(group)

    assert refusal(b"\0\2" + epoch[2:], group.signature_key, ratchets) is Reason.STATE_VERSION
    assert refusal(epoch, group.signature_key, b"\0\2" + ratchets[2:]) is Reason.STATE_VERSION


def test_state_of_another_device_is_refused() -> None:
    one, other = make_groups(2)

    assert refusal(state.encode_group(one), other.signature_key) is Reason.STATE_MISMATCH


def test_parts_of_two_epochs_are_refused() -> None:
    groups = make_groups(2)
    later, _ = advance(groups, 0)

    reason = refusal(
        state.encode_epoch(groups[0]), groups[0].signature_key, state.encode_ratchets(later[0])
    )

    assert reason is Reason.STATE_MISMATCH


def test_state_with_an_unknown_ratchet_is_refused() -> None:
    group, _ = make_groups(2)[0].seal(b"text")
    tree = group.secret_tree
    ratchets: Any = {(0, 9): next(iter(tree.ratchets.values()))}
    bad = replace(group, secret_tree=replace(tree, ratchets=ratchets))

    assert refusal(state.encode_group(bad), group.signature_key) is Reason.UNKNOWN_TAG
