"""Making warrants, and the code by which a group invites.

An invitation code is Crockford's base 32 in groups of eight, of the bytes of `InviteCode` as a
MessagePack array ``[1, conversation_id, title, invite]`` and four bytes of their BLAKE2b (person
``mim.invite.v1``). ``invite`` is nil where an admin has to agree, else ``[number, expires_at_ms,
inviter, device proof, seed, signature]``: the Ed25519 seed is what its holder joins with, so
the code is a secret among those it was given to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec

from shared import limits
from shared.e2ee.keys import SignatureKeyPair, verify
from shared.errors import LocalError, SealError
from shared.identifiers import Hash, Id, Milliseconds
from shared.rest import ArchiveKey
from shared.roster import (
    ArchiveWarrant,
    DeviceProof,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    RosterDocument,
    Signature,
)
from shared.roster_rules import invite_bytes, join_bytes, leave_bytes, revoke_bytes

__all__ = [
    "InviteCode",
    "accept_invite",
    "archive_warrant",
    "is_signed",
    "make_invite",
    "make_leave",
    "make_open_code",
    "make_revoke",
]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("OIL", "011")
_GROUP = 8
_CHECK_BYTES = 4
_PERSON = b"mim.invite.v1"
_VERSION = 1
_CODE_LENGTH_MAX = 2_000


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed this message, for `shared.roster_rules`."""
    try:
        verify(public, message, signature)
    except SealError:
        return False
    return True


def make_leave(
    document: RosterDocument, *, account: int, proof: DeviceProof, key: SignatureKeyPair
) -> LeaveWarrant:
    """Return the account's wish to leave, signed by one of its devices.

    Args:
        document: The document in force.
        account: Who wants to go.
        proof: The device's keys, signed by the account's root.
        key: The device's signature key.
    """
    signed = leave_bytes(
        conversation_id=document.conversation_id, account=account, number=document.number
    )
    return LeaveWarrant(
        account=account, number=document.number, device=proof, signature=key.sign(signed)
    )


def make_revoke(*, account: int, device_id: int, root: SignatureKeyPair) -> RevokeWarrant:
    """Return what bars a device of the account in any conversation."""
    signature = root.sign(revoke_bytes(account=account, device_id=device_id))
    return RevokeWarrant(account=account, device_id=device_id, signature=signature)


def archive_warrant(*, account: int, archive_key: ArchiveKey) -> ArchiveWarrant:
    """Return what puts a signed archive key into a roster."""
    return ArchiveWarrant(
        account=account,
        archive_number=archive_key.number,
        archive_key=archive_key.key,
        signature=archive_key.signature,
    )


# --- Invitations ---


class _Invite(msgspec.Struct, frozen=True, array_like=True):
    number: Id
    expires_at_ms: Milliseconds
    inviter: Id
    device: DeviceProof
    seed: Hash
    signature: Signature

    def __repr__(self) -> str:
        return "_Invite()"


class _Code(msgspec.Struct, frozen=True, array_like=True):
    version: int
    conversation_id: Id
    title: str
    invite: _Invite | None

    def __repr__(self) -> str:
        return "_Code()"


@dataclass(frozen=True, slots=True)
class InviteCode:
    """What somebody was given to come into a group.

    Attributes:
        conversation_id: The group.
        title: What the inviter called it.
        number: The document in force when it was made; 0 where an admin has to agree.
        expires_at_ms: The last moment it counts, server time; 0 where an admin has to agree.
        inviter: Whose invitation it is; 0 where an admin has to agree.
        device: The inviter's device; None where an admin has to agree.
        seed: What its holder signs with; None where an admin has to agree.
        signature: The inviter's device's, under all but title and seed.
    """

    conversation_id: int
    title: str
    number: int = 0
    expires_at_ms: int = 0
    inviter: int = 0
    device: DeviceProof | None = None
    seed: bytes | None = field(default=None, repr=False)
    signature: bytes = field(default=b"", repr=False)

    @property
    def needs_approval(self) -> bool:
        """Whether an admin has to agree."""
        return self.seed is None

    def text(self) -> str:
        """Return the code as people hand it on."""
        invite = None
        if self.device is not None and self.seed is not None:
            invite = _Invite(
                self.number,
                self.expires_at_ms,
                self.inviter,
                self.device,
                self.seed,
                self.signature,
            )
        data = msgspec.msgpack.encode(_Code(_VERSION, self.conversation_id, self.title, invite))
        letters = _to_letters(data + _check_of(data))
        groups = [letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)]
        return "-".join(groups)

    @classmethod
    def parse(cls, text: str) -> InviteCode:
        """Return the code that somebody typed or pasted.

        Raises:
            SealError: With a sentence for people, if it is none or has a typing error.
        """
        code = _decode(_from_letters(text))
        if code.invite is None:
            return cls(code.conversation_id, code.title)
        invite = code.invite
        return cls(
            code.conversation_id,
            code.title,
            invite.number,
            invite.expires_at_ms,
            invite.inviter,
            invite.device,
            invite.seed,
            invite.signature,
        )


