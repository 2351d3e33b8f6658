from __future__ import annotations

import tomllib
from pathlib import Path

from limits import parse

from backend.config import STANDARD_KDF, VERSION, RateLimits, Settings

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["project"]["version"] == VERSION


def test_passwords_cost_what_was_promised() -> None:
    settings = Settings(data=Path("data"))

    assert settings.kdf == STANDARD_KDF
    assert (STANDARD_KDF.passes, STANDARD_KDF.memory_bytes) == (3, 64 * 1024 * 1024)


def test_all_rate_limits_can_be_read() -> None:
    for name in RateLimits.__struct_fields__:
        assert parse(getattr(RateLimits(), name)).amount > 0
