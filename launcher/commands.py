"""The commands of ``run.py``: which part of Mim each starts and what that part needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.environment import Needs, ensure
from launcher.places import ROOT, program
from launcher.system import Screen
from launcher.trouble import SetupError

_TEST_FILES_BYTES = 4 * 2**30  # Many times what all tests keep at a time.

USAGE = """\
python3 run.py [--data DIR]      server, Echo and the app here; again: one more window
python3 run.py demo              two people without a screen, ten messages each way
python3 run.py server …          mim-server: init, run, migrate, stats, check
python3 run.py cli …             mim-cli: register, send, tail and so on from a terminal
python3 run.py test [ARGS…]      all tests, or those that pytest's arguments name
python3 run.py test --long NAME  a long scenario; its numbers go to docs/measured/NAME.json
python3 run.py bench [ARGS…]     benchmarks
python3 run.py package --out DIR a packed app and server for this system
python3 run.py setup [--develop] only the set-up
python3 run.py tool NAME ARGS…   a tool of the environment, such as ruff or mypy
python3 run.py lock              requirements/*.txt anew from pyproject.toml
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit status: of the part that ran, 2 for wrong usage, 1 if set-up failed.
    """
    name, rest = split(arguments)
    try:
        return _dispatch(name, rest)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


def split(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Tell the command from its arguments; no command means the main job."""
    if arguments and not arguments[0].startswith("--data"):
        return arguments[0], list(arguments[1:])
    return "", list(arguments)


def _dispatch(name: str, rest: list[str]) -> int:
    match name:
        case "":
            return _main_job(rest)
        case "demo":
            return _python(ensure(Needs.RUN), "launcher.demo", rest)
        case "server":
            return _python(ensure(Needs.RUN), "backend.cli", rest)
        case "cli":
            return _python(ensure(Needs.RUN), "desktop.cli", rest)
        case "test":
            return _test(rest)
        case "bench":
            return _python(ensure(Needs.DEVELOP, Screen.DESK), "tests.load", rest)
        case "package":
            return _python(ensure(Needs.DEVELOP, Screen.OFFSCREEN), "launcher.package", rest)
        case "setup":
            ensure(Needs.DEVELOP if rest == ["--develop"] else Needs.RUN, Screen.OFFSCREEN)
            return 0
        case "tool" if rest:
            env = ensure(Needs.DEVELOP).parent.parent
            return _become([str(program(env, rest[0])), *rest[1:]])
        case "lock":
            from launcher import lock

            return lock.main()
        case _:
            wants_help = name in ("-h", "--help", "help")
            (sys.stdout if wants_help else sys.stderr).write(USAGE)
            return 0 if wants_help else 2


def has_screen(environ: Mapping[str, str]) -> bool:
    """Whether a window can be opened from here."""
    if sys.platform != "linux":
        return True
    return any(environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _main_job(rest: list[str]) -> int:
    if not has_screen(os.environ):
        sys.stderr.write(
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the app can "
            "not open; this is `python3 run.py demo` instead.\n"
        )
        return _python(ensure(Needs.RUN), "launcher.demo", [])
    return _python(ensure(Needs.RUN, Screen.WINDOW), "launcher.main_job", rest)


def _test(rest: list[str]) -> int:
    python = ensure(Needs.DEVELOP, Screen.DESK)
    if rest[:1] == ["--long"]:
        if len(rest) < 2:
            sys.stderr.write("Which one? See tests/long.\n")
            return 2
        out = ROOT / "docs" / "measured" / f"{rest[1]}.json"
        return _python(python, f"tests.long.{rest[1]}", ["--out", str(out), *rest[2:]])
    if not rest:
        # Everything; a third process uses what two leave idle while they wait for servers.
        rest = ["-n", "3", "--dist", "worksteal"]
        _spare_the_disk()
    os.chdir(ROOT)
    return _python(python, "pytest", rest)


def _spare_the_disk(memory: Path = Path("/dev/shm")) -> None:
    """Let all tests keep their files in memory, where there is room for them.

    Their servers and profiles wait for a disk thousands of times, and nothing in a test shows it:
    what is killed is a process, whose files stay.
    """
    if memory.is_dir() and shutil.disk_usage(memory).free >= _TEST_FILES_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def _keep_bytecode(folder: Path) -> None:
    """Let each module be compiled once, not at every start of an app or a test's process.

    Containers often forbid bytecode so that none lies about; then it has a folder of its own.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def _python(python: Path, module: str, rest: Sequence[str]) -> int:
    """Turn into a module run by the environment's Python.

    The module search path is the checkout and not the current folder, which may hold anything;
    the current folder itself stays, so that relative paths in arguments mean what they say.
    """
    os.environ["PYTHONPATH"] = str(ROOT)
    _keep_bytecode(python.parent.parent / "bytecode")
    return _become([str(python), "-P", "-m", module, *rest])


def _become(command: Sequence[str]) -> int:
    if not Path(command[0]).exists():
        raise SetupError(f"There is no {Path(command[0]).name} in Mim's environment.")
    if sys.platform == "win32":
        return subprocess.run(command, check=False).returncode
    sys.stdout.flush()
    sys.stderr.flush()
    return os.execv(command[0], list(command))
