from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.storage.profile_lock import ProfileInUseError, ProfileLock

HOLD = """
import sys, pathlib
from desktop.storage.profile_lock import ProfileLock
lock = ProfileLock(pathlib.Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_a_profile_keeps_its_name(tmp_path: Path) -> None:
    lock = ProfileLock(tmp_path / "home")
    name = lock.acquire()
    lock.release()

    assert ProfileLock(tmp_path / "home").acquire() == name
    assert len(name) == 32


def test_a_damaged_name_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "profile.lock").write_bytes(b"\xff" * 40)

    assert len(ProfileLock(tmp_path).acquire()) == 32


def test_another_engine_of_this_process_is_refused(tmp_path: Path) -> None:
    lock = ProfileLock(tmp_path)
    lock.acquire()

    with pytest.raises(ProfileInUseError):
        ProfileLock(tmp_path).acquire()
    lock.release()


def test_another_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        name = other.stdout.readline().decode().strip()

        with pytest.raises(ProfileInUseError):
            ProfileLock(tmp_path).acquire()

        other.kill()
        other.wait(timeout=30)
    assert ProfileLock(tmp_path).acquire() == name


def test_a_copy_of_the_descriptor_keeps_no_lock(tmp_path: Path) -> None:
    lock = ProfileLock(tmp_path)
    name = lock.acquire()
    assert lock._descriptor is not None
    copy = os.dup(lock._descriptor)  # As a process has that is being started.

    lock.release()

    assert ProfileLock(tmp_path).acquire() == name
    os.close(copy)


def test_releasing_twice_does_nothing(tmp_path: Path) -> None:
    lock = ProfileLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()
