from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.cli.arguments import Arguments, parse_arguments
from desktop.cli.program import main, make_engine, use_utf8
from desktop.cli.session import Client
from desktop.commands import Register
from desktop.engine import CommandFailedError, Engine
from desktop.events import LinkState
from tests.desktop.cli.fake_client import FakeClient

COMMON = ["--server", "http://127.0.0.1:1", "--home", "h"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def always(client: FakeClient) -> Callable[[Arguments], Client]:
    return lambda _: client


@pytest.mark.parametrize(
    ("client", "argv", "code"),
    [
        (FakeClient(), ["whoami"], 0),
        (FakeClient(), ["accept", "nobody"], 3),
        (FakeClient(link=[LinkState.CONNECTING, LinkState.OFFLINE]), ["contacts"], 4),
        (FakeClient(is_logged_in=False), ["whoami"], 5),
        (FakeClient(start_failure=CommandFailedError("profile_in_use", "T.")), ["whoami"], 5),
    ],
)
def test_exit_codes(client: FakeClient, argv: list[str], code: int) -> None:
    assert main([*COMMON, *argv], make_client=always(client)) == code


def test_a_failure_is_a_code_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    main([*COMMON, "accept", "nobody"], make_client=always(FakeClient()))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "mim-cli: no_request: There is no request from this person.\n"


def test_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIM_PASSWORD", "from outside")
    client = FakeClient(is_logged_in=False)

    main([*COMMON, "register", "anna"], make_client=always(client))

    assert isinstance(client.asked[0], Register)
    assert client.asked[0].password == "from outside"


def test_password_is_asked_for_twice_when_registering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIM_PASSWORD", raising=False)
    monkeypatch.setattr(sys, "stdin", Terminal())
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return f"typed {len(asked) if len(asked) < 3 else 3}"

    monkeypatch.setattr(getpass, "getpass", typed)
    client = FakeClient(is_logged_in=False)

    differing = main([*COMMON, "register", "anna"], make_client=always(client))
    equal = main([*COMMON, "register", "anna"], make_client=always(client))
    at_login = main([*COMMON, "login", "anna"], make_client=always(client))

    assert (differing, equal, at_login) == (3, 0, 0)
    assert len(asked) == 5


def test_nobody_to_ask_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MIM_PASSWORD", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    code = main([*COMMON, "login", "anna"], make_client=always(FakeClient()))

    assert code == 3
    assert "MIM_PASSWORD" in capsys.readouterr().err


def test_ctrl_c_ends_tail_as_done_and_the_rest_as_interrupted() -> None:
    def interrupt(_: Arguments) -> Client:
        raise KeyboardInterrupt

    assert main([*COMMON, "tail"], make_client=interrupt) == 0
    assert main([*COMMON, "whoami"], make_client=interrupt) == 130


def test_a_reader_that_has_gone_is_no_failure(tmp_path: Path) -> None:
    def break_pipe(_: Arguments) -> Client:
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as out, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        assert main([*COMMON, "tail"], make_client=break_pipe) == 0


def test_output_is_utf_8_whatever_the_console_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))

    use_utf8()
    print("你好", end="", flush=True)

    assert raw.getvalue() == "你好".encode()


def test_the_engine_is_the_real_one() -> None:
    arguments = parse_arguments([*COMMON, "whoami"], version="1")

    assert isinstance(make_engine(arguments), Engine)
