from __future__ import annotations

import pytest

from shared.e2ee.mls.commits import PskStore
from shared.e2ee.mls.crypto import ZERO
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.keys import Psk
from shared.e2ee.mls.wire import (
    ExternalPsk,
    MlsMessage,
    PreSharedKeyId,
    ResumptionPsk,
    Welcome,
)
from tests.shared.e2ee.mls.members import NOW_S, advance, clients, make_groups, warm


def test_one_welcome_serves_all_that_a_commit_adds() -> None:
    packages = [client.package()[0] for client in clients(6)[3:]]

    pending = make_groups(3)[0].commit(add=packages, now_s=NOW_S)

    assert pending.welcome is not None
    welcome = MlsMessage.decode(pending.welcome).body
    assert isinstance(welcome, Welcome)
    assert len(welcome.secrets) == 3


def test_a_commit_that_adds_nobody_has_no_welcome() -> None:
    assert make_groups(2)[0].commit().welcome is None


def test_a_commit_in_a_warm_tree_is_small() -> None:
    groups = warm(make_groups(8))

    _, pending = advance(groups, 3)

    assert len(pending.commit) < 1_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"remove": [0]}, Reason.REMOVE_COMMITTER),
        ({"remove": [7]}, Reason.REMOVE_BLANK),
        ({"remove": [1, 1]}, Reason.LEAF_CHANGED_TWICE),
        ({"references": [b"r" * 32]}, Reason.PROPOSAL_REFERENCE),
        ({"psks": {b"psk": Psk(b"x")}, "remove": [9]}, Reason.REMOVE_BLANK),
    ],
)
def test_what_others_would_refuse_is_refused_by_its_author(
    changes: dict[str, object], reason: Reason
) -> None:
    with pytest.raises(MlsError) as refused:
        make_groups(3)[0].commit(**changes)  # type: ignore[arg-type]

    assert refused.value.reason is reason


def test_pre_shared_keys_are_found_by_name_and_others_refused() -> None:
    store = PskStore({b"id": Psk(b"key")}, b"group", {3: b"r" * 32})
    nonce = b"n" * 32

    assert PskStore({}).combine([]) == ZERO
    assert store.combine([PreSharedKeyId(ExternalPsk(b"id"), nonce)]) != ZERO
    assert store.combine([PreSharedKeyId(ResumptionPsk(1, b"group", 3), nonce)]) != ZERO
    for name in (
        ExternalPsk(b"other"),
        ResumptionPsk(1, b"group", 4),
        ResumptionPsk(1, b"other", 3),
    ):
        with pytest.raises(MlsError) as refused:
            store.combine([PreSharedKeyId(name, nonce)])
        assert (refused.value.reason, refused.value.check) == (Reason.PSK_UNKNOWN, Check.SECRET)
