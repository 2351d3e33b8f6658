from __future__ import annotations

from pathlib import Path

import pytest

from launcher.places import environment, program, workshop


def test_the_environment_lives_in_a_checkout_that_can_be_written(tmp_path: Path) -> None:
    assert environment(tmp_path) == tmp_path / ".venv"


def test_a_checkout_that_can_not_be_written_gets_a_place_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    unwritable = tmp_path / "gone"

    first = workshop(unwritable)

    assert first.parent == tmp_path / "mim"
    assert first == workshop(unwritable)
    assert first != workshop(tmp_path / "other")


@pytest.mark.parametrize(
    ("platform", "expected"), [("linux", "bin/ruff"), ("win32", "Scripts/ruff.exe")]
)
def test_programs_are_where_the_system_puts_them(
    platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)

    assert program(Path("env"), "ruff") == Path("env") / expected
