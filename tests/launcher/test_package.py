from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from launcher import package


class PyInstaller:
    """Stands in for the packer, whose real run takes minutes."""

    def __init__(self, *, status: int, starts: bool = True) -> None:
        self._status = status
        self._starts = starts
        self.commands: list[list[str]] = []

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append([str(part) for part in command])
        if len(self.commands) == 1:
            return subprocess.CompletedProcess(command, self._status)
        status = 0 if self._starts else 1
        return subprocess.CompletedProcess(command, status, "0.1.0\n", "cannot start\n")


def put_server(folder: Path, script: str) -> None:
    (folder / "mim-server").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "mim-server").chmod(0o755)


def pack(
    packer: PyInstaller, out: Path, monkeypatch: pytest.MonkeyPatch, *, serves: bool = True
) -> int:
    monkeypatch.setattr("subprocess.run", packer.run)
    monkeypatch.setattr("shutil.which", lambda name: name)
    (out / "mim").mkdir()
    put_server(out / "mim", "echo '{}'; exec sleep 60" if serves else "echo broken >&2; exit 1")
    return package.main(["--out", str(out)])


def test_both_programs_are_started_after_packing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packer = PyInstaller(status=0)

    assert pack(packer, tmp_path, monkeypatch) == 0

    assert [command[-1] for command in packer.commands[1:]] == ["--version", "--version"]
    assert "mim-server: 0.1.0" in capsys.readouterr().out


def test_a_packed_program_that_does_not_start_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pack(PyInstaller(status=0, starts=False), tmp_path, monkeypatch) == 1
    assert "does not start" in capsys.readouterr().err


def test_a_packed_server_that_does_not_serve_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pack(PyInstaller(status=0), tmp_path, monkeypatch, serves=False) == 1
    assert "does not serve:\nbroken" in capsys.readouterr().err


def test_a_failing_packer_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pack(PyInstaller(status=4), tmp_path, monkeypatch) == 4


def test_packing_without_objdump_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda _: None)

    assert package.main(["--out", str(tmp_path)]) == 1
    assert "apt-get install -y binutils" in capsys.readouterr().err
