"""The Python environment of this checkout, made from the hashed lock and found again by a stamp."""

from __future__ import annotations

import enum
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher.places import ROOT, environment, program, workshop
from launcher.progress import Progress, Step, megabytes
from launcher.system import Screen, apt_install, may_install, provide
from launcher.trouble import SetupError, explain

STEPS = 3
POLL_S = 0.2
NO_WAY = (
    "This Python can make no environment: it has neither venv with ensurepip nor pip. "
    "Install them (on Debian: sudo apt-get install -y python3-venv)."
)


class Needs(enum.Enum):
    """Which packages a command needs."""

    RUN = "run"
    DEVELOP = "develop"


FILES = {Needs.RUN: ("server.txt", "desktop.txt"), Needs.DEVELOP: ("dev.txt",)}


class UnavailableError(Exception):
    """One way to make an environment does not exist on this machine; another may."""


@dataclass(slots=True)
class Stamp:
    """What an environment holds, kept inside it.

    Attributes:
        packages: For each kind of need the digest of the lock and Python that met it.
        screens: The kinds of screen whose system libraries were found.
    """

    packages: dict[str, str] = field(default_factory=dict)
    screens: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, env: Path) -> Stamp:
        """Read the stamp of an environment; an empty one if there is none that can be read."""
        try:
            raw = json.loads((env / "mim-stamp.json").read_text(encoding="utf-8"))
            return cls(dict(raw["packages"]), list(raw["screens"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def store(self, env: Path) -> None:
        """Write the stamp, whole or not at all."""
        new = env / "mim-stamp.new"
        new.write_text(
            json.dumps({"packages": self.packages, "screens": self.screens}), encoding="utf-8"
        )
        new.replace(env / "mim-stamp.json")

    def has(self, needs: Needs) -> bool:
        """Whether the packages of the present lock are there."""
        kinds = (Needs.DEVELOP,) if needs is Needs.DEVELOP else (Needs.DEVELOP, Needs.RUN)
        return any(self.packages.get(kind.value) == digest(kind) for kind in kinds)

    def shows(self, screen: Screen) -> bool:
        """Whether the system was seen fit for this kind of screen."""
        return screen is Screen.NONE or screen.value in self.screens


def lock_files(needs: Needs, root: Path = ROOT) -> list[Path]:
    """The lock files that meet a need."""
    return [root / "requirements" / name for name in FILES[needs]]


def digest(needs: Needs, root: Path = ROOT) -> str:
    """Name the lock and the Python that an environment was made from."""
    hashed = hashlib.sha256(repr((sys.version_info[:2], sys.platform)).encode())
    for file in lock_files(needs, root):
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def package_count(files: Sequence[Path]) -> int:
    """How many packages lock files name."""
    lines = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return len(set(re.findall(r"^([\w.-]+)==", lines, flags=re.MULTILINE)))


def download_megabytes(files: Sequence[Path]) -> int:
    """The most that lock files say an installer fetches."""
    sizes = [re.search(r"^# At most (\d+) MB", f.read_text("utf-8"), re.MULTILINE) for f in files]
    return sum(int(size[1]) for size in sizes if size)


def ensure(needs: Needs, screen: Screen = Screen.NONE) -> Path:
    """Set this machine up as far as a command needs it; instant when that was done before.

    Returns:
        The environment's Python.

    Raises:
        SetupError: If it can not be done; the text says why and what to do.
    """
    env = environment()
    python = program(env, "python")
    stamp = Stamp.load(env)
    if stamp.has(needs) and stamp.shows(screen) and python.exists():
        return python
    try:
        return _set_up(env, needs, screen)
    except PermissionError as error:
        raise SetupError(explain(f"Permission denied: {error}")) from error
    except OSError as error:
        raise SetupError(explain(str(error))) from error


def _set_up(env: Path, needs: Needs, screen: Screen) -> Path:
    shop = workshop()
    shop.mkdir(parents=True, exist_ok=True)
    log = shop / ".tools" / "setup.log"
    log.parent.mkdir(exist_ok=True)
    files = lock_files(needs)
    is_filled = Stamp.load(env).has(needs) and program(env, "python").exists()
    progress = Progress(1 if is_filled else STEPS)
    if not is_filled:
        progress.say(
            f"Mim sets itself up, once: at most {download_megabytes(files)} MB to fetch into {env}."
        )
    fit = provide(screen, progress, log=log)
    if not is_filled:
        _install(env, files, progress, log=log)
    stamp = Stamp.load(env)
    stamp.packages[needs.value] = digest(needs)
    if fit and screen is not Screen.NONE and screen.value not in stamp.screens:
        stamp.screens.append(screen.value)
    stamp.store(env)
    return program(env, "python")


def _install(env: Path, files: Sequence[Path], progress: Progress, *, log: Path) -> None:
    """Fill the environment in the quickest way that works on this machine."""
    ways = _ways(env, log)
    failure: SetupError | None = None
    while True:
        with progress.step("Python environment") as step:
            installer = next(ways, None)
            if installer is None:
                raise failure or SetupError(NO_WAY)
            step.done(Path(installer[0]).stem)
        # The lock names every package there is to install. An old pip that follows dependencies
        # itself stumbles over ``name[extra]``, which the lock pins as ``name`` (pip before 23.3).
        command = [*installer, "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        for file in files:
            command += ["-r", str(file)]
        try:
            with progress.step(f"{package_count(files)} packages") as step:
                run_logged(command, step, env, log=log)
                step.done(f"{megabytes(env):.0f} MB")
        except SetupError as error:
            # A uv that knows no proxy fails where a configured pip does not, so go on.
            failure = error
            progress.back(2)
        else:
            return


def _ways(env: Path, log: Path) -> Iterator[list[str]]:
    """Prepare the environment in one way after the other; each item is an install command."""
    ways: tuple[Callable[[], list[str]], ...] = (
        lambda: uv_on_path(env),
        lambda: venv_with_pip(env),
        lambda: uv_from_pip(env, log=log),
        lambda: venv_from_apt(env, log=log),
    )
    for number, way in enumerate(ways):
        try:
            installer = way()
        except UnavailableError:
            continue
        yield installer
        if number > 0:
            # Asked for the next way, so pip failed as well: fetching more tools fails alike.
            return


def run_logged(command: Sequence[str], step: Step, env: Path, *, log: Path) -> None:
    """Run an installer with its output in a log and its progress on the terminal.

    Raises:
        SetupError: If it fails; the text explains what it printed.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=_quiet_environ(),
        )
        try:
            while True:
                try:
                    code = process.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    step.tick(lambda: megabytes(env))
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code != 0:
        raise SetupError(explain(log.read_text(encoding="utf-8", errors="replace"), log))


def _quiet_environ() -> dict[str, str]:
    """The environment for installers, which never fetch a Python nor ask a question."""
    return os.environ | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }


def _fits(env: Path) -> bool:
    """Whether an environment exists and runs the Python that runs this."""
    try:
        found = subprocess.run(
            [program(env, "python"), "-c", "import sys; print(sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return found.stdout.strip() == str(sys.version_info[:2])


def _run_quietly(command: Sequence[str | Path]) -> bool:
    run = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_quiet_environ(),
        check=False,
    )
    return run.returncode == 0


def _with_uv(uv: Sequence[str], env: Path) -> list[str]:
    if not _fits(env) and not _run_quietly(
        [*uv, "venv", "--clear", "--python", sys.executable, str(env)]
    ):
        raise UnavailableError
    return [*uv, "pip", "install", "--python", str(program(env, "python"))]


def uv_on_path(env: Path) -> list[str]:
    """Make the environment with a uv that is already installed."""
    uv = shutil.which("uv")
    # A shim of a version manager may exist and yet refuse to run.
    if uv is None or not _run_quietly([uv, "--version"]):
        raise UnavailableError
    return _with_uv([uv], env)


def venv_with_pip(env: Path) -> list[str]:
    """Make the environment with the standard library; Debian ships ``ensurepip`` apart."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise UnavailableError
    python = program(env, "python")
    ready = _fits(env) and _run_quietly([python, "-m", "pip", "--version"])
    if not ready and not _run_quietly([sys.executable, "-m", "venv", "--clear", str(env)]):
        raise UnavailableError
    return [str(python), "-m", "pip", "install"]


def uv_from_pip(env: Path, *, log: Path) -> list[str]:
    """Fetch uv with a pip that belongs to the system; ``--target`` leaves the system as it was."""
    if importlib.util.find_spec("pip") is None:
        raise UnavailableError
    tools = log.parent / "uv"
    uv = tools / "bin" / ("uv.exe" if sys.platform == "win32" else "uv")
    if not uv.exists():
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--target", str(tools)),
                *("--require-hashes", "-r", str(ROOT / "requirements" / "uv.txt")),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_quiet_environ(),
            check=False,
        )
        if run.returncode != 0:
            log.write_text(run.stdout + run.stderr, encoding="utf-8")
            raise SetupError(explain(run.stdout + run.stderr, log))
    return _with_uv([str(uv)], env)


def venv_from_apt(env: Path, *, log: Path) -> list[str]:
    """Install Debian's missing half of ``venv`` and use it."""
    if importlib.util.find_spec("ensurepip") is not None or sys.platform != "linux":
        raise UnavailableError
    command = "sudo apt-get install -y python3-venv"
    sudo = may_install(command)
    if sudo is None:
        if not shutil.which("apt-get"):
            raise UnavailableError
        raise SetupError(f"Python's venv is missing. Type:\n\n    {command}\n")
    apt_install(["python3-venv"], log=log, sudo=sudo)
    importlib.invalidate_caches()
    return venv_with_pip(env)
