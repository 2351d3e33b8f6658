from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXHIBITS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in ("__init__", "scene", "stage", "worlds")
    and not path.stem.startswith(("scenes", "test_"))
)
# Opens them one after another, so that Qt is loaded once, and closes each once it is on the screen.
CLOSER = """
import runpy, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
application = QApplication([])
def close():
    assert any(window.isVisible() for window in application.topLevelWidgets())
    application.closeAllWindows()
for name in sys.argv[1:]:
    print("opening", name, flush=True)
    application.setQuitOnLastWindowClosed(True)
    QTimer.singleShot(50, close)
    runpy.run_module("tests.exhibits." + name, run_name="__main__")
    application.closeAllWindows()
    for window in application.topLevelWidgets():
        window.deleteLater()
    application.processEvents()
"""


def test_every_exhibit_opens() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSER, *EXHIBITS],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [word for name in EXHIBITS for word in ("opening", name)]


def test_there_are_exhibits() -> None:
    assert len(EXHIBITS) >= 6
