from __future__ import annotations

import io
from pathlib import Path

import pytest

from launcher.progress import Progress, megabytes


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_step_ends_with_its_outcome_and_time() -> None:
    clock, stream = Clock(), io.StringIO()

    with Progress(3, stream=stream, clock=clock).step("Packages") as step:
        clock.now = 4.25
        step.done("12 MB")

    assert stream.getvalue() == "[1/3] Packages: 12 MB, 4.2 s\n"


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    clock, stream = Clock(), io.StringIO()

    with Progress(1, stream=stream, clock=clock).step("Packages") as step:
        for second in range(25):
            clock.now = float(second)
            step.tick(lambda: clock.now)
        step.done("done")

    assert [line.rpartition(" ")[0] for line in stream.getvalue().splitlines()] == [
        "[1/1] Packages: 10 MB, 10.0",
        "[1/1] Packages: 20 MB, 20.0",
        "[1/1] Packages: done, 24.0",
    ]


def test_a_terminal_sees_one_line_grow() -> None:
    clock, stream = Clock(), Terminal()

    with Progress(1, stream=stream, clock=clock).step("Packages") as step:
        clock.now = 1.0
        step.tick(lambda: 5.0)
        step.done("5 MB")

    assert stream.getvalue().count("\n") == 1
    assert "\r\x1b[K[1/1] Packages: 5 MB, 1.0 s" in stream.getvalue()


def test_a_step_that_raises_is_shown_as_failed() -> None:
    stream = io.StringIO()
    progress = Progress(2, stream=stream, clock=Clock())

    with pytest.raises(ZeroDivisionError), progress.step("Packages"):
        raise ZeroDivisionError

    assert stream.getvalue() == "[1/2] Packages: failed, 0.0 s\n"


def test_steps_tried_again_keep_their_number() -> None:
    stream = io.StringIO()
    progress = Progress(2, stream=stream, clock=Clock())
    with progress.step("One") as step:
        step.done("bad")
    progress.back(1)

    with progress.step("Again") as step:
        step.done("good")
    progress.say("A line.")

    assert stream.getvalue().splitlines()[1:] == ["[1/2] Again: good, 0.0 s", "A line."]


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a").write_bytes(bytes(1_000_000))
    (tmp_path / "deep" / "b").write_bytes(bytes(500_000))

    assert megabytes(tmp_path) == 1.5


def test_a_file_that_goes_away_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.walk", lambda _: [(str(tmp_path), [], ["gone"])])

    assert megabytes(tmp_path) == 0
