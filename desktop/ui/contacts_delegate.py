"""Paints the rows of the contacts tree; some have buttons."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from desktop.events import Contact, FriendGroup, PresenceState, Profile, Request
from desktop.models.contacts import Blocked, ContactRole, Group, Joining, Node, Section
from desktop.models.names import named
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import paint_badge, paint_focus_ring
from desktop.ui.describe import face_of, presence_ink, presence_words
from desktop.ui.fonts import font, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided, draw_name, paint_ground
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["ContactDelegate", "TreeView", "has_menu", "is_branch"]

Index = QModelIndex | QPersistentModelIndex
BRANCH_HEIGHT, ROW_HEIGHT, REQUEST_HEIGHT = 36, 58, 104
AVATAR = 40
_BUTTON_HEIGHT = 32
_MENU_WIDTH = 36


class TreeView(Protocol):
    """What the delegate asks of its view."""

    def isExpanded(self, index: QModelIndex) -> bool:  # noqa: N802
        """Whether a branch is open."""

    def is_target(self, index: Index) -> bool:
        """Whether what is dragged would go here."""


def is_branch(node: Node | None) -> bool:
    """Whether a node has others below it."""
    return isinstance(node, Section | FriendGroup)


def has_menu(node: Node | None) -> bool:
    """Whether a branch can be changed, or others made beside it."""
    return isinstance(node, FriendGroup) or node is Section.FRIENDS


class ContactDelegate(QStyledItemDelegate):
    """Paints branches, people and groups.

    Attributes:
        pressed: The button that the mouse pressed last, until the click is carried out.
    """

    def __init__(self, session: Session, view: TreeView, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._view = view
        self.pressed = ""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Requests need room for a greeting and buttons."""
        node = index.data(ContactRole.NODE)
        if is_branch(node):
            return QSize(100, scaled(BRANCH_HEIGHT))
        return QSize(100, scaled(REQUEST_HEIGHT if isinstance(node, Request) else ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one node."""
        painter.save()
        rect: QRect = option.rect
        node = index.data(ContactRole.NODE)
        if is_branch(node):
            self._paint_branch(painter, option, index, node)
        else:
            buttons = self.buttons(rect, index)
            self._paint_row(painter, option, node, buttons)
            for name, button in buttons:
                _paint_button(painter, button, name)
        painter.restore()

    def editorEvent(  # noqa: N802
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Note which button the mouse pressed; the click that follows carries it out."""
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonPress:
            rect: QRect = option.rect
            hits = (name for name, at in self.buttons(rect, index) if at.contains(event.position()))
            self.pressed = next(hits, "")
        return super().editorEvent(event, model, option, index)

    def helpEvent(self, event, view, option, index) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """Show a long greeting in full."""
        node = index.data(ContactRole.NODE)
        if isinstance(node, Request) and node.greeting:
            QToolTip.showText(event.globalPos(), node.greeting, view)
            return True
        return bool(super().helpEvent(event, view, option, index))

    def buttons(self, rect: QRect, index: Index) -> list[tuple[str, QRectF]]:
        """Return the buttons of a row and where they are."""
        node = index.data(ContactRole.NODE)
        if has_menu(node):
            left = rect.right() + 1 - _MENU_WIDTH - 6
            return [("menu", QRectF(left, rect.top(), _MENU_WIDTH, rect.height()))]
        if isinstance(node, Request):
            names = ["withdraw"] if node.is_own else ["accept", "decline"]
            return _placed(names, rect.left() + 14.0 + AVATAR + 12, rect.top() + scaled(62))
        name = "unblock" if isinstance(node, Blocked) else "review"
        if not isinstance(node, Blocked | Joining):
            return []
        begin = rect.right() + 1 - 14 - _button_width(name)
        return _placed([name], begin, rect.center().y() - scaled(_BUTTON_HEIGHT) / 2 + 0.5)

    def _paint_branch(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, node: Node
    ) -> None:
        rect = QRectF(option.rect)
        paint_ground(painter, option, radius=8)
        ink = tokens().text_2
        if self._view.is_target(index):
            ink = tokens().accent
            paint_focus_ring(painter, rect.adjusted(6, 1, -6, -1), 8)
        is_open = isinstance(index, QModelIndex) and self._view.isExpanded(index)
        chevron = "chevron-down" if is_open else "chevron-right"
        paint_icon(painter, chevron, QRectF(rect.left() + 14, rect.center().y() - 7, 14, 14), ink)
        right = rect.right() - 14
        for _, at in self.buttons(option.rect, index):
            icon = QRectF(at.center().x() - 8, at.center().y() - 8, 16, 16)
            paint_icon(painter, "ellipsis-vertical", icon, tokens().text_3)
            right = at.left()
        title = str(index.data())
        if node is Section.RECEIVED:
            # The badge says how many people wait; of them some want into the same group.
            title = translate("contacts.section_received")
            count = self._session.contacts.received
            height, fill = scaled(18), tokens().badge
            right = paint_badge(
                painter,
                right=right,
                center=rect.center().y(),
                count=count,
                height=height,
                fill=fill,
            )
        draw_elided(
            painter,
            title,
            left=rect.left() + 34,
            right=right - 6,
            center=rect.center().y(),
            font=font(12, 600),
            ink=ink,
        )

    def _paint_row(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        node: Node,
        buttons: list[tuple[str, QRectF]],
    ) -> None:
        ground, rect = paint_ground(painter, option), QRectF(option.rect)
        is_request = isinstance(node, Request)
        middle = rect.top() + (scaled(32) if is_request else rect.height() / 2)
        avatar = QRectF(rect.left() + 14, middle - AVATAR / 2, AVATAR, AVATAR)
        face, image = self._face(node)
        paint_avatar(
            painter,
            avatar,
            profile=face,
            image=image,
            is_online=self._is_online(node),
            ground=ground,
        )
        left, right = avatar.right() + 12, rect.right() - 16
        if buttons and not is_request:
            right = buttons[0][1].left() - 10
        is_verified = isinstance(node, Contact) and node.is_verified
        icons = [("badge-check", tokens().accent)] if is_verified else []
        upper = middle - scaled(10)
        draw_name(painter, face.nickname, icons, left=left, right=right, center=upper)
        words, ink = _second_line(node)
        lower = middle + scaled(11)
        draw_elided(painter, words, left=left, right=right, center=lower, font=font(13), ink=ink)

    def _face(self, node: Node) -> tuple[Profile, QImage | None]:
        """Return under which name and with which picture somebody, or a group, is shown."""
        avatars = self._session.avatars
        match node:
            case Group() | Joining():
                return face_of(node.row), avatars.picture_of(node.row)
            case Contact() | Blocked():
                return named(node.profile, node.remark), avatars.image(node.profile)
            case Request():
                return node.profile, avatars.image(node.profile)
            case _:
                raise AssertionError(type(node))

    def _is_online(self, node: Node) -> bool:
        is_there = isinstance(node, Contact) and node.presence is PresenceState.ONLINE
        return is_there and self._session.knows_presence


def _second_line(node: Node) -> tuple[str, QColor]:
    colors = tokens()
    match node:
        case Request():
            waiting = translate("contacts.waiting" if node.is_own else "contacts.wants")
            return node.greeting or waiting, colors.text_2
        case Group():
            return translate("group.member_count", count=node.row.member_count), colors.text_2
        case Joining():
            return translate("contacts.joining", count=node.row.join_requests), colors.text_2
        case Blocked():
            return f"@{node.profile.user_name}", colors.text_2
        case Contact():
            presence = presence_words(node)
            if node.profile.signature:
                return f"{presence} · {node.profile.signature}", colors.text_2
            return presence, presence_ink(node)(colors)
        case _:
            raise AssertionError(type(node))


def _button_width(name: str) -> float:
    return QFontMetricsF(font(13, 500)).horizontalAdvance(translate(f"contacts.{name}")) + 28


def _placed(names: list[str], left: float, top: float) -> list[tuple[str, QRectF]]:
    placed = []
    for name in names:
        width = _button_width(name)
        placed.append((name, QRectF(left, top, width, scaled(_BUTTON_HEIGHT))))
        left += width + 8
    return placed


def _paint_button(painter: QPainter, rect: QRectF, name: str) -> None:
    colors = tokens()
    is_main = name in ("accept", "review")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.accent if is_main else colors.pressed)
    painter.drawRoundedRect(rect, 8, 8)
    painter.setFont(font(13, 500))
    painter.setPen(colors.on_accent if is_main else colors.text)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, translate(f"contacts.{name}"))
