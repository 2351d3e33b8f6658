from __future__ import annotations

import pytest

from shared.e2ee.mls.errors import MlsError
from tests.shared.e2ee.mls.fuzz import Decoders, Processing, fuzz
from tests.shared.e2ee.mls.members import NOW_S, clients, make_groups, warm


def test_bent_bytes_are_a_value_or_the_one_exception() -> None:
    report = fuzz(Decoders(), seed=7, executions=5_000)

    assert report["outcomes"]["value"] > 0
    assert len(report["outcomes"]) > 5


def test_bent_messages_with_good_signatures_are_a_value_or_the_one_exception() -> None:
    report = fuzz(Processing(), seed=7, executions=500)

    assert report["outcomes"]["value"] > 0
    assert len(report["outcomes"]) > 10


@pytest.mark.parametrize("kind", ["sealed", "commit", "external"])
def test_any_flipped_bit_is_refused_and_the_message_still_does_its_work(kind: str) -> None:
    from shared.e2ee.mls.group import Group

    groups = warm(make_groups(3))
    newcomer = clients(9)[8]
    if kind == "sealed":
        data = groups[0].seal(b"text", authenticated_data=b"bound")[1]
    elif kind == "commit":
        data = groups[0].commit(add=[newcomer.package()[0]], now_s=NOW_S).commit
    else:
        data = Group.join_external(
            groups[0].group_info(), newcomer.template, key=newcomer.key, tree=groups[0].tree
        ).commit

    for at in range(8 * len(data)):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(MlsError):
            groups[1].process(bytes(changed))

    assert groups[1].process(data).group is not None
