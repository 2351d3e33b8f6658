from __future__ import annotations

from pathlib import Path

import pytest

from shared import limits
from shared.e2ee.mls import framing
from shared.e2ee.mls.crypto import SUITE
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.framing import SealingKey
from shared.e2ee.mls.keys import Secret, SignaturePrivateKey
from shared.e2ee.mls.secret_tree import RatchetKind, SecretTree
from shared.e2ee.mls.wire import (
    PRIVATE_MESSAGE,
    PUBLIC_MESSAGE,
    Application,
    AuthData,
    AuthenticatedContent,
    Commit,
    Content,
    FramedContent,
    GroupContext,
    Member,
    MlsMessage,
    PrivateMessage,
    ProposalByValue,
    PublicMessage,
    Remove,
    SenderData,
)
from tests.shared.e2ee.mls.forge import private
from tests.shared.e2ee.mls.members import assert_refused, make_groups
from tests.shared.e2ee.mls.vectors import load, unhex


def raw_content(case: dict[str, str], name: str) -> Content:
    data = unhex(case[name])
    if name == "proposal":
        return ProposalByValue.decode(data).proposal
    return Commit.decode(data) if name == "commit" else Application(data)


def test_message_protection_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/message-protection.json"):
        context = GroupContext(
            1,
            case["cipher_suite"],
            unhex(case["group_id"]),
            case["epoch"],
            unhex(case["tree_hash"]),
            unhex(case["confirmed_transcript_hash"]),
            (),
        )
        check_protection(case, context)


def check_protection(case: dict[str, str], context: GroupContext) -> None:
    signer = unhex(case["signature_pub"])
    key = SignaturePrivateKey(unhex(case["signature_priv"]))
    membership_key = unhex(case["membership_key"])
    secret = unhex(case["sender_data_secret"])
    tree = SecretTree.start(2, Secret(unhex(case["encryption_secret"])))

    def opened(body: PrivateMessage) -> AuthenticatedContent:
        sender = framing.open_sender_data(SUITE, body, secret)
        assert sender.leaf_index == 1
        message_key, _ = tree.take(
            SUITE,
            leaf=sender.leaf_index,
            kind=framing.kind_of(body.content_type),
            generation=sender.generation,
        )
        message = framing.open_private(SUITE, body, sender, message_key)
        assert framing.is_signed_by(signer, message, context)
        return message

    for name in ("proposal", "commit", "application"):
        content = raw_content(case, name)
        given = MlsMessage.decode(unhex(case[f"{name}_priv"])).body
        assert isinstance(given, PrivateMessage)
        assert opened(given).content.content == content

        framed = FramedContent(context.group_id, context.epoch, Member(1), b"aad", content)
        tag = b"tag" if name == "commit" else None
        signature = framing.sign(framed, context, key, PRIVATE_MESSAGE)
        message = AuthenticatedContent(PRIVATE_MESSAGE, framed, AuthData(signature, tag))
        kind = framing.kind_of(given.content_type)
        message_key, _ = tree.take(SUITE, leaf=1, kind=kind, generation=0)
        sealing = SealingKey(secret, message_key, 0)
        assert opened(framing.protect_private(SUITE, message, sealing, padding=7)) == message

        signature = framing.sign(framed, context, key, PUBLIC_MESSAGE)
        message = AuthenticatedContent(PUBLIC_MESSAGE, framed, AuthData(signature, tag))
        if name == "application":
            # That this one is refused in clear has a test of its own.
            continue
        protected = framing.protect_public(message, context, membership_key)
        framing.check_membership(protected, context, membership_key)
        public = MlsMessage.decode(unhex(case[f"{name}_pub"])).body
        assert isinstance(public, PublicMessage)
        assert public.content.content == content
        framing.check_membership(public, context, membership_key)
        clear = AuthenticatedContent(PUBLIC_MESSAGE, public.content, public.auth)
        assert framing.is_signed_by(signer, clear, context)


def test_application_data_in_clear_is_refused_by_its_sender() -> None:
    group = make_groups(2)[0]
    framed = FramedContent(group.group_id, group.epoch, Member(0), b"", Application(b"text"))
    message = AuthenticatedContent(PUBLIC_MESSAGE, framed, AuthData(b"", None))

    with pytest.raises(MlsError) as refused:
        framing.protect_public(message, group.view.context, group.secrets.membership_key)

    assert refused.value.reason is Reason.APPLICATION_IN_CLEAR


def test_application_and_handshakes_have_ratchets_of_their_own() -> None:
    assert framing.kind_of(1) is RatchetKind.APPLICATION
    assert framing.kind_of(2) is framing.kind_of(3) is RatchetKind.HANDSHAKE


def test_padding_other_than_zeros_is_refused() -> None:
    one, other = make_groups(2)
    data = private(one, Application(b"text"), edit_plaintext=lambda plain: plain + b"\0\1\0")

    assert_refused(other, data, Reason.PADDING, Check.SECRET)


@pytest.mark.parametrize("padding", [-1, limits.MLS_PADDING_MAX + 1])
def test_padding_out_of_bounds_is_refused(padding: int) -> None:
    group = make_groups(2)[0]

    with pytest.raises(MlsError) as refused:
        group.seal(b"text", padding=padding)

    assert refused.value.reason is Reason.PADDING_SIZE


def test_content_of_an_unknown_type_is_refused() -> None:
    group = make_groups(2)[0]
    body = PrivateMessage(group.group_id, group.epoch, 9, b"", b"", b"")

    with pytest.raises(MlsError) as refused:
        framing.open_sender_data(SUITE, body, group.secrets.sender_data_secret)

    assert refused.value.reason is Reason.UNKNOWN_TAG


def test_changed_sender_data_is_refused() -> None:
    one, other = make_groups(2)
    body = MlsMessage.decode(one.seal(b"text")[1]).body
    assert isinstance(body, PrivateMessage)
    secret = other.secrets.sender_data_secret
    assert framing.open_sender_data(SUITE, body, secret).leaf_index == 0

    for changed in (secret[::-1], b"x" * 32):
        with pytest.raises(MlsError) as refused:
            framing.open_sender_data(SUITE, body, changed)
        assert (refused.value.reason, refused.value.check) == (Reason.SENDER_DATA, Check.SECRET)


def test_changed_ciphertext_is_refused() -> None:
    one, _ = make_groups(2)
    body = MlsMessage.decode(one.seal(b"text")[1]).body
    assert isinstance(body, PrivateMessage)
    key, _ = one.secret_tree.take(SUITE, leaf=0, kind=RatchetKind.APPLICATION, generation=1)

    with pytest.raises(MlsError) as refused:
        framing.open_private(SUITE, body, SenderData(0, 0, bytes(4)), key)

    assert (refused.value.reason, refused.value.check) == (Reason.CIPHERTEXT, Check.SECRET)


def test_proposals_are_named_by_their_bytes() -> None:
    framed = FramedContent(b"group", 1, Member(0), b"", Remove(1))
    message = AuthenticatedContent(PUBLIC_MESSAGE, framed, AuthData(b"signature", None))

    assert len(framing.proposal_reference(message)) == 32
