from __future__ import annotations

from dataclasses import replace

import pytest

from shared import limits
from shared.e2ee.mls.errors import Check, Reason
from shared.e2ee.mls.keys import Psk
from shared.e2ee.mls.wire import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Add,
    Extension,
    ExternalInit,
    ExternalPsk,
    GroupContextExtensions,
    KeyPackageSource,
    PreSharedKey,
    PreSharedKeyId,
    ReInit,
    Remove,
    RequiredCapabilities,
    ResumptionPsk,
    Update,
)
from tests.shared.e2ee.mls.forge import joiner, member, proposal, updated_leaf
from tests.shared.e2ee.mls.members import (
    NOW_S,
    advance,
    assert_refused,
    assert_same,
    clients,
    follow,
    make_groups,
)

NONCE = b"n" * 32
NEWCOMER = clients(9)[8]
PSKS = {b"psk": Psk(b"secret"), b"other": Psk(b"secret too")}


def psk(name: bytes = b"psk", nonce: bytes = NONCE) -> PreSharedKey:
    return PreSharedKey(PreSharedKeyId(ExternalPsk(name), nonce))


def resumption(usage: int = 1, epoch: int = 1, group: bytes = b"group") -> PreSharedKey:
    return PreSharedKey(PreSharedKeyId(ResumptionPsk(usage, group, epoch), NONCE))


def add(name: int = 8) -> Add:
    return Add(clients(12)[name].package()[0])


# --- What is allowed ---


def test_proposals_of_all_kinds_come_into_effect_by_reference() -> None:
    groups = make_groups(5)
    sent = [
        proposal(groups[2], Update(updated_leaf(groups[2]))),
        proposal(groups[3], Remove(4)),
        proposal(groups[3], add()),
        proposal(groups[2], psk()),
    ]
    watching = [groups[0], groups[1], groups[4]]
    for data, _ in sent:
        watching = follow(watching, data)

    data = member(watching[0], external_psks=PSKS).commit(*[reference for _, reference in sent])
    steps = [group.process(data, psks=PSKS) for group in watching[1:]]

    assert steps[0].group is not None
    assert steps[0].group.tree.census.members == 5
    assert steps[0].group.tree.leaf(2) != groups[0].tree.leaf(2)
    assert steps[1].group is None


def test_a_member_commits_what_others_have_proposed() -> None:
    groups = make_groups(4)
    sent, reference = proposal(groups[2], Remove(3))
    groups = follow(groups[:2], sent)

    pending = groups[0].commit(references=[reference])

    assert_same([pending.group, *follow(groups[1:], pending.commit)])
    assert pending.group.tree.leaf(3) is None


def test_extensions_are_replaced_as_a_whole() -> None:
    one, two = Extension(0xF001, b"1"), Extension(0xF002, b"2")
    groups = make_groups(3, extensions=(0xF001, 0xF002), group_extensions=(one,))

    groups, _ = advance(groups, 1, extensions=(two,))

    assert_same(groups)
    assert groups[0].view.context.extensions == (two,)


def test_a_member_comes_back_with_its_key_in_the_commit_that_removed_it() -> None:
    groups = make_groups(3)
    again, _ = clients(3)[2].package()

    pending = groups[0].commit(remove=[2], add=[again], now_s=NOW_S)

    assert_same([pending.group, *follow(groups[1:2], pending.commit)])


def test_external_pre_shared_keys_are_mixed_in() -> None:
    groups = make_groups(3)
    pending = groups[0].commit(psks=PSKS)

    assert_same([pending.group, *follow(groups[1:], pending.commit, psks=PSKS)])


def test_a_key_of_an_earlier_epoch_is_mixed_in() -> None:
    groups = make_groups(3)
    groups, _ = advance(groups, 0)

    data = member(groups[0]).commit(resumption(epoch=1), resumption(epoch=2))

    assert_same(follow(groups[1:], data))


def test_partial_commits_are_followed() -> None:
    groups = make_groups(3)

    data = member(groups[0], has_path=False).commit(add())

    assert_same(follow(groups[1:], data))


