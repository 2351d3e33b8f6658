from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher import main_job
from launcher.door import claim
from launcher.main_job import Wish, main

Until = Callable[[Callable[[], bool]], None]
Pids = Callable[[Path], list[int]]
Alive = Callable[[int], bool]


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """The main job takes the signals of its process; the tests want them back."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


@pytest.fixture(autouse=True)
def only_stand_ins(stand_ins: None) -> None:
    """All parts only stand in here; `tests/scenarios` runs the real ones."""


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Does something while the main job runs in the foreground; its failure fails the test."""
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []

    def start(action: Callable[[], None]) -> None:
        def act() -> None:
            try:
                action()
            except BaseException as error:  # noqa: BLE001 - raised again below
                failures.append(error)
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=act)
        thread.start()
        threads.append(thread)

    yield start
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def all_pids(data: Path, pids: Pids) -> list[int]:
    files = ["server/pids", "echo/pids", "desktop/first", "desktop/second"]
    return [pid for name in files for pid in pids(data / name)]


Meanwhile = Callable[[Callable[[], None]], None]


def test_closing_the_last_window_ends_everything(
    tmp_path: Path, meanwhile: Meanwhile, until: Until, pids: Pids, alive: Alive
) -> None:
    def close_the_window() -> None:
        until(lambda: bool(pids(tmp_path / "desktop" / "first")))
        (tmp_path / "desktop" / "close").write_text("0")

    meanwhile(close_the_window)

    assert main(["--data", str(tmp_path)]) == 0

    started = all_pids(tmp_path, pids)
    assert len(started) == 3
    assert not any(alive(pid) for pid in started)
    assert not (tmp_path / "door.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(
    number: signal.Signals,
    tmp_path: Path,
    meanwhile: Meanwhile,
    until: Until,
    pids: Pids,
    alive: Alive,
) -> None:
    def interrupt() -> None:
        until(lambda: bool(pids(tmp_path / "desktop" / "first")))
        os.kill(os.getpid(), number)

    meanwhile(interrupt)

    assert main(["--data", str(tmp_path)]) == 0
    assert not any(alive(pid) for pid in all_pids(tmp_path, pids))


def test_a_window_that_breaks_is_reported(
    tmp_path: Path,
    meanwhile: Meanwhile,
    until: Until,
    pids: Pids,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def crash() -> None:
        until(lambda: bool(pids(tmp_path / "desktop" / "first")))
        (tmp_path / "desktop" / "close").write_text("7")

    meanwhile(crash)

    assert main(["--data", str(tmp_path)]) == 1
    assert "ended with status 7" in capsys.readouterr().err


def test_a_second_start_opens_a_window_on_the_same_server(
    tmp_path: Path, meanwhile: Meanwhile, until: Until, pids: Pids, alive: Alive
) -> None:
    def be_the_first() -> None:
        # Signals belong to the main thread, where the second start runs.
        assert main_job._enter(tmp_path, Wish()) == 0

    def close_both() -> None:
        until(lambda: bool(pids(tmp_path / "desktop" / "second")))
        (tmp_path / "desktop" / "close").write_text("0")
        until(lambda: not alive(pids(tmp_path / "desktop" / "first")[0]))
        assert alive(pids(tmp_path / "server" / "pids")[0])
        (tmp_path / "desktop" / "close-second").write_text("0")

    meanwhile(be_the_first)
    until(lambda: bool(pids(tmp_path / "desktop" / "first")))
    meanwhile(close_both)

    assert main(["--data", str(tmp_path)]) == 0

    until(lambda: not any(alive(pid) for pid in all_pids(tmp_path, pids)))
    assert len(pids(tmp_path / "server" / "pids")) == 1


def test_the_second_window_goes_when_the_first_start_is_ended(
    tmp_path: Path, meanwhile: Meanwhile, until: Until, pids: Pids, alive: Alive
) -> None:
    wish = Wish()

    def be_the_first() -> None:
        assert main_job._enter(tmp_path, wish) == 0

    def end_the_first() -> None:
        until(lambda: bool(pids(tmp_path / "desktop" / "second")))
        wish.is_there = True

    meanwhile(be_the_first)
    until(lambda: bool(pids(tmp_path / "desktop" / "first")))
    meanwhile(end_the_first)

    assert main(["--data", str(tmp_path)]) == 0

    until(lambda: not any(alive(pid) for pid in all_pids(tmp_path, pids)))


def test_a_start_that_holds_the_data_and_never_answers_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main_job, "KNOCK_S", 0.2)
    holder = claim(tmp_path)
    assert holder is not None

    with holder:
        assert main(["--data", str(tmp_path)]) == 1

    assert "does not answer" in capsys.readouterr().err


def test_ending_while_the_other_start_is_awaited_is_no_failure(tmp_path: Path) -> None:
    holder = claim(tmp_path)
    assert holder is not None
    wish = Wish()
    wish.is_there = True

    with holder:
        assert main_job._enter(tmp_path, wish) == 0


def test_ending_while_the_server_starts_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "_enter", interrupt)

    assert main(["--data", str(tmp_path)]) == 0


def test_data_that_can_not_be_used_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert main(["--data", str(tmp_path / "file")]) == 1
    assert "Mim can not use" in capsys.readouterr().err


def test_only_the_owner_may_look_into_the_data(
    tmp_path: Path, meanwhile: Meanwhile, until: Until, pids: Pids
) -> None:
    data = tmp_path / "data"

    def close_the_window() -> None:
        until(lambda: bool(pids(data / "desktop" / "first")))
        (data / "desktop" / "close").write_text("0")

    meanwhile(close_the_window)
    main(["--data", str(data)])

    assert data.stat().st_mode & 0o077 == 0
