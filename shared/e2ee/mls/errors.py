"""The one exception that leaves this package, and every reason it can have.

A validation has a reason of its own, so that a test (and a person) can tell which one spoke.
Reasons are words for programs: they hold no key, no name, no byte of what was refused.
"""

from __future__ import annotations

from enum import StrEnum

from shared.errors import SealError

__all__ = ["Check", "MlsError", "Reason", "require"]


class Check(StrEnum):
    """What it takes to see that something is wrong.

    Everyone who holds the public view agrees about a `PUBLIC` failure, so a log can skip what
    failed. A `SECRET` failure shows only to a member, and only to some of them.
    """

    PUBLIC = "public"
    SECRET = "secret"


class Reason(StrEnum):
    """Which check refused; the comments name the section of RFC 9420."""

    # Presentation language (2.1).
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    VARINT_PREFIX = "varint_prefix"
    VARINT_NOT_MINIMAL = "varint_not_minimal"
    OPTIONAL_MARK = "optional_mark"
    VECTOR_UNEVEN = "vector_uneven"
    TOO_LARGE = "too_large"
    TOO_MANY_ITEMS = "too_many_items"
    UNKNOWN_TAG = "unknown_tag"
    NOT_ENCODABLE = "not_encodable"
    UNKNOWN_WIRE_FORMAT = "unknown_wire_format"
    UNKNOWN_PROPOSAL = "unknown_proposal"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    # Versions and suites (5.1, 6).
    VERSION = "version"
    SUITE = "suite"
    KEY_SIZE = "key_size"
    # Framing (6).
    WRONG_GROUP = "wrong_group"
    WRONG_EPOCH = "wrong_epoch"
    UNEXPECTED_MESSAGE = "unexpected_message"
    UNKNOWN_SENDER = "unknown_sender"
    EXTERNAL_SENDER = "external_sender"
    NEW_MEMBER_PROPOSAL = "new_member_proposal"
    NEW_MEMBER_CONTENT = "new_member_content"
    APPLICATION_IN_CLEAR = "application_in_clear"
    SIGNATURE = "signature"
    MEMBERSHIP_TAG = "membership_tag"
    CONFIRMATION_TAG = "confirmation_tag"
    SENDER_DATA = "sender_data"
    CIPHERTEXT = "ciphertext"
    PADDING = "padding"
    PADDING_SIZE = "padding_size"
    PROPOSALS_WAITING = "proposals_waiting"
    OWN_MESSAGE = "own_message"
    # Secret tree (9).
    KEY_CONSUMED = "key_consumed"
    TOO_FAR_AHEAD = "too_far_ahead"
    GENERATIONS_EXHAUSTED = "generations_exhausted"
    RECORD_CONSUMED = "record_consumed"
    # Ratchet tree (7).
    TREE_SHAPE = "tree_shape"
    TREE_HASH = "tree_hash"
    PARENT_HASH = "parent_hash"
    UNMERGED_LEAVES = "unmerged_leaves"
    UNMERGED_ORDER = "unmerged_order"
    PARENT_KEY_REPEATED = "parent_key_repeated"
    TOO_MANY_LEAVES = "too_many_leaves"
    # Leaf nodes (7.3).
    LEAF_SIGNATURE = "leaf_signature"
    LEAF_SOURCE = "leaf_source"
    LEAF_CREDENTIAL = "leaf_credential"
    LEAF_VERSION = "leaf_version"
    LEAF_SUITE = "leaf_suite"
    LEAF_CREDENTIAL_UNLISTED = "leaf_credential_unlisted"
    LEAF_EXTENSION_UNLISTED = "leaf_extension_unlisted"
    LEAF_GROUP_EXTENSION = "leaf_group_extension"
    LEAF_REQUIRED_CAPABILITY = "leaf_required_capability"
    LEAF_CREDENTIAL_FOREIGN = "leaf_credential_foreign"
    ENCRYPTION_KEY = "encryption_key"
    LEAF_KEY_KEPT = "leaf_key_kept"
    ENCRYPTION_KEY_REPEATED = "encryption_key_repeated"
    SIGNATURE_KEY_REPEATED = "signature_key_repeated"
    # Extensions (13.4).
    EXTENSION_REPEATED = "extension_repeated"
    EXTERNAL_SENDERS = "external_senders"
    # Key packages (10.1).
    KEY_PACKAGE_SIGNATURE = "key_package_signature"
    KEY_PACKAGE_VERSION = "key_package_version"
    KEY_PACKAGE_SUITE = "key_package_suite"
    KEY_PACKAGE_INIT_KEY = "key_package_init_key"
    KEY_PACKAGE_EXTENSION = "key_package_extension"
    LIFETIME = "lifetime"
    # Proposals and their list (12.1, 12.2).
    PROPOSAL_REFERENCE = "proposal_reference"
    PROPOSAL_SENDER = "proposal_sender"
    UPDATE_BY_COMMITTER = "update_by_committer"
    REMOVE_COMMITTER = "remove_committer"
    REMOVE_BLANK = "remove_blank"
    LEAF_CHANGED_TWICE = "leaf_changed_twice"
    EXTENSIONS_PROPOSED_TWICE = "extensions_proposed_twice"
    REQUIRED_CAPABILITIES = "required_capabilities"
    GROUP_EXTENSION_UNSUPPORTED = "group_extension_unsupported"
    REINIT = "reinit"
    PSK_REINIT = "psk_reinit"
    PSK_BRANCH = "psk_branch"
    PSK_USAGE = "psk_usage"
    PSK_NONCE = "psk_nonce"
    PSK_REPEATED = "psk_repeated"
    PSK_UNKNOWN = "psk_unknown"
    EXTERNAL_INIT_BY_MEMBER = "external_init_by_member"
    EXTERNAL_INIT_COUNT = "external_init_count"
    EXTERNAL_REMOVE_COUNT = "external_remove_count"
    EXTERNAL_PROPOSAL = "external_proposal"
    EXTERNAL_REFERENCE = "external_reference"
    EXTERNAL_PUB = "external_pub"
    # Commits (12.4).
    PATH_REQUIRED = "path_required"
    PATH_LENGTH = "path_length"
    PATH_RECIPIENTS = "path_recipients"
    PATH_KEY_REPEATED = "path_key_repeated"
    PATH_PARENT_HASH = "path_parent_hash"
    PATH_SECRET = "path_secret"
    PATH_KEY = "path_key"
    OWN_LEAF = "own_leaf"
    POLICY = "policy"
    # Joining (12.4.3).
    WELCOME_NOT_FOR_US = "welcome_not_for_us"
    WELCOME_SECRETS = "welcome_secrets"
    WELCOME_GROUP_INFO = "welcome_group_info"
    GROUP_INFO_SIGNER = "group_info_signer"
    GROUP_INFO_SIGNATURE = "group_info_signature"
    GROUP_KNOWN = "group_known"
    TREE_ABSENT = "tree_absent"
    LEAF_ABSENT = "leaf_absent"
    # Hybrid public key encryption (RFC 9180).
    HPKE_KEY = "hpke_key"
    HPKE_OPEN = "hpke_open"
    # Stored state.
    STATE_VERSION = "state_version"
    STATE_MISMATCH = "state_mismatch"


class MlsError(SealError):
    """Refused: ``reason`` says by which check, ``check`` whether that check was public."""

    def __init__(self, reason: Reason, check: Check = Check.PUBLIC) -> None:
        super().__init__(f"refused by the {check} check {reason}")
        self.reason = reason
        self.check = check

    def as_secret(self) -> MlsError:
        """Return the same refusal for something that only a member could look into."""
        return MlsError(self.reason, Check.SECRET)


def require(held: bool, reason: Reason, check: Check = Check.PUBLIC) -> None:
    """Refuse with ``reason`` unless the check held."""
    if not held:
        raise MlsError(reason, check)
