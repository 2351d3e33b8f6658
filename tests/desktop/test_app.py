from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.app import default_home, input_modules, main
from desktop.storage.profile_lock import ProfileLock
from desktop.version import version
from tests.desktop.pictures import picture_bytes

# A port that nobody listens on: the app starts without a server all the same.
NOWHERE = "http://127.0.0.1:9"


def start(home: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "desktop.app", "--server", NOWHERE, "--home", str(home), *more],
        stderr=subprocess.PIPE,
    )


def wait_for(process: subprocess.Popen[bytes], holds: Callable[[], bool]) -> None:
    while not holds():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    return process.returncode


def test_the_version_is_said_without_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0

    assert capsys.readouterr().out == f"mim {version()}\n"


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        ({"XMODIFIERS": "@im=fcitx"}, {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "fcitx5", "XMODIFIERS": "@im=fcitx"}, {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULES": "wayland;fcitx"}, {"QT_IM_MODULES": "wayland;ibus"}),
        ({"QT_IM_MODULE": "compose", "XMODIFIERS": "@im=fcitx"}, {}),
        ({"QT_IM_MODULE": "ibus", "QT_IM_MODULES": "wayland;ibus"}, {}),
        ({}, {}),
    ],
)
def test_fcitx_is_reached_through_ibus(found: dict[str, str], changed: dict[str, str]) -> None:
    assert input_modules(found) == changed


def test_profiles_have_a_home_of_their_own() -> None:
    assert default_home().name == "desktop"


def test_a_profile_in_use_leads_to_another_one_and_all_end_when_told(tmp_path: Path) -> None:
    first = start(tmp_path)
    wait_for(first, (tmp_path / "profile-1" / "mim.db").exists)
    second = start(tmp_path, "--second")
    wait_for(second, (tmp_path / "profile-2" / "mim.db").exists)

    assert end(second) == 0
    assert end(first) == 0
    assert not (tmp_path / "profile-3").exists()


def test_a_second_start_shows_the_windows_of_the_first_and_ends(tmp_path: Path) -> None:
    first = start(tmp_path)
    wait_for(first, (tmp_path / "profile-1" / "mim.db").exists)

    second = start(tmp_path)
    _, errors = second.communicate(timeout=60)

    assert second.returncode == 0, errors
    assert first.poll() is None
    assert not (tmp_path / "profile-2").exists()
    assert end(first) == 0


def test_after_a_killed_one_a_start_is_the_first_again(tmp_path: Path) -> None:
    killed = start(tmp_path)
    wait_for(killed, (tmp_path / "mim.sock").exists)
    killed.kill()
    killed.communicate(timeout=60)

    again = start(tmp_path)
    wait_for(again, (tmp_path / "profile-1" / "mim.db").exists)

    assert end(again) == 0


def test_a_first_one_that_is_stuck_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.instance.show_running", lambda _home: False)
    holder = ProfileLock(tmp_path)
    holder.acquire()

    assert main(["--home", str(tmp_path)]) == 1

    assert "does not answer" in capsys.readouterr().err
    holder.release()


def test_a_frozen_app_decodes_pictures_in_another_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "desktop.app", "--picture-worker", "show", "4", "4"],
        input=picture_bytes(8, 8),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert len(done.stdout) == 8 + 4 * 4 * 4
