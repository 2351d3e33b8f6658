"""Buttons, text fields, labels and scroll bars in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QLineEdit,
    QScrollBar,
    QSizePolicy,
    QWidget,
)

from desktop.ui.fonts import font, fonts, scaled, use_font
from desktop.ui.icons import icon, paint_icon
from desktop.ui.theme import Tokens, theme, tokens

__all__ = [
    "UNBOUNDED",
    "Button",
    "ButtonKind",
    "Field",
    "IconButton",
    "Ink",
    "Label",
    "LineLabel",
    "PasswordField",
    "Pressable",
    "ScrollBar",
    "SearchField",
    "WordButton",
    "bar_height",
    "color_field",
    "paint_badge",
    "paint_focus_ring",
]

Ink = Callable[[Tokens], QColor]

UNBOUNDED = 16_777_215  # Qt's own, for a size without a bound.
_BAR_HEIGHT = 56


def bar_height() -> int:
    """Return how high the bar above a pane is: two lines of the letters that hold now."""
    return max(_BAR_HEIGHT, scaled(_BAR_HEIGHT))


def paint_focus_ring(painter: QPainter, rect: QRectF, radius: float) -> None:
    """Show that the keyboard is here: a ring of 2 px inside ``rect``."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setColor(tokens().focus)
    pen.setWidth(2)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)


def paint_badge(
    painter: QPainter, *, right: float, center: float, count: int, height: float, fill: QColor
) -> float:
    """Paint a number in a pill that ends at ``right``; return where it begins."""
    text = str(count) if count < 1000 else "999+"
    painter.setFont(font(11, 600))
    width = max(height, QFontMetricsF(painter.font()).horizontalAdvance(text) + 11)
    rect = QRectF(right - width, center - height / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect, height / 2, height / 2)
    painter.setPen(tokens().on_badge)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    return rect.left()


class Pressable(QAbstractButton):
    """A button that knows whether the mouse is on it and whether the keyboard brought focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_hovered = False
        self._shows_focus = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        """The mouse came."""
        self._is_hovered = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """The mouse left."""
        self._is_hovered = False
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Enter presses a button as the space bar does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Show the ring only where the keyboard is used."""
        self._shows_focus = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        super().focusInEvent(event)

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """The ring goes."""
        self._shows_focus = False
        super().focusOutEvent(event)


class IconButton(Pressable):
    """A round-cornered button with an icon, a name for screen readers and perhaps a badge."""

    def __init__(
        self,
        icon_name: str,
        *,
        side: int = 36,
        icon_side: int = 20,
        is_filled: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon_side = icon_side
        self._is_filled = is_filled
        self.badge = 0
        self.setFixedSize(side, side)

    def set_name(self, name: str) -> None:
        """Name the button for screen readers and in its tool tip."""
        if name != self.toolTip():
            self.setAccessibleName(name)
            self.setToolTip(name)

    def set_badge(self, count: int) -> None:
        """Show a number in the upper right corner; 0 shows none."""
        if count != self.badge:
            self.badge = count
            self.update()

    def set_icon(self, icon_name: str) -> None:
        """Show another icon."""
        self._icon_name = icon_name
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A square of the side that was asked for."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, icon, badge and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        radius = rect.height() / 2 if self._is_filled else 12.0 if rect.height() >= 44 else 10.0
        ground, ink = self._colors()
        if ground is not None:
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, radius, radius)
        side = self._icon_side
        at = QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side)
        paint_icon(painter, self._icon_name, at, ink)
        if self.badge:
            paint_badge(
                painter,
                right=rect.right() + 1,
                center=10,
                count=self.badge,
                height=18,
                fill=tokens().badge,
            )
        if self._shows_focus:
            paint_focus_ring(painter, rect, radius)

    def _colors(self) -> tuple[QColor | None, QColor]:
        colors = tokens()
        if self._is_filled:
            if not self.isEnabled():
                return colors.pressed, colors.text_3
            return (colors.accent_hover if self._is_hovered else colors.accent), colors.on_accent
        if self.isChecked():
            return colors.selected, colors.accent
        if self.isDown():
            return colors.pressed, colors.text
        if self._is_hovered and self.isEnabled():
            return colors.pressed, colors.text
        return None, colors.text_2 if self.isEnabled() else colors.text_3


