from __future__ import annotations

import subprocess
import sys

ASKED = """
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QTimer
from desktop.ui.application import Application
application = Application([])
application.setQuitOnLastWindowClosed(False)
asked = []
application.quit_asked.connect(lambda: asked.append(1))
QTimer.singleShot(0, application.quit)
QTimer.singleShot(50, lambda: application.exit(7 + len(asked)))
raise SystemExit(application.exec())
"""


def test_the_wish_to_end_is_told_and_does_not_end_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 8, done.stderr
