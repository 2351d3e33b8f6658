from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared import limits
from shared.e2ee import facade
from shared.e2ee.facade import (
    Bystander,
    Check,
    Conversation,
    DeviceChange,
    DeviceKeys,
    EpochReader,
    MlsError,
    PendingChange,
    Reason,
    make_prekey,
)
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.wire import Remove, X509Credential
from shared.errors import SealError
from tests.shared.e2ee.mls.forge import member, proposal

NOW_S = 1_800_000_000
DOCUMENT = hashlib.sha256(b"document").digest()
OTHER_DOCUMENT = hashlib.sha256(b"other").digest()


def device(name: str) -> DeviceKeys:
    seed = hashlib.sha256(name.encode()).digest()
    return DeviceKeys(name.encode(), SignaturePrivateKey(seed))


@dataclass
class Rules:
    """Believes everyone but the barred, and keeps what it was asked."""

    barred: set[bytes] = field(default_factory=set)
    allows: bool = True
    seen: list[DeviceChange] = field(default_factory=list)

    def admits_credential(self, credential: bytes, signature_key: bytes) -> bool:
        return credential not in self.barred and len(signature_key) == 32

    def admits_change(self, change: DeviceChange) -> bool:
        self.seen.append(change)
        return self.allows


def two() -> tuple[Conversation, Conversation, PendingChange]:
    """Return a conversation of two devices, and the change that made it one."""
    created = Conversation.create(b"chat", device("a"), document_hash=DOCUMENT, now_s=NOW_S)
    prekey = make_prekey(device("b"), now_s=NOW_S, lifetime_s=3600)
    pending = created.change(add=[prekey.public], now_s=NOW_S, authenticated_data=b"bound")
    assert pending.welcome is not None
    joined = Conversation.join(pending.welcome, prekey, device("b"), tree=pending.tree)
    return pending.conversation, joined, pending


def key_of(conversation: Conversation) -> bytes:
    [own] = [item for item in conversation.devices if item.leaf == conversation.own_leaf]
    return own.signature_key


def refusal(call: Any, *args: Any, **more: Any) -> tuple[Reason, Check]:
    with pytest.raises(SealError) as refused:
        call(*args, **more)
    assert isinstance(refused.value, MlsError)
    return refused.value.reason, refused.value.check


def test_two_devices_talk() -> None:
    one, other, _ = two()

    one, payload = one.seal(b"hello", authenticated_data=b"entry")
    other, opened = other.open(payload)

    assert (opened.data, opened.authenticated_data) == (b"hello", b"entry")
    assert one.epoch_authenticator == other.epoch_authenticator
    assert one.conversation_id == b"chat"
    assert one.epoch == other.epoch == 1
    assert [item.credential for item in one.devices] == [b"a", b"b"]
    assert one.document_hash == other.document_hash == DOCUMENT


def test_a_record_opens_an_epoch_for_who_was_never_in_it() -> None:
    one, other, pending = two()
    assert pending.record == other.epoch_record() == one.epoch_record()
    one, first = one.seal(b"1", authenticated_data=b"")
    one, second = one.seal(b"2", authenticated_data=b"")

    reader = EpochReader(pending.record)

    reader.confirm(pending.handshake)
    assert reader.open(second, signer=key_of(one)).data == b"2"
    assert reader.open(first, signer=key_of(one)).data == b"1"
    assert (reader.epoch, reader.document_hash) == (1, DOCUMENT)
    assert refusal(one.epoch_record) == (Reason.RECORD_CONSUMED, Check.SECRET)


def test_a_change_is_followed_and_described() -> None:
    one, other, _ = two()
    prekey = make_prekey(device("c"), now_s=NOW_S, lifetime_s=3600)
    rules = Rules()
    pending = one.change(
        add=[prekey.public],
        document_hash=OTHER_DOCUMENT,
        now_s=NOW_S,
        authenticated_data=b"bound",
        policy=rules,
    )

    followed = other.follow(pending.handshake, policy=rules)

    assert followed.conversation is not None
    assert followed.conversation.document_hash == OTHER_DOCUMENT
    assert followed.conversation.epoch_authenticator == pending.conversation.epoch_authenticator
    assert followed.record == pending.record
    change = followed.change
    assert change.committer.credential == b"a"
    assert [item.credential for item in change.added] == [b"c"]
    assert [before.credential for before, _ in change.updated] == [b"a"]
    assert (change.is_join, change.document_hash) == (False, OTHER_DOCUMENT)
    assert change.authenticated_data == b"bound"
    assert change == rules.seen[-1]


def test_a_removed_device_is_told() -> None:
    one, other, _ = two()
    pending = one.change(remove=[1], now_s=NOW_S, authenticated_data=b"")

    followed = other.follow(pending.handshake)

    assert followed.conversation is None
    assert followed.record is None
    assert [item.credential for item in followed.change.removed] == [b"b"]


