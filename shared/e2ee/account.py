"""An account's secrets: password, vault, recovery code, root, archive and device keys.

Password keys: ``Argon2id(NFC(password), salt = BLAKE2b-128(server id ‖ folded user name))``, 64
bytes: ``auth_key ‖ vault_key``. Only the first half travels.

Vault, version 1, a MessagePack array:

| item | what |
| --- | --- |
| 0 | 1 |
| 1 | vault key, 32 random bytes, boxed under the password's half (`keys.aead_seal`, 72 bytes) |
| 2 | the same, sealed to the recovery code's public half (`keys.seal_to`, 80 bytes) |
| 3 | array [root seed, [[archive number, archive secret] …], recovery public], boxed under it |

Recovery code: 17 random bytes and 3 bytes of their BLAKE2b, in Crockford's base 32, eight groups
of four. From the 17 bytes come two BLAKE2b-256 values, by ``person``: the X25519 secret that the
vault is sealed to (``mim.recovery.v1``), and what the server knows the code by
(``mim.recauth.v1``).

Signed by the root (Ed25519):

| what | bytes |
| --- | --- |
| a device | ``mim.device.v1 ‖ device_id (8, big-endian) ‖ signature key ‖ exchange key`` |
| an archive key | ``mim.archive.v1 ‖ number (4) ‖ key`` |
| archive secrets for a device | ``mim.archives.v1 ‖ the device's exchange key ‖ what is sealed`` |

Archive secrets for a device: MessagePack of ``[[archive number, archive secret] …]`` and a
signature (64 bytes) before it, sealed to the device's exchange key (`keys.seal_to`). Without the
signature the server could hand out secrets of its own making.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field

import msgspec
from nacl import bindings

from shared import limits
from shared.e2ee.keys import (
    ExchangeKeyPair,
    Random,
    SignatureKeyPair,
    aead_open,
    aead_seal,
    open_sealed,
    seal_to,
    verify,
)
from shared.errors import Code, LocalError, RefusedError, SealError
from shared.identifiers import fold_user_name
from shared.rest import ArchiveKey, DeviceCertificate, Kdf
from shared.roster import DeviceProof
from shared.roster_rules import archive_bytes, device_bytes

__all__ = [
    "STANDARD_KDF",
    "AccountSecrets",
    "Archives",
    "DeviceKeys",
    "PasswordKeys",
    "add_archive",
    "certify_archive",
    "certify_device",
    "check_archive",
    "check_device",
    "derive_password_keys",
    "is_at_least",
    "make_recovery_code",
    "make_secrets",
    "open_archives",
    "open_greeting",
    "open_vault",
    "open_vault_with_code",
    "proof_of",
    "recovery_auth_key",
    "seal_archives",
    "seal_greeting",
    "seal_vault",
    "with_recovery_code",
]

Archives = tuple[tuple[int, ExchangeKeyPair], ...]  # By number, rising; the last is in use.

STANDARD_KDF = Kdf(version=1, passes=3, memory_bytes=64 * 1024 * 1024)

_VAULT_DATA = b"mim.vault.v1"
_RECOVERY_CONTEXT = b"mim.vault.recovery.v1"
_GREETING_CONTEXT = b"mim.greeting.v1"
_ARCHIVES_CONTEXT = b"mim.archives.v1"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("OIL", "011")
_CODE_RANDOM_BYTES = 17
_CODE_BYTES = 20


@dataclass(frozen=True, slots=True)
class PasswordKeys:
    """Both halves of what a password gives, 32 bytes each."""

    auth_key: bytes = field(repr=False)
    vault_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountSecrets:
    """What the vault keeps: root, archive keys by number, the recovery code's public half."""

    root: SignatureKeyPair
    archives: Archives
    recovery_public: bytes

    @property
    def archive(self) -> tuple[int, ExchangeKeyPair]:
        """The newest archive key and its number."""
        return self.archives[-1]


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """A device's identifier and key pairs."""

    device_id: int
    signature: SignatureKeyPair
    exchange: ExchangeKeyPair