class WordButton(Pressable):
    """Words that can be pressed, in the ink of the line that they stand in."""

    def __init__(self, ink: Ink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ink = ink
        self.setFont(font(13, 600))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_words(self, words: str) -> None:
        """Say something else; without words it is not there."""
        self.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(words))
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:  # noqa: N802
        """The words and air around them."""
        return QSize(round(QFontMetricsF(self.font()).horizontalAdvance(self.text())) + 20, 32)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the words, underlined while the mouse is on them, and the focus ring."""
        painter = QPainter(self)
        painter.setPen(self._ink(tokens()))
        words = font(13, 600)
        words.setUnderline(self._is_hovered or self.isDown())
        painter.setFont(words)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._shows_focus:
            paint_focus_ring(painter, QRectF(self.rect()), 9)


class ButtonKind(Enum):
    """How much a button asks to be pressed."""

    PRIMARY = "primary"
    PLAIN = "plain"
    DANGER = "danger"
    LINK = "link"
    DANGER_LINK = "danger_link"


class Button(Pressable):
    """A button with words."""

    def __init__(
        self,
        kind: ButtonKind = ButtonKind.PLAIN,
        *,
        height: int = 38,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._is_link = kind in (ButtonKind.LINK, ButtonKind.DANGER_LINK)
        self._height = height
        use_font(self, 14 if height >= 36 else 13, 500)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The words and air around them."""
        padding = 24 if self._is_link else 32 if self._height >= 36 else 24
        width = QFontMetricsF(self.font()).horizontalAdvance(self.text())
        floor = 0 if self._is_link else 64
        return QSize(max(floor, round(width) + padding), scaled(self._height))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Words are never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, words and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        ground, ink = self._colors()
        if ground is not None:
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, 9, 9)
        painter.setPen(ink)
        painter.setFont(self.font())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._shows_focus:
            paint_focus_ring(painter, rect, 9)

    def _colors(self) -> tuple[QColor | None, QColor]:
        colors = tokens()
        is_lit = self._is_hovered or self.isDown()
        if not self.isEnabled():
            ground = None if self._is_link else colors.pressed
            return ground, colors.text_3
        match self._kind:
            case ButtonKind.PRIMARY:
                return (colors.accent_hover if is_lit else colors.accent), colors.on_accent
            case ButtonKind.PLAIN:
                return (colors.pressed if is_lit else colors.field), colors.text
            case ButtonKind.DANGER:
                return colors.danger, colors.on_danger
            case ButtonKind.LINK:
                return (colors.hover if is_lit else None), colors.link
            case ButtonKind.DANGER_LINK:
                return (colors.hover if is_lit else None), colors.danger


