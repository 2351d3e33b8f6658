from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.e2ee.mls.errors import Reason
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.leaf_nodes import ANYONE, LeafTemplate, Needs, capabilities_with
from shared.e2ee.mls.wire import (
    REQUIRED_CAPABILITIES,
    BasicCredential,
    Capabilities,
    Extension,
    KeyPackageSource,
    LeafNode,
    RequiredCapabilities,
    X509Credential,
)
from tests.shared.e2ee.mls.forge import member, sign_again
from tests.shared.e2ee.mls.members import assert_refused, assert_same, follow, make_groups

EXTENSION = 0xF001
GROUP_EXTENSION = (Extension(EXTENSION, b"data"),)
REQUIRED = (
    Extension(REQUIRED_CAPABILITIES, RequiredCapabilities((EXTENSION,), (), (1,)).encode()),
)


class Distrust:
    """Believes nobody whose name is on its list."""

    def __init__(self, *names: bytes) -> None:
        self.names = names

    def admits_leaf(self, leaf: LeafNode) -> bool:
        return (
            not isinstance(leaf.credential, BasicCredential)
            or leaf.credential.identity not in self.names
        )

    def admits_change(self, change: object) -> bool:
        return True


def able(leaf: LeafNode, **changes: Any) -> LeafNode:
    return replace(leaf, capabilities=replace(leaf.capabilities, **changes))


def bad_leaf(groups: list[Group], change: Any, **hooks: Any) -> bytes:
    """Return a commit whose path has a leaf that says something else, and signs it."""
    return member(groups[0], leaf=change, **hooks).commit()


def test_honest_leaves_hold() -> None:
    groups = make_groups(3, extensions=(EXTENSION,), group_extensions=GROUP_EXTENSION + REQUIRED)

    commit = member(groups[0]).commit()

    assert_same(follow(groups[1:], commit))


def test_a_template_is_what_a_leaf_was_made_of() -> None:
    leaf = make_groups(1)[0].tree.leaf(0)
    assert leaf is not None

    assert LeafTemplate.of(leaf).credential == leaf.credential
    assert capabilities_with(grease=(0x0A0A,)).proposals == (0x0A0A,)


def test_a_credential_of_certificates_can_be_a_members() -> None:
    groups = make_groups(2)
    change = replace(
        LeafTemplate.of(groups[0].tree.leaf(0)),  # type: ignore[arg-type]
        credential=X509Credential((b"certificate",)),
        capabilities=Capabilities((1,), (3,), (), (), (1, 2)),
    )
    other = LeafTemplate(BasicCredential(b"x"), Capabilities((1,), (3,), (), (), (1, 2)))
    pending = groups[1].commit(template=other)
    [first] = follow(groups[:1], pending.commit)

    pending = first.commit(template=change)

    assert pending.group.tree.leaf(0).credential == change.credential  # type: ignore[union-attr]


def test_leaf_that_its_owner_did_not_sign_is_refused() -> None:
    groups = make_groups(3)
    data = member(
        groups[0], signed_leaf=lambda leaf: replace(leaf, signature=leaf.signature[::-1])
    ).commit()

    assert_refused(groups[1], data, Reason.LEAF_SIGNATURE)


def test_leaf_signed_for_another_group_or_place_is_refused() -> None:
    groups = make_groups(3)

    for group_id, index in ((b"elsewhere", 0), (groups[0].group_id, 1)):
        data = member(
            groups[0],
            signed_leaf=lambda leaf, g=group_id, i=index: sign_again(
                leaf, groups[0].signature_key, g, i
            ),
        ).commit()
        assert_refused(groups[1], data, Reason.LEAF_SIGNATURE)


def test_leaf_that_does_not_know_the_version_is_refused() -> None:
    groups = make_groups(2)

    data = bad_leaf(groups, lambda leaf: able(leaf, versions=(2,)))

    assert_refused(groups[1], data, Reason.LEAF_VERSION)


def test_leaf_that_does_not_know_the_suite_is_refused() -> None:
    groups = make_groups(2)

    data = bad_leaf(groups, lambda leaf: able(leaf, cipher_suites=(1,)))

    assert_refused(groups[1], data, Reason.LEAF_SUITE)


def test_leaf_with_a_credential_it_does_not_list_is_refused() -> None:
    groups = make_groups(2)

    data = bad_leaf(groups, lambda leaf: able(leaf, credentials=(2,)))

    assert_refused(groups[1], data, Reason.LEAF_CREDENTIAL_UNLISTED)


def test_leaf_with_an_extension_it_does_not_list_is_refused() -> None:
    groups = make_groups(2)

    data = bad_leaf(groups, lambda leaf: replace(leaf, extensions=(Extension(99, b""),)))

    assert_refused(groups[1], data, Reason.LEAF_EXTENSION_UNLISTED)


