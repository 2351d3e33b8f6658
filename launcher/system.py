"""System libraries and fonts that Qt needs and a bare machine lacks: found, installed or named."""

from __future__ import annotations

import ctypes
import enum
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from launcher.progress import Progress
from launcher.trouble import SetupError, explain

OFFSCREEN = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
X11 = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
WAYLAND = {
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# What tests put a screen together from, with real keys, a mouse and a screen reader.
DESK_PROGRAMS = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "dbus-daemon": "dbus",
    "dbus-run-session": "dbus-daemon",
}
READING_SERVICE = Path("/usr/share/dbus-1/services/org.a11y.Bus.service")
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
)
CHINESE_FONT_FILES = (
    "notosanscjk",
    "notoserifcjk",
    "wqy",
    "sourcehan",
    "droidsansfallback",
    "uming",
)


class Screen(enum.Enum):
    """How far the command that follows goes into Qt."""

    NONE = "none"
    OFFSCREEN = "offscreen"
    WINDOW = "window"
    DESK = "desk"  # Tests bring the screen along; without its parts some are skipped.


@dataclass(frozen=True, slots=True)
class Missing:
    """What this machine lacks; only libraries stop what follows."""

    libraries: tuple[str, ...]
    packages: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.packages)


def loads(soname: str) -> bool:
    """Whether the system's linker finds a library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_chinese_font(folders: Iterable[str] = FONT_FOLDERS) -> bool:
    """Whether text in Chinese can be drawn with a font of this system."""
    if fc_list := shutil.which("fc-list"):
        listed = subprocess.run(
            [fc_list, ":lang=zh-cn", "file"], capture_output=True, text=True, check=False
        )
        return bool(listed.stdout.strip())
    for folder in folders:
        for _, _, names in os.walk(Path(folder).expanduser()):
            if any(name.lower().startswith(CHINESE_FONT_FILES) for name in names):
                return True
    return False


def find_missing(
    screen: Screen,
    *,
    probe: Callable[[str], bool] = loads,
    font: Callable[[], bool] = has_chinese_font,
) -> Missing:
    """List what Qt would miss on this machine.

    Only Linux ships Qt's libraries apart from Qt; Windows and macOS have them and Chinese fonts.
    """
    if screen is Screen.NONE or sys.platform != "linux":
        return Missing((), ())
    wanted = dict(OFFSCREEN)
    if screen is Screen.WINDOW:
        wanted |= X11
        if os.environ.get("WAYLAND_DISPLAY"):
            wanted |= WAYLAND
    absent = {soname: package for soname, package in wanted.items() if not probe(soname)}
    packages = list(absent.values())
    if screen is Screen.DESK:
        packages += [package for soname, package in X11.items() if not probe(soname)]
        packages += _missing_programs()
    if not font():
        # The large family looks better on a screen; tests only need glyphs.
        packages.append("fonts-noto-cjk" if screen is Screen.WINDOW else "fonts-wqy-microhei")
    return Missing(tuple(absent), tuple(packages))


def _missing_programs() -> list[str]:
    """Return the packages of what a desk lacks."""
    packages = [package for name, package in DESK_PROGRAMS.items() if shutil.which(name) is None]
    return packages if READING_SERVICE.exists() else [*packages, "at-spi2-core"]


def command_for(missing: Missing) -> str:
    """The one command that a person types to get what is missing."""
    if shutil.which("apt-get"):
        return shlex.join(["sudo", "apt-get", "install", "-y", *missing.packages])
    if dnf := shutil.which("dnf") or shutil.which("zypper"):
        # RPM systems let a package be named by the library inside.
        names = [f"{soname}()(64bit)" for soname in missing.libraries]
        fonts = [p for p in missing.packages if p.startswith("fonts-")] and ["font(:lang=zh-cn)"]
        return shlex.join(["sudo", Path(dnf).name, "install", *names, *fonts])
    return f"your package manager, for: {' '.join(missing.libraries or missing.packages)}"


def apt_install(packages: Iterable[str], *, log: Path, sudo: bool) -> None:
    """Install Debian packages.

    Raises:
        SetupError: If apt can not; its text says why.
    """
    prefix = ["sudo"] if sudo else []
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    output = ""
    # A bare machine has no lists yet; one broken source must not stop the others, so the
    # outcome of the update is judged by the install that follows.
    for command, decides in (
        (["apt-get", "update"], False),
        (["apt-get", "install", "-y", "--no-install-recommends", *packages], True),
    ):
        run = subprocess.run(
            [*prefix, *command],
            stdin=None if sudo else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environ,
            check=False,
        )
        output += run.stdout
        log.write_text(output, encoding="utf-8")
        if decides and run.returncode != 0:
            raise SetupError(explain(output, log))


def may_install(command: str) -> bool | None:
    """Whether and how to run apt: True with sudo, False without, None for not at all."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return False
    if not shutil.which("sudo"):
        return None
    if os.environ.get("CI"):
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    sys.stderr.write(f"\nMim needs some packages of this system. Run now: {command} ? [Y/n] ")
    sys.stderr.flush()
    return True if sys.stdin.readline().strip().lower() in ("", "y", "yes") else None


def provide(screen: Screen, progress: Progress, *, log: Path) -> bool:
    """Make this machine fit for Qt.

    Returns:
        Whether nothing is missing now; a missing font or program is said, but stops nothing.

    Raises:
        SetupError: If libraries are missing and could not be installed; names one command to type.
    """
    with progress.step("System libraries and a Chinese font") as step:
        missing = find_missing(screen)
        if not missing:
            step.done("all there")
            return True
        command = command_for(missing)
        sudo = may_install(command)
        if sudo is not None:
            apt_install(missing.packages, log=log, sudo=sudo)
            step.done(f"{len(missing.packages)} packages installed")
            return True
        step.done(f"{len(missing.packages)} packages missing")
    if missing.libraries:
        raise SetupError(f"Qt needs libraries that this system lacks. Type:\n\n    {command}\n")
    if screen is Screen.DESK:
        progress.say(f"Some tests are skipped; for all of them, type: {command}")
    else:
        progress.say(f"No Chinese font is installed; to see Chinese text, type: {command}")
    return False
