"""What rows of a timeline say in words: for lines without a bubble, quotes, lists and readers."""

from __future__ import annotations

from collections.abc import Callable

from desktop.events import MessageKind, MessageRow, MessageState, Quote, SystemKind
from desktop.models.transfers import Progress
from desktop.ui.file_words import file_sentence, name_words
from desktop.ui.timers import timer_words
from desktop.ui.times import clock_time, full_time
from desktop.ui.translate import error_sentence, translate
from shared.identifiers import AccountId

__all__ = [
    "describe_row",
    "line_words",
    "quote_words",
    "row_words",
    "system_words",
    "times_of",
]

NameOf = Callable[[AccountId], str]

_NAMED_LINES = {
    SystemKind.CREATED: "system.created_by",
    SystemKind.ADDED: "system.added_by",
    SystemKind.JOINED: "system.joined_named",
    SystemKind.REMOVED: "system.removed_by",
    SystemKind.LEFT: "system.left_named",
    SystemKind.ROLE_CHANGED: "system.role_changed_by",
    SystemKind.RENAMED: "system.renamed_by",
    SystemKind.ROOT_CHANGED: "system.root_changed_named",
}


def row_words(row: MessageRow) -> str:
    """Return what a row says: its text, or a sentence for what has none."""
    match row.kind:
        case MessageKind.TEXT:
            return row.text
        case MessageKind.FILE:
            name = "" if row.file is None else name_words(row.file.name)
            is_picture = row.file is not None and bool(row.file.width)
            line = translate("timeline.picture" if is_picture else "timeline.file", name=name)
            return f"{line}\n{row.text}" if row.text else line
        case MessageKind.UNREADABLE:
            return translate("timeline.unreadable")
        case MessageKind.REMOVED:
            return translate("timeline.removed")
        case MessageKind.UNSUPPORTED:
            return translate("timeline.unsupported")
        case MessageKind.RECALLED:
            return translate("timeline.recalled")
        case MessageKind.SYSTEM:
            return system_words(row.system, row.text)


def system_words(system: SystemKind | None, text: str) -> str:
    """Return what happened to a conversation, in words."""
    if system is SystemKind.TIMER_CHANGED:
        seconds = int(text) if text.isdigit() else 0
        key = "system.timer_changed" if seconds else "system.timer_off"
        return translate(key, text=timer_words(seconds))
    return translate(f"system.{(system or SystemKind.CREATED).value}", text=text)


def line_words(row: MessageRow, name_of: NameOf, *, is_group: bool) -> str:
    """Return what a line without a bubble says; in a group who did what, if all are known."""
    key = _NAMED_LINES.get(row.system) if row.system is not None else None
    who, names = name_of(row.sender), [name_of(account) for account in row.subjects]
    if not is_group or key is None or not who or not all(names):
        return row_words(row)
    if not names and row.system not in (SystemKind.CREATED, SystemKind.RENAMED):
        return row_words(row)
    return translate(key, who=who, names=translate("list.comma").join(names), text=row.text)


def quote_words(quote: Quote | None) -> str:
    """Return what is shown of a message that is answered; ``None``: it is not here."""
    if quote is None:
        return translate("timeline.quote_gone")
    if quote.kind is MessageKind.RECALLED:
        return translate("timeline.recalled")
    if quote.kind is MessageKind.FILE and quote.text:
        return translate("timeline.file", name=name_words(quote.text))
    return quote.text.replace("\n", " ") or translate("timeline.quote_gone")


def describe_row(row: MessageRow, who: str, progress: Progress) -> str:
    """Say a row in one sentence: who, what, when, and how far it is."""
    time = clock_time(row.shown_at_ms)
    words = translate("timeline.row", who=who, text=row_words(row), time=time)
    parts = [words]
    if row.file is not None:
        parts.append(file_sentence(row.file, progress))
    if row.reply_to:
        parts.append(translate("timeline.answers", text=quote_words(row.quote)))
    if row.is_edited:
        parts.append(translate("timeline.edited"))
    parts += [f"{reaction.emoji} {len(reaction.accounts)}" for reaction in row.reactions]
    if row.is_own:
        state = MessageState.WAITING if row.is_changing else row.state
        parts.append(translate(f"state.{state.value}"))
    if row.refusal:
        parts.append(error_sentence(row.refusal))
    return ", ".join(part for part in parts if part)


def times_of(row: MessageRow) -> str:
    """Say all times of a message, one a line."""
    lines = [translate("times.sent", time=full_time(row.sent_at_ms or row.shown_at_ms))]
    if row.received_at_ms:
        lines.append(translate("times.accepted", time=full_time(row.received_at_ms)))
    if row.delivered_at_ms:
        lines.append(translate("times.delivered", time=full_time(row.delivered_at_ms)))
    if row.read_at_ms:
        lines.append(translate("times.read", time=full_time(row.read_at_ms)))
    if row.state is MessageState.WAITING:
        lines.append(translate("times.waiting"))
    if row.expires_at_ms:
        lines.append(translate("times.expires", time=full_time(row.expires_at_ms)))
    if row.refusal:
        lines.append(error_sentence(row.refusal))
    return "\n".join(lines)
