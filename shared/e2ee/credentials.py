"""What a leaf says of its device: account, root key, device, and the root's signature.

The MessagePack array [account, root key, device id, exchange key, signature], in the one encoding
that `credential_bytes` makes. The device's signature key is the leaf's own. The root signs
`shared.roster_rules.device_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shared.e2ee.keys import verify
from shared.errors import SealError
from shared.identifiers import Hash, Id
from shared.roster import DeviceProof, Signature
from shared.roster_rules import device_bytes

__all__ = ["Credential", "credential_bytes", "peek_credential", "read_credential"]


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose device a leaf is.

    Attributes:
        account: The account.
        root_key: The root that certified the device, 32 bytes.
        device_id: The device.
    """

    account: int
    root_key: bytes
    device_id: int


class _Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    account: Id
    root_key: Hash
    device_id: Id
    exchange_key: Hash
    signature: Signature


def credential_bytes(*, account: int, root_key: bytes, proof: DeviceProof) -> bytes:
    """Return the credential of a device, about 150 bytes."""
    return msgspec.msgpack.encode(
        _Body(account, root_key, proof.device_id, proof.exchange_key, proof.signature)
    )


def read_credential(data: bytes, signature_key: bytes) -> Credential:
    """Return whose device holds a signature key.

    Raises:
        SealError: If this is no credential, or its root did not sign this device.
    """
    body = _read(data)
    signed = device_bytes(
        device_id=body.device_id, signature_key=signature_key, exchange_key=body.exchange_key
    )
    verify(body.root_key, signed, body.signature)
    return _credential(body)


def peek_credential(data: bytes) -> Credential:
    """Return what a credential says, without checking the signature again.

    Raises:
        SealError: If this is no credential.
    """
    return _credential(_read(data))


def _credential(body: _Body) -> Credential:
    return Credential(body.account, body.root_key, body.device_id)


def _read(data: bytes) -> _Body:
    try:
        body = msgspec.msgpack.decode(data, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no credential of a device.") from error
    # One encoding only, so that a device finds its old leaf by comparing bytes.
    if msgspec.msgpack.encode(body) != data:
        raise SealError("This is no credential of a device.")
    return body
