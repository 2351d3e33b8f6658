from __future__ import annotations

from pathlib import Path

from desktop.config import EngineConfig
from shared.rest import Kdf


def test_passwords_cost_what_security_promises_unless_told_otherwise() -> None:
    config = EngineConfig(server_url="https://mim.example", home=Path("home"))

    assert config.kdf_floor == Kdf(version=1, passes=3, memory_bytes=64 * 1024 * 1024)
    assert config.uses_key_store