# --- Lists that are refused (12.2) ---


def test_commit_of_an_unknown_reference_is_refused() -> None:
    groups = make_groups(2)

    assert_refused(groups[1], member(groups[0]).commit(b"r" * 32), Reason.PROPOSAL_REFERENCE)


def test_update_by_the_committer_is_refused() -> None:
    groups = make_groups(2)
    leaf = updated_leaf(groups[0])

    assert_refused(groups[1], member(groups[0]).commit(Update(leaf)), Reason.UPDATE_BY_COMMITTER)


def test_remove_of_the_committer_is_refused() -> None:
    groups = make_groups(3)
    forger = member(groups[0], has_path=False)

    assert_refused(groups[1], forger.commit(Remove(0)), Reason.REMOVE_COMMITTER)


@pytest.mark.parametrize("leaf", [1, 2, 3, 4_000_000])
def test_remove_of_a_blank_leaf_is_refused(leaf: int) -> None:
    groups = make_groups(4)
    groups, _ = advance(groups, 0, remove=[1, 2])
    groups = [groups[0], groups[-1]]
    if leaf == 3:
        leaf = 7

    assert_refused(groups[1], member(groups[0]).commit(Remove(leaf)), Reason.REMOVE_BLANK)


def test_two_removes_of_a_leaf_are_refused() -> None:
    groups = make_groups(3)
    data = member(groups[0]).commit(Remove(2), Remove(2))

    assert_refused(groups[1], data, Reason.LEAF_CHANGED_TWICE)


@pytest.mark.parametrize("is_update_first", [True, False])
def test_update_and_remove_of_a_leaf_are_refused(is_update_first: bool) -> None:
    groups = make_groups(3)
    sent, reference = proposal(groups[2], Update(updated_leaf(groups[2])))
    groups = follow(groups[:2], sent)
    listed = [reference, Remove(2)]

    data = member(groups[0]).commit(*(listed if is_update_first else listed[::-1]))

    assert_refused(groups[1], data, Reason.LEAF_CHANGED_TWICE)


def test_two_updates_of_a_leaf_are_refused() -> None:
    groups = make_groups(3)
    references = []
    for _ in range(2):
        sent, reference = proposal(groups[2], Update(updated_leaf(groups[2])))
        references.append(reference)
        groups = [*follow(groups[:2], sent), groups[2]]

    data = member(groups[0]).commit(*references)

    assert_refused(groups[1], data, Reason.LEAF_CHANGED_TWICE)


def test_two_adds_of_a_client_are_refused() -> None:
    groups = make_groups(2)
    packages = [NEWCOMER.package()[0] for _ in range(2)]

    data = member(groups[0]).commit(*map(Add, packages))

    assert_refused(groups[1], data, Reason.SIGNATURE_KEY_REPEATED)


def test_add_of_a_client_that_is_there_is_refused() -> None:
    groups = make_groups(3)
    package, _ = clients(3)[2].package()

    data = member(groups[0]).commit(Add(package))

    assert_refused(groups[1], data, Reason.SIGNATURE_KEY_REPEATED)


def test_add_with_an_encryption_key_that_is_there_is_refused() -> None:
    from tests.shared.e2ee.mls.forge import sign_again, sign_package

    groups = make_groups(3)
    package, _ = NEWCOMER.package()
    taken = groups[2].tree.leaf(2)
    assert taken is not None
    leaf = replace(package.leaf_node, encryption_key=taken.encryption_key)
    leaf = sign_again(leaf, NEWCOMER.key, b"", 0)
    package = sign_package(replace(package, leaf_node=leaf), NEWCOMER.key)

    data = member(groups[0]).commit(Add(package))

    assert_refused(groups[1], data, Reason.ENCRYPTION_KEY_REPEATED)


