"""Random lives of groups: ``python -m tests.shared.e2ee.mls.life --epochs 2000``.

A log takes one commit per epoch, as the server's does. Members add, remove, replace the extensions
and renew; devices join from outside, over an old leaf of their own or not; some commits are made
and lose the race. Between any two steps everyone may crash and come back from bytes. After each
epoch all members agree on the authenticator, an exported secret and the record; a bystander without
a secret has followed; and nobody who was removed can follow or open anything later.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.e2ee.mls.crypto import Suite
from shared.e2ee.mls.epoch_record import EpochOpener
from shared.e2ee.mls.errors import MlsError
from shared.e2ee.mls.group import Group, Opened, Pending
from shared.e2ee.mls.public_view import PublicView
from shared.e2ee.mls.state import decode_group, encode_group
from shared.e2ee.mls.wire import Extension
from tests.checkout import commit_now
from tests.shared.e2ee.mls.members import NOW_S, Client, randomness

MEMBERS_MIN = 2
MEMBERS_MAX = 30
EXTENSION = 0xF001
GONE_KEPT = 5


class Life:
    """One group from its creation on.

    Attributes:
        members: The state of each member by its name.
        gone: States of some who were removed, as they were when it happened.
        counts: How often what happened.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.suite = Suite(random=randomness(f"life {seed}"))
        self.counts: Counter[str] = Counter()
        self.names = 0
        # Some groups grow quickly, others stay small.
        self.growth = self.random.choice((0.1, 0.3, 0.7))
        creator = self._newcomer()
        self.members: dict[str, Group] = {creator.name: creator.create()}
        self.people: dict[str, Client] = {creator.name: creator}
        self.gone: list[Group] = []
        group = self.members[creator.name]
        self.bystander = PublicView.from_group_info(group.group_info(), group.tree)

    def _newcomer(self) -> Client:
        self.names += 1
        return Client(f"device {self.names}", self.suite, (EXTENSION,))

    def step(self) -> None:
        """Live one epoch."""
        self._talk()
        if self.random.random() < 0.3:
            self._lose_a_race()
        if len(self.members) < MEMBERS_MAX and self.random.random() < 0.15:
            self._join_from_outside()
        elif self.random.random() < 0.1:
            self._come_back()
        else:
            self._commit()
        self._check()

    def _any(self) -> str:
        return self.random.choice(sorted(self.members))

    def _crash(self, name: str) -> None:
        if self.random.random() < 0.3:
            self.counts["restores"] += 1
            group = self.members[name]
            data = encode_group(group)
            restored = decode_group(data, key=group.signature_key, suite=group.suite)
            assert restored == group
            self.members[name] = restored

    def _talk(self) -> None:
        name = self._any()
        record = None
        if self.members[name].secret_tree.encryption_secret is not None:
            record = EpochOpener(self.members[name].epoch_record(), self.suite)
        sent = []
        for number in range(self.random.randrange(4)):
            self.members[name], data = self.members[name].seal(
                b"%d" % number, padding=self.random.randrange(50)
            )
            self._crash(name)
            sent.append((number, data))
        self.random.shuffle(sent)
        for number, data in sent:
            self._deliver(name, number, data, record)

    def _deliver(self, name: str, number: int, data: bytes, record: EpochOpener | None) -> None:
        self.counts["messages"] += 1
        for other in sorted(self.members):
            if other == name or self.random.random() < 0.5:
                continue
            step = self.members[other].process(data)
            assert isinstance(step.event, Opened)
            assert step.group is not None
            assert step.event.data == b"%d" % number
            self.members[other] = step.group
            self._crash(other)
        if record is not None:
            leaf = self.members[name].tree.leaf(self.members[name].own_leaf)
            assert leaf is not None
            assert record.open(data, signer=leaf.signature_key).data == b"%d" % number
        for group in self.gone:
            self._assert_closed(group, data)

    def _assert_closed(self, group: Group, data: bytes) -> None:
        # Even told the new tree and context, the old secrets open nothing.
        for state in (group, replace(group, view=self.bystander)):
            try:
                state.process(data)
            except MlsError:
                continue
            raise AssertionError("a removed member has opened a later message")

    def _lose_a_race(self) -> None:
        name = self._any()
        lost = self.members[name].commit(is_private=self.random.random() < 0.5)
        self.counts["lost races"] += 1
        assert lost.otherwise is not None
        self.members[name] = lost.otherwise
        self._crash(name)

    def _commit(self) -> None:
        name = self._any()
        group = self.members[name]
        others = [index for index, _ in group.tree.leaves() if index != group.own_leaf]
        removed = self._some(others, len(self.members) - MEMBERS_MIN, 0.25)
        newcomers = [self._newcomer() for _ in range(self._wanted(len(removed)))]
        packages = [client.package() for client in newcomers]
        extensions = None
        if self.random.random() < 0.1:
            extensions = (Extension(EXTENSION, self.random.randbytes(8)),)
            self.counts["extensions"] += 1
        is_private = self.random.random() < 0.2
        pending = group.commit(
            add=[package for package, _ in packages],
            now_s=NOW_S,
            remove=removed,
            extensions=extensions,
            is_private=is_private,
        )
        self._crash(name)
        self.counts["sealed commits" if is_private else "commits"] += 1
        self.counts["removed"] += len(removed)
        self.counts["added"] += len(newcomers)
        self._take(name, pending, is_private)
        for client, (package, secrets) in zip(newcomers, packages, strict=True):
            assert pending.welcome is not None
            self.people[client.name] = client
            self.members[client.name] = Group.join(
                pending.welcome,
                package,
                secrets,
                key=client.key,
                tree=pending.group.tree,
                suite=self.suite,
            )
            self._crash(client.name)

    def _some(self, leaves: list[int], most: int, chance: float) -> list[int]:
        if most < 1 or self.random.random() > chance:
            return []
        return self.random.sample(leaves, self.random.randint(1, min(most, 3)))

    def _wanted(self, leaving: int) -> int:
        room = MEMBERS_MAX - len(self.members) + leaving
        must = max(0, MEMBERS_MIN - len(self.members) + leaving)
        may = self.random.randrange(4) if self.random.random() < self.growth else 0
        return min(room, max(must, may))

    def _join_from_outside(self) -> None:
        client = self._newcomer()
        self._external(client, None)
        self.counts["external joins"] += 1

    def _come_back(self) -> None:
        name = self._any()
        client = self.people[name]
        old = self.members.pop(name)
        self.gone.append(old)
        self._external(client, old.own_leaf)
        self.counts["external rejoins"] += 1

    def _external(self, client: Client, old: int | None) -> None:
        via = self.members[self._any()] if self.members else self.gone[-1]
        pending = Group.join_external(
            via.group_info(),
            client.template,
            key=client.key,
            tree=via.tree,
            remove=old,
            suite=self.suite,
        )
        self.people[client.name] = client
        self._take(client.name, pending, False)

    def _take(self, author: str, pending: Pending, is_private: bool) -> None:
        """Put a commit into the log: everyone follows."""
        for name in sorted(self.members):
            if name == author:
                continue
            before = self.members[name]
            step = before.process(pending.commit)
            if step.group is None:
                self.gone.append(before)
                del self.members[name]
            else:
                self.members[name] = step.group
                self._crash(name)
        self.members[author] = pending.group
        self._crash(author)
        self.gone = self.gone[-GONE_KEPT:]
        if is_private:
            group = pending.group
            self.bystander = PublicView.from_group_info(group.group_info(), group.tree)
        else:
            self.bystander = self.bystander.follow(pending.commit)

    def _check(self) -> None:
        first = next(iter(self.members.values()))
        expected = self._seen_by(first)
        assert all(self._seen_by(group) == expected for group in self.members.values())
        assert self.bystander == first.view
        assert first.tree.census.members == len(self.members)
        for group in self.gone:
            assert group.epoch_authenticator != first.epoch_authenticator
        self.counts["epochs"] += 1
        self.counts["largest"] = max(self.counts["largest"], len(self.members))

    def _seen_by(self, group: Group) -> Any:
        exported = group.export(label=b"life", context=b"x", length=32)
        return group.epoch_authenticator, exported, group.epoch_record(), group.view


def live(seed: int, epochs: int) -> Counter[str]:
    """Return what happened in one life."""
    life = Life(seed)
    for _ in range(epochs):
        life.step()
    return life.counts


def main() -> None:
    """Live many lives and write down how they went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--per-life", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    started = time.monotonic()
    counts: Counter[str] = Counter()
    seed = options.seed
    while counts["epochs"] < options.epochs:
        found = live(seed, options.per_life)
        counts["largest"] = max(counts.pop("largest", 0), found.pop("largest"))
        counts += found
        seed += 1
        print(seed, dict(counts), flush=True)
    if options.write:
        report = {
            "commit": commit_now(),
            "seeds": [options.seed, seed - 1],
            "epochs_per_life": options.per_life,
            "counts": dict(counts),
            "duration_s": round(time.monotonic() - started),
        }
        options.write.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
