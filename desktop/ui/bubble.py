"""What a message is once it is laid out; positions are from the bubble's upper left corner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF

from desktop.events import MessageRow
from desktop.ui.fonts import scaled
from desktop.ui.text_block import TextBlock
from shared.identifiers import AccountId

__all__ = [
    "BUBBLE_RADIUS",
    "FILE_GAP",
    "JOINED_RADIUS",
    "META_PIXELS",
    "NOBODY",
    "PADDING_X",
    "QUOTE_INDENT",
    "Bubble",
    "Chip",
    "Deed",
    "People",
    "PressButton",
    "circle_side",
]

META_PIXELS = 12
BUBBLE_RADIUS = 14.0
JOINED_RADIUS = 6.0
PADDING_X = 12.0
QUOTE_INDENT = 10.0
FILE_GAP = 12.0

_CIRCLE = 44.0

NameOf = Callable[[AccountId], str]
NamesOf = Callable[[AccountId], tuple[str, ...]]


def circle_side() -> float:
    """Return how wide the sign of a file is: as high as the two lines beside it."""
    return scaled(_CIRCLE)


@dataclass(frozen=True, slots=True)
class People:
    """Who is who in a conversation.

    Args:
        name_of: How somebody is called over their messages and in quotes.
        names_of: All the names somebody may be mentioned by.
        is_group: Others' messages stand beside their pictures.
    """

    name_of: NameOf = lambda _account: ""
    names_of: NamesOf = lambda _account: ()
    is_group: bool = False


NOBODY = People()


@dataclass(frozen=True, slots=True)
class Chip:
    """An emoji at a message with how many put it there."""

    rect: QRectF
    emoji: str
    accounts: tuple[AccountId, ...]

    @property
    def words(self) -> str:
        """What it says."""
        return f"{self.emoji} {len(self.accounts)}"


class Deed(StrEnum):
    """What a button in a bubble does."""

    EDIT_AGAIN = "edit_again"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class PressButton:
    """A button with words inside a bubble."""

    rect: QRectF
    deed: Deed
    words: str


@dataclass(slots=True, repr=False)
class Bubble:
    """A message laid out; where a part is ``None`` it is not there."""

    row: MessageRow
    room: float
    text: TextBlock
    text_at: QPointF
    width: float = 0.0
    height: float = 0.0
    meta: QRectF = field(default_factory=QRectF)
    time: str = ""
    name: str = ""
    name_rect: QRectF | None = None
    quote: QRectF | None = None
    quote_name: str = ""
    picture: QRectF | None = None
    file: QRectF | None = None
    cancel: QRectF | None = None
    reason: TextBlock | None = None
    reason_at: QPointF = field(default_factory=QPointF)
    buttons: tuple[PressButton, ...] = ()
    chips: tuple[Chip, ...] = ()
    is_bare: bool = False  # A few emoji alone: no ground.
    is_meta_over: bool = False  # The time stands in a pill, on a picture or beside an emoji.

    @property
    def inner(self) -> float:
        """How wide what is inside may be."""
        return self.width - 2 * PADDING_X

    @property
    def circle(self) -> QRectF | None:
        """Where the sign of the file is pressed: in its row, or in the middle of its picture."""
        if self.picture is not None:
            # Pictures do not grow with letters, and some are small.
            center = self.picture.center()
            return QRectF(center.x() - _CIRCLE / 2, center.y() - _CIRCLE / 2, _CIRCLE, _CIRCLE)
        if self.file is not None:
            side = circle_side()
            return QRectF(self.file.left(), self.file.top(), side, side)
        return None
