"""What painting a timeline needs to know besides where things stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.events import MessageRow, Profile
from desktop.models.transfers import Progress
from shared.identifiers import AccountId

__all__ = ["Scene"]


_NO_ACCOUNT = AccountId(0)


def _no_image(_row: MessageRow, _size: QSize) -> QImage | None:
    return None


def _no_avatar(_profile: Profile) -> QImage | None:
    return None


def _row_progress(row: MessageRow) -> Progress:
    return Progress(0, 0) if row.file is None else Progress(row.file.done, row.file.total)


def _nobody(account: AccountId) -> Profile:
    return Profile(account=account, user_name="", nickname="")


@dataclass(slots=True, repr=False)
class Scene:
    """The state of a view; the view owns it, painters read it.

    Args:
        me: The own account, whose reactions are filled.
        selected: From where to where text is selected, by ``local_id``; ``None``: to its end.
        chosen: The messages that are ticked; ``None`` while none can be.
        current: The message the keyboard is at, if that is to be seen.
        flashed: The message that was jumped to just now.
        found: Words that were searched for.
        ratio: Device pixels in a logical one.
        image_of: The best picture there is of a message, for so many device pixels.
        progress_of: How far the file of a message is.
        profile_of: Who an account is.
        avatar_of: Somebody's picture.
    """

    me: AccountId = _NO_ACCOUNT
    selected: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)
    chosen: Set[int] | None = None
    current: int | None = None
    flashed: int | None = None
    found: str = ""
    ratio: float = 1.0
    image_of: Callable[[MessageRow, QSize], QImage | None] = _no_image
    progress_of: Callable[[MessageRow], Progress] = _row_progress
    profile_of: Callable[[AccountId], Profile] = _nobody
    avatar_of: Callable[[Profile], QImage | None] = _no_avatar
