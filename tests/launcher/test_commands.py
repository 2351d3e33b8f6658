from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from launcher import commands
from launcher.commands import has_screen, main, split
from launcher.environment import Needs
from launcher.places import ROOT
from launcher.system import Screen
from launcher.trouble import SetupError


class Stage:
    """Stands where the environment would be, and notes what is asked for and started."""

    def __init__(self, tmp_path: Path) -> None:
        self.python = tmp_path / "bin" / "python"
        self.python.parent.mkdir()
        self.python.touch()
        (tmp_path / "bin" / "ruff").touch()
        self.asked: list[tuple[Needs, Screen]] = []
        self.started: list[list[str]] = []

    def ensure(self, needs: Needs, screen: Screen = Screen.NONE) -> Path:
        self.asked.append((needs, screen))
        return self.python

    def execv(self, _: str, command: list[str]) -> int:
        self.started.append(command)
        return 0


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path)
    monkeypatch.setattr(commands, "ensure", stage.ensure)
    monkeypatch.setattr("os.execv", stage.execv)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", "")
    monkeypatch.chdir(tmp_path)
    return stage


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("", [])),
        (["--data", "here"], ("", ["--data", "here"])),
        (["--data=here"], ("", ["--data=here"])),
        (["cli", "--server", "x"], ("cli", ["--server", "x"])),
    ],
)
def test_no_command_is_the_main_job(arguments: list[str], expected: tuple[str, list[str]]) -> None:
    assert split(arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "module", "needs", "screen"),
    [
        (["server", "check"], "backend.cli", Needs.RUN, Screen.NONE),
        (["cli", "whoami"], "desktop.cli", Needs.RUN, Screen.NONE),
        (["demo"], "launcher.demo", Needs.RUN, Screen.NONE),
        (["bench", "-k", "x"], "tests.load", Needs.DEVELOP, Screen.DESK),
        (["package", "--out", "x"], "launcher.package", Needs.DEVELOP, Screen.OFFSCREEN),
        (["test", "tests/shared"], "pytest", Needs.DEVELOP, Screen.DESK),
    ],
)
def test_commands_pass_their_arguments_on(
    arguments: list[str], module: str, needs: Needs, screen: Screen, stage: Stage
) -> None:
    assert main(arguments) == 0

    assert stage.asked == [(needs, screen)]
    assert stage.started == [[str(stage.python), "-P", "-m", module, *arguments[1:]]]


def test_all_tests_run_on_three_processes(stage: Stage) -> None:
    main(["test"])

    assert stage.started[0][4:] == ["-n", "3", "--dist", "worksteal"]
    assert Path.cwd() == ROOT


@pytest.mark.parametrize(("free", "is_in_memory"), [(64 * 2**20, False), (8 * 2**30, True)])
def test_all_tests_keep_their_files_in_memory_if_there_is_room(
    free: int, is_in_memory: bool, stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PYTEST_DEBUG_TEMPROOT")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))

    commands._spare_the_disk(tmp_path)

    assert ("PYTEST_DEBUG_TEMPROOT" in os.environ) is is_in_memory


@pytest.mark.parametrize("command", ["test", "bench", "server"])
def test_each_module_is_compiled_once_where_bytecode_is_forbidden(
    stage: Stage, command: str
) -> None:
    main([command])

    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert Path(os.environ["PYTHONPYCACHEPREFIX"]) == stage.python.parent.parent / "bytecode"


def test_where_bytecode_is_allowed_it_lies_where_it_always_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX")

    main(["test"])

    assert "PYTHONPYCACHEPREFIX" not in os.environ


def test_a_long_scenario_writes_down_its_numbers(stage: Stage) -> None:
    main(["test", "--long", "soak", "--seed", "7"])

    out = str(ROOT / "docs" / "measured" / "soak.json")
    assert stage.started[0][3:] == ["tests.long.soak", "--out", out, "--seed", "7"]


def test_a_long_scenario_needs_a_name(stage: Stage) -> None:
    assert main(["test", "--long"]) == 2


def test_tools_come_from_the_environment(stage: Stage) -> None:
    main(["tool", "ruff", "check"])

    assert stage.started == [[str(stage.python.parent / "ruff"), "check"]]


def test_a_tool_that_is_not_there_is_said(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tool", "hammer"]) == 1

    assert "no hammer" in capsys.readouterr().err


def test_set_up_alone_starts_nothing(stage: Stage) -> None:
    assert main(["setup", "--develop"]) == 0

    assert stage.asked == [(Needs.DEVELOP, Screen.OFFSCREEN)]
    assert stage.started == []


def test_a_screen_gets_the_app(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")

    main(["--data", "here"])

    assert stage.asked == [(Needs.RUN, Screen.WINDOW)]
    assert stage.started[0][3:] == ["launcher.main_job", "--data", "here"]


def test_no_screen_is_said_and_gets_the_demo(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    main([])

    assert "There is no screen here" in capsys.readouterr().err
    assert stage.started[0][3:] == ["launcher.demo"]


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_a_screen_is_known_by_the_environment(
    platform: str, environ: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)

    assert has_screen(environ) is expected


def test_a_failed_set_up_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Path:
        raise SetupError("The disk is full.")

    monkeypatch.setattr(commands, "ensure", fail)

    assert main(["server"]) == 1
    assert capsys.readouterr().err == "The disk is full.\n"


def test_ctrl_c_during_set_up_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "ensure", interrupt)

    assert main(["server"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_help_is_asked_for_and_goes_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    assert "python3 run.py demo" in capsys.readouterr().out


def test_windows_waits_for_the_part_it_started(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(stage, "python", Path(sys.executable))

    assert main(["server", "--no-such-option-anywhere"]) != 0
    assert stage.started == []


def test_the_lock_is_made_by_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launcher.lock.main", lambda: 0)

    assert main(["lock"]) == 0
