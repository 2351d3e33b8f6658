from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import demo
from launcher.local_server import LocalServer
from launcher.trouble import SetupError


@pytest.fixture(autouse=True)
def signals_as_before(stand_ins: None) -> Iterator[None]:
    """The demo takes the signals of its process; the tests want them back."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


def test_the_demo_runs_on_a_server_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert demo.main([]) == 0

    assert capfd.readouterr().out.startswith("demo on http://127.0.0.1:")


def test_the_demo_leaves_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    demo.main([])

    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_start_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: LocalServer) -> str:
        raise SetupError("It does not start.")

    monkeypatch.setattr(LocalServer, "start", fail)

    assert demo.main([]) == 1
    assert capsys.readouterr().err == "It does not start.\n"


def test_ctrl_c_while_the_server_starts_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: LocalServer) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalServer, "start", interrupt)

    assert demo.main([]) == 0
