"""Says where two pictures differ, to the pixel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage

__all__ = ["difference"]


def difference(actual: Path, golden: Path) -> str:
    """Return in words how a picture differs from its golden one; nothing if it does not."""
    if not golden.exists():
        return f"there is no {golden.name}"
    one, other = _pixels(actual), _pixels(golden)
    if one.size() != other.size():
        return (
            f"{golden.name}: {one.width()} x {one.height()} pixels instead of"
            f" {other.width()} x {other.height()}"
        )
    if one == other:
        return ""
    return f"{golden.name}: {_where(one, other)}"


def _pixels(path: Path) -> QImage:
    image = QImage(str(path))
    assert not image.isNull(), path
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _where(one: QImage, other: QImage) -> str:
    """Return how many pixels differ, the box they lie in, and the first of them."""
    width = one.width()
    mine = memoryview(one.constBits()).cast("I")
    theirs = memoryview(other.constBits()).cast("I")
    differing = [at for at, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    columns = [at % width for at in differing]
    first = differing[0]
    return (
        f"{len(differing)} pixels differ, in x {min(columns)}–{max(columns)},"
        f" y {differing[0] // width}–{differing[-1] // width}; the first is"
        f" #{mine[first] & 0xFFFFFF:06x} instead of #{theirs[first] & 0xFFFFFF:06x}"
        f" at ({first % width}, {first // width})"
    )
