from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher import processes
from launcher.places import ROOT
from launcher.processes import Child
from launcher.trouble import SetupError

Make = Callable[[str], Child]


def never() -> bool:
    return False


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Child] = []

    def make_child(kind: str) -> Child:
        child = Child("tests.launcher.parts", [kind], log=tmp_path / "logs" / "part.log")
        child.start()
        made.append(child)
        return child

    yield make_child
    for child in made:
        child.stop(seconds=0.2)


def test_a_part_is_ready_at_its_first_object_of_json(make: Make) -> None:
    line = make("ready").wait_ready(20, stopping=never)

    assert json.loads(line) == {"url": "http://127.0.0.1:1"}


def test_all_that_a_part_prints_goes_to_its_log(make: Make, tmp_path: Path) -> None:
    part = make("fails")

    part.wait()

    assert "the reason" in (tmp_path / "logs" / "part.log").read_text()
    assert part.tail().endswith("    the reason")


def test_a_part_that_fails_is_reported_with_its_last_words(make: Make) -> None:
    with pytest.raises(SetupError, match=r"parts ended at once(.|\n)*the reason"):
        make("fails").wait_ready(20, stopping=never)


def test_a_part_that_stays_silent_is_reported(make: Make) -> None:
    with pytest.raises(SetupError, match="not ready within 0 s"):
        make("silent").wait_ready(0.1, stopping=never)


def test_waiting_ends_with_the_wish_to_stop(make: Make) -> None:
    with pytest.raises(KeyboardInterrupt):
        make("silent").wait_ready(20, stopping=lambda: True)


def test_a_part_starts_again(make: Make) -> None:
    part = make("ready")
    first = part.pid
    part.stop()

    part.start()

    assert part.pid != first
    assert part.wait_ready(20, stopping=never)


def test_a_part_that_ignores_the_request_is_forced(make: Make) -> None:
    part = make("stubborn")
    part.wait_ready(20, stopping=never)

    part.stop(seconds=0.1)

    assert part.poll() == -signal.SIGKILL


def test_what_a_part_started_ends_with_it(make: Make) -> None:
    part = make("parent")
    child = psutil.Process(json.loads(part.wait_ready(20, stopping=never))["child"])

    part.stop()

    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_part_without_a_log_has_no_last_words() -> None:
    part = Child("tests.launcher.parts", ["fails"], log=None)
    part.stop()
    part.start()

    assert part.wait() == 3
    assert part.tail() == ""


def test_a_log_that_grew_long_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES_MAX", 10)
    log = tmp_path / "part.log"
    log.write_text("a long line of the past\n")
    part = Child("tests.launcher.parts", ["fails"], log=log)

    part.start()
    part.wait()

    assert "past" not in log.read_text()
    assert "past" in (tmp_path / "part.old.log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_part_does_not_outlive_a_killed_launcher(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from launcher.processes import Child\n"
        f"log = pathlib.Path({str(tmp_path)!r}, 'part.log')\n"
        "part = Child('tests.launcher.parts', ['ready'], log=log)\n"
        "part.start(); part.wait_ready(20, stopping=lambda: False)\n"
        "print(part.pid, flush=True); time.sleep(60)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with launcher:
        assert launcher.stdout is not None
        part = psutil.Process(int(launcher.stdout.readline()))

        launcher.kill()

        psutil.wait_procs([part], timeout=10)
        assert not part.is_running() or part.status() == psutil.STATUS_ZOMBIE
