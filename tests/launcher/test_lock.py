from __future__ import annotations

from pathlib import Path

import pytest

from launcher import lock
from launcher.trouble import SetupError

UV_LOCK = """\
[[package]]
name = "flask"
wheels = [{ url = "a", size = 100 }, { url = "b", size = 250 }, { url = "c" }]

[[package]]
name = "deprecated"
wheels = [{ url = "a", size = 10 }]

[[package]]
name = "deprecated"
wheels = [{ url = "a", size = 30 }]

[[package]]
name = "mim"
"""


def test_the_largest_wheel_counts() -> None:
    assert lock.wheel_sizes(UV_LOCK) == {"flask": 250, "deprecated": 30, "mim": 0}


def test_without_uv_the_lock_can_not_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match="pip install uv"):
        lock.main()


def test_a_failing_uv_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\necho 'dns error' >&2\nexit 2\n")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match="this machine seems offline"):
        lock.main()


def test_each_file_gets_its_export_under_a_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lock").write_text(UV_LOCK)
    (tmp_path / "uv").write_text(
        f'#!/bin/sh\n[ "$1" = lock ] && /bin/cp {tmp_path}/lock uv.lock\n'
        '[ "$1" = export ] && echo "flask==3.1.3"\nexit 0\n'
    )
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    root = tmp_path / "checkout"
    (root / "requirements").mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE"):
        (root / name).touch()
    monkeypatch.setattr(lock, "ROOT", root)

    assert lock.main() == 0

    assert {f.name for f in (root / "requirements").iterdir()} == set(lock.EXPORTS)
    text = (root / "requirements" / "server.txt").read_text()
    assert text == lock.HEADER.format(megabytes=0) + "flask==3.1.3\n"
