from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared import limits
from shared.e2ee.mls import hpke
from shared.e2ee.mls.crypto import Suite
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.group import Committed, Group, Opened, ProposalSeen
from shared.e2ee.mls.key_packages import KeyPackageSecrets, reference_of
from shared.e2ee.mls.keys import Psk, SignaturePrivateKey
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.wire import (
    Application,
    Commit,
    EncryptedGroupSecrets,
    Extension,
    ExternalPsk,
    ExternalPub,
    GroupSecrets,
    HpkeCiphertext,
    KeyPackage,
    MlsMessage,
    PathSecretValue,
    PreSharedKeyId,
    Remove,
    ResumptionPsk,
    Welcome,
    frame,
)
from tests.shared.e2ee.mls.forge import (
    handshake,
    joiner,
    member,
    private,
    proposal,
    sign_info,
)
from tests.shared.e2ee.mls.members import (
    NOW_S,
    Client,
    advance,
    assert_refused,
    assert_same,
    clients,
    follow,
    make_groups,
    randomness,
    warm,
)
from tests.shared.e2ee.mls.vectors import load, suite_of, unhex


def refusal(call: Any, *args: Any, **more: Any) -> tuple[Reason, Check]:
    with pytest.raises(MlsError) as refused:
        call(*args, **more)
    return refused.value.reason, refused.value.check


def opened(group: Group, data: bytes) -> tuple[Group, Opened]:
    step = group.process(data)
    assert isinstance(step.event, Opened)
    assert step.group is not None
    return step.group, step.event


# --- Published lives of groups ---

SCENARIOS = [
    "mls/passive-client-welcome.json",
    "mls/passive-client-handling-commit.json",
    "mls/passive-client-random.suite1.json",
    "mls-interop-passive/welcome_join.json",
    "mls-interop-passive/external_join.json",
    "mls-interop-passive/application.json",
]


@pytest.mark.parametrize("name", SCENARIOS)
def test_passive_client_vectors(vectors: Path, name: str) -> None:
    for case in load(vectors, name):
        suite = suite_of(case)
        psks = {unhex(psk["psk_id"]): Psk(unhex(psk["psk"])) for psk in case["external_psks"]}
        package = MlsMessage.decode(unhex(case["key_package"])).body
        assert isinstance(package, KeyPackage)
        secrets = KeyPackageSecrets(unhex(case["init_priv"]), unhex(case["encryption_priv"]))
        check_private_halves(suite, package, secrets, unhex(case["signature_priv"]))
        given = unhex(case["ratchet_tree"])
        group = Group.join(
            unhex(case["welcome"]),
            package,
            secrets,
            key=SignaturePrivateKey(unhex(case["signature_priv"])),
            tree=RatchetTree.decode(given) if given else None,
            psks=psks,
            suite=suite,
        )
        assert group.epoch_authenticator == unhex(case["initial_epoch_authenticator"])
        for epoch in case["epochs"]:
            for data in [*epoch["proposals"], epoch["commit"]]:
                step = group.process(unhex(data), psks=psks)
                assert step.group is not None
                group = step.group
            assert group.epoch_authenticator == unhex(epoch["epoch_authenticator"])


def check_private_halves(
    suite: Suite, package: KeyPackage, secrets: KeyPackageSecrets, signature: bytes
) -> None:
    from shared.e2ee.mls.crypto import public_signature_key
    from shared.e2ee.mls.keys import HpkePrivateKey

    leaf = package.leaf_node
    assert suite.kem.public_of(HpkePrivateKey(secrets.init_key)) == package.init_key
    assert suite.kem.public_of(HpkePrivateKey(secrets.encryption_key)) == leaf.encryption_key
    assert public_signature_key(SignaturePrivateKey(signature)) == leaf.signature_key


# --- Honest lives ---


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 9])
def test_all_members_agree_on_every_epoch(count: int) -> None:
    groups = make_groups(count)

    for index in range(count):
        assert_same(groups)
        groups, _ = advance(groups, index)

    assert_same(groups)


def test_messages_open_in_any_order_and_are_refused_again() -> None:
    one, other = make_groups(2)
    sent = []
    for number in range(4):
        one, data = one.seal(b"%d" % number, authenticated_data=b"aad", padding=number)
        sent.append(data)

    for number in (2, 0, 3, 1):
        other, event = opened(other, sent[number])
        assert event.data == b"%d" % number
        assert (event.sender, event.generation) == (0, number)
        assert event.authenticated_data == b"aad"
        assert refusal(other.process, sent[number]) == (Reason.KEY_CONSUMED, Check.SECRET)