class _VaultBody(msgspec.Struct, array_like=True, frozen=True):
    root_seed: bytes
    archives: list[tuple[int, bytes]]
    recovery_public: bytes

    def __repr__(self) -> str:
        return "_VaultBody()"


_ArchiveList = list[tuple[int, bytes]]


class _Vault(msgspec.Struct, array_like=True, frozen=True):
    version: int
    boxed_key: bytes
    sealed_key: bytes
    body: bytes

    def __repr__(self) -> str:
        return "_Vault()"


def is_at_least(announced: Kdf, floor: Kdf) -> bool:
    """Whether what a server announces costs a guesser no less than the client's floor."""
    return (
        announced.version == floor.version
        and announced.passes >= floor.passes
        and announced.memory_bytes >= floor.memory_bytes
    )


def derive_password_keys(
    password: str, *, server_id: str, user_name: str, kdf: Kdf
) -> PasswordKeys:
    """Derive both keys; takes about a tenth of a second and ``kdf.memory_bytes`` of memory.

    Raises:
        LocalError: If the password is shorter than `limits.PASSWORD_LENGTH_MIN` characters.
    """
    if len(password) < limits.PASSWORD_LENGTH_MIN:
        raise LocalError("A password has at least 8 characters.")
    names = f"{server_id}\0{fold_user_name(user_name)}".encode()
    salt = hashlib.blake2b(names, digest_size=16, person=b"mim.password.v1").digest()
    both = bindings.crypto_pwhash_alg(
        64,
        unicodedata.normalize("NFC", password).encode(),
        salt,
        kdf.passes,
        kdf.memory_bytes,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )
    return PasswordKeys(auth_key=both[:32], vault_key=both[32:])


def make_recovery_code(random: Random) -> str:
    """Return a new code, eight groups of four characters, 136 random bits."""
    drawn = random(_CODE_RANDOM_BYTES)
    number = int.from_bytes(drawn + _code_check(drawn), "big")
    letters = [_ALPHABET[number >> shift & 31] for shift in range(155, -1, -5)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 32, 4))


def make_secrets(recovery_code: str, random: Random) -> AccountSecrets:
    """Return the secrets of a new account.

    Raises:
        SealError: If the recovery code has a typing error.
    """
    return AccountSecrets(
        root=SignatureKeyPair(random(32)),
        archives=((1, ExchangeKeyPair(random(32))),),
        recovery_public=_recovery_pair(recovery_code).public,
    )


def recovery_auth_key(recovery_code: str) -> bytes:
    """Return what the server knows a recovery code by, 32 bytes; it does not open the vault.

    Raises:
        SealError: If the code has a typing error.
    """
    drawn = _drawn_of(recovery_code)
    return hashlib.blake2b(drawn, digest_size=32, person=b"mim.recauth.v1").digest()


def with_recovery_code(secrets: AccountSecrets, recovery_code: str) -> AccountSecrets:
    """Return the secrets for a vault that opens with this code, and with no older one.

    Raises:
        SealError: If the code has a typing error.
    """
    public = _recovery_pair(recovery_code).public
    return AccountSecrets(secrets.root, secrets.archives, public)


def add_archive(secrets: AccountSecrets, random: Random) -> AccountSecrets:
    """Return the secrets with a newer archive key; the older ones stay, to read what was sealed.

    Raises:
        RefusedError: With `Code.TOO_LARGE` after `limits.ARCHIVES_MAX` of them.
    """
    if len(secrets.archives) >= limits.ARCHIVES_MAX:
        raise RefusedError(Code.TOO_LARGE, "This account has changed its keys too often.")
    newer = (secrets.archive[0] + 1, ExchangeKeyPair(random(32)))
    return AccountSecrets(secrets.root, (*secrets.archives, newer), secrets.recovery_public)


