"""Settings of a client: made once by `desktop.app` or `desktop.cli` and passed down."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from pathlib import Path

from shared.e2ee.account import STANDARD_KDF
from shared.e2ee.passcode import PASSCODE_KDF
from shared.rest import Kdf

__all__ = ["EngineConfig"]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What one engine needs to know.

    Attributes:
        server_url: Where the server is, ``http://127.0.0.1:8080``; plain http to loopback only.
        home: The profile's folder, one account on one device; made if it is not there.
        kdf_floor: The weakest key derivation this client accepts; tests pass a cheaper one.
        client_name: Name and version, for the server's statistics.
        uses_key_store: Whether the database key goes into the system's key store where it works;
            if not, it goes into an owner-only file at once.
        passcode_kdf: What guessing a new passcode costs; tests pass a cheaper one.
        device_name: What the own other devices call this one at first; the server cannot read it.
    """

    server_url: str
    home: Path
    kdf_floor: Kdf = STANDARD_KDF
    client_name: str = "mim"
    uses_key_store: bool = True
    passcode_kdf: Kdf = PASSCODE_KDF
    device_name: str = field(default_factory=platform.node)
