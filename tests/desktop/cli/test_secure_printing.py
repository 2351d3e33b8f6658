from __future__ import annotations

import pytest

from desktop.cli.secure_printing import (
    DoneLine,
    FindingLine,
    JoinLine,
    RecoveryLine,
    SafetyLine,
    device_line,
)
from tests.desktop.cli.fake_client import DEVICES


def test_names_of_others_cannot_steer_the_terminal() -> None:
    line = JoinLine(conversation_id="1", title="a\x1b[2Jb", state="joined")

    assert line.sentence() == "1  a [2Jb  joined"


@pytest.mark.parametrize(
    ("is_verified", "has_changed", "expected"),
    [
        (True, False, "1\nverified"),
        (False, False, "1\nnot verified"),
        (False, True, "1\nnot verified; their key has changed, compare it again"),
    ],
)
def test_safety_says_what_is_known(is_verified: bool, has_changed: bool, expected: str) -> None:
    line = SafetyLine(
        user_name="ben",
        number="1",
        qr_data="",
        is_verified=is_verified,
        has_changed=has_changed,
    )

    assert line.sentence() == expected


def test_a_finding_names_kind_and_blame() -> None:
    line = FindingLine(
        kind="fork", blamed="server", sequence=1, account="0", at_ms=0, message="Why."
    )

    assert line.sentence().endswith("  fork (server): Why.")


def test_the_rest_is_short() -> None:
    assert DoneLine(path="x").sentence() == "Written to x."
    assert RecoveryLine(recovery_code="C").sentence() == "C"
    assert device_line(DEVICES[2]).sentence() == "13  lap  revoked"
