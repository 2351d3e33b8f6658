from __future__ import annotations

from desktop.models.port import CommandFailedError


def test_a_failure_keeps_its_code_and_sentence() -> None:
    error = CommandFailedError("offline", "The server cannot be reached.")

    assert error.code == "offline"
    assert error.message == "The server cannot be reached."
