"""Files before they are sent, one missing: ``python -m tests.exhibits.send_files_dialog``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtWidgets import QWidget

from desktop.ui.send_files_dialog import SendFilesDialog
from tests.exhibits.stage import WANG, make_application, make_picture, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    window = QWidget()
    window.resize(640, 620)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sunset.png").write_bytes(make_picture())
        (folder / "季度报告（最终版）-含附件与审批意见.pdf").write_bytes(b"x" * 240_000)
        (folder / "notes.txt").write_text("tea", encoding="utf-8")
        paths = [*sorted(str(path) for path in folder.iterdir()), str(folder / "gone.doc")]
        dialog = SendFilesDialog(port, WANG, caption="看看这个", parent=window)
        window.show()
        dialog.open()
        loop.call_soon(dialog.add, paths)
        show(window, loop)


if __name__ == "__main__":
    main()
