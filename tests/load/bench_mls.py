"""What MLS costs: ``python -m tests.load.bench_mls``, a table by the size of the group.

*Cold* is a group that one member has filled at once: nobody else has committed yet, and a commit
is sealed to each leaf. *Warm* is one in which everybody has: a commit is sealed to a logarithm.

Times are the processor's, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.e2ee.mls.epoch_record import EpochOpener
from shared.e2ee.mls.group import Group, Pending
from shared.e2ee.mls.key_packages import KeyPackageSecrets
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.state import decode_group, encode_epoch, encode_group, encode_ratchets
from shared.e2ee.mls.wire import KeyPackage
from tests.checkout import commit_now
from tests.shared.e2ee.mls.members import NOW_S, Client, clients, make_groups, warm

SIZES = (2, 10, 100, 500, 1000)
WARM_SIZES = (2, 10, 128)
KILOBYTE = bytes(1024)


def clock(call: Callable[[], Any], *, least: int = 3, budget_s: float = 0.5) -> float:
    """Return the median time of a call in ms, after one that does not count."""
    call()
    times: list[float] = []
    started = time.process_time()
    while len(times) < least or (time.process_time() - started < budget_s and len(times) < 500):
        before = time.process_time()
        call()
        times.append((time.process_time() - before) * 1000)
    return round(statistics.median(times), 3)


class Cold:
    """A group that its creator has filled at once, and its last member's way in."""

    def __init__(self, size: int) -> None:
        people = clients(size)
        packages = [person.package() for person in people[1:]]
        self.last: tuple[Client, KeyPackage, KeyPackageSecrets] = (people[-1], *packages[-1])
        self.pending: Pending = (
            people[0].create().commit(add=[package for package, _ in packages], now_s=NOW_S)
        )
        self.tree = self.pending.group.tree.encode()

    def join(self) -> Group:
        person, package, secrets = self.last
        assert self.pending.welcome is not None
        # From bytes, as it comes over the wire.
        tree = RatchetTree.decode(self.tree)
        return Group.join(
            self.pending.welcome, package, secrets, key=person.key, tree=tree, suite=person.suite
        )


def measure_cold(size: int) -> dict[str, Any]:
    """Measure a cold group."""
    started = time.process_time()
    cold = Cold(size)
    filled_ms = round((time.process_time() - started) * 1000)
    one, other = cold.pending.group, cold.join()
    newcomer = clients(size + 1)[size]
    package, _ = newcomer.package()
    info, tree = one.group_info(), one.tree
    commit = one.commit()
    return {
        "fill": filled_ms,
        "join": clock(cold.join),
        "commit": clock(one.commit),
        "follow": clock(lambda: other.process(commit.commit)),
        "add": clock(lambda: one.commit(add=[package], now_s=NOW_S)),
        "remove": clock(lambda: one.commit(remove=[other.own_leaf])),
        "external_join": clock(
            lambda: Group.join_external(info, newcomer.template, key=newcomer.key, tree=tree)
        ),
        **measure_messages(one, other),
        "bytes": {
            "commit": len(commit.commit),
            "welcome": len(cold.pending.welcome or b""),
            "tree": len(cold.tree),
            "group_info": len(cold.pending.group_info),
            "record": len(one.epoch_record().encode()),
            "epoch_state": len(encode_epoch(one)),
            "ratchet_state": len(encode_ratchets(one.seal(KILOBYTE)[0])),
        },
    }


def measure_messages(one: Group, other: Group) -> dict[str, float]:
    """Measure messages of 1 KB, in order, as they come."""
    state = {"one": one}
    sent: list[bytes] = []

    def seal() -> None:
        state["one"], data = state["one"].seal(KILOBYTE)
        sent.append(data)

    sealing = clock(seal, budget_s=0.3)
    reader = {"group": other}
    waiting = iter(sent)

    def open_next() -> None:
        step = reader["group"].process(next(waiting))
        assert step.group is not None
        reader["group"] = step.group

    times = []
    for _ in sent:
        before = time.process_time()
        open_next()
        times.append((time.process_time() - before) * 1000)
    opener = EpochOpener(other.epoch_record(), other.suite)
    leaf = one.tree.leaf(one.own_leaf)
    assert leaf is not None
    signer = leaf.signature_key
    backwards = []
    for data in reversed(sent[:100]):
        before = time.process_time()
        opener.open(data, signer=signer)
        backwards.append((time.process_time() - before) * 1000)
    whole = encode_group(one)
    return {
        "seal_1kb": sealing,
        "open_1kb": round(statistics.median(times), 3),
        "open_1kb_by_record_backwards": round(statistics.median(backwards), 3),
        "state_to_bytes": clock(lambda: encode_group(one)),
        "state_from_bytes": clock(
            lambda: decode_group(whole, key=one.signature_key, suite=one.suite)
        ),
    }


def measure_warm(size: int) -> dict[str, Any]:
    """Measure a group in which everyone has committed."""
    groups = warm(make_groups(size))
    one, other = groups[0], groups[-1]
    commit = one.commit()
    return {
        "commit": clock(one.commit),
        "follow": clock(lambda: other.process(commit.commit)),
        "bytes": {"commit": len(commit.commit), "tree": len(one.tree.encode())},
    }


def main() -> None:
    """Measure, print a table, and write it down where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    report: dict[str, Any] = {
        "commit": commit_now(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "unit": "ms of processor time, median",
        "cold": {},
        "warm": {},
    }
    for size in SIZES:
        report["cold"][size] = measure_cold(size)
        print("cold", size, report["cold"][size], flush=True)
    for size in WARM_SIZES:
        report["warm"][size] = measure_warm(size)
        print("warm", size, report["warm"][size], flush=True)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
