from __future__ import annotations

from desktop.ui.motion import is_motion_reduced, reduce_motion


def test_what_the_person_wants_holds_until_they_want_otherwise() -> None:
    assert not is_motion_reduced()

    reduce_motion(True)
    assert is_motion_reduced()
    reduce_motion(False)

    assert not is_motion_reduced()
