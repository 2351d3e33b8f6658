"""Settings of the server: one frozen struct, read and checked once at start, passed down."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shared import limits
from shared.rest import Kdf

__all__ = ["SEALING_FORMAT", "STANDARD_KDF", "VERSION", "BlobLimits", "RateLimits", "Settings"]

VERSION = "0.1.0"
SEALING_FORMAT = 1  # Conversations are MLS groups; 0 was a trial with one key for each.
STANDARD_KDF = Kdf(version=1, passes=3, memory_bytes=64 * 1024 * 1024)


class RateLimits(msgspec.Struct, frozen=True):
    """How often something may be tried, in the notation of the ``limits`` library.

    The defaults leave room for a school class behind one address.
    """

    registrations_per_address: str = "600/hour"
    logins_per_address: str = "600/minute"
    logins_per_account: str = "30/minute"
    requests_per_account: str = "3000/minute"
    contact_requests_per_account: str = "300/hour"
    blocks_per_account: str = "600/hour"
    privacy_changes_per_account: str = "300/hour"
    key_package_claims_per_account: str = "600/hour"
    uploads_per_account: str = "600/hour"
    links_per_device: str = "240/minute"
    handshakes_per_device: str = "240/minute"  # In one conversation, lost races counted.


class BlobLimits(msgspec.Struct, frozen=True):
    """How much room attachments may take.

    Attributes:
        bytes_per_account: Of all blobs that an account has uploaded, unfinished ones as announced.
        bytes_each: Of one blob.
        unfinished_per_account: Uploads that are not finished.
        disk_bytes_free: What uploads leave free on the disk, for messages.
    """

    bytes_per_account: int = 20 * 1024**3
    bytes_each: int = limits.BLOB_BYTES_MAX
    unfinished_per_account: int = 16
    disk_bytes_free: int = 256 * 1024**2


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the administrator decides.

    Attributes:
        data: Folder of the database, the pictures and attachments; one server at a time uses it.
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose.
        name: Shown to people who connect.
        echo: User name of a bot that becomes a contact of every account registered from now
            on; empty: none.
        kdf: What a password costs to try; clients refuse one that is too cheap.
        rate_limits: How often something may be tried.
        blob_limits: How much room attachments may take.
        readers: Threads that read the database for requests and links.
        pause_after_commit_ms: Wait between commit and answer; 0 except in tests that kill the
            server in exactly that gap.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    name: str = "Mim"
    echo: str = ""
    kdf: Kdf = STANDARD_KDF
    rate_limits: RateLimits = RateLimits()
    blob_limits: BlobLimits = BlobLimits()
    readers: int = 4
    pause_after_commit_ms: int = 0
