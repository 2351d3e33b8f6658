"""Signing, sealing and opening messages (section 6).

The order of trust when a message is opened: peek at what is in clear → AEAD → signature → content.
Nothing here changes any state; who calls decides what to keep after everything has held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared import limits
from shared.e2ee.mls.codec import Reader, encode_opaque, encode_uint
from shared.e2ee.mls.crypto import (
    HASH_BYTES,
    Suite,
    expand_with_label,
    is_same,
    mac,
    ref_hash,
    sign_with_label,
    verify_with_label,
)
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.secret_tree import MessageKey, RatchetKind
from shared.e2ee.mls.wire import (
    APPLICATION,
    MLS10,
    PRIVATE_MESSAGE,
    PUBLIC_MESSAGE,
    AuthData,
    AuthenticatedContent,
    FramedContent,
    GroupContext,
    Member,
    NewMemberCommit,
    PrivateMessage,
    PublicMessage,
    SenderData,
    content_codec,
    content_type_of,
)

__all__ = [
    "SealingKey",
    "check_membership",
    "is_signed_by",
    "kind_of",
    "membership_tag",
    "open_private",
    "open_sender_data",
    "proposal_reference",
    "protect_private",
    "protect_public",
    "sender_data_key",
    "sign",
    "to_be_signed",
]

_GUARD_BYTES: Final = 4


def to_be_signed(wire_format: int, content: FramedContent, context: GroupContext) -> bytes:
    """Return FramedContentTBS (6.1)."""
    is_of_group = isinstance(content.sender, Member | NewMemberCommit)
    head = encode_uint(MLS10, 2) + encode_uint(wire_format, 2) + content.encode()
    return head + context.encode() if is_of_group else head


def sign(
    content: FramedContent, context: GroupContext, key: SignaturePrivateKey, wire_format: int
) -> bytes:
    """Return the signature of a message."""
    return sign_with_label(key, b"FramedContentTBS", to_be_signed(wire_format, content, context))


def is_signed_by(public: bytes, message: AuthenticatedContent, context: GroupContext) -> bool:
    """Say whether a message was signed with the private half of ``public``."""
    signed = to_be_signed(message.wire_format, message.content, context)
    return verify_with_label(public, b"FramedContentTBS", signed, message.auth.signature)


def proposal_reference(message: AuthenticatedContent) -> bytes:
    """Return the name a commit calls a proposal by (5.2)."""
    return ref_hash(b"MLS 1.0 Proposal Reference", message.encode())


# --- Public messages (6.2) ---


def membership_tag(
    message: AuthenticatedContent, context: GroupContext, membership_key: bytes
) -> bytes:
    """Return the proof that the sender is a member."""
    signed = to_be_signed(PUBLIC_MESSAGE, message.content, context)
    return mac(membership_key, signed + message.auth.encode())


def protect_public(
    message: AuthenticatedContent, context: GroupContext, membership_key: bytes
) -> PublicMessage:
    """Return a handshake as everyone may read it.

    Raises:
        MlsError: For application data, which only travels sealed.
    """
    content_type = content_type_of(message.content.content)
    require(content_type != APPLICATION, Reason.APPLICATION_IN_CLEAR)
    is_member = isinstance(message.content.sender, Member)
    tag = membership_tag(message, context, membership_key) if is_member else None
    return PublicMessage(message.content, message.auth, tag)


def check_membership(public: PublicMessage, context: GroupContext, membership_key: bytes) -> None:
    """Check a member's tag.

    Raises:
        MlsError: If the sender does not know the epoch.
    """
    message = AuthenticatedContent(PUBLIC_MESSAGE, public.content, public.auth)
    if public.membership_tag is not None:
        expected = membership_tag(message, context, membership_key)
        held = is_same(expected, public.membership_tag)
        require(held, Reason.MEMBERSHIP_TAG, Check.SECRET)


# --- Private messages (6.3) ---


def kind_of(content_type: int) -> RatchetKind:
    """Return which ratchet seals content of a type."""
    return RatchetKind.APPLICATION if content_type == APPLICATION else RatchetKind.HANDSHAKE


def _sender_data_aad(group_id: bytes, epoch: int, content_type: int) -> bytes:
    return encode_opaque(group_id) + encode_uint(epoch, 8) + encode_uint(content_type, 1)


def _content_aad(message: FramedContent | PrivateMessage, content_type: int) -> bytes:
    head = _sender_data_aad(message.group_id, message.epoch, content_type)
    return head + encode_opaque(message.authenticated_data)


def sender_data_key(suite: Suite, secret: bytes, ciphertext: bytes) -> MessageKey:
    """Return the key and nonce that hide who sent a ciphertext (6.3.2)."""
    sample = ciphertext[:HASH_BYTES]
    return MessageKey(
        expand_with_label(secret, b"key", sample, suite.aead.key_bytes),
        expand_with_label(secret, b"nonce", sample, suite.aead.nonce_bytes),
    )


@dataclass(frozen=True, slots=True, repr=False)
class SealingKey:
    """What seals one private message: the sender data secret, a message key and its number."""

    sender_data_secret: bytes
    message_key: MessageKey
    generation: int


def protect_private(
    suite: Suite, message: AuthenticatedContent, sealing: SealingKey, *, padding: int = 0
) -> PrivateMessage:
    """Return a member's message, sealed, with so many bytes of padding."""
    require(0 <= padding <= limits.MLS_PADDING_MAX, Reason.PADDING_SIZE)
    content = message.content
    assert isinstance(content.sender, Member)
    content_type = content_type_of(content.content)
    codec = content_codec[content_type]
    plaintext = codec.write(content.content) + message.auth.encode() + bytes(padding)
    guard = suite.random(_GUARD_BYTES)
    ciphertext = suite.aead.seal(
        key=sealing.message_key.key,
        nonce=sealing.message_key.guarded_nonce(guard),
        aad=_content_aad(content, content_type),
        plaintext=plaintext,
    )
    hiding = sender_data_key(suite, sealing.sender_data_secret, ciphertext)
    sender = SenderData(content.sender.leaf_index, sealing.generation, guard)
    hidden = suite.aead.seal(
        key=hiding.key,
        nonce=hiding.nonce,
        aad=_sender_data_aad(content.group_id, content.epoch, content_type),
        plaintext=sender.encode(),
    )
    return PrivateMessage(
        content.group_id,
        content.epoch,
        content_type,
        content.authenticated_data,
        hidden,
        ciphertext,
    )


