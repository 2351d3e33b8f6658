"""Menus whose rows are high enough to be hit: at least 32 pixels, as everything that is pressed.

Only menus get a style of their own: one for the whole application would call Python for every
button that is painted, and a style sheet would lay out all windows anew with each theme.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QMenu,
    QProxyStyle,
    QStyle,
    QStyleOption,
    QStyleOptionMenuItem,
    QWidget,
)

from desktop.ui.fonts import scaled
from desktop.ui.theme import tokens

__all__ = ["ROW_HEIGHT", "Menu"]

ROW_HEIGHT = 32
INSET = 5


class MenuStyle(QProxyStyle):
    """Fusion, with higher rows, and separators that are seen on every ground."""

    def sizeFromContents(  # noqa: N802
        self,
        kind: QStyle.ContentsType,
        option: QStyleOption,
        size: QSize,
        widget: QWidget | None = None,
    ) -> QSize:
        """Return the size of a row; separators stay thin."""
        # Qt asks without a widget too; only its stub says that there is always one.
        needed = super().sizeFromContents(kind, option, size, widget)  # type: ignore[arg-type]
        if kind is not QStyle.ContentsType.CT_MenuItem:
            return needed
        assert isinstance(option, QStyleOptionMenuItem)
        if option.menuItemType != QStyleOptionMenuItem.MenuItemType.Separator:
            needed.setHeight(max(needed.height(), scaled(ROW_HEIGHT), ROW_HEIGHT))
        return needed

    def drawControl(  # noqa: N802
        self,
        element: QStyle.ControlElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Paint a row; a separator is a hairline of the theme's."""
        separator = QStyleOptionMenuItem.MenuItemType.Separator
        if isinstance(option, QStyleOptionMenuItem) and option.menuItemType == separator:
            rect = option.rect
            line = QRect(rect.left() + INSET, rect.center().y(), rect.width() - 2 * INSET, 1)
            painter.fillRect(line, tokens().border)
            return
        super().drawControl(element, option, painter, widget)


_style: list[MenuStyle] = []


def _menu_style() -> MenuStyle:
    """Return the one style of all menus, made when the first menu is."""
    if not _style:
        _style.append(MenuStyle("Fusion"))
    return _style[0]


class Menu(QMenu):
    """A menu with high rows, and so are its branches."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyle(_menu_style())

    def add_branch(self, words: str) -> Menu:
        """Add a row that opens another menu, and return that."""
        branch = Menu(self)
        branch.setTitle(words)
        self.addMenu(branch)
        return branch