def test_the_same_randomness_makes_the_same_group() -> None:
    assert make_groups(3, seed="s") == make_groups(3, seed="s")


def test_a_removed_member_is_told_and_refused_later() -> None:
    groups = make_groups(3)
    pending = groups[0].commit(remove=[2])

    step = groups[2].process(pending.commit)

    assert step.group is None
    assert isinstance(step.event, Committed)
    _, data = pending.group.seal(b"text")
    assert refusal(groups[2].process, data)[0] is Reason.WRONG_EPOCH
    later = replace(groups[2], view=pending.group.view)
    assert refusal(later.process, data)[0] is Reason.SENDER_DATA


def test_a_proposal_waits_and_messages_are_refused() -> None:
    groups = make_groups(3)
    sent, _ = proposal(groups[1], Remove(2))

    step = groups[0].process(sent)

    assert step.event == ProposalSeen(1, Remove(2))
    assert step.group is not None
    assert refusal(step.group.seal, b"text") == (Reason.PROPOSALS_WAITING, Check.PUBLIC)


def test_sealed_handshakes_are_followed() -> None:
    groups = make_groups(3)
    package, _ = clients(9)[8].package()
    _, sealed = proposal(groups[1], Remove(2))
    pending = groups[0].commit(add=[package], now_s=NOW_S, is_private=True)

    after = [pending.group, *follow(groups[1:], pending.commit)]

    assert_same(after)
    assert pending.otherwise is not None
    assert pending.otherwise.secret_tree != groups[0].secret_tree
    assert len(sealed) == 32
    proposed = private(groups[1], Remove(2))
    step = groups[0].process(proposed)
    assert isinstance(step.event, ProposalSeen)


def test_a_lost_race_leaves_the_loser_where_it_was() -> None:
    groups = make_groups(3)
    loser = groups[1].commit(remove=[2])
    winner = groups[0].commit()

    [after] = follow([loser.otherwise or groups[1]], winner.commit)

    assert_same([winner.group, after])
    again = after.commit(remove=[2])
    assert_same([again.group, *follow([winner.group], again.commit)])


def test_a_joiner_from_outside_replaces_its_old_leaf() -> None:
    groups = make_groups(3)
    again = clients(3)[2]

    pending = Group.join_external(
        groups[0].group_info(with_tree=True),
        again.template,
        key=again.key,
        remove=2,
        psks={b"psk": Psk(b"secret")},
        authenticated_data=b"bound",
    )

    psks = {b"psk": Psk(b"secret")}
    assert_same([pending.group, *follow(groups[:2], pending.commit, psks=psks)])
    assert pending.group.own_leaf == 2
    assert pending.otherwise is None
    assert groups[2].process(pending.commit, psks=psks).group is None


def test_a_welcome_can_hold_the_tree_and_keys_to_mix_in() -> None:
    group = make_groups(2)[0]
    newcomer = clients(9)[8]
    package, secrets = newcomer.package()
    psks = {b"psk": Psk(b"secret")}
    pending = group.commit(add=[package], now_s=NOW_S, with_tree=True, psks=psks)
    assert pending.welcome is not None

    joined = Group.join(pending.welcome, package, secrets, key=newcomer.key, psks=psks)

    assert_same([pending.group, joined])
    assert joined.export(label=b"a", context=b"b", length=40)


def test_a_new_epoch_forgets_old_resumption_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_RESUMPTIONS_KEPT", 2)
    groups = make_groups(2)

    for _ in range(4):
        groups, _ = advance(groups, 0)

    assert set(groups[0].resumptions) == set(groups[1].resumptions) == {3, 4}


def test_a_changed_byte_anywhere_is_refused_and_costs_nothing() -> None:
    one, other = make_groups(2)
    _, sealed = one.seal(b"text", authenticated_data=b"aad")
    commit = one.commit().commit

    for data in (sealed, commit):
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
            with pytest.raises(MlsError):
                other.process(changed)
        assert other.process(data).group is not None


# --- Messages that are refused ---


