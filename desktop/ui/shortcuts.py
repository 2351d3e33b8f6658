"""Every shortcut in one table: windows register from it, and the list of shortcuts shows it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from shared import limits

__all__ = ["SHORTCUTS", "Group", "Shortcut", "keys_of", "register"]

_PRINTED = {"Down": "↓", "Left": "←", "Return": "Enter", "Right": "→", "Up": "↑"}


class Group(Enum):
    """Where a shortcut works."""

    EVERYWHERE = "everywhere"
    CHAT = "chat"
    WRITING = "writing"
    LISTS = "lists"


class Shortcut(Enum):
    """What is done; ``shortcut.NAME`` says it."""

    SWITCH = "switch"
    SEARCH_EVERYWHERE = "search_everywhere"
    SEARCH_CHAT = "search_chat"
    SHORTCUTS = "shortcuts"
    SETTINGS = "settings"
    CHATS = "chats"
    CONTACTS = "contacts"
    NOTES = "notes"
    NEXT_CHAT = "next_chat"
    PREVIOUS_CHAT = "previous_chat"
    NEXT_PANE = "next_pane"
    PREVIOUS_PANE = "previous_pane"
    FOLD = "fold"
    ADD_CONTACT = "add_contact"
    ACCOUNTS = "accounts"
    LOCK = "lock"
    QUIT = "quit"
    CLOSE_WINDOW = "close_window"
    CLOSE = "close"
    MOVE_MESSAGES = "move_messages"
    SCROLL = "scroll"
    ENDS = "ends"
    MESSAGE_MENU = "message_menu"
    COPY = "copy"
    REPLY = "reply"
    EDIT = "edit"
    RECALL = "recall"
    SEND = "send"
    BREAK_LINE = "break_line"
    MARK_BOLD = "mark_bold"
    MARK_ITALIC = "mark_italic"
    MARK_STRUCK = "mark_struck"
    MARK_CODE = "mark_code"
    EDIT_LAST = "edit_last"
    STOP_STRIP = "stop_strip"
    MOVE_ROWS = "move_rows"
    CHOOSE = "choose"
    ROW_MENU = "row_menu"
    RENAME = "rename"
    DELETE_ROW = "delete_row"


# What is pressed. A shortcut without a place in `register` is a key of the widget that has the
# keyboard; its row tells what that widget does.
SHORTCUTS: dict[Shortcut, tuple[Group, tuple[str, ...]]] = {
    Shortcut.SWITCH: (Group.EVERYWHERE, ("Ctrl+K",)),
    Shortcut.SEARCH_EVERYWHERE: (Group.EVERYWHERE, ("Ctrl+Shift+F",)),
    Shortcut.CHATS: (Group.EVERYWHERE, ("Ctrl+1",)),
    Shortcut.CONTACTS: (Group.EVERYWHERE, ("Ctrl+2",)),
    Shortcut.NOTES: (Group.EVERYWHERE, ("Ctrl+3",)),
    Shortcut.NEXT_CHAT: (Group.EVERYWHERE, ("Ctrl+Tab", "Alt+Down")),
    Shortcut.PREVIOUS_CHAT: (Group.EVERYWHERE, ("Ctrl+Shift+Tab", "Alt+Up")),
    Shortcut.NEXT_PANE: (Group.EVERYWHERE, ("F6",)),
    Shortcut.PREVIOUS_PANE: (Group.EVERYWHERE, ("Shift+F6",)),
    Shortcut.FOLD: (Group.EVERYWHERE, ("Ctrl+Shift+D",)),
    Shortcut.ADD_CONTACT: (Group.EVERYWHERE, ("Ctrl+N",)),
    Shortcut.SETTINGS: (Group.EVERYWHERE, ("Ctrl+,",)),
    Shortcut.SHORTCUTS: (Group.EVERYWHERE, ("Ctrl+/",)),
    Shortcut.ACCOUNTS: (
        Group.EVERYWHERE,
        tuple(f"Ctrl+Shift+{place + 1}" for place in range(limits.ACCOUNTS_MAX)),
    ),
    Shortcut.LOCK: (Group.EVERYWHERE, ("Ctrl+L",)),
    Shortcut.QUIT: (Group.EVERYWHERE, ("Ctrl+Q",)),
    Shortcut.CLOSE: (Group.EVERYWHERE, ("Escape",)),
    Shortcut.SEARCH_CHAT: (Group.CHAT, ("Ctrl+F",)),
    Shortcut.CLOSE_WINDOW: (Group.CHAT, ("Ctrl+W",)),
    Shortcut.MOVE_MESSAGES: (Group.CHAT, ("Up", "Down")),
    Shortcut.SCROLL: (Group.CHAT, ("PgUp", "PgDown")),
    Shortcut.ENDS: (Group.CHAT, ("Home", "End")),
    Shortcut.MESSAGE_MENU: (Group.CHAT, ("Return", "Menu")),
    Shortcut.COPY: (Group.CHAT, ("Ctrl+C",)),
    Shortcut.REPLY: (Group.CHAT, ("R",)),
    Shortcut.EDIT: (Group.CHAT, ("E",)),
    Shortcut.RECALL: (Group.CHAT, ("Delete",)),
    Shortcut.SEND: (Group.WRITING, ("Return",)),
    Shortcut.BREAK_LINE: (Group.WRITING, ("Shift+Return",)),
    Shortcut.MARK_BOLD: (Group.WRITING, ("Ctrl+B",)),
    Shortcut.MARK_ITALIC: (Group.WRITING, ("Ctrl+I",)),
    Shortcut.MARK_STRUCK: (Group.WRITING, ("Ctrl+Shift+X",)),
    Shortcut.MARK_CODE: (Group.WRITING, ("Ctrl+Shift+M",)),
    Shortcut.EDIT_LAST: (Group.WRITING, ("Up",)),
    Shortcut.STOP_STRIP: (Group.WRITING, ("Escape",)),
    Shortcut.MOVE_ROWS: (Group.LISTS, ("Up", "Down")),
    Shortcut.CHOOSE: (Group.LISTS, ("Return",)),
    Shortcut.ROW_MENU: (Group.LISTS, ("Menu", "Shift+F10")),
    Shortcut.RENAME: (Group.LISTS, ("F2",)),
    Shortcut.DELETE_ROW: (Group.LISTS, ("Delete",)),
}


def keys_of(shortcut: Shortcut) -> str:
    """Return the keys as this system writes them."""
    _, keys = SHORTCUTS[shortcut]
    native = [_as_printed(each) for each in keys]
    # A row of digits is said by its ends.
    return f"{native[0]} … {native[-1][-1]}" if len(native) > 2 else " / ".join(native)


def _as_printed(keys: str) -> str:
    """Return keys as they are printed on keyboards, whatever language one speaks."""
    form = QKeySequence.SequenceFormat.NativeText
    native, last = QKeySequence(keys).toString(form), keys.rpartition("+")[2]
    if last not in _PRINTED:
        return native
    # Qt has names for these in the language that it speaks.
    return native.removesuffix(QKeySequence(last).toString(form)) + _PRINTED[last]


def register(
    widget: QWidget,
    shortcut: Shortcut,
    act: Callable[[], object],
    *,
    context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
) -> None:
    """Let the keys of a shortcut do something in the window of ``widget``."""
    _, keys = SHORTCUTS[shortcut]
    for each in keys:
        made = QShortcut(QKeySequence(each), widget)
        made.setContext(context)
        made.activated.connect(lambda: act())
