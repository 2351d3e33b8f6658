from __future__ import annotations

import getpass
import io
import sys

import pytest

from desktop.cli.arguments import parse_arguments
from desktop.cli.secrets import Secrets, ask_secrets
from desktop.engine import CommandFailedError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ask(*argv: str) -> Secrets:
    return ask_secrets(parse_arguments(["--server", "s", "--home", "h", *argv], version="1"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSWORD", "NEW_PASSWORD", "RECOVERY_CODE", "RESET_TOKEN"):
        monkeypatch.setenv(f"MIM_{name}", name.lower())


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["whoami"], Secrets()),
        (["login", "a"], Secrets(password="password")),
        (["revoke", "d"], Secrets(password="password")),
        (["passwd"], Secrets(password="password", new_password="new_password")),
        (
            ["recover", "a"],
            Secrets(recovery_code="recovery_code", new_password="new_password"),
        ),
        (
            ["recover", "a", "--reset"],
            Secrets(reset_token="reset_token", new_password="new_password"),
        ),
    ],
)
def test_each_command_gets_what_it_needs(argv: list[str], expected: Secrets) -> None:
    assert ask(*argv) == expected


def test_a_new_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIM_NEW_PASSWORD")
    monkeypatch.setattr(sys, "stdin", Terminal())
    typed = iter(["one", "one", "one", "two"])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))

    assert ask("passwd").new_password == "one"
    with pytest.raises(CommandFailedError, match="differ"):
        ask("passwd")


def test_nobody_to_ask_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIM_RECOVERY_CODE")
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(CommandFailedError, match="MIM_RECOVERY_CODE"):
        ask("recover", "a")


def test_secrets_do_not_show() -> None:
    assert "password" not in repr(Secrets(password="x")).replace("Secrets", "")
