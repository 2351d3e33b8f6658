from __future__ import annotations

import pytest

from desktop.events import FileRow, FileState
from desktop.ui.file_acts import FileAct, acts_of, main_act


def file(state: FileState, side: int = 0) -> FileRow:
    return FileRow(name="a", size=1, state=state, width=side, height=side)


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (FileState.REMOTE, FileAct.DOWNLOAD),
        (FileState.WAITING, FileAct.PAUSE),
        (FileState.RUNNING, FileAct.PAUSE),
        (FileState.PAUSED, FileAct.RESUME),
        (FileState.FAILED, FileAct.RESUME),
        (FileState.HERE, FileAct.OPEN),
    ],
)
def test_a_press_does_what_comes_next(state: FileState, act: FileAct) -> None:
    assert main_act(file(state)) is act
    assert acts_of(file(state))[0] is act


def test_a_picture_that_is_here_is_looked_at() -> None:
    picture = file(FileState.HERE, side=100)

    assert main_act(picture) is FileAct.VIEW
    assert acts_of(picture) == (FileAct.VIEW, FileAct.OPEN, FileAct.SHOW, FileAct.SAVE)


@pytest.mark.parametrize(
    "state", [FileState.WAITING, FileState.RUNNING, FileState.PAUSED, FileState.FAILED]
)
def test_what_is_on_its_way_can_be_given_up(state: FileState) -> None:
    assert FileAct.CANCEL in acts_of(file(state))
    assert FileAct.OPEN not in acts_of(file(state))
