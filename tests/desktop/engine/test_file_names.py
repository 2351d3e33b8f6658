from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.file_names import safe_name, shown_name
from shared import limits


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("照片 1.png", "照片 1.png"),
        ("a\nb\t.txt", "ab.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\udcff.txt", "?.txt"),
        ("", "file"),
        ("x" * 300 + ".tar", "x" * 251 + ".tar"),
    ],
)
def test_others_are_told_one_line(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\boot.ini", "C__boot.ini"),
        (".bashrc", "bashrc"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("console.txt", "console.txt"),
        ("..", "file"),
        ("name. ", "name"),
        ("你" * 100 + ".png", "你" * 65 + ".png"),
    ],
)
def test_a_name_of_a_stranger_leads_nowhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_any_name_can_be_written(name: str) -> None:
    safe = safe_name(name)

    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set('/\\:*?"<>|\0')
    assert not safe.startswith(".")
    assert 0 < len(shown_name(name)) <= limits.FILE_NAME_LENGTH_MAX
    assert safe_name(safe) == safe
