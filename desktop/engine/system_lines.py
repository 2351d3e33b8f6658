"""What a change of the roster is told as: one line for each handshake that people may notice."""

from __future__ import annotations

from desktop.events import SystemKind
from shared.identifiers import AccountId
from shared.roster import ConversationKind, RosterDocument
from shared.roster_rules import member_of

__all__ = ["SystemLine", "line_of", "newcomers_line_of"]

SystemLine = tuple[SystemKind, tuple[int, ...], str]


def line_of(before: RosterDocument | None, after: RosterDocument) -> SystemLine | None:
    """Return kind, subjects and text of the line for a handshake; ``None``: nobody cares.

    Args:
        before: The roster before it; ``None`` at the creation.
        after: The roster after it.
    """
    is_group = after.kind is ConversationKind.GROUP
    if before is None:
        return (SystemKind.CREATED, (), "") if is_group else None
    changed_roots = _re_rooted(before, after)
    if changed_roots:
        return SystemKind.ROOT_CHANGED, changed_roots, ""
    if not is_group:
        return _history_line(before, after)
    return _member_line(before, after) or _role_line(before, after) or _history_line(before, after)


def newcomers_line_of(after: RosterDocument) -> SystemLine | None:
    """Return the line for a handshake whose state before is not known to those it added."""
    come = tuple(
        AccountId(each.account) for each in after.members if each.since == after.number > 1
    )
    if not come or after.kind is not ConversationKind.GROUP:
        return None
    return _come_line(come, after)


def _re_rooted(before: RosterDocument, after: RosterDocument) -> tuple[AccountId, ...]:
    return tuple(
        AccountId(member.account)
        for member in after.members
        if (was := member_of(before, member.account)) is not None
        and was.root_key != member.root_key
    )


def _member_line(before: RosterDocument, after: RosterDocument) -> SystemLine | None:
    old = {member.account for member in before.members}
    new = {member.account for member in after.members}
    gone = tuple(AccountId(each.account) for each in before.members if each.account not in new)
    come = tuple(AccountId(each.account) for each in after.members if each.account not in old)
    if gone:
        has_left = set(gone) <= _warranted(after)
        return SystemKind.LEFT if has_left else SystemKind.REMOVED, gone, ""
    return _come_line(come, after) if come else None


def _come_line(come: tuple[AccountId, ...], after: RosterDocument) -> SystemLine:
    is_invited = set(come) <= _warranted(after)
    return SystemKind.JOINED if is_invited else SystemKind.ADDED, come, ""


def _warranted(document: RosterDocument) -> set[int]:
    return {getattr(each, "account", 0) for each in document.warrants}


def _role_line(before: RosterDocument, after: RosterDocument) -> SystemLine | None:
    for member in after.members:
        was = member_of(before, member.account)
        if was is not None and was.role is not member.role:
            return SystemKind.ROLE_CHANGED, (AccountId(member.account),), str(member.role.value)
    return None


def _history_line(before: RosterDocument, after: RosterDocument) -> SystemLine | None:
    if before.has_history is after.has_history:
        return None
    return SystemKind.HISTORY_CHANGED, (), "on" if after.has_history else "off"