def test_a_device_joins_by_itself_and_replaces_its_old_leaf() -> None:
    one, _, pending = two()
    assert pending.group_info != one.group_info() or pending.tree == one.tree()

    joined = Conversation.join_external(
        one.group_info(), one.tree(), device("b"), authenticated_data=b"back"
    )
    followed = one.follow(joined.handshake)

    assert followed.conversation is not None
    assert followed.change.is_join
    assert [item.leaf for item in followed.change.removed] == [1]
    assert [item.credential for item in joined.conversation.devices] == [b"a", b"b"]
    _, payload = joined.conversation.seal(b"text", authenticated_data=b"")
    assert followed.conversation.open(payload)[1].data == b"text"
    stranger = Conversation.join_external(
        one.group_info(), one.tree(), device("c"), authenticated_data=b""
    )
    assert len(stranger.conversation.devices) == 3


def test_a_bystander_judges_handshakes_without_a_secret() -> None:
    one, other, _ = two()
    rules = Rules()
    watching = Bystander.start(one.group_info(), one.tree(), policy=rules)
    assert watching == other.bystander

    pending = one.change(now_s=NOW_S, authenticated_data=b"")
    after = Bystander.from_state(watching.state()).follow(pending.handshake, policy=rules)

    assert after == pending.conversation.bystander
    assert (after.epoch, after.document_hash) == (2, DOCUMENT)


def test_state_comes_back_whole_or_in_parts() -> None:
    one, _, _ = two()
    one, _ = one.seal(b"text", authenticated_data=b"")

    whole = Conversation.from_state(one.state(), device("a"))
    parts = Conversation.from_state(
        one.epoch_state(), device("a"), ratchet_state=one.ratchet_state()
    )

    assert whole == parts == one


def test_lengths_are_hidden_behind_padding() -> None:
    lengths = {length + facade.padding_for(length) for length in range(1_000)}

    assert min(lengths) == 160
    assert len(lengths) < 40
    for length in (300, 5_000, 60_000):
        assert facade.padding_for(length) <= length * 0.12
    one, _, _ = two()
    sizes = {len(one.seal(b"x" * length, authenticated_data=b"")[1]) for length in (0, 9, 60)}
    assert len(sizes) <= 2


def test_message_over_the_payload_bound_is_refused() -> None:
    one, _, _ = two()

    reason, _ = refusal(one.seal, bytes(limits.PAYLOAD_BYTES_MAX), authenticated_data=b"")

    assert reason is Reason.TOO_LARGE


def test_device_that_the_policy_does_not_believe_is_refused() -> None:
    one, other, _ = two()
    pending = one.change(now_s=NOW_S, authenticated_data=b"")

    wrong = refusal(other.follow, pending.handshake, policy=Rules(barred={b"a"}))
    assert wrong == (Reason.LEAF_CREDENTIAL, Check.PUBLIC)
    wrong = refusal(other.follow, pending.handshake, policy=Rules(allows=False))
    assert wrong == (Reason.POLICY, Check.PUBLIC)
    start = refusal(Bystander.start, one.group_info(), one.tree(), policy=Rules({b"b"}))
    assert start == (Reason.LEAF_CREDENTIAL, Check.PUBLIC)


def test_leaf_with_a_credential_of_another_kind_is_refused() -> None:
    from dataclasses import replace

    one, other, _ = two()

    def edit(leaf: Any) -> Any:
        able = replace(leaf.capabilities, credentials=(1, 2))
        return replace(leaf, credential=X509Credential((b"c",)), capabilities=able)

    data = member(one.group, leaf=edit).commit()

    wrong = refusal(other.follow, data, policy=Rules())
    assert wrong == (Reason.LEAF_CREDENTIAL, Check.PUBLIC)
    wrong = refusal(other.follow, data)
    assert wrong == (Reason.LEAF_CREDENTIAL_FOREIGN, Check.PUBLIC)
    assert facade._device(0, edit(one.group.tree.leaf(0))).credential == b""


def test_what_is_not_what_it_should_be_is_refused() -> None:
    one, other, pending = two()
    one, payload = one.seal(b"text", authenticated_data=b"")
    keys = device("c")

    assert pending.welcome is not None
    for call, args, more in (
        (Bystander.start, (pending.welcome, one.tree()), {}),
        (Conversation.join_external, (payload, one.tree(), keys), {"authenticated_data": b""}),
        (one.change, (), {"add": [payload], "now_s": NOW_S, "authenticated_data": b""}),
        (other.follow, (payload,), {}),
        (other.follow, (proposal(one.group, Remove(1))[0],), {}),
        (other.open, (one.change(now_s=NOW_S, authenticated_data=b"").handshake,), {}),
    ):
        reason, check = refusal(call, *args, **more)
        assert reason is Reason.UNEXPECTED_MESSAGE
        assert check is Check.PUBLIC


def test_nothing_secret_shows() -> None:
    one, _, pending = two()

    for value in (one, pending, device("a"), make_prekey(device("a"), now_s=1, lifetime_s=1)):
        assert "\\x" not in repr(value)
