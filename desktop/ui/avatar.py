"""Round pictures of people: their own, or the first letter of their name on a colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.events import Profile
from desktop.models.session import Session
from desktop.ui.controls import Pressable, paint_badge
from desktop.ui.fonts import font
from desktop.ui.theme import AVATAR_FILLS, AVATAR_INK, tokens

__all__ = ["AvatarButton", "initial", "paint_avatar"]


def initial(name: str) -> str:
    """Return the letter that stands for a name."""
    return next((sign.upper() for sign in name if sign.isalnum()), "#")


def paint_avatar(
    painter: QPainter,
    rect: QRectF,
    *,
    profile: Profile,
    image: QImage | None,
    is_online: bool = False,
    ground: QColor | None = None,
) -> None:
    """Paint a person; the dot of presence stands on a ring in the colour of the ground."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(Qt.PenStyle.NoPen)
    if image is not None:
        path = QPainterPath()
        path.addEllipse(rect)
        painter.setClipPath(path)
        painter.drawImage(rect, image)
        painter.setClipping(False)
    else:
        painter.setBrush(AVATAR_FILLS[profile.account % len(AVATAR_FILLS)])
        painter.drawEllipse(rect)
        painter.setPen(AVATAR_INK)
        letters = font(14, 600)
        letters.setPixelSize(round(rect.height() * 0.4))  # The circle does not grow with letters.
        painter.setFont(letters)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, initial(profile.nickname))
        painter.setPen(Qt.PenStyle.NoPen)
    if is_online:
        dot = max(10.0, rect.height() * 0.24)
        at = QRectF(rect.right() - dot + 1, rect.bottom() - dot + 1, dot, dot)
        painter.setBrush(ground or tokens().list)
        painter.drawEllipse(at.adjusted(-2, -2, 2, 2))
        painter.setBrush(tokens().online)
        painter.drawEllipse(at)
    painter.restore()


class AvatarButton(Pressable):
    """A person's picture that can be pressed."""

    def __init__(self, session: Session, pixels: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._profile: Profile | None = None
        self._image: QImage | None = None
        self.badge = 0
        self.setFixedSize(pixels + 8, pixels + 8)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        session.avatars.loaded.connect(self._on_loaded)

    def show_profile(self, profile: Profile | None, image: QImage | None = None) -> None:
        """Show this person; with ``image`` another picture than the stored one."""
        if profile != self._profile or image is not self._image:
            self._profile, self._image = profile, image
            self.update()

    def set_badge(self, count: int) -> None:
        """Show a number in the lower right corner; 0 shows none."""
        if count != self.badge:
            self.badge = count
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """The picture and room for the focus ring."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the picture, and a ring if the keyboard is here."""
        if self._profile is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        image = self._image or self._session.avatars.image(self._profile)
        rect = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        paint_avatar(painter, rect, profile=self._profile, image=image)
        if self.badge:
            bottom = self.height() - 9
            paint_badge(
                painter,
                right=self.width(),
                center=bottom,
                count=self.badge,
                height=16,
                fill=tokens().badge,
            )
        if self._shows_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setColor(tokens().focus)
            pen.setWidth(2)
            painter.setPen(pen)
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _on_loaded(self, account: object) -> None:
        if self._profile is not None and self._profile.account == account:
            self.update()