def test_leaf_with_two_extensions_of_a_type_is_refused() -> None:
    groups = make_groups(2)
    twice = (Extension(1, b"a"), Extension(1, b"b"))

    data = bad_leaf(groups, lambda leaf: replace(leaf, extensions=twice))

    assert_refused(groups[1], data, Reason.EXTENSION_REPEATED)


def test_leaf_that_does_not_know_an_extension_of_the_group_is_refused() -> None:
    groups = make_groups(2, extensions=(EXTENSION,), group_extensions=GROUP_EXTENSION)

    data = bad_leaf(groups, lambda leaf: able(leaf, extensions=()))

    assert_refused(groups[1], data, Reason.LEAF_GROUP_EXTENSION)


def test_leaf_without_a_required_capability_is_refused() -> None:
    groups = make_groups(2, extensions=(EXTENSION,), group_extensions=REQUIRED)

    data = bad_leaf(groups, lambda leaf: able(leaf, extensions=()))

    assert_refused(groups[1], data, Reason.LEAF_REQUIRED_CAPABILITY)


@pytest.mark.parametrize(
    "required",
    [
        RequiredCapabilities((), (9,), ()),
        RequiredCapabilities((), (), (9,)),
        RequiredCapabilities((9,), (), ()),
    ],
)
def test_who_lacks_any_kind_of_required_capability_is_refused(
    required: RequiredCapabilities,
) -> None:
    needs = Needs.of((Extension(REQUIRED_CAPABILITIES, required.encode()),))

    assert not needs.has_required(capabilities_with())
    assert needs.has_required(Capabilities((1,), (3,), (9,), (9,), (9,)))


def test_what_everyone_can_do_need_not_be_listed() -> None:
    required = RequiredCapabilities((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7), ())

    needs = Needs.of((Extension(REQUIRED_CAPABILITIES, required.encode()),))

    assert needs.has_required(capabilities_with())


def test_leaf_whose_credential_the_application_does_not_believe_is_refused() -> None:
    groups = make_groups(2)
    data = bad_leaf(groups, lambda leaf: leaf)

    assert_refused(groups[1], data, Reason.LEAF_CREDENTIAL, policy=Distrust(b"client 0"))
    assert groups[1].process(data, policy=ANYONE).group is not None


def test_leaf_with_a_key_that_nothing_can_be_sealed_to_is_refused() -> None:
    groups = make_groups(2)
    for key in (b"\x01" + bytes(31), b"short"):
        data = bad_leaf(groups, lambda leaf, k=key: replace(leaf, encryption_key=k))
        assert_refused(groups[1], data, Reason.ENCRYPTION_KEY)


def test_leaf_of_a_path_that_says_it_comes_from_elsewhere_is_refused() -> None:
    groups = make_groups(2)

    data = bad_leaf(groups, lambda leaf: replace(leaf, source=KeyPackageSource(0, 1)))

    assert_refused(groups[1], data, Reason.LEAF_SOURCE)


def test_leaf_of_a_path_that_keeps_its_key_is_refused() -> None:
    groups = make_groups(2)
    own = groups[0].tree.leaf(0)
    assert own is not None

    data = bad_leaf(groups, lambda leaf: replace(leaf, encryption_key=own.encryption_key))

    assert_refused(groups[1], data, Reason.LEAF_KEY_KEPT)


def test_leaf_with_the_signature_key_of_another_member_is_refused() -> None:
    groups = make_groups(3)

    # The committer knows both keys: two members in one hand.
    data = member(groups[0], leaf_key=groups[1].signature_key).commit()

    assert_refused(groups[2], data, Reason.SIGNATURE_KEY_REPEATED)


def test_credential_that_not_all_members_know_is_refused() -> None:
    groups = make_groups(2)
    change = Capabilities((1,), (3,), (), (), (1, 2))

    data = bad_leaf(
        groups,
        lambda leaf: replace(leaf, credential=X509Credential((b"c",)), capabilities=change),
    )

    assert_refused(groups[1], data, Reason.LEAF_CREDENTIAL_FOREIGN)


def test_leaf_that_does_not_know_a_credential_in_use_is_refused() -> None:
    groups = make_groups(3)
    both = Capabilities((1,), (3,), (), (), (1, 2))
    for index in range(3):
        pending = groups[index].commit(template=LeafTemplate(BasicCredential(b"%d" % index), both))
        groups = [
            pending.group if at == index else follow([group], pending.commit)[0]
            for at, group in enumerate(groups)
        ]
    pending = groups[2].commit(template=LeafTemplate(X509Credential((b"c",)), both))
    groups = [*follow(groups[:2], pending.commit), pending.group]

    data = bad_leaf(groups, lambda leaf: able(leaf, credentials=(1,)))

    assert_refused(groups[1], data, Reason.LEAF_CREDENTIAL_FOREIGN)