def test_message_that_is_not_signed_by_its_sender_is_refused() -> None:
    one, other, third = make_groups(3)
    for data in (
        private(one, Application(b"text"), signature=lambda signature: signature[::-1]),
        private(one, Application(b"text"), key=third.signature_key),
    ):
        assert_refused(other, data, Reason.SIGNATURE, Check.SECRET)
    # The key is still there for the real message.
    assert opened(other, one.seal(b"real")[1])[1].data == b"real"


@pytest.mark.parametrize("leaf", [3, 4, 1_000_000])
def test_message_from_a_blank_leaf_is_refused(leaf: int) -> None:
    one, other, _ = make_groups(3)

    data = private(one, Application(b"text"), leaf=leaf)

    assert_refused(other, data, Reason.UNKNOWN_SENDER, Check.SECRET)


def test_message_that_says_it_is_ours_is_refused() -> None:
    one, other = make_groups(2)
    data = private(one, Application(b"text"), leaf=1)

    assert_refused(other, data, Reason.OWN_MESSAGE, Check.SECRET)
    assert refusal(one.process, one.seal(b"text")[1])[0] is Reason.OWN_MESSAGE


def test_commit_that_is_ours_is_refused() -> None:
    one, _ = make_groups(2)

    assert_refused(one, one.commit().commit, Reason.OWN_MESSAGE, Check.SECRET)


def test_message_too_far_ahead_is_refused() -> None:
    one, other = make_groups(2)
    data = private(one, Application(b"text"), generation=limits.MLS_AHEAD_MAX + 1)

    assert_refused(other, data, Reason.TOO_FAR_AHEAD, Check.SECRET)


def test_more_messages_than_an_epoch_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_GENERATIONS_MAX", 2)
    one, _ = make_groups(2)
    for _ in range(2):
        one, _ = one.seal(b"text")

    assert refusal(one.seal, b"text")[0] is Reason.GENERATIONS_EXHAUSTED


def test_handshake_of_someone_who_does_not_know_the_epoch_is_refused() -> None:
    groups = make_groups(3)
    data = member(groups[0], membership=lambda tag: tag[::-1]).commit()

    assert_refused(groups[1], data, Reason.MEMBERSHIP_TAG, Check.SECRET)
    sent, _ = proposal(
        replace(groups[0], secrets=replace(groups[0].secrets, membership_key=b"x" * 32)),
        Remove(2),
    )
    assert_refused(groups[1], sent, Reason.MEMBERSHIP_TAG, Check.SECRET)


@pytest.mark.parametrize("tag", [b"", b"x" * 32])
def test_commit_with_another_confirmation_tag_is_refused(tag: bytes) -> None:
    groups = make_groups(3)

    data = member(groups[0], tag=lambda _: tag).commit()

    assert_refused(groups[1], data, Reason.CONFIRMATION_TAG, Check.SECRET)


def test_external_commit_with_another_init_secret_is_refused() -> None:
    groups = make_groups(2)
    forger, init = joiner(groups[0], clients(9)[8], init_secret=b"x" * 32)

    assert_refused(groups[1], forger.commit(init), Reason.CONFIRMATION_TAG, Check.SECRET)


def test_sealed_commit_is_refused_for_reasons_only_members_see() -> None:
    groups = make_groups(3)
    data = private(groups[0], Commit((), None))

    assert_refused(groups[1], data, Reason.PATH_REQUIRED, Check.SECRET)


def test_what_is_wrong_publicly_is_refused_publicly() -> None:
    groups = make_groups(3)
    forger = member(
        groups[0],
        membership=lambda tag: tag[::-1],
        path=lambda path: replace(path, nodes=()),
    )

    assert_refused(groups[1], forger.commit(), Reason.PATH_LENGTH)


def test_refused_messages_leave_a_group_as_it_was() -> None:
    groups = make_groups(3)
    before = groups[1].view.encode()
    for data in (
        member(groups[0], tag=lambda _: b"x").commit(),
        handshake(groups[0], Commit((), None)),
        private(groups[0], Application(b"x"), signature=lambda signature: signature[::-1]),
    ):
        with pytest.raises(MlsError):
            groups[1].process(data)

    assert groups[1].view.encode() == before
    assert groups[1].secret_tree.encryption_secret is not None


# --- Joining ---


