from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.caps_lock import CapsLockHint, shows_caps_lock
from desktop.ui.controls import PasswordField


@pytest.mark.parametrize(
    ("text", "has_shift", "told"),
    [
        ("A", False, True),
        ("a", True, True),
        ("a", False, False),
        ("A", True, False),
        ("1", True, None),
        ("中", False, None),
        ("", False, None),
        ("ab", False, None),
    ],
)
def test_a_letter_tells_whether_caps_lock_is_on(
    text: str, has_shift: bool, told: bool | None
) -> None:
    assert shows_caps_lock(text, has_shift=has_shift) is told


def test_the_line_comes_and_goes_with_what_is_typed(windows: None) -> None:
    stage = QWidget()
    layout = QVBoxLayout(stage)
    field = PasswordField(stage)
    hint = CapsLockHint(field, parent=stage)
    layout.addWidget(field)
    layout.addWidget(hint)
    stage.show()

    QTest.keyClicks(field, "A")
    assert hint.isVisible()
    QTest.keyClicks(field, "1")
    assert hint.isVisible()
    QTest.keyClicks(field, "a")
    assert not hint.isVisible()
    QTest.keyClicks(field, "B")
    QTest.keyClick(field, Qt.Key.Key_CapsLock)

    assert not hint.isVisible()
    assert field.text().casefold() == "a1ab"
