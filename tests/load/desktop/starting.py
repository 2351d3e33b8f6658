"""How soon a program shows something, and what it takes of memory when it has come to rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.desktop.memory import cpu_seconds, pss_mb, tree
from tests.screen import Screen, is_blank
from tests.server_process import ROOT

__all__ = ["RIVALS", "Program", "Start", "measure", "mim"]

LOOK_S = 0.004
PATIENCE_S = 30.0
CALM_S = 1.0
CALM_SHARE = 0.02  # Of one core: it has come to rest.
REST_S_MAX = 12.0
_NOBODY = 65534
_AROUND = ("dbus-run-sessio", "dbus-daemon")


@dataclass(frozen=True, slots=True)
class Program:
    """What to start; ``package`` is Debian's name of it."""

    name: str
    command: tuple[str, ...]
    package: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it is installed."""
        return shutil.which(self.command[0]) is not None


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first content, and MB at rest."""

    content_s: float
    rest_mb: float


RIVALS = (
    Program("Telegram Desktop", ("telegram-desktop",), "telegram-desktop"),
    Program("Gajim", ("gajim",), "gajim"),
    Program("Dino", ("dino-im",), "dino-im"),
    Program("Psi+", ("psi-plus",), "psi-plus"),
)


def mim(home: Path, *, packed: Path | None = None, server: str = "http://127.0.0.1:9") -> Program:
    """Return the app, from this checkout or packed."""
    begin = (str(packed / "mim"),) if packed else (sys.executable, "-P", "-m", "desktop.app")
    return Program("Mim", (*begin, "--server", server, "--home", str(home)))


def measure(
    program: Program,
    *,
    has_content: Callable[[memoryview], bool] = lambda pixels: not is_blank(pixels),
    is_resting: bool = True,
) -> Start:
    """Start a program on a fresh screen with a fresh home.

    Args:
        program: What to start.
        has_content: Whether a screen shows what is waited for.
        is_resting: Whether to wait until it rests and weigh it.

    Raises:
        TimeoutError: If nothing comes.
    """
    with tempfile.TemporaryDirectory(prefix="mim-bench-home-") as home, Screen() as screen:
        environ = screen.environ() | _fresh(Path(home))
        command = _in_session(program.command)
        if program.package and os.geteuid() == 0:
            # Some refuse to be started by root.
            command = _as_nobody(command, Path(home))
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            content_s = _wait(screen, has_content, begun, program.name)
            return Start(content_s, _rest(process.pid) if is_resting else 0.0)
        finally:
            end_tree(process)


def _in_session(command: Sequence[str]) -> list[str]:
    """Give a program a session bus of its own, as a desktop does; all have the same."""
    runner = shutil.which("dbus-run-session")
    return [runner, "--", *command] if runner else list(command)


def _as_nobody(command: Sequence[str], home: Path) -> list[str]:
    """Start a program as nobody in particular, who owns this home."""
    for path in (home, *home.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)
    ids = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return ["setpriv", *ids, *command]


def _fresh(home: Path) -> dict[str, str]:
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_RUNTIME_DIR": str(runtime),
        "PYTHONPATH": str(ROOT),
        # Every program looks for these keys; none of them is what is measured.
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def _wait(
    screen: Screen, has_content: Callable[[memoryview], bool], begun: float, name: str
) -> float:
    before = b""
    while (now := time.perf_counter()) - begun < PATIENCE_S:
        pixels = screen.pixels()
        # Counting shades takes longer than looking; an unchanged screen is not counted again.
        if (digest := bytes(pixels)) != before:
            before = digest
            if has_content(pixels):
                return now - begun
        time.sleep(LOOK_S)
    raise TimeoutError(f"{name} shows nothing")


def _rest(pid: int) -> float:
    """Wait until a program tree hardly works any more; return what it weighs."""
    last = time.monotonic() + REST_S_MAX
    before = cpu_seconds(pid)
    while time.monotonic() < last:
        time.sleep(CALM_S)
        now = cpu_seconds(pid)
        if now - before < CALM_SHARE * CALM_S:
            break
        before = now
    return _own_mb(pid)


def _own_mb(pid: int) -> float:
    """Weigh a program without the session bus around it."""
    return sum(pss_mb(each) for each in tree(pid) if _name(each) not in _AROUND)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started."""
    for pid in reversed(tree(process.pid)):
        try:
            os.kill(pid, 15)
        except ProcessLookupError:
            continue
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        for pid in reversed(tree(process.pid)):
            os.kill(pid, 9)
        process.wait()