def test_update_with_an_encryption_key_that_is_there_is_refused() -> None:
    groups = make_groups(3)
    taken = groups[1].tree.leaf(1)
    assert taken is not None
    leaf = updated_leaf(groups[2], lambda leaf: replace(leaf, encryption_key=taken.encryption_key))
    sent, reference = proposal(groups[2], Update(leaf))
    groups = follow(groups[:2], sent)

    data = member(groups[0]).commit(reference)

    assert_refused(groups[1], data, Reason.ENCRYPTION_KEY_REPEATED)


def test_update_that_keeps_its_key_is_refused() -> None:
    groups = make_groups(3)
    own = groups[2].tree.leaf(2)
    assert own is not None
    leaf = updated_leaf(groups[2], lambda leaf: replace(leaf, encryption_key=own.encryption_key))
    sent, reference = proposal(groups[2], Update(leaf))
    groups = follow(groups[:2], sent)

    data = member(groups[0]).commit(reference)

    assert_refused(groups[1], data, Reason.LEAF_KEY_KEPT)


def test_update_whose_leaf_says_it_comes_from_elsewhere_is_refused() -> None:
    groups = make_groups(3)
    leaf = updated_leaf(groups[2], lambda leaf: replace(leaf, source=KeyPackageSource(0, 1)))
    sent, reference = proposal(groups[2], Update(leaf))
    groups = follow(groups[:2], sent)

    data = member(groups[0]).commit(reference)

    assert_refused(groups[1], data, Reason.LEAF_SOURCE)


def test_two_lists_of_extensions_are_refused() -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit(GroupContextExtensions(()), GroupContextExtensions(()))

    assert_refused(groups[1], data, Reason.EXTENSIONS_PROPOSED_TWICE)


def test_extensions_twice_in_a_list_are_refused() -> None:
    groups = make_groups(2, extensions=(0xF001,))
    twice = (Extension(0xF001, b"1"), Extension(0xF001, b"2"))

    data = member(groups[0]).commit(GroupContextExtensions(twice))

    assert_refused(groups[1], data, Reason.EXTENSION_REPEATED)


def test_extension_that_a_member_does_not_know_is_refused() -> None:
    groups = make_groups(3)
    pending = groups[0].commit(template=replace(clients(1, extensions=(0xF001,))[0].template))
    groups = [pending.group, *follow(groups[1:], pending.commit)]

    data = member(groups[0]).commit(GroupContextExtensions((Extension(0xF001, b""),)))

    assert_refused(groups[1], data, Reason.GROUP_EXTENSION_UNSUPPORTED)


def test_capability_required_that_a_member_does_not_have_is_refused() -> None:
    groups = make_groups(3)
    able = clients(1, extensions=(0xF001,))[0].template
    pending = groups[0].commit(template=able)
    groups = [pending.group, *follow(groups[1:], pending.commit)]
    required = RequiredCapabilities((0xF001,), (), ())

    data = member(groups[0]).commit(
        GroupContextExtensions((Extension(REQUIRED_CAPABILITIES, required.encode()),))
    )

    assert_refused(groups[1], data, Reason.REQUIRED_CAPABILITIES)


def test_external_senders_are_refused() -> None:
    groups = make_groups(2)
    senders = Extension(EXTERNAL_SENDERS, b"\0")

    data = member(groups[0]).commit(GroupContextExtensions((senders,)))

    assert_refused(groups[1], data, Reason.EXTERNAL_SENDERS)


def test_add_of_who_does_not_know_an_extension_of_the_same_commit_is_refused() -> None:
    groups = make_groups(2, extensions=(0xF001,))
    wanted = GroupContextExtensions((Extension(0xF001, b""),))

    data = member(groups[0]).commit(add(), wanted)

    assert_refused(groups[1], data, Reason.LEAF_GROUP_EXTENSION)


def test_reinit_is_refused() -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit(ReInit(b"other", 1, 3, ()))

    assert_refused(groups[1], data, Reason.REINIT)


def test_external_init_by_a_member_is_refused() -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit(ExternalInit(b"\x09" + bytes(31)))

    assert_refused(groups[1], data, Reason.EXTERNAL_INIT_BY_MEMBER)