class Label(QLabel):
    """Words in one of the theme's inks."""

    def __init__(
        self,
        pixels: int = 14,
        weight: int = 400,
        *,
        ink: Ink = lambda colors: colors.text,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ink = ink
        use_font(self, pixels, weight)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        theme().changed.connect(self._recolor)
        self._recolor()

    def set_ink(self, ink: Ink) -> None:
        """Write in another ink."""
        if ink is not self._ink:
            self._ink = ink
            self._recolor()

    def _recolor(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, self._ink(tokens()))
        self.setPalette(palette)


class LineLabel(Label):
    """One line of words that ends in an ellipsis where there is no room for all of it."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """It may get as narrow as it has to."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint what fits; all of it is in the tool tip then."""
        painter = QPainter(self)
        painter.setPen(self._ink(tokens()))
        painter.setFont(self.font())
        room, metrics = self.contentsRect(), QFontMetricsF(self.font())
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.setToolTip("" if shown == self.text() else self.text())
        painter.drawText(room, self.alignment(), shown)


def color_field(field: QWidget) -> None:
    """Give a field of text without a ground of its own the colours that hold now."""
    palette = QPalette(field.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
    palette.setColor(QPalette.ColorRole.Text, tokens().text)
    palette.setColor(QPalette.ColorRole.PlaceholderText, tokens().text_3)
    palette.setColor(QPalette.ColorRole.Highlight, tokens().selection)
    palette.setColor(QPalette.ColorRole.HighlightedText, tokens().text)
    field.setPalette(palette)


def paint_field(painter: QPainter, rect: QRectF, *, has_focus: bool) -> None:
    """Paint the ground of a field, and the ring while the keyboard is there."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens().field)
    painter.drawRoundedRect(rect, 10, 10)
    if has_focus:
        paint_focus_ring(painter, rect, 10)


class Field(QLineEdit):
    """One line of text on a rounded ground, with an icon in front if wanted."""

    def __init__(
        self, *, icon_name: str = "", height: int = 40, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._height = height
        self.setFrame(False)
        use_font(self, 14)
        self._resize()
        self.setTextMargins(34 if icon_name else 10, 0, 8, 0)
        fonts().changed.connect(self._resize)
        theme().changed.connect(self._recolor)
        self._recolor()

    def set_name(self, name: str) -> None:
        """Name the field for screen readers."""
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground, then Qt's text on it, then the ring."""
        painter = QPainter(self)
        paint_field(painter, QRectF(self.rect()), has_focus=self.hasFocus())
        if self._icon_name:
            at = QRectF(11, self.height() / 2 - 9, 18, 18)
            paint_icon(painter, self._icon_name, at, tokens().text_3)
        painter.end()
        super().paintEvent(event)

    def _resize(self) -> None:
        self.setFixedHeight(scaled(self._height))

    def _recolor(self) -> None:
        color_field(self)


class PasswordField(Field):
    """A field that hides what is typed until the eye is pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = QAction(self)
        self._eye.triggered.connect(self._toggle)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._show_eye()

    def set_eye_name(self, name: str) -> None:
        """Name the eye in its tool tip."""
        self._eye.setText(name)
        self._eye.setToolTip(name)

    def _toggle(self) -> None:
        is_hidden = self.echoMode() is QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if is_hidden else QLineEdit.EchoMode.Password
        self.setEchoMode(mode)
        self._show_eye()

    def _show_eye(self) -> None:
        is_hidden = self.echoMode() is QLineEdit.EchoMode.Password
        self._eye.setIcon(icon("eye" if is_hidden else "eye-off", tokens().text_3))

    def _recolor(self) -> None:
        super()._recolor()
        if hasattr(self, "_eye"):
            self._show_eye()


class SearchField(Field):
    """The search box on top of a list; Escape empties it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(icon_name="search", height=36, parent=parent)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Escape empties the box; everything else is Qt's."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class ScrollBar(QScrollBar):
    """A slim handle without a groove."""

    def __init__(
        self, orientation: Qt.Orientation = Qt.Orientation.Vertical, parent: QWidget | None = None
    ) -> None:
        super().__init__(orientation, parent)
        self._ground: Ink = lambda colors: colors.list

    def set_ground(self, ground: Ink) -> None:
        """Stand on another ground than a list's."""
        self._ground = ground

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ten pixels wide, as long as it gets."""
        return QSize(10, 60)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the handle, if there is anything to scroll."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground(tokens()))
        span = self.maximum() - self.minimum()
        if span <= 0:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        color = QColor(tokens().text_3)
        color.setAlpha(150 if self.underMouse() or self.isSliderDown() else 90)
        painter.setBrush(color)
        length = self.height() - 4
        handle = max(28.0, length * self.pageStep() / (span + self.pageStep()))
        top = 2 + (length - handle) * (self.value() - self.minimum()) / span
        painter.drawRoundedRect(QRectF(2.5, top, 5, handle), 2.5, 2.5)
