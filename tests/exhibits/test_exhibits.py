from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXHIBITS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in ("__init__", "scenes", "stage") and not path.stem.startswith("test_")
)
# Closes the exhibit a moment after it is on the screen.
CLOSER = """
import runpy, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
application = QApplication([])
def close():
    assert any(window.isVisible() for window in application.topLevelWidgets())
    application.closeAllWindows()
QTimer.singleShot(50, close)
runpy.run_module("tests.exhibits." + sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_opens(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSER, name], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr.decode()