class Invitation:
    """A Welcome with everything needed to change it and seal it again."""

    def __init__(self) -> None:
        self.group = warm(make_groups(3))[0]
        self.newcomer = Client("newcomer", Suite(random=randomness("invitation")))
        self.package, self.secrets = self.newcomer.package()
        self.pending = self.group.commit(add=[self.package], now_s=NOW_S)
        assert self.pending.welcome is not None
        body = MlsMessage.decode(self.pending.welcome).body
        assert isinstance(body, Welcome)
        self.welcome = body

    def join(self, welcome: Welcome | None = None, **changes: Any) -> Group:
        made: dict[str, Any] = {
            "key": self.newcomer.key,
            "tree": self.pending.group.tree,
        }
        data = frame(welcome or self.welcome)
        return Group.join(data, self.package, self.secrets, **{**made, **changes})

    def group_secrets(self) -> GroupSecrets:
        from shared.e2ee.mls.group import _open_group_secrets

        return _open_group_secrets(self.group.suite, self.welcome, self.package, self.secrets)

    def sealed(self, secrets: bytes, info: bytes | None = None) -> Welcome:
        """Return a Welcome with other group secrets (or another group info)."""
        sealed_info = self.welcome.encrypted_group_info if info is None else info
        output, ciphertext = hpke.encrypt_with_label(
            self.group.suite,
            self.package.init_key,
            label=b"Welcome",
            context=sealed_info,
            plaintext=secrets,
        )
        entry = EncryptedGroupSecrets(
            reference_of(self.package), HpkeCiphertext(output, ciphertext)
        )
        return Welcome(self.welcome.cipher_suite, (entry,), sealed_info)

    def with_info(self, **changes: Any) -> Welcome:
        """Return a Welcome with another description of the group, signed by the committer."""
        from shared.e2ee.mls.commits import seal_group_info
        from shared.e2ee.mls.crypto import ZERO
        from shared.e2ee.mls.key_schedule import welcome_secret

        info = sign_info(
            replace(self.pending.group.group_info(), **changes), self.group.signature_key
        )
        secrets = self.group_secrets()
        sealing = welcome_secret(secrets.joiner_secret, ZERO)
        sealed_info = seal_group_info(self.group.suite, sealing, info)
        return self.sealed(secrets.encode(), sealed_info)


def test_an_invitation_sealed_anew_still_holds() -> None:
    invitation = Invitation()

    assert_same([invitation.pending.group, invitation.join()])
    assert_same([invitation.pending.group, invitation.join(invitation.with_info())])
    again = invitation.sealed(invitation.group_secrets().encode())
    assert_same([invitation.pending.group, invitation.join(again)])


def test_what_is_no_welcome_is_refused() -> None:
    invitation = Invitation()
    data = frame(invitation.package)

    reason, _ = refusal(
        Group.join, data, invitation.package, invitation.secrets, key=invitation.newcomer.key
    )

    assert reason is Reason.UNEXPECTED_MESSAGE


def test_welcome_for_another_suite_is_refused() -> None:
    invitation = Invitation()
    welcome = replace(invitation.welcome, cipher_suite=1)

    assert refusal(invitation.join, welcome)[0] is Reason.SUITE


def test_welcome_for_another_package_is_refused() -> None:
    invitation = Invitation()
    invitation.package, invitation.secrets = invitation.newcomer.package()

    assert refusal(invitation.join)[0] is Reason.WELCOME_NOT_FOR_US


def test_welcome_that_does_not_open_is_refused() -> None:
    invitation = Invitation()
    _, other = invitation.newcomer.package()
    invitation.secrets = other

    assert refusal(invitation.join) == (Reason.HPKE_OPEN, Check.SECRET)


def test_welcome_with_a_joiner_secret_of_another_size_is_refused() -> None:
    invitation = Invitation()
    secrets = replace(invitation.group_secrets(), joiner_secret=b"short")

    welcome = invitation.sealed(secrets.encode())

    assert refusal(invitation.join, welcome) == (Reason.WELCOME_SECRETS, Check.SECRET)


def test_welcome_whose_description_does_not_open_is_refused() -> None:
    invitation = Invitation()
    secrets = replace(invitation.group_secrets(), joiner_secret=b"x" * 32)

    welcome = invitation.sealed(secrets.encode())

    assert refusal(invitation.join, welcome) == (Reason.WELCOME_GROUP_INFO, Check.SECRET)