@pytest.mark.parametrize(
    ("usage", "reason"), [(2, Reason.PSK_REINIT), (3, Reason.PSK_BRANCH), (4, Reason.PSK_USAGE)]
)
def test_pre_shared_key_for_another_use_is_refused(usage: int, reason: Reason) -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit(resumption(usage))

    assert_refused(groups[1], data, reason)


@pytest.mark.parametrize("nonce", [b"", b"n" * 31, b"n" * 33])
def test_pre_shared_key_with_another_nonce_size_is_refused(nonce: bytes) -> None:
    groups = make_groups(2)
    data = member(groups[0], external_psks=PSKS).commit(psk(nonce=nonce))

    assert_refused(groups[1], data, Reason.PSK_NONCE, psks=PSKS)


def test_pre_shared_key_named_twice_is_refused() -> None:
    groups = make_groups(2)
    data = member(groups[0], external_psks=PSKS).commit(psk(), psk())

    assert_refused(groups[1], data, Reason.PSK_REPEATED, psks=PSKS)


def test_too_many_pre_shared_keys_are_refused() -> None:
    groups = make_groups(2)
    many = [psk(nonce=b"%032d" % index) for index in range(limits.MLS_PSKS_MAX + 1)]
    data = member(groups[0], external_psks=PSKS).commit(*many)

    assert_refused(groups[1], data, Reason.TOO_MANY_ITEMS, psks=PSKS)


def test_pre_shared_key_we_do_not_have_is_refused() -> None:
    groups = make_groups(2)
    for name, reason in ((psk(), Check.SECRET), (resumption(group=b"another"), Check.SECRET)):
        data = member(groups[0], external_psks=PSKS)
        data.psks = replace(data.psks, group_id=b"another", resumptions={1: b"x" * 32})
        assert_refused(groups[1], data.commit(name), Reason.PSK_UNKNOWN, reason)


# --- External commits ---


def test_external_commit_of_init_remove_and_keys_is_followed() -> None:
    groups = make_groups(3)
    forger, init = joiner(groups[0], clients(3)[2])
    forger.psks = replace(forger.psks, external=PSKS)

    data = forger.commit(psk(), Remove(2), init)

    assert_same(follow(groups[:2], data, psks=PSKS))


@pytest.mark.parametrize("count", [0, 2])
def test_external_commit_without_exactly_one_init_is_refused(count: int) -> None:
    groups = make_groups(2)
    forger, init = joiner(groups[0], NEWCOMER)

    data = forger.commit(*[init] * count)

    assert_refused(groups[1], data, Reason.EXTERNAL_INIT_COUNT)


def test_external_commit_that_removes_two_is_refused() -> None:
    groups = make_groups(4)
    forger, init = joiner(groups[0], NEWCOMER)

    data = forger.commit(init, Remove(2), Remove(3))

    assert_refused(groups[1], data, Reason.EXTERNAL_REMOVE_COUNT)


@pytest.mark.parametrize("kind", ["add", "extensions", "reinit", "update"])
def test_external_commit_with_another_proposal_is_refused(kind: str) -> None:
    groups = make_groups(2)
    forger, init = joiner(groups[0], NEWCOMER)
    others = {
        "add": add(9),
        "extensions": GroupContextExtensions(()),
        "reinit": ReInit(b"", 1, 3, ()),
        "update": Update(updated_leaf(groups[0])),
    }

    data = forger.commit(init, others[kind])

    assert_refused(groups[1], data, Reason.EXTERNAL_PROPOSAL)


def test_external_commit_with_a_reference_is_refused() -> None:
    groups = make_groups(3)
    sent, reference = proposal(groups[0], Remove(2))
    [other] = follow(groups[1:2], sent)
    forger, init = joiner(other, NEWCOMER)
    forger.view = other.view

    data = forger.commit(init, reference)

    assert_refused(other, data, Reason.EXTERNAL_REFERENCE)
