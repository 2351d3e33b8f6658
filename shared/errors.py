"""Errors, sorted by whose fault they are (CONTRIBUTING.md, "Errors").

The ``code`` of a `PeerError` or `RefusedError` is one of `Code`: the same word in a REST answer,
in a frame and in PROTOCOL.md's table.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Code",
    "LocalError",
    "MimError",
    "PeerError",
    "RefusedError",
    "SealError",
    "TransportError",
]


class Code(StrEnum):
    """Why something was not done; PROTOCOL.md, "Codes", has a sentence for each."""

    # What was sent cannot be read or is out of its bounds.
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INTERNAL = "internal"
    # Versions and ways of connecting.
    CLIENT_TOO_OLD = "client_too_old"
    SERVER_TOO_OLD = "server_too_old"
    ORIGIN = "origin"
    REPLACED = "replaced"
    SLOW_READER = "slow_reader"
    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    # Accounts and sessions.
    UNAUTHENTICATED = "unauthenticated"
    WRONG_CREDENTIALS = "wrong_credentials"
    USER_EXISTS = "user_exists"
    BAD_USER_NAME = "bad_user_name"
    BAD_NICKNAME = "bad_nickname"
    DEVICE_LIMIT = "device_limit"
    BAD_CERTIFICATE = "bad_certificate"
    # Contacts.
    ALREADY_CONTACT = "already_contact"
    ALREADY_REQUESTED = "already_requested"
    ONESELF = "oneself"
    UNKNOWN_USER = "unknown_user"
    NO_REQUEST = "no_request"
    NOT_CONTACT = "not_contact"
    BLOCKED = "blocked"
    # The log.
    EXISTS = "exists"
    NOT_MEMBER = "not_member"
    OUT_OF_TURN = "out_of_turn"
    STALE = "stale"
    BAD_HASH = "bad_hash"
    FORBIDDEN = "forbidden"
    REMOVAL_DUE = "removal_due"
    CLOSED = "closed"
    # Invitations and key packages.
    BAD_INVITE = "bad_invite"
    NO_KEY_PACKAGE = "no_key_package"
    # What is replaced as a whole was changed by somebody else meanwhile.
    CONFLICT = "conflict"
    # Attachments.
    NO_BLOB = "no_blob"
    QUOTA = "quota"
    BAD_RANGE = "bad_range"


class MimError(Exception):
    """The root of all errors that Mim raises on purpose."""


class LocalError(MimError):
    """Our own caller asked for something that makes no sense; nothing was done."""


class _CodedError(MimError):
    """An error with a documented code and a sentence for people."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class PeerError(_CodedError):
    """The other side broke the protocol: close the link with the code, log once."""


class RefusedError(_CodedError):
    """A rule says no: answer with the code, keep the link."""


class TransportError(MimError):
    """Network, disk or system failed: back off and try again."""


class SealError(MimError):
    """Something sealed cannot be opened; one face for every cause."""
