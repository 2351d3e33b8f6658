from __future__ import annotations

import pytest

from desktop.ui.file_risks import Risk, risk_of


@pytest.mark.parametrize(
    ("name", "risk"),
    [
        ("setup.exe", Risk.PROGRAM),
        ("SETUP.EXE", Risk.PROGRAM),
        ("holiday.jpg.scr", Risk.PROGRAM),
        ("tool.AppImage", Risk.PROGRAM),
        ("update.deb", Risk.PROGRAM),
        ("run.sh", Risk.SCRIPT),
        ("macro.ps1", Risk.SCRIPT),
        ("budget.xlsm", Risk.MACROS),
        ("old.doc", Risk.MACROS),
        ("open.lnk", Risk.SHORTCUT),
        ("app.desktop", Risk.SHORTCUT),
        ("page.html", Risk.PAGE),
        ("drawing.svg", Risk.PAGE),
        ("disk.iso", Risk.ARCHIVE),
        ("trick.exe. .", Risk.PROGRAM),
    ],
)
def test_what_can_do_harm_is_known_by_its_ending(name: str, risk: Risk) -> None:
    assert risk_of(name) is risk


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.docx", "a.png", "a.mp4", "a.zip", "exe", "README", "", ".", "a.exe.txt"]
)
def test_what_is_only_shown_needs_no_warning(name: str) -> None:
    assert risk_of(name) is None
