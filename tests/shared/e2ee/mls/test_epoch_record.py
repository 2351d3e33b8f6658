from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from shared import limits
from shared.e2ee.mls.epoch_record import EpochOpener, EpochRecord
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.wire import Application, Commit, Remove
from tests.shared.e2ee.mls.forge import member, private, proposal
from tests.shared.e2ee.mls.members import advance, make_groups


def signer_of(group: Group) -> bytes:
    leaf = group.tree.leaf(group.own_leaf)
    assert leaf is not None
    return leaf.signature_key


def refusal(call: Any, *args: Any, **more: Any) -> tuple[Reason, Check]:
    with pytest.raises(MlsError) as refused:
        call(*args, **more)
    return refused.value.reason, refused.value.check


def test_a_record_opens_all_messages_of_its_epoch_in_any_order() -> None:
    groups = make_groups(5)
    record = groups[0].epoch_record().encode()
    sent = []
    for index in range(5):
        for number in range(20):
            groups[index], data = groups[index].seal(b"%d" % number, authenticated_data=b"aad")
            sent.append((index, number, data))
    random.Random(1).shuffle(sent)
    opener = EpochOpener(EpochRecord.decode(record))

    for index, number, data in [*sent, *sent[:5]]:
        opened = opener.open(data, signer=signer_of(groups[index]))
        assert (opened.leaf, opened.generation) == (index, number)
        assert (opened.data, opened.authenticated_data) == (b"%d" % number, b"aad")


def test_every_member_makes_the_same_record() -> None:
    groups = make_groups(3)

    assert len({group.epoch_record().encode() for group in groups}) == 1
    assert len(groups[0].epoch_record().encode()) < limits.RECORD_BYTES_MAX


def test_a_record_confirms_the_commit_that_led_to_it() -> None:
    groups = make_groups(3)
    after, pending = advance(groups, 0)
    opener = EpochOpener(after[1].epoch_record())

    opener.confirm(pending.commit)

    assert opener.context == after[0].view.context


def test_commit_that_led_elsewhere_is_refused() -> None:
    groups = make_groups(3)
    after, _ = advance(groups, 0)
    opener = EpochOpener(after[1].epoch_record())

    other = groups[1].commit().commit
    assert refusal(opener.confirm, other) == (Reason.CONFIRMATION_TAG, Check.SECRET)
    later = after[1].commit().commit
    assert refusal(opener.confirm, later)[0] is Reason.WRONG_EPOCH
    sent, _ = proposal(groups[1], Remove(2))
    assert refusal(opener.confirm, sent)[0] is Reason.UNEXPECTED_MESSAGE
    sealed = groups[1].seal(b"text")[1]
    assert refusal(opener.confirm, sealed)[0] is Reason.UNEXPECTED_MESSAGE
    foreign = replace(
        groups[1],
        view=replace(groups[1].view, context=replace(groups[1].view.context, group_id=b"x")),
    )
    assert refusal(opener.confirm, member(foreign).commit())[0] is Reason.WRONG_GROUP


def test_record_is_refused_once_a_key_was_taken() -> None:
    group, _ = make_groups(2)[0].seal(b"text")

    assert refusal(group.epoch_record) == (Reason.RECORD_CONSUMED, Check.SECRET)


def test_message_that_someone_else_signed_is_refused() -> None:
    one, other = make_groups(2)
    opener = EpochOpener(one.epoch_record())
    _, data = one.seal(b"text")

    reason = refusal(opener.open, data, signer=signer_of(other))

    assert reason == (Reason.SIGNATURE, Check.SECRET)
    assert opener.open(data, signer=signer_of(one)).data == b"text"


def test_message_of_another_group_epoch_or_kind_is_refused() -> None:
    one, _ = make_groups(2)
    opener = EpochOpener(one.epoch_record())
    context = one.view.context
    for other_context, reason in (
        (replace(context, group_id=b"x"), Reason.WRONG_GROUP),
        (replace(context, epoch=77), Reason.WRONG_EPOCH),
    ):
        _, data = replace(one, view=replace(one.view, context=other_context)).seal(b"text")
        assert refusal(opener.open, data, signer=signer_of(one))[0] is reason
    for data in (one.commit().commit, private(one, Commit((), None))):
        assert refusal(opener.open, data, signer=signer_of(one))[0] is Reason.UNEXPECTED_MESSAGE


def test_changed_message_is_refused_and_costs_nothing() -> None:
    one, _ = make_groups(2)
    opener = EpochOpener(one.epoch_record())
    _, data = one.seal(b"text")

    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(MlsError):
            opener.open(changed, signer=signer_of(one))

    assert opener.open(data, signer=signer_of(one)).data == b"text"


def test_message_from_beyond_the_tree_or_too_far_ahead_is_refused() -> None:
    one, _ = make_groups(2)
    opener = EpochOpener(one.epoch_record())
    far = limits.MLS_GENERATIONS_MAX

    beyond = private(one, Application(b"x"), leaf=2)
    assert refusal(opener.open, beyond, signer=signer_of(one))[0] is Reason.UNKNOWN_SENDER
    ahead = private(one, Application(b"x"), generation=far)
    assert refusal(opener.open, ahead, signer=signer_of(one))[0] is Reason.TOO_FAR_AHEAD
    last = private(one, Application(b"x"), generation=far - 1)
    assert opener.open(last, signer=signer_of(one)).generation == far - 1


@pytest.mark.parametrize("width", [0, 3, 2 * limits.MLS_LEAVES_MAX])
def test_record_of_no_tree_is_refused(width: int) -> None:
    record = make_groups(2)[0].epoch_record()

    assert refusal(EpochOpener, replace(record, tree_width=width))[0] is Reason.TREE_SHAPE


def test_record_for_another_suite_is_refused() -> None:
    record = make_groups(2)[0].epoch_record()
    record = replace(record, context=replace(record.context, cipher_suite=1))

    assert refusal(EpochOpener, record)[0] is Reason.SUITE


def test_positions_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_RATCHET_CACHE_MAX", 2)
    one, _ = make_groups(2)
    opener = EpochOpener(one.epoch_record())

    for generation in (70, 3, 69):
        data = private(one, Application(b"x"), generation=generation)
        assert opener.open(data, signer=signer_of(one)).generation == generation
        assert len(opener._positions) <= 2