def test_welcome_with_a_key_we_do_not_have_is_refused() -> None:
    invitation = Invitation()
    for psk, reason in (
        (ExternalPsk(b"?"), Reason.PSK_UNKNOWN),
        (ResumptionPsk(1, b"group", 1), Reason.PSK_UNKNOWN),
        (ResumptionPsk(2, b"group", 1), Reason.PSK_REINIT),
        (ResumptionPsk(3, b"group", 1), Reason.PSK_BRANCH),
    ):
        names = (PreSharedKeyId(psk, b"n" * 32),)
        secrets = replace(invitation.group_secrets(), psks=names)
        assert refusal(invitation.join, invitation.sealed(secrets.encode()))[0] is reason


def test_welcome_to_a_group_we_are_in_is_refused() -> None:
    invitation = Invitation()

    assert refusal(invitation.join, known_groups={b"group"})[0] is Reason.GROUP_KNOWN


def test_welcome_without_a_tree_is_refused() -> None:
    assert refusal(Invitation().join, tree=None)[0] is Reason.TREE_ABSENT


def test_welcome_to_a_tree_without_our_leaf_is_refused() -> None:
    invitation = Invitation()
    welcome = invitation.with_info(group_context=invitation.group.view.context)

    reason = refusal(invitation.join, welcome, tree=invitation.group.tree)[0]

    assert reason is Reason.LEAF_ABSENT


def test_welcome_with_another_confirmation_tag_is_refused() -> None:
    invitation = Invitation()

    welcome = invitation.with_info(confirmation_tag=b"x" * 32)

    assert refusal(invitation.join, welcome) == (Reason.CONFIRMATION_TAG, Check.SECRET)


def test_welcome_with_another_path_secret_is_refused() -> None:
    invitation = Invitation()
    for path_secret, reason in ((b"short", Reason.PATH_SECRET), (b"x" * 32, Reason.PATH_KEY)):
        secrets = replace(invitation.group_secrets(), path_secret=PathSecretValue(path_secret))
        welcome = invitation.sealed(secrets.encode())
        assert refusal(invitation.join, welcome) == (reason, Check.SECRET)


def test_welcome_with_a_path_secret_for_a_blank_node_is_refused() -> None:
    invitation = Invitation()
    groups = make_groups(3)
    package = invitation.package
    partial = member(groups[0], has_path=False)
    from shared.e2ee.mls.wire import Add

    after = follow(groups[1:], partial.commit(Add(package)))
    invitation.group, invitation.pending = after[0], replace(invitation.pending, group=after[0])
    secrets = replace(invitation.group_secrets(), path_secret=PathSecretValue(b"x" * 32))
    from shared.e2ee.mls.commits import seal_group_info
    from shared.e2ee.mls.crypto import ZERO
    from shared.e2ee.mls.key_schedule import welcome_secret

    info = after[0].group_info()
    sealed = seal_group_info(after[0].suite, welcome_secret(secrets.joiner_secret, ZERO), info)

    welcome = invitation.sealed(secrets.encode(), sealed)

    assert refusal(invitation.join, welcome) == (Reason.PATH_KEY, Check.SECRET)


def test_a_welcome_of_a_partial_commit_has_no_path_secret() -> None:
    invitation = Invitation()
    secrets = replace(invitation.group_secrets(), path_secret=None)

    joined = invitation.join(invitation.sealed(secrets.encode()))

    assert_same([invitation.pending.group, joined])
    assert set(joined.private_keys) == {2 * joined.own_leaf}


@pytest.mark.parametrize("data", [None, b"short", bytes(32)])
def test_joining_where_there_is_no_usable_key_is_refused(data: bytes | None) -> None:
    group = make_groups(2)[0]
    extensions = () if data is None else (Extension(4, ExternalPub(data).encode()),)
    info = sign_info(replace(group.group_info(), extensions=extensions), group.signature_key)
    client = clients(9)[8]

    reason, _ = refusal(Group.join_external, info, client.template, key=client.key, tree=group.tree)

    assert reason is (Reason.EXTERNAL_PUB if data is None else Reason.ENCRYPTION_KEY)


def test_creating_a_group_that_nobody_could_join_is_refused() -> None:
    client = clients(1)[0]

    reason, _ = refusal(client.create, b"group", (Extension(0xF001, b""),))

    assert reason is Reason.LEAF_GROUP_EXTENSION
