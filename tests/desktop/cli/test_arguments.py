from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from desktop.cli.arguments import Arguments, kdf_floor, parse_arguments
from desktop.events import MessageState
from shared.rest import Kdf

COMMON = ["--server", "http://127.0.0.1:1", "--home", "h"]


def parse(*argv: str) -> Arguments:
    return parse_arguments([*COMMON, *argv], version="1.2.3")


@pytest.mark.parametrize(
    "argv",
    [
        ["register", "anna"],
        ["register", "anna", "--nickname", "Anna"],
        ["login", "anna"],
        ["logout"],
        ["whoami"],
        ["search", "an"],
        ["request", "ben", "--message", "hello"],
        ["requests"],
        ["accept", "ben"],
        ["decline", "ben"],
        ["remove", "ben"],
        ["contacts"],
        ["send", "ben", "hello"],
        ["history", "ben", "--limit", "3"],
        ["tail", "--count", "1", "--seconds", "2.5"],
        ["conversations"],
        ["search-messages", "hello"],
    ],
)
def test_every_command_of_the_contract_is_read(argv: list[str]) -> None:
    arguments = parse(*argv)

    assert arguments.command == argv[0]
    assert arguments.home == Path("h")
    assert not arguments.as_json


def test_what_holds_for_all_commands_may_stand_behind_one_too() -> None:
    behind = ["group", "create", "Club", "ben", "--json", "--timeout", "3", *COMMON]

    found = parse_arguments(behind, version="1.2.3")

    assert found == parse("--json", "--timeout", "3", "group", "create", "Club", "ben")
    assert found.as_json
    assert parse("--json", "whoami", "--timeout", "3").as_json


def test_json_is_asked_for_before_the_command() -> None:
    assert parse("--json", "whoami").as_json


def test_send_waits_for_accepted_unless_told_otherwise() -> None:
    assert parse("send", "ben", "hi").wait is MessageState.ACCEPTED
    assert parse("send", "ben", "hi", "--wait", "read").wait is MessageState.READ


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["dance"],
        ["send", "ben"],
        ["send", "ben", "hi", "--wait", "waiting"],
        ["send", "ben", "hi", "--wait", "nonsense"],
        ["send", "ben", "half \udce9"],
        ["history", "ben", "--limit", "0"],
        ["history", "ben", "--limit", "many"],
        ["tail", "--seconds", "-1"],
        ["tail", "--seconds", "nan"],
        ["tail", "--seconds", "soon"],
        ["whoami", "--kdf-floor", "1:2"],
    ],
)
def test_nonsense_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(*argv)

    assert caught.value.code == 2
    assert "usage: mim-cli" in capsys.readouterr().err


def test_server_and_home_must_be_given() -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(["whoami"], version="1.2.3")

    assert caught.value.code == 2


def test_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(["--version"], version="1.2.3")

    assert caught.value.code == 0
    assert capsys.readouterr().out == "mim-cli 1.2.3\n"


def test_help_does_not_name_the_floor_for_tests(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"], version="1.2.3")

    assert "kdf" not in capsys.readouterr().out


def test_kdf_floor_is_three_numbers() -> None:
    assert kdf_floor("1:2:8192") == Kdf(version=1, passes=2, memory_bytes=8192)
    with pytest.raises(argparse.ArgumentTypeError):
        kdf_floor("1:two:3")


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("off", 0), ("30s", 30), ("5m", 300), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_a_timer_is_typed_with_its_unit(typed: str, seconds: int) -> None:
    arguments = parse_arguments([*COMMON, "timer", "ben", typed], version="1")

    assert arguments.seconds == seconds


@pytest.mark.parametrize("typed", ["", "0s", "5", "x", "-1h", "1y", "½h"])
def test_another_timer_is_no_command_line(typed: str) -> None:
    with pytest.raises(SystemExit):
        parse_arguments([*COMMON, "timer", "ben", typed], version="1")
