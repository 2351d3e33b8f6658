"""The table of what people do in the app and which test shows it names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "desktop-tests.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROWS_MIN = 4


def rows() -> list[str]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [
        line
        for line in lines
        if line.startswith("| ") and not line.startswith(("| ---", "| what "))
    ]


@lru_cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_action_names_tests_that_exist() -> None:
    missing = []
    for row in rows():
        named = NAMED.findall(row)
        assert named, row
        missing += [
            f"{file}::{function}"
            for file, function in named
            if not (ROOT / file).exists() or (function and function not in functions(ROOT / file))
        ]

    assert missing == []


def test_every_part_of_the_app_has_actions() -> None:
    parts = TABLE.read_text(encoding="utf-8").split("\n## ")[1:]

    assert len(parts) >= 8
    assert all(len(NAMED.findall(part)) >= ROWS_MIN for part in parts)