def make_invite(
    document: RosterDocument,
    *,
    title: str,
    expires_at_ms: int,
    inviter: int,
    proof: DeviceProof,
    key: SignatureKeyPair,
    seed: bytes,
) -> InviteCode:
    """Return a code that lets its holders in, signed by an admin's device.

    Args:
        document: The document in force.
        title: What to call the group; anybody who sees the code reads it.
        expires_at_ms: Until when it counts, server time.
        inviter: The admin's account.
        proof: The device's keys, signed by the admin's root.
        key: The device's signature key.
        seed: 32 random bytes.
    """
    signed = invite_bytes(
        conversation_id=document.conversation_id,
        number=document.number,
        expires_at_ms=expires_at_ms,
        invite_key=SignatureKeyPair(seed).public,
    )
    return InviteCode(
        document.conversation_id,
        title[: limits.GROUP_NAME_LENGTH_MAX],
        document.number,
        expires_at_ms,
        inviter,
        proof,
        seed,
        key.sign(signed),
    )


def make_open_code(document: RosterDocument, *, title: str) -> InviteCode:
    """Return a code by which its holders may ask an admin to let them in."""
    return InviteCode(document.conversation_id, title[: limits.GROUP_NAME_LENGTH_MAX])


def accept_invite(code: InviteCode, *, account: int, root_key: bytes) -> InviteWarrant:
    """Return what lets an account in that holds a code.

    Raises:
        LocalError: If the code only allows to ask.
        SealError: If the inviter did not sign it like this.
    """
    if code.device is None or code.seed is None:
        raise LocalError("With this code one has to ask an admin.")
    pair = SignatureKeyPair(code.seed)
    invited = invite_bytes(
        conversation_id=code.conversation_id,
        number=code.number,
        expires_at_ms=code.expires_at_ms,
        invite_key=pair.public,
    )
    verify(code.device.signature_key, invited, code.signature)
    joined = join_bytes(conversation_id=code.conversation_id, account=account, root_key=root_key)
    return InviteWarrant(
        inviter=code.inviter,
        device=code.device,
        number=code.number,
        expires_at_ms=code.expires_at_ms,
        invite_key=pair.public,
        signature=code.signature,
        account=account,
        root_key=root_key,
        join_signature=pair.sign(joined),
    )


def _check_of(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECK_BYTES, person=_PERSON).digest()


def _to_letters(data: bytes) -> str:
    """Return five bits a letter, zero bits at the end."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (count * 5 - len(data) * 8)
    return "".join(_ALPHABET[number >> 5 * index & 31] for index in range(count - 1, -1, -1))


def _from_letters(text: str) -> bytes:
    if len(text) > _CODE_LENGTH_MAX:
        raise SealError("This is too long for an invitation code.")
    letters = "".join(text.upper().translate(_LOOK_ALIKES).replace("-", "").split())
    if not letters or not set(letters) <= set(_ALPHABET):
        raise SealError("An invitation code has letters and digits only.")
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    spare = len(letters) * 5 % 8
    data = (number >> spare).to_bytes(len(letters) * 5 // 8, "big")
    if spare >= 5 or number & ((1 << spare) - 1):
        raise SealError("The invitation code has a typing error, or a part is missing.")
    return data


def _decode(data: bytes) -> _Code:
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if check != _check_of(body):
        raise SealError("The invitation code has a typing error, or a part is missing.")
    try:
        code = msgspec.msgpack.decode(body, type=_Code)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This invitation code needs another version of Mim.") from error
    if code.version != _VERSION:
        raise SealError("This invitation code needs another version of Mim.")
    return code
