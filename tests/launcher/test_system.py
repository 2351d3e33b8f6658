from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from launcher import system
from launcher.progress import Progress
from launcher.system import (
    Missing,
    Screen,
    apt_install,
    command_for,
    find_missing,
    has_chinese_font,
    loads,
    may_install,
    provide,
)
from launcher.trouble import SetupError

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ships Qt's libraries apart from Qt"
)
LACKING = Missing(("libEGL.so.1",), ("libegl1", "fonts-noto-cjk"))


def put_program(folder: Path, name: str, script: str) -> None:
    """Put a shell script where PATH finds it."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program but those that a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CI", raising=False)
    return folder


def test_the_linker_finds_libc_and_not_a_made_up_name() -> None:
    assert loads("libc.so.6")
    assert not loads("libmim-is-not-there.so.1")


def test_a_command_without_qt_needs_nothing() -> None:
    assert not find_missing(Screen.NONE, probe=lambda _: False, font=lambda: False)


def test_windows_need_more_than_painting_into_memory() -> None:
    offscreen = find_missing(Screen.OFFSCREEN, probe=lambda _: False, font=lambda: True)
    window = find_missing(Screen.WINDOW, probe=lambda _: False, font=lambda: True)

    assert "libegl1" in offscreen.packages
    assert set(offscreen.packages) < set(window.packages)
    assert "libxcb-cursor0" in window.packages


def test_a_desk_lacks_programs_but_no_library_that_stops_tests(bare_path: Path) -> None:
    missing = find_missing(Screen.DESK, probe=lambda name: "xcb" not in name, font=lambda: True)

    assert missing.libraries == ()
    assert {"xvfb", "openbox", "xdotool", "libxcb-cursor0"} <= set(missing.packages)


def test_a_desk_that_is_there_lacks_nothing(
    bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in system.DESK_PROGRAMS:
        put_program(bare_path, name, "exit 0")
    monkeypatch.setattr(system, "READING_SERVICE", tmp_path)

    assert not find_missing(Screen.DESK, probe=lambda _: True, font=lambda: True)


def test_wayland_is_asked_for_only_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    without = find_missing(Screen.WINDOW, probe=lambda _: False, font=lambda: True)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")

    found = find_missing(Screen.WINDOW, probe=lambda _: False, font=lambda: True)

    assert set(found.packages) - set(without.packages) == {"libwayland-cursor0", "libwayland-egl1"}


@pytest.mark.parametrize(
    ("screen", "font"),
    [(Screen.OFFSCREEN, "fonts-wqy-microhei"), (Screen.WINDOW, "fonts-noto-cjk")],
)
def test_a_missing_chinese_font_is_a_package_but_no_library(screen: Screen, font: str) -> None:
    missing = find_missing(screen, probe=lambda _: True, font=lambda: False)

    assert missing == Missing((), (font,))


def test_a_chinese_font_is_found_by_its_file_without_fontconfig(
    bare_path: Path, tmp_path: Path
) -> None:
    fonts = tmp_path / "fonts" / "truetype"
    fonts.mkdir(parents=True)
    (fonts / "DejaVuSans.ttf").touch()
    assert not has_chinese_font([str(tmp_path / "fonts")])
    (fonts / "NotoSansCJK-Regular.ttc").touch()

    assert has_chinese_font([str(tmp_path / "fonts")])


def test_fontconfig_is_asked_where_it_is_installed(bare_path: Path) -> None:
    put_program(bare_path, "fc-list", "[ \"$1\" = ':lang=zh-cn' ] && echo /usr/share/fonts/x.ttc")

    assert has_chinese_font([])


def test_one_command_is_named_for_debian(bare_path: Path) -> None:
    put_program(bare_path, "apt-get", "exit 1")

    assert command_for(LACKING) == "sudo apt-get install -y libegl1 fonts-noto-cjk"


def test_one_command_is_named_for_fedora(bare_path: Path) -> None:
    put_program(bare_path, "dnf", "exit 1")

    assert command_for(LACKING) == "sudo dnf install 'libEGL.so.1()(64bit)' 'font(:lang=zh-cn)'"


def test_other_systems_get_the_names_of_the_libraries(bare_path: Path) -> None:
    assert command_for(LACKING) == "your package manager, for: libEGL.so.1"


def test_apt_gets_its_lists_and_installs_without_questions(bare_path: Path, tmp_path: Path) -> None:
    put_program(bare_path, "apt-get", 'echo "$DEBIAN_FRONTEND: $*"')

    apt_install(["libegl1"], log=tmp_path / "log", sudo=False)

    assert (tmp_path / "log").read_text().splitlines() == [
        "noninteractive: update",
        "noninteractive: install -y --no-install-recommends libegl1",
    ]


def test_a_failing_update_alone_stops_nothing(bare_path: Path, tmp_path: Path) -> None:
    put_program(bare_path, "apt-get", '[ "$1" = install ]')

    apt_install(["libegl1"], log=tmp_path / "log", sudo=False)


def test_apt_without_a_network_becomes_a_sentence(bare_path: Path, tmp_path: Path) -> None:
    put_program(bare_path, "apt-get", "echo 'Temporary failure resolving'; exit 100")

    with pytest.raises(SetupError, match="this machine seems offline"):
        apt_install(["libegl1"], log=tmp_path / "log", sudo=False)


def test_root_installs_at_once(bare_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 0)

    assert may_install("…") is False


def test_ci_installs_with_sudo(bare_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    put_program(bare_path, "sudo", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("CI", "true")

    assert may_install("…") is True


@pytest.mark.parametrize(("answer", "expected"), [("\n", True), ("y\n", True), ("n\n", None)])
def test_a_person_is_asked(
    answer: str, expected: bool | None, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    put_program(bare_path, "sudo", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("sys.stderr", shown)

    assert may_install("sudo apt-get install -y libegl1") is expected
    assert "sudo apt-get install -y libegl1 ? [Y/n]" in shown.getvalue()


@pytest.mark.parametrize("program", ["apt-get", "sudo", None])
def test_nothing_is_run_that_can_not_be(
    program: str | None, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    if program:
        put_program(bare_path, program, "exit 0")

    assert may_install("…") is None


def test_missing_libraries_end_with_one_command_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_path: Path
) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(system, "find_missing", lambda _: LACKING)

    with pytest.raises(SetupError, match="sudo apt-get install -y libegl1 fonts-noto-cjk"):
        provide(Screen.WINDOW, Progress(1, stream=io.StringIO()), log=tmp_path / "log")


def test_a_missing_font_alone_is_said_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_path: Path
) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(system, "find_missing", lambda _: Missing((), ("fonts-noto-cjk",)))
    shown = io.StringIO()

    fit = provide(Screen.WINDOW, Progress(1, stream=shown), log=tmp_path / "log")

    assert not fit
    assert "sudo apt-get install -y fonts-noto-cjk" in shown.getvalue()


def test_what_root_lacks_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_path: Path
) -> None:
    put_program(bare_path, "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(system, "find_missing", lambda _: LACKING)
    shown = io.StringIO()

    assert provide(Screen.WINDOW, Progress(1, stream=shown), log=tmp_path / "log")
    assert "2 packages installed" in shown.getvalue()
