from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.ui.motion import is_motion_reduced, reduce_motion

UI = Path(__file__).parents[3] / "desktop" / "ui"


@pytest.fixture(autouse=True)
def moving_afterwards(windows: None) -> Iterator[None]:
    yield
    reduce_motion(False)


def test_what_the_person_wants_holds_until_they_want_otherwise() -> None:
    assert not is_motion_reduced()

    reduce_motion(True)
    assert is_motion_reduced()
    reduce_motion(False)

    assert not is_motion_reduced()


def test_menus_of_qt_stand_still_too_and_move_again_where_they_did() -> None:
    moving, still = Qt.UIEffect.UI_FadeMenu, Qt.UIEffect.UI_AnimateCombo
    before = QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    QApplication.setEffectEnabled(Qt.UIEffect.UI_General, enable=True)
    QApplication.setEffectEnabled(moving, enable=True)
    QApplication.setEffectEnabled(still, enable=False)
    try:
        reduce_motion(True)
        assert not QApplication.isEffectEnabled(moving)
        reduce_motion(False)

        assert QApplication.isEffectEnabled(moving)
        assert not QApplication.isEffectEnabled(still)
    finally:
        QApplication.setEffectEnabled(moving, enable=False)
        QApplication.setEffectEnabled(Qt.UIEffect.UI_General, enable=before)


def test_whoever_animates_asks_whether_things_may_move() -> None:
    moves = ("FRAME_MS", "QPropertyAnimation", "QVariantAnimation", "QTimeLine")
    found = [
        path.name
        for path in UI.glob("*.py")
        if any(word in (text := path.read_text("utf-8")) for word in moves)
        and "is_motion_reduced" not in text
    ]

    assert found == []
