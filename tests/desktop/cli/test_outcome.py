from __future__ import annotations

import pytest

from desktop.cli.outcome import ExitCode, exit_code_of
from desktop.engine import CommandFailedError


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("offline", ExitCode.UNREACHABLE),
        ("local", ExitCode.LOCAL),
        ("profile_in_use", ExitCode.LOCAL),
        ("not_logged_in", ExitCode.LOCAL),
        ("wrong_credentials", ExitCode.REFUSED),
        ("insecure_address", ExitCode.REFUSED),
        ("weak_kdf", ExitCode.REFUSED),
        ("a_code_of_a_later_version", ExitCode.REFUSED),
    ],
)
def test_each_code_has_its_exit_code(code: str, expected: ExitCode) -> None:
    assert exit_code_of(CommandFailedError(code, "Because.")) is expected


def test_exit_codes_are_the_documented_ones() -> None:
    assert [code.value for code in ExitCode] == [0, 2, 3, 4, 5]
