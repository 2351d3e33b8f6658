from __future__ import annotations

import importlib.util
import io
import os
import sys
from pathlib import Path

import pytest

from launcher import environment
from launcher.environment import (
    Needs,
    Stamp,
    UnavailableError,
    digest,
    download_megabytes,
    ensure,
    lock_files,
    package_count,
    run_logged,
    uv_from_pip,
    uv_on_path,
    venv_from_apt,
    venv_with_pip,
)
from launcher.places import program
from launcher.progress import Progress
from launcher.system import Screen
from launcher.trouble import SetupError

# Nobody listens on the discard port of the loopback.
NOBODY = "http://127.0.0.1:9/simple"


def put_program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return folder / name


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program but those that a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's environment that is not made yet."""
    folder = tmp_path / ".venv"
    monkeypatch.setattr(environment, "environment", lambda: folder)
    monkeypatch.setattr(environment, "workshop", lambda: tmp_path)
    return folder


def without_modules(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let this Python look like one that came without some modules."""
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in names else object()
    )


def test_a_stamp_is_read_as_it_was_written(tmp_path: Path) -> None:
    stamp = Stamp({"run": "abc"}, ["window"])

    stamp.store(tmp_path)

    assert Stamp.load(tmp_path) == stamp


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"packages": 1, "screens": []}'])
def test_a_broken_stamp_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "mim-stamp.json").write_text(text)

    assert Stamp.load(tmp_path) == Stamp()


def test_what_developers_have_is_enough_to_run() -> None:
    stamp = Stamp({"develop": digest(Needs.DEVELOP)})

    assert stamp.has(Needs.RUN)
    assert stamp.has(Needs.DEVELOP)


def test_what_runs_is_not_enough_to_develop() -> None:
    stamp = Stamp({"run": digest(Needs.RUN)})

    assert stamp.has(Needs.RUN)
    assert not stamp.has(Needs.DEVELOP)


def test_another_lock_asks_for_another_set_up(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("flask==3.1.2\n")
    before = digest(Needs.DEVELOP, tmp_path)
    (tmp_path / "requirements" / "dev.txt").write_text("flask==3.1.3\n")

    assert digest(Needs.DEVELOP, tmp_path) != before


def test_another_python_asks_for_another_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(Needs.RUN)
    monkeypatch.setattr("sys.version_info", (3, 99, 0))

    assert digest(Needs.RUN) != before


def test_the_lock_tells_how_much_there_is_to_fetch() -> None:
    files = lock_files(Needs.RUN)

    assert package_count(files) > 20
    assert 50 < download_megabytes(files) < 400


def test_a_set_up_machine_is_ready_without_starting_anything(
    env: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(env, "python").parent.mkdir(parents=True)
    program(env, "python").touch()
    Stamp({"run": digest(Needs.RUN)}, ["window"]).store(env)

    assert ensure(Needs.RUN, Screen.WINDOW) == program(env, "python")


def test_the_first_set_up_makes_the_environment_and_leaves_a_stamp(
    env: Path, bare_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A stand-in for uv: what it is told is what is looked at here.
    put_program(
        bare_path,
        "uv",
        f'case "$1" in venv) {sys.executable} -m venv --without-pip {env} ;; '
        f'pip) echo "$@" > {bare_path}/told ;; esac',
    )

    python = ensure(Needs.RUN)

    told = (bare_path / "told").read_text()
    assert python == program(env, "python")
    assert "--no-deps --require-hashes --only-binary :all:" in told
    assert "requirements/server.txt" in told
    assert Stamp.load(env).has(Needs.RUN)
    assert "[3/3]" in capsys.readouterr().err
    (bare_path / "uv").unlink()
    assert ensure(Needs.RUN) == python


def test_a_uv_that_fails_leaves_the_word_to_pip(
    env: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_program(
        bare_path,
        "uv",
        f'case "$1" in venv) {sys.executable} -m venv --without-pip {env} ;; '
        "pip) echo dns error; exit 1 ;; esac",
    )
    pip = put_program(bare_path, "pip", f"echo installed > {tmp_path}/done")
    monkeypatch.setattr(environment, "venv_with_pip", lambda _: [str(pip)])

    ensure(Needs.RUN)

    assert (tmp_path / "done").exists()


def test_an_index_that_is_down_ends_with_a_sentence(
    env: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("this Python came without ensurepip; venv_from_apt has tests of its own")
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY)
    monkeypatch.setenv("PIP_RETRIES", "0")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "pip" else find_spec(name),
    )

    with pytest.raises(SetupError, match="The package index does not answer as it should"):
        ensure(Needs.RUN)

    assert not Stamp.load(env).has(Needs.RUN)


def test_a_python_without_any_way_is_told_what_to_install(
    env: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch, "ensurepip", "pip")

    with pytest.raises(SetupError, match="python3-venv"):
        ensure(Needs.RUN)


def test_a_folder_that_can_not_be_made_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(environment, "environment", lambda: tmp_path / "file" / ".venv")
    monkeypatch.setattr(environment, "workshop", lambda: tmp_path / "file")

    with pytest.raises(SetupError, match="type the same command again"):
        ensure(Needs.RUN)


def test_a_forbidden_folder_ends_with_a_sentence(
    env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> Path:
        raise PermissionError(13, "Permission denied", str(env))

    monkeypatch.setattr(environment, "_set_up", forbid)

    with pytest.raises(SetupError, match="can not be written"):
        ensure(Needs.RUN)


def test_a_uv_that_does_not_run_is_no_way(bare_path: Path, tmp_path: Path) -> None:
    put_program(bare_path, "uv", "exit 127")

    with pytest.raises(UnavailableError):
        uv_on_path(tmp_path / ".venv")


def test_no_uv_is_no_way(bare_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        uv_on_path(tmp_path / ".venv")


def test_a_uv_that_can_not_make_an_environment_is_no_way(bare_path: Path, tmp_path: Path) -> None:
    put_program(bare_path, "uv", '[ "$1" != venv ]')

    with pytest.raises(UnavailableError):
        uv_on_path(tmp_path / ".venv")


def test_venv_needs_ensurepip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_modules(monkeypatch, "ensurepip")

    with pytest.raises(UnavailableError):
        venv_with_pip(tmp_path / ".venv")


def test_a_venv_that_fails_is_no_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_modules(monkeypatch)
    monkeypatch.setattr("sys.executable", "/bin/false")

    with pytest.raises(UnavailableError):
        venv_with_pip(tmp_path / ".venv")


def test_uv_is_fetched_only_with_a_pip_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch, "pip")

    with pytest.raises(UnavailableError):
        uv_from_pip(tmp_path / ".venv", log=tmp_path / "log")


def test_uv_is_fetched_by_hash_into_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch)
    python = put_program(
        tmp_path,
        "python",
        f'echo "$@" > {tmp_path}/told; mkdir -p {tmp_path}/uv/bin; '
        f"printf '#!/bin/sh\\nexit 0' > {tmp_path}/uv/bin/uv; chmod +x {tmp_path}/uv/bin/uv",
    )
    monkeypatch.setattr("sys.executable", str(python))

    installer = uv_from_pip(tmp_path / ".venv", log=tmp_path / "setup.log")

    assert installer[:3] == [str(tmp_path / "uv" / "bin" / "uv"), "pip", "install"]
    assert "--require-hashes" in (tmp_path / "told").read_text()


def test_a_uv_that_can_not_be_fetched_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch)
    python = put_program(tmp_path, "python", "echo Temporary failure in name resolution; exit 1")
    monkeypatch.setattr("sys.executable", str(python))

    with pytest.raises(SetupError, match="this machine seems offline"):
        uv_from_pip(tmp_path / ".venv", log=tmp_path / "setup.log")


def test_debians_missing_half_of_venv_is_installed(
    tmp_path: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch, "ensurepip")
    put_program(bare_path, "apt-get", 'echo "$@"')
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(environment, "venv_with_pip", lambda _: ["made"])

    assert venv_from_apt(tmp_path / ".venv", log=tmp_path / "log") == ["made"]
    assert "python3-venv" in (tmp_path / "log").read_text()


def test_who_may_not_install_is_given_the_command(
    tmp_path: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch, "ensurepip")
    put_program(bare_path, "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(SetupError, match="sudo apt-get install -y python3-venv"):
        venv_from_apt(tmp_path / ".venv", log=tmp_path / "log")


def test_a_complete_python_needs_nothing_from_apt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modules(monkeypatch)

    with pytest.raises(UnavailableError):
        venv_from_apt(tmp_path / ".venv", log=tmp_path / "log")


def test_an_installer_is_ended_with_the_launcher(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    installer = put_program(tmp_path, "installer", f"echo $$ > {pid_file}; exec sleep 60")

    with Progress(1, stream=io.StringIO()).step("Packages") as step:

        def interrupt(*_: object) -> None:
            if pid_file.exists() and pid_file.read_text():
                raise KeyboardInterrupt

        step.tick = interrupt  # type: ignore[assignment,method-assign]
        with pytest.raises(KeyboardInterrupt):
            run_logged([str(installer)], step, tmp_path, log=tmp_path / "log")
        step.done("ended")

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
