"""What is meant by paths that were dropped, pasted or chosen: files, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec

from shared import limits

__all__ = ["Found", "Refusal", "gather", "icon_of"]

ICONS = {
    "image": "image",
    "video": "file-video-camera",
    "audio": "file-music",
    "text": "file-text",
}
ARCHIVES = ("zip", "tar", "gzip", "compressed", "7z", "rar")
DOCUMENTS = ("pdf", "word", "document", "presentation", "spreadsheet", "excel", "powerpoint")


class Refusal(msgspec.Struct, frozen=True):
    """Something that is not sent, and why.

    ``key`` is a sentence's: ``attach.empty_folder``, ``attach.unreadable_folder`` or
    ``attach.too_many``; then ``count`` files are left out.
    """

    name: str
    key: str
    count: int = 0


class Found(msgspec.Struct, frozen=True):
    """Files to be sent, each once, and what is not sent."""

    paths: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def gather(paths: Sequence[str], *, have: Sequence[str] = ()) -> Found:
    """Return the files that paths mean; a folder stands for the files right inside it.

    It reads folders, so it belongs on another thread.

    Args:
        paths: Of files and folders.
        have: Files that are there already: they count towards `limits.FILES_AT_ONCE_MAX`.
    """
    found: dict[str, None] = {}
    refusals: list[Refusal] = []
    for path in paths:
        if Path(path).is_dir():
            inside, refusal = _inside(Path(path))
            refusals += [refusal] if refusal is not None else []
            found |= dict.fromkeys(inside)
        else:
            found[str(Path(path).absolute())] = None
    new = [path for path in found if path not in have]
    room = max(0, limits.FILES_AT_ONCE_MAX - len(have))
    if len(new) > room:
        refusals.append(Refusal("", "attach.too_many", len(new) - room))
    return Found(tuple(new[:room]), tuple(refusals))


def icon_of(media_type: str) -> str:
    """Return the icon that stands for a kind of file."""
    kind, _, rest = media_type.partition("/")
    if any(word in rest for word in ARCHIVES):
        return "file-archive"
    if any(word in rest for word in DOCUMENTS):
        return "file-text"
    return ICONS.get(kind, "file")


def _inside(folder: Path) -> tuple[list[str], Refusal | None]:
    """Return the files right inside a folder; hidden ones and further folders are not meant."""
    name = folder.name or str(folder)
    try:
        listed = list(islice(folder.iterdir(), limits.FILES_LISTED_MAX))
    except OSError:
        return [], Refusal(name, "attach.unreadable_folder")
    files = [path for path in listed if path.is_file() and not path.name.startswith(".")]
    if not files:
        return [], Refusal(name, "attach.empty_folder")
    return sorted(str(path.absolute()) for path in files), None
