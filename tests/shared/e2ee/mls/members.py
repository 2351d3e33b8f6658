"""Clients and groups for tests: everything random follows from a seed."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.e2ee.mls.crypto import Randomness, Suite
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.group import Group, Pending
from shared.e2ee.mls.key_packages import KeyPackageSecrets, make_key_package
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import LeafTemplate, capabilities_with
from shared.e2ee.mls.wire import BasicCredential, Extension, KeyPackage

NOW_S = 1_800_000_000
_draws = itertools.count()
UNTIL_S = NOW_S + 30 * 24 * 3600


def randomness(seed: str) -> Randomness:
    """Return a source of bytes that is the same for the same seed."""
    counter = itertools.count()

    def draw(count: int) -> bytes:
        data = hashlib.shake_256(f"{seed}/{next(counter)}".encode())
        return data.digest(count)

    return draw


@dataclass
class Client:
    """Somebody with a signature key, and key packages on request."""

    name: str
    suite: Suite = field(default_factory=Suite)
    extensions: tuple[int, ...] = ()

    @property
    def key(self) -> SignaturePrivateKey:
        return SignaturePrivateKey(hashlib.sha256(b"key/" + self.name.encode()).digest())

    @property
    def template(self) -> LeafTemplate:
        return LeafTemplate(
            BasicCredential(self.name.encode()),
            capabilities_with(suite=self.suite.number, extensions=self.extensions),
        )

    def package(self, **changes: Any) -> tuple[KeyPackage, KeyPackageSecrets]:
        made: dict[str, Any] = {
            "key": self.key,
            "not_before_s": NOW_S - 60,
            "not_after_s": UNTIL_S,
        }
        return make_key_package(self.suite, self.template, **{**made, **changes})

    def create(self, group_id: bytes = b"group", extensions: tuple[Extension, ...] = ()) -> Group:
        return Group.create(
            group_id,
            self.template,
            key=self.key,
            not_before_s=NOW_S - 60,
            not_after_s=UNTIL_S,
            extensions=extensions,
            suite=self.suite,
        )


def clients(count: int, seed: str = "", extensions: tuple[int, ...] = ()) -> list[Client]:
    # Without a seed everyone draws something else, but the same in every run.
    suite = Suite(random=randomness(seed or f"draw {next(_draws)}"))
    return [Client(f"{seed}client {index}", suite, extensions) for index in range(count)]


def make_groups(
    count: int,
    seed: str = "",
    *,
    extensions: tuple[int, ...] = (),
    group_extensions: tuple[Extension, ...] = (),
) -> list[Group]:
    """Return the states of all members of a group; the first has added the others at once."""
    people = clients(count, seed, extensions)
    creator = people[0].create(extensions=group_extensions)
    if count == 1:
        return [creator]
    packages = [person.package() for person in people[1:]]
    pending = creator.commit(add=[package for package, _ in packages], now_s=NOW_S)
    assert pending.welcome is not None
    joined = [
        Group.join(
            pending.welcome,
            package,
            secrets,
            key=person.key,
            tree=pending.group.tree,
            suite=person.suite,
        )
        for person, (package, secrets) in zip(people[1:], packages, strict=True)
    ]
    return [pending.group, *joined]


def follow(groups: Iterable[Group], data: bytes, **more: Any) -> list[Group]:
    """Let several members take in a message; those it removed are not in the result."""
    steps = [group.process(data, **more) for group in groups]
    return [step.group for step in steps if step.group is not None]


def advance(groups: list[Group], by: int, **changes: Any) -> tuple[list[Group], Pending]:
    """Let one member commit and all others follow, keeping their order."""
    pending = groups[by].commit(**changes)
    after = []
    for index, group in enumerate(groups):
        if index == by:
            after.append(pending.group)
        else:
            after.extend(follow([group], pending.commit))
    return after, pending


def warm(groups: list[Group]) -> list[Group]:
    """Let everyone commit once, so that no parent is blank."""
    for index in range(len(groups)):
        groups, _ = advance(groups, index)
    return groups


def assert_same(groups: Iterable[Group]) -> None:
    """All members are in one epoch and derive the same from it."""
    seen = {
        (
            group.epoch,
            group.epoch_authenticator,
            group.export(label=b"test", context=b"", length=16),
            group.view.context.encode(),
        )
        for group in groups
    }
    assert len(seen) == 1


def assert_refused(
    group: Group, data: bytes, reason: Reason, check: Check = Check.PUBLIC, **more: Any
) -> None:
    """A message is refused for one reason; a bystander refuses it too, exactly if it is public."""
    with pytest.raises(MlsError) as refusal:
        group.process(data, **more)
    assert (refusal.value.reason, refusal.value.check) == (reason, check)
    more.pop("psks", None)
    if check is Check.PUBLIC:
        with pytest.raises(MlsError) as seen:
            group.view.follow(data, **more)
        assert (seen.value.reason, seen.value.check) == (reason, check)
    elif data[:4] == b"\0\x01\0\x01":
        # In clear, and with nothing wrong that a bystander could see.
        group.view.follow(data, **more)