def seal_archives(secrets: AccountSecrets, exchange_key: bytes, *, random: Random) -> bytes:
    """Seal the newest `limits.ARCHIVES_SEALED_MAX` archive secrets to a device of the account.

    Raises:
        SealError: If the key cannot be used.
    """
    newest = secrets.archives[-limits.ARCHIVES_SEALED_MAX :]
    listed: _ArchiveList = [(number, pair.secret) for number, pair in newest]
    body = msgspec.msgpack.encode(listed)
    signature = secrets.root.sign(_ARCHIVES_CONTEXT + exchange_key + body)
    return seal_to(exchange_key, signature + body, context=_ARCHIVES_CONTEXT, random=random)


def open_archives(sealed: bytes, exchange: ExchangeKeyPair, *, root_key: bytes) -> Archives:
    """Return the archive secrets that the owner of the root sealed to this device.

    An older value may be handed out again: the caller never goes back to a lower number.

    Raises:
        SealError: If they are for another device, or the root did not sign them.
    """
    data = open_sealed(exchange, sealed, context=_ARCHIVES_CONTEXT)
    signature, body = data[:64], data[64:]
    verify(root_key, _ARCHIVES_CONTEXT + exchange.public + body, signature)
    try:
        listed = msgspec.msgpack.decode(body, type=_ArchiveList)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("These are no archive secrets.") from error
    return _archives_of(listed)


def seal_vault(secrets: AccountSecrets, *, vault_key: bytes, random: Random) -> bytes:
    """Return the vault for the server to keep, about 450 bytes."""
    key = random(32)
    body = _VaultBody(
        secrets.root.seed,
        [(number, pair.secret) for number, pair in secrets.archives],
        secrets.recovery_public,
    )
    vault = _Vault(
        1,
        aead_seal(vault_key, key, data=_VAULT_DATA, random=random),
        seal_to(secrets.recovery_public, key, context=_RECOVERY_CONTEXT, random=random),
        aead_seal(key, msgspec.msgpack.encode(body), data=_VAULT_DATA, random=random),
    )
    return msgspec.msgpack.encode(vault)


def open_vault(vault: bytes, *, vault_key: bytes) -> AccountSecrets:
    """Open the vault with the password's half.

    Raises:
        SealError: If it was sealed under another password, or is no vault.
    """
    parts = _read_vault(vault)
    key = aead_open(vault_key, parts.boxed_key, data=_VAULT_DATA)
    return _open_body(parts, key)


def open_vault_with_code(vault: bytes, *, recovery_code: str) -> AccountSecrets:
    """Open the vault with the recovery code.

    Raises:
        SealError: If it is another account's code, has a typing error, or this is no vault.
    """
    parts = _read_vault(vault)
    key = open_sealed(_recovery_pair(recovery_code), parts.sealed_key, context=_RECOVERY_CONTEXT)
    return _open_body(parts, key)


def certify_device(device: DeviceKeys, *, root: SignatureKeyPair) -> DeviceCertificate:
    """Return the device's public keys, signed by the root; its name is no part of it."""
    unsigned = DeviceCertificate(
        device_id=device.device_id,
        signature_key=device.signature.public,
        exchange_key=device.exchange.public,
        signature=bytes(64),
    )
    return msgspec.structs.replace(unsigned, signature=root.sign(_device_bytes(unsigned)))


def proof_of(certificate: DeviceCertificate) -> DeviceProof:
    """Return the same statement as it travels in credentials and warrants."""
    return DeviceProof(
        device_id=certificate.device_id,
        signature_key=certificate.signature_key,
        exchange_key=certificate.exchange_key,
        signature=certificate.signature,
    )


def check_device(certificate: DeviceCertificate | DeviceProof, *, root_key: bytes) -> None:
    """Check that the root signed this device.

    Raises:
        SealError: If it did not.
    """
    verify(root_key, _device_bytes(certificate), certificate.signature)


