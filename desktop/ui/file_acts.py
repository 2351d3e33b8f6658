"""What can be asked of a file in a message, depending on where its bytes are."""

from __future__ import annotations

from enum import Enum

from desktop.events import FileRow, FileState
from desktop.models.pictures import is_picture

__all__ = ["FileAct", "acts_of", "main_act"]


class FileAct(Enum):
    """One thing that can be asked of a file."""

    DOWNLOAD = "download"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    VIEW = "view"
    OPEN = "open"
    SHOW = "show"  # In its folder.
    SAVE = "save"


_MAIN = {
    FileState.REMOTE: FileAct.DOWNLOAD,
    FileState.WAITING: FileAct.PAUSE,
    FileState.RUNNING: FileAct.PAUSE,
    FileState.PAUSED: FileAct.RESUME,
    FileState.FAILED: FileAct.RESUME,
    FileState.HERE: FileAct.OPEN,
}
_MOVING = (FileState.WAITING, FileState.RUNNING, FileState.PAUSED, FileState.FAILED)


def main_act(file: FileRow) -> FileAct:
    """Return what a press on the file's circle or on its picture does."""
    act = _MAIN[file.state]
    return FileAct.VIEW if act is FileAct.OPEN and is_picture(file) else act


def acts_of(file: FileRow) -> tuple[FileAct, ...]:
    """Return all that can be asked, the one that a press does first."""
    first = main_act(file)
    if file.state in _MOVING:
        return (first, FileAct.CANCEL)
    if file.state is FileState.REMOTE:
        return (first, FileAct.SAVE)
    rest = (FileAct.OPEN, FileAct.SHOW, FileAct.SAVE)
    return (first, *(act for act in rest if act is not first))
