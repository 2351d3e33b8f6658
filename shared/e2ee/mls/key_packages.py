"""Key packages: what a client publishes so that others can add it (section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from shared import limits
from shared.e2ee.mls.codec import Fixed, Struct
from shared.e2ee.mls.crypto import HASH_BYTES, Suite, ref_hash, sign_with_label, verify_with_label
from shared.e2ee.mls.errors import MlsError, Reason, require
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import LeafTemplate, check_extensions, sign_leaf
from shared.e2ee.mls.wire import (
    DEFAULT_EXTENSIONS,
    MLS10,
    Extension,
    GroupContext,
    KeyPackage,
    KeyPackageSource,
)

__all__ = [
    "KeyPackageSecrets",
    "check_key_package",
    "check_lifetime",
    "check_signature",
    "make_key_package",
    "reference_of",
]

_LABEL: Final = b"KeyPackageTBS"
_Private = Annotated[bytes, Fixed(HASH_BYTES)]


@dataclass(frozen=True, slots=True, repr=False)
class KeyPackageSecrets(Struct):
    """The private halves of a key package, to be stored before the package is published."""

    init_key: _Private
    encryption_key: _Private


def reference_of(key_package: KeyPackage) -> bytes:
    """Return the name a Welcome calls a key package by (5.2)."""
    return ref_hash(b"MLS 1.0 KeyPackage Reference", key_package.encode())


def make_key_package(
    suite: Suite,
    template: LeafTemplate,
    *,
    key: SignaturePrivateKey,
    not_before_s: int,
    not_after_s: int,
    extensions: tuple[Extension, ...] = (),
) -> tuple[KeyPackage, KeyPackageSecrets]:
    """Return a fresh key package and its private halves.

    Args:
        suite: What to compute with.
        template: What the leaf says.
        key: The client's signature key.
        not_before_s: From when it is good, in seconds since 1970.
        not_after_s: Until when.
        extensions: Extensions of the package itself.
    """
    init_private, init_public = suite.kem.derive_keypair(suite.random(HASH_BYTES))
    leaf_private, leaf_public = suite.kem.derive_keypair(suite.random(HASH_BYTES))
    leaf = sign_leaf(
        template,
        encryption_key=leaf_public,
        source=KeyPackageSource(not_before_s, not_after_s),
        key=key,
    )
    unsigned = KeyPackage(MLS10, suite.number, init_public, leaf, extensions, b"")
    signature = sign_with_label(key, _LABEL, unsigned.encode_fields(without=("signature",)))
    package = KeyPackage(MLS10, suite.number, init_public, leaf, extensions, signature)
    return package, KeyPackageSecrets(init_private, leaf_private)


def check_key_package(suite: Suite, package: KeyPackage, context: GroupContext) -> None:
    """Check all that is particular to a key package; its leaf is checked like any other (10.1).

    Raises:
        MlsError: If it can not be added to this group.
    """
    require(package.version == context.version, Reason.KEY_PACKAGE_VERSION)
    require(package.cipher_suite == context.cipher_suite, Reason.KEY_PACKAGE_SUITE)
    leaf = package.leaf_node
    require(isinstance(leaf.source, KeyPackageSource), Reason.LEAF_SOURCE)
    check_signature(package)
    require(package.init_key != leaf.encryption_key, Reason.KEY_PACKAGE_INIT_KEY)
    require(suite.kem.accepts(package.init_key), Reason.ENCRYPTION_KEY)
    check_extensions(package.extensions)
    known = DEFAULT_EXTENSIONS.union(leaf.capabilities.extensions)
    listed = all(extension.extension_type in known for extension in package.extensions)
    require(listed, Reason.KEY_PACKAGE_EXTENSION)


def check_signature(package: KeyPackage) -> None:
    """Check that the device named in a package has signed it.

    Raises:
        MlsError: If it has not.
    """
    signed = package.encode_fields(without=("signature",))
    key = package.leaf_node.signature_key
    held = verify_with_label(key, _LABEL, signed, package.signature)
    require(held, Reason.KEY_PACKAGE_SIGNATURE)


def check_lifetime(package: KeyPackage, now_s: int | None) -> None:
    """Check that a package is good now; only who adds it asks, for no clock is the same as another.

    Raises:
        MlsError: If it is too early, too late, or was made for too long.
    """
    source = package.leaf_node.source
    if not isinstance(source, KeyPackageSource):
        raise MlsError(Reason.LEAF_SOURCE)
    spans = now_s is not None and source.not_before <= now_s <= source.not_after
    length = source.not_after - source.not_before
    require(spans and length <= limits.MLS_LIFETIME_MAX_S, Reason.LIFETIME)
