"""Which square of a picture a circle shows while one drags and zooms: arithmetic alone.

All lengths are in pixels of the picture but for `Crop.scale`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["SIDE_MIN", "ZOOM_MAX", "Crop"]

ZOOM_MAX = 8.0
SIDE_MIN = 48.0  # Less of a picture is a blur.


@dataclass(frozen=True, slots=True)
class Crop:
    """A square inside a picture; every change keeps it inside.

    Args:
        width: Of the picture.
        height: Likewise.
        x: Of the middle of the square.
        y: Likewise.
        zoom: 1: the square is as large as the picture lets it be.
    """

    width: int
    height: int
    x: float
    y: float
    zoom: float = 1.0

    @classmethod
    def whole(cls, width: int, height: int) -> Crop:
        """Return the largest square in the middle."""
        return cls(width, height, width / 2, height / 2)

    @property
    def zoom_max(self) -> float:
        """How far one can zoom in, 1 if not at all."""
        return min(ZOOM_MAX, max(1.0, min(self.width, self.height) / SIDE_MIN))

    @property
    def side(self) -> float:
        """How wide and high the square is."""
        return min(self.width, self.height) / self.zoom

    @property
    def left(self) -> float:
        """Where the square begins."""
        return self.x - self.side / 2

    @property
    def top(self) -> float:
        """Where the square begins."""
        return self.y - self.side / 2

    def scale(self, diameter: float) -> float:
        """Return how many pixels of a screen a pixel is where the square fills ``diameter``."""
        return diameter / self.side

    def moved(self, dx: float, dy: float) -> Crop:
        """Move the square over the picture."""
        return replace(self, x=self.x + dx, y=self.y + dy)._inside()

    def zoomed(self, zoom: float) -> Crop:
        """Zoom around the middle of the square."""
        return replace(self, zoom=min(self.zoom_max, max(1.0, zoom)))._inside()

    def _inside(self) -> Crop:
        half = self.side / 2
        return replace(
            self,
            x=min(max(self.x, half), self.width - half),
            y=min(max(self.y, half), self.height - half),
        )
