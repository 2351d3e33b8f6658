"""Menus whose rows are high enough to be hit: at least 32 pixels, as everything that is pressed.

Only menus get a style of their own: one for the whole application would call Python for every
button that is painted, and a style sheet would lay out all windows anew with each theme.
"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QMenu,
    QProxyStyle,
    QStyle,
    QStyleOption,
    QStyleOptionMenuItem,
    QWidget,
)

from desktop.ui.fonts import scaled

__all__ = ["ROW_HEIGHT", "Menu"]

ROW_HEIGHT = 32


class MenuStyle(QProxyStyle):
    """Fusion, with higher rows."""

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
