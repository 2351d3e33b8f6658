"""Rules about the repository as a whole: rooms, mirrors, locks and words."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from PySide6.QtCore import QObject, Signal

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("shared", "backend", "desktop", "launcher")


def modules() -> list[Path]:
    """Every module that must have tests, relative to the root."""
    found = [path for source in SOURCES for path in (ROOT / source).rglob("*.py")]
    return sorted(
        path.relative_to(ROOT)
        for path in found
        # A package's __init__ only gathers names; migrations are tested as a chain.
        if path.name not in ("__init__.py", "__main__.py") and "migrations" not in path.parts
    )


def test_file_of(module: Path) -> Path:
    """The place where the tests of a module are looked for."""
    return Path("tests") / module.parent / f"test_{module.name.lstrip('_')}"


# The function above is a helper: pytest would take its name for a test's.
test_file_of.__test__ = False  # type: ignore[attr-defined]


def test_every_module_has_its_own_test_file() -> None:
    missing = {
        module.as_posix() for module in modules() if not (ROOT / test_file_of(module)).exists()
    }

    assert missing == set()


def test_imports_keep_to_the_rooms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    # It sets up logging for itself, which silences all loggers there are: the tests that come
    # after this one in the same process would hear no warnings any more.
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            monkeypatch.setattr(logger, "disabled", logger.disabled)

    status = lint_imports(config_filename="pyproject.toml", is_debug_mode=False)

    assert status == 0, capsys.readouterr().out


def test_no_import_is_excepted_from_the_contracts() -> None:
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert "ignore_imports" not in config


@pytest.mark.parametrize("name", ["server.txt", "desktop.txt", "dev.txt", "uv.txt"])
def test_the_lock_names_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")

    pins = re.findall(r"^[\w.-]+==", text, flags=re.MULTILINE)
    assert len(pins) > 0
    assert len(
        re.findall(r"^[\w.-]+==\S+[^\n]* \\\n    --hash=sha256:", text, re.MULTILINE)
    ) == len(pins)
    assert not re.search(r"://|^-", text, flags=re.MULTILINE)


def test_the_lock_meets_the_requirements_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "server.txt": extras["shared"] + extras["server"],
        "desktop.txt": extras["shared"] + extras["client"] + extras["desktop"],
        "dev.txt": project["dependency-groups"]["dev"] + [r for e in extras.values() for r in e],
    }

    for name, requirements in wanted.items():
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pinned = set(re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE))
        assert {re.split(r"[\[<>=;~! ]", r)[0].lower() for r in requirements} <= pinned


def test_no_lock_with_addresses_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()

    assert "uv.lock" not in tracked


class Sender(QObject):
    """Emits what the guard below counts."""

    happened = Signal(bool)


def test_signals_take_no_reference_away_from_true() -> None:
    # PySide6 6.12.0 drops one at every emit on Python 3.11 and the process aborts soon after.
    sender = Sender()
    sender.happened.connect(lambda value: value)
    before = sys.getrefcount(True)

    for _ in range(2_000):
        sender.happened.emit(True)

    # From Python 3.12 on `True` is immortal and the count does not move at all.
    assert abs(sys.getrefcount(True) - before) < 100
