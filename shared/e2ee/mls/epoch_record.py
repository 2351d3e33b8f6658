"""Epoch records: what opens one epoch's application messages, in any order, and does nothing else.

====================  ===========================================================================
field                 what for
====================  ===========================================================================
tree_width            the shape of the secret tree
encryption_secret     its root: all message keys of the epoch
sender_data_secret    who sent, and with which key
confirmation_key      whether the commit that led here was right
context               what signatures of the epoch cover
====================  ===========================================================================

No init, external, membership or resumption secret: who holds a record can not send, join or follow.
An opener keeps nothing between messages but ratchet positions it has passed, so the newest message
may come first, a message may be opened twice, and a forged one changes nothing; replay is for the
caller to notice, by what `Opened` names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from shared import limits
from shared.e2ee.mls import framing, tree_math
from shared.e2ee.mls.codec import Fixed, Struct, Uint32
from shared.e2ee.mls.crypto import HASH_BYTES, SUITE, Suite, is_same
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.key_schedule import confirmation_tag
from shared.e2ee.mls.keys import Secret
from shared.e2ee.mls.secret_tree import (
    MessageKey,
    Ratchet,
    RatchetKind,
    child_secrets,
    first_ratchet,
)
from shared.e2ee.mls.wire import (
    APPLICATION,
    Application,
    Commit,
    GroupContext,
    MlsMessage,
    PrivateMessage,
    PublicMessage,
)

__all__ = ["EpochOpener", "EpochRecord", "RecordOpened"]

_SecretField = Annotated[bytes, Fixed(HASH_BYTES)]
_CHECKPOINT: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class EpochRecord(Struct):
    """The secrets of one epoch that reading takes."""

    tree_width: Uint32
    encryption_secret: _SecretField
    sender_data_secret: _SecretField
    confirmation_key: _SecretField
    context: GroupContext


@dataclass(frozen=True, slots=True, repr=False)
class RecordOpened:
    """An application message, and what names it for a replay guard.

    Attributes:
        leaf: The leaf that sent it.
        generation: Which of that leaf's messages it is.
        authenticated_data: What the sender bound to it in clear.
        data: What it says.
    """

    leaf: int
    generation: int
    authenticated_data: bytes
    data: bytes


class EpochOpener:
    """Opens the application messages of one epoch from its record."""

    __slots__ = ("_next", "_positions", "_record", "_suite")

    def __init__(self, record: EpochRecord, suite: Suite = SUITE) -> None:
        width = record.tree_width
        is_width = 0 < width <= limits.MLS_LEAVES_MAX and width.bit_count() == 1
        require(is_width, Reason.TREE_SHAPE)
        require(record.context.cipher_suite == suite.number, Reason.SUITE)
        self._record = record
        self._suite = suite
        # Ratchets at every sixteenth generation; they follow from the record alone, so whatever
        # a message makes us look for is true even if the message is not.
        self._positions: dict[tuple[int, int], Ratchet] = {}
        # And behind the key that was looked for last, of each leaf: messages mostly come in order.
        self._next: dict[int, Ratchet] = {}

    @property
    def context(self) -> GroupContext:
        """The group in this epoch."""
        return self._record.context

    def open(self, data: bytes, *, signer: bytes) -> RecordOpened:
        """Open and authenticate an application message.

        Args:
            data: The message.
            signer: The public signature key of the device that is said to have sent it.

        Raises:
            MlsError: If it is not of this epoch, was changed, or someone else signed it.
        """
        private = MlsMessage.decode(data).body
        if not isinstance(private, PrivateMessage) or private.content_type != APPLICATION:
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        require(private.group_id == self.context.group_id, Reason.WRONG_GROUP)
        require(private.epoch == self.context.epoch, Reason.WRONG_EPOCH)
        try:
            return self._open(private, signer)
        except MlsError as error:
            raise error.as_secret() from error

    def _open(self, private: PrivateMessage, signer: bytes) -> RecordOpened:
        secret = self._record.sender_data_secret
        sender = framing.open_sender_data(self._suite, private, secret)
        require(sender.leaf_index < self._record.tree_width, Reason.UNKNOWN_SENDER)
        require(sender.generation < limits.MLS_GENERATIONS_MAX, Reason.TOO_FAR_AHEAD)
        key = self._key(sender.leaf_index, sender.generation)
        message = framing.open_private(self._suite, private, sender, key)
        require(framing.is_signed_by(signer, message, self.context), Reason.SIGNATURE)
        content = message.content.content
        assert isinstance(content, Application)
        return RecordOpened(
            sender.leaf_index,
            sender.generation,
            message.content.authenticated_data,
            content.data,
        )

    def confirm(self, commit: bytes) -> None:
        """Check that a commit led to this epoch: its confirmation tag is the epoch's own.

        Raises:
            MlsError: If it is no commit in clear, or leads elsewhere.
        """
        body = MlsMessage.decode(commit).body
        if not isinstance(body, PublicMessage) or not isinstance(body.content.content, Commit):
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        require(body.content.group_id == self.context.group_id, Reason.WRONG_GROUP)
        require(body.content.epoch + 1 == self.context.epoch, Reason.WRONG_EPOCH)
        confirmed = self.context.confirmed_transcript_hash
        expected = confirmation_tag(self._record.confirmation_key, confirmed)
        held = is_same(expected, body.auth.confirmation_tag or b"")
        require(held, Reason.CONFIRMATION_TAG, Check.SECRET)

    def _key(self, leaf: int, generation: int) -> MessageKey:
        ratchet = self._before(leaf, generation)
        while ratchet.generation < generation:
            self._remember(leaf, ratchet)
            ratchet = ratchet.pass_over()
        self._remember(leaf, ratchet)
        key, self._next[leaf] = ratchet.step(self._suite)
        return key

    def _before(self, leaf: int, generation: int) -> Ratchet:
        """Return the nearest known position that is not behind a generation."""
        start = generation - generation % _CHECKPOINT
        near = self._next.get(leaf)
        if near is not None and start <= near.generation <= generation:
            return near
        while start and (leaf, start) not in self._positions:
            start -= _CHECKPOINT
        return self._positions.get((leaf, start)) or self._first(leaf)

    def _remember(self, leaf: int, ratchet: Ratchet) -> None:
        if ratchet.generation % _CHECKPOINT:
            return
        if len(self._positions) >= limits.MLS_RATCHET_CACHE_MAX:
            self._positions.clear()
        self._positions[leaf, ratchet.generation] = ratchet

    def _first(self, leaf: int) -> Ratchet:
        node = 2 * leaf
        path = [node, *tree_math.direct_path(node, self._record.tree_width)]
        secret = Secret(self._record.encryption_secret)
        for index in reversed(path[:-1]):
            left, right = child_secrets(secret)
            secret = left if tree_math.left(tree_math.parent(index)) == index else right
        return first_ratchet(secret, RatchetKind.APPLICATION)
