"""Keys that prove who somebody is, as the server keeps them: salted hashes, never the keys.

Comparing takes constant time; for a user who is not there the same work is done on nobody's hash.
Every try counts against an address and a user name (`backend.config.RateLimits`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from backend.services.rate_limits import Limiter
from backend.store.tables import User
from shared.errors import Code, RefusedError
from shared.identifiers import fold_user_name

__all__ = [
    "authenticated",
    "authenticated_by_recovery",
    "authenticated_by_reset",
    "hash_token",
    "is_auth_key",
    "new_token",
    "set_auth_key",
    "set_recovery_key",
    "spend_login",
]

_TOKEN_BYTES = 32
_SALT_BYTES = 16
_NOBODYS_SALT = bytes(_SALT_BYTES)
_NOBODYS_HASH = bytes(32)


def spend_login(limiter: Limiter, *, address: str, user_name: str) -> str:
    """Count a try to prove who one is and return the folded user name.

    Raises:
        RefusedError: With ``rate_limited``.
    """
    folded = fold_user_name(user_name)
    limiter.spend("logins_per_address", address)
    # Hashed, so that a name of any length costs the same memory.
    who = hashlib.blake2b(folded.encode(errors="replace"), digest_size=16).hexdigest()
    limiter.spend("logins_per_account", who)
    return folded


def set_auth_key(user: User, auth_key: bytes) -> None:
    """Let this key, made from the password, be the right one."""
    user.auth_salt = secrets.token_bytes(_SALT_BYTES)
    user.auth_hash = _hash_key(auth_key, user.auth_salt)


def set_recovery_key(user: User, recovery_auth_key: bytes) -> None:
    """Let this key, made from the recovery code, be the right one."""
    user.recovery_salt = secrets.token_bytes(_SALT_BYTES)
    user.recovery_hash = _hash_key(recovery_auth_key, user.recovery_salt)


def is_auth_key(user: User, auth_key: bytes) -> bool:
    """Whether this is the key that the password makes."""
    return hmac.compare_digest(_hash_key(auth_key, user.auth_salt), user.auth_hash)


def authenticated(user: User | None, auth_key: bytes) -> User:
    """Return the user if the password's key is right.

    Raises:
        RefusedError: With ``wrong_credentials``.
    """
    salt = _NOBODYS_SALT if user is None else user.auth_salt
    expected = _NOBODYS_HASH if user is None else user.auth_hash
    is_right = hmac.compare_digest(_hash_key(auth_key, salt), expected)
    if user is None or not is_right:
        raise RefusedError(Code.WRONG_CREDENTIALS, "Unknown user or wrong password.")
    return user


def authenticated_by_recovery(user: User | None, recovery_auth_key: bytes) -> User:
    """Return the user if the recovery code's key is right.

    Raises:
        RefusedError: With ``wrong_credentials``.
    """
    salt = _NOBODYS_SALT if user is None else user.recovery_salt
    expected = _NOBODYS_HASH if user is None else user.recovery_hash
    is_right = hmac.compare_digest(_hash_key(recovery_auth_key, salt), expected)
    if user is None or not is_right:
        raise RefusedError(Code.WRONG_CREDENTIALS, "Unknown user or wrong recovery code.")
    return user


def authenticated_by_reset(user: User | None, reset_token: str, *, now_ms: int) -> User:
    """Return the user if the administrator's token is right and not too old.

    Raises:
        RefusedError: With ``wrong_credentials``.
    """
    expected = _NOBODYS_HASH if user is None or user.reset_hash is None else user.reset_hash
    is_right = hmac.compare_digest(hash_token(reset_token), expected)
    if user is None or not is_right or now_ms >= user.reset_expires_ms:
        raise RefusedError(Code.WRONG_CREDENTIALS, "Unknown user, or a token that is not good.")
    return user


def new_token() -> str:
    """Return a new token, 256 random bits in 43 characters."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()


def hash_token(token: str) -> bytes:
    """Return what is kept of a token, 32 bytes."""
    data = token.encode(errors="replace")
    return hashlib.blake2b(data, digest_size=32, person=b"mim.token.v1").digest()


def _hash_key(key: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32, salt=salt, person=b"mim.auth.v1").digest()
