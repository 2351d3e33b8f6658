"""Rules about the windows' sources that no type can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from desktop.ui.theme import PAIRS, Tokens

DESKTOP = Path(__file__).parents[3] / "desktop"
SOURCES = sorted(DESKTOP.rglob("*.py"))
HEX = re.compile(r"^#(?:[0-9a-fA-F]{3,4}){1,2}$")
# Lines, dots, shades and grounds of no text; everything else stands in a pair.
WITHOUT_TEXT = {"bubble_edge", "border", "flash", "focus", "is_dark", "online", "shadow"}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def color_literals(source: str) -> list[str]:
    """Return colours that a source names itself; fully transparent is no colour."""
    tree, found = ast.parse(source), []
    for call in calls(tree):
        values = [each.value for each in call.args if isinstance(each, ast.Constant)]
        if name_of(call.func) in ("QColor", "fromRgb", "fromRgbF", "fromHsv") and any(values):
            found.append(f"line {call.lineno}: {ast.unparse(call)}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr != "transparent":
            if name_of(node.value) == "GlobalColor":
                found.append(f"line {node.lineno}: {node.attr}")
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and HEX.match(node.value)
        ):
            found.append(f"line {node.lineno}: {node.value}")
    return found


def modal_calls(source: str) -> list[str]:
    """Return calls that would let the windows' coroutines wait for a dialog or a menu."""
    return [
        f"line {call.lineno}: {ast.unparse(call.func)}"
        for call in calls(ast.parse(source))
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("exec", "exec_")
    ]


def test_colours_come_from_the_theme_alone() -> None:
    found = {
        path.relative_to(DESKTOP).as_posix(): color_literals(path.read_text("utf-8"))
        for path in SOURCES
    }

    assert found.pop("ui/theme.py")
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_nothing_waits_inside_a_loop_of_its_own() -> None:
    found = {
        path.relative_to(DESKTOP).as_posix(): modal_calls(path.read_text("utf-8"))
        for path in SOURCES
    }

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source", ['pen("#1C60CC")', "QColor(1, 2, 3)", 'QColor("white")', "Qt.GlobalColor.red"]
)
def test_a_colour_in_a_widget_is_found(source: str) -> None:
    assert len(color_literals(source)) == 1


@pytest.mark.parametrize("source", ["QColor(0, 0, 0, 0)", "QColor()", "Qt.GlobalColor.transparent"])
def test_no_colour_at_all_is_none(source: str) -> None:
    assert color_literals(source) == []


def test_a_dialog_that_blocks_is_found() -> None:
    assert modal_calls("dialog.exec()\nmenu.exec_(at)") == [
        "line 1: dialog.exec",
        "line 2: menu.exec_",
    ]


def test_every_token_stands_in_a_pair_or_has_no_text() -> None:
    paired = {name for pair in PAIRS for name in pair}

    assert {field.name for field in fields(Tokens)} - paired == WITHOUT_TEXT
