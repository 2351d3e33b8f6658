"""Sizes, speeds and states of files in words."""

from __future__ import annotations

import unicodedata

from desktop.events import FileRow, FileState
from desktop.models.transfers import Progress
from desktop.ui.sizes import size_words
from desktop.ui.translate import error_sentence, translate

__all__ = ["file_sentence", "name_words", "status_words", "widest_status"]

_JOINER = "\u200d"  # Inside emoji.


def name_words(name: str) -> str:
    """Return a file's name without signs that cannot be seen.

    Somebody else chose it. Among these signs are those that turn the reading direction around and
    let ``gpj.exe`` look like ``exe.jpg``.
    """
    seen = (sign for sign in name if unicodedata.category(sign)[0] != "C" or sign == _JOINER)
    return "".join(seen).strip() or translate("file.unnamed")


def status_words(file: FileRow, progress: Progress) -> str:
    """Say in the second line of a file how large it is, or how far and how quick."""
    match file.state:
        case FileState.REMOTE | FileState.HERE:
            return size_words(file.size)
        case FileState.WAITING:
            return f"{size_words(file.size)} · {translate('file.waiting')}"
        case FileState.RUNNING:
            return _moving(file, progress)
        case FileState.PAUSED:
            return f"{_done_of(file, progress)} · {translate('file.paused')}"
        case FileState.FAILED:
            return translate("file.failed_upload" if file.is_upload else "file.failed")


def widest_status(file: FileRow) -> str:
    """Return what needs the most room of what `status_words` may say, so that nothing moves."""
    size = size_words(file.size)
    states = [translate("file.waiting"), translate("file.paused")]
    failed = [translate("file.failed"), translate("file.failed_upload")]
    longest = max([f"{size} / {size} · {word}" for word in (*states, "888.8 MB/s")], key=len)
    return max([longest, *failed], key=len)


def file_sentence(file: FileRow, progress: Progress) -> str:
    """Say for screen readers how large a file is, where it is, and why it does not come."""
    words = [size_words(file.size)]
    if file.state is FileState.RUNNING:
        key = "file.is_uploading" if file.is_upload else "file.is_downloading"
        words.append(translate(key, percent=round(progress.share * 100)))
    else:
        words.append(translate(f"file.is_{file.state.value}"))
    if file.state is FileState.FAILED and file.code:
        words.append(error_sentence(file.code))
    return ", ".join(words)


def _moving(file: FileRow, progress: Progress) -> str:
    words = _done_of(file, progress)
    if progress.bytes_per_s >= 1:
        words += f" · {size_words(round(progress.bytes_per_s))}/s"
    return words


def _done_of(file: FileRow, progress: Progress) -> str:
    """Write how much of a file has come; the unit stands once where it is the same."""
    done, size = size_words(progress.of_size(file.size)), size_words(file.size)
    number, _, unit = done.partition(" ")
    return f"{number if size.endswith(' ' + unit) else done} / {size}"