def open_sender_data(suite: Suite, private: PrivateMessage, secret: bytes) -> SenderData:
    """Return who sealed a message and with which key.

    Raises:
        MlsError: If it was not sealed in this epoch.
    """
    require(private.content_type in content_codec, Reason.UNKNOWN_TAG)
    hiding = sender_data_key(suite, secret, private.ciphertext)
    opened = suite.aead.open(
        key=hiding.key,
        nonce=hiding.nonce,
        aad=_sender_data_aad(private.group_id, private.epoch, private.content_type),
        ciphertext=private.encrypted_sender_data,
    )
    if opened is None:
        raise MlsError(Reason.SENDER_DATA, Check.SECRET)
    return SenderData.decode(opened)


def open_private(
    suite: Suite, private: PrivateMessage, sender: SenderData, key: MessageKey
) -> AuthenticatedContent:
    """Return a sealed message; its signature is not checked yet.

    Raises:
        MlsError: If it was changed, or is not put together as the RFC says.
    """
    plaintext = suite.aead.open(
        key=key.key,
        nonce=key.guarded_nonce(sender.reuse_guard),
        aad=_content_aad(private, private.content_type),
        ciphertext=private.ciphertext,
    )
    if plaintext is None:
        raise MlsError(Reason.CIPHERTEXT, Check.SECRET)
    return _unpack(private, sender, plaintext)


def _unpack(private: PrivateMessage, sender: SenderData, plaintext: bytes) -> AuthenticatedContent:
    reader = Reader(plaintext)
    content = content_codec[private.content_type].read(reader)
    auth = AuthData.read_for(reader, private.content_type)
    padding = reader.take(reader.end - reader.at)
    require(not padding.strip(b"\0"), Reason.PADDING, Check.SECRET)
    framed = FramedContent(
        private.group_id,
        private.epoch,
        Member(sender.leaf_index),
        private.authenticated_data,
        content,
    )
    return AuthenticatedContent(PRIVATE_MESSAGE, framed, auth)