def certify_archive(number: int, pair: ExchangeKeyPair, *, root: SignatureKeyPair) -> ArchiveKey:
    """Return the archive key, signed by the root."""
    signature = root.sign(archive_bytes(number=number, key=pair.public))
    return ArchiveKey(number=number, key=pair.public, signature=signature)


def check_archive(archive: ArchiveKey, *, root_key: bytes) -> None:
    """Check that the root signed this archive key.

    Raises:
        SealError: If it did not.
    """
    verify(root_key, archive_bytes(number=archive.number, key=archive.key), archive.signature)


def seal_greeting(text: str, *, archive_key: bytes, random: Random) -> bytes:
    """Seal the greeting of a contact request; empty stays empty.

    Raises:
        SealError: If the key cannot be used.
    """
    if not text:
        return b""
    data = text[: limits.GREETING_LENGTH_MAX].encode()
    return seal_to(archive_key, data, context=_GREETING_CONTEXT, random=random)


def open_greeting(sealed: bytes, *, archives: Archives) -> str:
    """Return the greeting, trying the newest archive key first.

    Raises:
        SealError: If it was not sealed to any of them.
    """
    if not sealed:
        return ""
    for _, pair in reversed(archives):
        try:
            return open_sealed(pair, sealed, context=_GREETING_CONTEXT).decode(errors="replace")
        except SealError:
            continue  # Sealed to another archive key of ours, or to nobody we know.
    raise SealError("The greeting does not open.")


def _device_bytes(certificate: DeviceCertificate | DeviceProof) -> bytes:
    return device_bytes(
        device_id=certificate.device_id,
        signature_key=certificate.signature_key,
        exchange_key=certificate.exchange_key,
    )


def _code_check(drawn: bytes) -> bytes:
    size = _CODE_BYTES - _CODE_RANDOM_BYTES
    return hashlib.blake2b(drawn, digest_size=size, person=b"mim.recovery.v1").digest()


def _recovery_pair(code: str) -> ExchangeKeyPair:
    drawn = _drawn_of(code)
    secret = hashlib.blake2b(drawn, digest_size=32, person=b"mim.recovery.v1").digest()
    return ExchangeKeyPair(secret)


def _drawn_of(code: str) -> bytes:
    letters = "".join(code.upper().translate(_LOOK_ALIKES).replace("-", "").split())
    if len(letters) != 32 or not set(letters) <= set(_ALPHABET):
        raise SealError("A recovery code has 32 letters and digits.")
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    data = number.to_bytes(_CODE_BYTES, "big")
    drawn, check = data[:_CODE_RANDOM_BYTES], data[_CODE_RANDOM_BYTES:]
    if check != _code_check(drawn):
        raise SealError("The recovery code has a typing error.")
    return drawn


def _read_vault(vault: bytes) -> _Vault:
    try:
        parts = msgspec.msgpack.decode(vault, type=_Vault)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no vault.") from error
    if parts.version != 1:
        raise SealError("This vault needs another version of Mim.")
    return parts


def _open_body(parts: _Vault, key: bytes) -> AccountSecrets:
    if len(key) != 32:
        raise SealError("This is no vault.")
    try:
        body = msgspec.msgpack.decode(aead_open(key, parts.body, data=_VAULT_DATA), type=_VaultBody)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no vault.") from error
    if len(body.root_seed) != 32 or len(body.recovery_public) != 32:
        raise SealError("This is no vault.")
    return AccountSecrets(
        root=SignatureKeyPair(body.root_seed),
        archives=_archives_of(body.archives),
        recovery_public=body.recovery_public,
    )


def _archives_of(listed: _ArchiveList) -> Archives:
    numbers = [number for number, _ in listed]
    if not numbers or numbers != sorted(set(numbers)):
        raise SealError("Archive keys have rising numbers.")
    if any(len(secret) != 32 for _, secret in listed):
        raise SealError("An archive secret has the wrong size.")
    return tuple((number, ExchangeKeyPair(secret)) for number, secret in listed)
