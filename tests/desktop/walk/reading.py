"""Goes through a window as a screen reader does, and through the words that it paints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface, QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QWidget,
)

from desktop.commands import LookAtFile
from tests.desktop.fake_port import FakePort

__all__ = ["Heard", "Painted", "heard", "said_by_people", "shown_words", "without_words_of"]

ROLE = QAccessible.Role
CONTROLS = frozenset(
    {
        ROLE.Button,
        ROLE.ButtonDropDown,
        ROLE.ButtonMenu,
        ROLE.CheckBox,
        ROLE.ComboBox,
        ROLE.Dialog,
        ROLE.EditableText,
        ROLE.HotkeyField,
        ROLE.Link,
        ROLE.List,
        ROLE.ListItem,
        ROLE.MenuItem,
        ROLE.PageTab,
        ROLE.ProgressBar,
        ROLE.RadioButton,
        ROLE.Slider,
        ROLE.SpinBox,
        ROLE.Switch,
        ROLE.Table,
        ROLE.Tree,
        ROLE.TreeItem,
        ROLE.Window,
    }
)
NO_ROLES = frozenset({ROLE.NoRole, ROLE.Client, ROLE.Grouping, ROLE.Pane})
DEPTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Heard:
    """What a screen reader says of one control, and where it is."""

    place: str
    role: str
    name: str
    siblings: int  # Of those of the same parent, how many with this role come with this name.
    classes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.role} “{self.name}” in {self.place}"


def heard(window: QWidget) -> list[Heard]:
    """Return every visible control of a window."""
    _forget_lists(window)
    root = QAccessible.queryAccessibleInterface(window)
    assert root is not None
    return list(_walk(root, type(window).__name__, 0))


def unreachable(window: QWidget) -> list[str]:
    """Return widgets that take the keyboard or clicks but are nothing to a screen reader."""
    found = []
    for widget in _visible(window):
        if not isinstance(widget, QAbstractButton | QLineEdit | QAbstractScrollArea):
            continue
        if isinstance(widget, QAbstractScrollArea) and widget.focusPolicy().value == 0:
            continue
        if widget.objectName().startswith("qt_"):
            continue  # A part of a control of Qt's.
        interface = _said(QAccessible.queryAccessibleInterface(widget))
        if interface is None or interface.role() in NO_ROLES:
            found.append(type(widget).__name__)
    return found


def _walk(at: QAccessibleInterface, place: str, depth: int) -> Iterator[Heard]:
    children = [child for child in _children(at) if not child.state().invisible]
    said = [(child.role(), _text(child)) for child in children]
    for child, what in zip(children, said, strict=True):
        classes = _classes(child)
        if what[0] in CONTROLS and not _is_inner(child):
            yield Heard(place, what[0].name, what[1], said.count(what), classes)
        if depth < DEPTH_MAX:
            inner = what[1] or (classes[0] if classes else what[0].name)
            yield from _walk(child, f"{place} / {inner}", depth + 1)


def _children(at: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    for index in range(at.childCount()):
        child = _said(at.child(index))
        if child is not None and child.isValid():
            yield child


def _is_inner(interface: QAccessibleInterface) -> bool:
    """Whether Qt made this as a part of a control that has a name of its own."""
    thing: QObject | None = interface.object()
    return thing is not None and thing.objectName().startswith("qt_")


def _classes(interface: QAccessibleInterface) -> tuple[str, ...]:
    """Return the names of the classes behind an interface; an entry of a list has none."""
    thing: QObject | None = interface.object()
    return () if thing is None else tuple(c.__name__ for c in type(thing).__mro__)


def _said(interface: QAccessibleInterface | None) -> QAccessibleInterface | None:
    """PySide says that there always is one; Qt does not."""
    return interface


def _text(interface: QAccessibleInterface) -> str:
    return interface.text(QAccessible.Text.Name) or ""


def _forget_lists(window: QWidget) -> None:
    """Let Qt make the interfaces of lists anew: without a screen reader it does not keep them."""
    for view in window.findChildren(QAbstractItemView):
        interface = QAccessible.queryAccessibleInterface(view)
        QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(interface))


# Words.


@dataclass(slots=True)
class Painted:
    """Words that painters of ours drew, and those they had to cut."""

    words: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, window: QWidget, monkeypatch: pytest.MonkeyPatch) -> Painted:
        """Paint a window and write down what is drawn."""
        painted = cls()
        with monkeypatch.context() as patch:
            painted._listen(patch)
            window.grab()
        return painted

    def _listen(self, patch: pytest.MonkeyPatch) -> None:
        draw = QPainter.drawText

        def draw_text(painter: QPainter, *arguments: object) -> object:
            self.words += [each for each in arguments if isinstance(each, str)]
            return draw(painter, *arguments)  # type: ignore[call-overload]

        patch.setattr(QPainter, "drawText", draw_text)
        for kind in (QFontMetrics, QFontMetricsF):
            patch.setattr(kind, "elidedText", self._listener(kind.elidedText))

    def _listener(self, elide: Callable[..., str]) -> Callable[..., str]:
        def elided_text(metrics: object, text: str, *arguments: object) -> str:
            shown = elide(metrics, text, *arguments)
            if shown != text:
                self.cut.append(text)
            return shown

        return elided_text


def shown_words(window: QWidget) -> list[str]:
    """Return what the widgets of a window say by their properties."""
    words = [window.windowTitle()]
    for widget in _visible(window):
        words += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if isinstance(widget, QLabel | QAbstractButton):
            words.append(widget.text())
        elif isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
            words.append(widget.placeholderText())
        elif isinstance(widget, QMenu):
            words += [action.text() for action in widget.actions()]
    return [each for each in words if each]


def cut_words(window: QWidget) -> list[str]:
    """Return what widgets of a window have no room for."""
    return [
        f"{type(widget).__name__} “{text}”: {why}"
        for widget in _visible(window)
        for text, why in [_cut(widget)]
        if why
    ]


def _cut(widget: QWidget) -> tuple[str, str]:
    size = widget.size()
    if isinstance(widget, QLabel) and widget.text() and widget.pixmap().isNull():
        if widget.wordWrap():
            needed = widget.heightForWidth(size.width())
            return widget.text(), _lack("high", needed, size.height())
        return widget.text(), _lack("wide", widget.minimumSizeHint().width(), size.width())
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return "", ""  # Its text is said, not shown.
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text(), _lack("wide", widget.sizeHint().width(), size.width())
    if isinstance(widget, QLineEdit) and widget.placeholderText() and not widget.text():
        margins = widget.textMargins()
        room = size.width() - margins.left() - margins.right()
        needed = widget.fontMetrics().horizontalAdvance(widget.placeholderText())
        return widget.placeholderText(), _lack("wide", needed, room)
    return "", ""


def _lack(way: str, needed: int, there: int) -> str:
    return f"{needed} pixels {way}, {there} there" if needed > there else ""


def _visible(window: QWidget) -> Iterator[QWidget]:
    for widget in [window, *window.findChildren(QWidget)]:
        if widget.isVisible() and widget.window() is window and not widget.size().isEmpty():
            yield widget


# What people wrote.


def said_by_people(port: FakePort) -> list[str]:
    """Return the names, texts and addresses of a world, longest first: nobody translates them."""
    found: set[str] = set()
    for thing in (
        port.own,
        list(port.contacts.values()),
        port.requests,
        port.strangers,
        list(port.conversations.values()),
        list(port.rows.values()),
        port.members,
        port.joining,
        port.devices,
        port.friend_groups,
    ):
        found |= set(_strings(msgspec.to_builtins(thing)))
    looked_at = (each for each in port.sent if isinstance(each, LookAtFile))
    found |= {Path(each.path).name for each in looked_at}
    found |= {line for text in found for line in text.splitlines()}
    return sorted((each for each in found if each.strip()), key=len, reverse=True)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _is_cut(text: str, begun: str, ended: str) -> bool:
    return text.startswith(begun) and text.endswith(ended)


def without_words_of(people: Iterable[str], text: str) -> str:
    """Return what is left of a text when what people said is taken out of it."""
    begun, dots, ended = text.rpartition("…")
    if dots and any(_is_cut(" ".join(each.split()), begun, ended) for each in people):
        return ""
    for each in people:
        text = text.replace(each, " ").replace(" ".join(each.split()), " ")
    words = re.findall(r"[^\W\d_]{2,}", text)
    # What a search found is painted in pieces.
    return " ".join(w for w in words if w.isascii() or not any(w in each for each in people))
