"""``run.py`` itself: it must answer on every Python that somebody may have."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "run.py"


def run_with_version(version: tuple[int, int, int]) -> subprocess.CompletedProcess[str]:
    """Run ``run.py --help`` as if this Python had another version."""
    code = (
        "import runpy, sys\n"
        f"sys.version_info = {version!r}\n"
        "sys.argv = ['run.py', '--help']\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f"runpy.run_path({str(RUN)!r}, run_name='__main__')\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 9), (3, 10, 12), (3, 14, 0)])
def test_an_unfit_python_is_told_in_one_sentence(version: tuple[int, int, int]) -> None:
    found = ".".join(map(str, version))

    result = run_with_version(version)

    assert result.returncode == 1
    assert result.stderr == f"Mim needs Python 3.11, 3.12 or 3.13 (found: {found}).\n"


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 1), (3, 13, 5)])
def test_a_fit_python_gets_the_usage(version: tuple[int, int, int]) -> None:
    result = run_with_version(version)

    assert result.returncode == 0
    assert "python3 run.py test" in result.stdout


def test_the_file_uses_no_syntax_that_an_old_python_lacks() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 4))

    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.FunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, new)]
    assert "__future__" not in RUN.read_text(encoding="utf-8")


def test_an_unknown_command_prints_the_usage_and_fails() -> None:
    result = subprocess.run(
        [sys.executable, str(RUN), "dance"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert result.stderr.startswith("python3 run.py [--data DIR]")
