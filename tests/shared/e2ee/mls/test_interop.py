"""Groups shared with an engine that nobody here wrote (the dependency group ``interop``).

It offers suite 0x0001 only, which differs from ours in the AEAD; that is injected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared import limits
from shared.e2ee.mls.group import Group, Opened
from shared.e2ee.mls.wire import KeyPackage, MlsMessage, frame
from tests.shared.e2ee.mls.members import Client
from tests.shared.e2ee.mls.vectors import SUITE_1

engine: Any = pytest.importorskip(
    "mls_rs_uniffi", reason="the other engine is optional: the dependency group 'interop' has it"
)

COMMITS = 20


@dataclass
class Pair:
    """Two members of one group, ours and theirs, who check that they agree."""

    ours: Group
    theirs: Any

    def agree(self) -> None:
        exported = self.ours.export(label=b"interop", context=b"context", length=32)
        assert exported == self.theirs.export_secret(b"interop", b"context", 32)

    def talk(self, number: int) -> None:
        """Send one message each way."""
        self.ours, data = self.ours.seal(b"from us %d" % number, padding=number)
        heard = self.theirs.process_incoming_message(engine.Message.from_bytes(data))
        assert heard.is_application_message()
        assert heard.data == b"from us %d" % number

        said = self.theirs.encrypt_application_message(b"from them %d" % number)
        step = self.ours.process(said.to_bytes())
        assert isinstance(step.event, Opened)
        assert step.event.data == b"from them %d" % number
        assert step.group is not None
        self.ours = step.group

    def we_commit(self, **changes: Any) -> Any:
        pending = self.ours.commit(**changes)
        self.theirs.process_incoming_message(engine.Message.from_bytes(pending.commit))
        self.ours = pending.group
        return pending

    def they_commit(self) -> None:
        output = self.theirs.commit()
        step = self.ours.process(output.commit_message.to_bytes())
        assert step.group is not None
        self.ours = step.group
        self.theirs.process_incoming_message(output.commit_message)


def other_client(name: bytes) -> Any:
    suite = engine.CipherSuite.CURVE25519_AES128
    keys = engine.generate_signature_keypair(suite)
    return engine.Client(name, keys, engine.client_config_default())


def package_of(client: Any) -> KeyPackage:
    body = MlsMessage.decode(client.generate_key_package_message().to_bytes()).body
    assert isinstance(body, KeyPackage)
    return body


def now_for(package: KeyPackage) -> int:
    source: Any = package.leaf_node.source
    return int(source.not_before) + 1


def they_join_ours() -> Pair:
    us, client = Client("us", SUITE_1), other_client(b"them")
    package = package_of(client)
    group = us.create(b"ours")
    # How long their packages are good is for who adds them to judge; the limit is ours.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MLS_LIFETIME_MAX_S", _lifetime(package))
        pending = group.commit(add=[package], now_s=now_for(package), with_tree=True)
    assert pending.welcome is not None
    joined = client.join_group(None, engine.Message.from_bytes(pending.welcome))
    return Pair(pending.group, joined.group)


def _lifetime(package: KeyPackage) -> int:
    source: Any = package.leaf_node.source
    return int(source.not_after) - int(source.not_before)


def we_join_theirs() -> Pair:
    us, client = Client("us", SUITE_1), other_client(b"them")
    group = client.create_group(b"theirs")
    # Their clock is the machine's; a package that is always good does not ask for it.
    package, secrets = us.package(not_before_s=0, not_after_s=2**40)
    output = group.add_members([engine.Message.from_bytes(frame(package))])
    group.process_incoming_message(output.commit_message)
    joined = Group.join(
        output.welcome_message.to_bytes(), package, secrets, key=us.key, suite=SUITE_1
    )
    return Pair(joined, group)


@pytest.mark.parametrize("begin", [they_join_ours, we_join_theirs])
def test_two_engines_agree_over_many_commits_and_messages(begin: Any) -> None:
    pair: Pair = begin()
    pair.agree()

    for number in range(COMMITS):
        pair.talk(number)
        if number % 2:
            pair.we_commit(is_private=number % 4 == 1)
        else:
            pair.they_commit()
        pair.agree()

    pair.talk(COMMITS)


def test_another_of_ours_is_added_by_us_and_removed() -> None:
    pair = they_join_ours()
    more = Client("more of us", SUITE_1)
    package, secrets = more.package()

    pending = pair.we_commit(add=[package], now_s=1_800_000_000, with_tree=True)
    third = Group.join(pending.welcome, package, secrets, key=more.key, suite=SUITE_1)
    pair.agree()
    assert third.epoch_authenticator == pair.ours.epoch_authenticator
    output = pair.theirs.commit()
    steps = [group.process(output.commit_message.to_bytes()) for group in (pair.ours, third)]
    pair.theirs.process_incoming_message(output.commit_message)
    assert steps[0].group is not None
    pair.ours = steps[0].group
    pair.agree()
    pair.we_commit(remove=[third.own_leaf])
    pair.agree()


def test_a_client_of_ours_joins_from_outside() -> None:
    pair = they_join_ours()
    late = Client("late", SUITE_1)

    pending = Group.join_external(
        pair.ours.group_info(), late.template, key=late.key, tree=pair.ours.tree, suite=SUITE_1
    )
    pair.theirs.process_incoming_message(engine.Message.from_bytes(pending.commit))
    pair = replace(pair, ours=pending.group)

    pair.agree()
    pair.talk(1)
