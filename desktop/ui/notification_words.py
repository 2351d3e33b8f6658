"""Says a notification in words: who wrote, what, and for which account."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtGui import QImage

from desktop.events import Alarm, ConversationRow, Notice, NoticeKind, Profile
from desktop.models.notifications import Note, NoteKind, Previews
from desktop.models.session import Session
from desktop.ui.translate import translate
from shared.identifiers import AccountId
from shared.roster import ConversationKind

__all__ = ["Notification", "alarm_words", "compose", "notice_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is shown under ``key``; ``can_answer``: it may be answered and marked as read."""

    key: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    can_answer: bool = False
    plays_sound: bool = False
    is_urgent: bool = False
    picture: QImage | None = field(default=None, repr=False)


def compose(note: Note, session: Session, *, key: str, account_name: str) -> Notification:
    """Say a note; ``account_name`` where several accounts are open, else empty."""
    title, body = _words(note, session)
    if account_name and note.previews is not Previews.NONE:
        title = translate("alert.for_account", title=title, account=account_name)
    return Notification(
        key=key,
        title=title,
        body=body,
        can_answer=note.can_answer,
        plays_sound=note.plays_sound,
        is_urgent=note.kind is NoteKind.SECURITY,
        picture=_picture(note, session),
    )


def notice_words(notice: Notice, session: Session) -> str:
    """Say a notice in one sentence."""
    if notice.kind is NoticeKind.ROOT_CHANGED:
        name = notice.detail
        if notice.detail.isdigit():
            name = _name(session, AccountId(int(notice.detail))) or notice.detail
        return translate("notice.root_changed", name=name)
    return translate(f"notice.{notice.kind.value}", detail=notice.detail)


def alarm_words(alarm: Alarm, session: Session) -> str:
    """Say who broke the rules."""
    name = _name(session, AccountId(alarm.account)) if alarm.account else ""
    if alarm.blamed == "server":
        return translate("alarm.server")
    return translate("alarm.device", name=name) if name else translate("alarm.unclear")


def _words(note: Note, session: Session) -> tuple[str, str]:
    is_hidden = note.previews is Previews.NONE
    match note.kind:
        case NoteKind.MESSAGE:
            if is_hidden:
                return "Mim", translate("alert.messages", count=note.count)
            return _message_words(note, session)
        case NoteKind.BUNDLE:
            if note.chats == 1:
                return "Mim", translate("alert.messages", count=note.count)
            return "Mim", translate("alert.bundle", count=note.count, chats=note.chats)
        case NoteKind.REQUEST:
            name = "" if is_hidden else _name(session, note.sender)
            if not name:
                return "Mim", translate("alert.request_hidden")
            return name, translate("alert.request")
        case NoteKind.JOIN_REQUEST:
            row = _row(note, session)
            if is_hidden or row is None or not row.title:
                return "Mim", translate("alert.join_hidden", count=note.count)
            return row.title, translate("alert.join", count=note.count)
        case NoteKind.SECURITY:
            if is_hidden or note.notice is None:
                return "Mim", translate("alert.security_hidden")
            words = (
                notice_words(note.notice, session)
                if isinstance(note.notice, Notice)
                else alarm_words(note.notice, session)
            )
            return translate("alert.security"), words


def _message_words(note: Note, session: Session) -> tuple[str, str]:
    row, name = _row(note, session), _name(session, note.sender)
    is_group = row is not None and row.kind == ConversationKind.GROUP
    title = (row.title if row is not None and is_group else name) or translate("alert.somebody")
    if note.previews is Previews.NAMES:
        if is_group and name and note.count == 1:
            return title, translate("alert.message_from", name=name)
        return title, translate("alert.messages", count=note.count)
    text = note.text
    if is_group and name:
        text = translate("alert.said", name=name, text=text)
    if note.count > 1:
        title = translate("alert.counted", title=title, count=note.count)
    return title, text


def _row(note: Note, session: Session) -> ConversationRow | None:
    if note.conversation_id is None:
        return None
    return session.conversations.find(note.conversation_id)


def _profile(session: Session, account: AccountId) -> Profile | None:
    return session.profile(account) if account else None


def _name(session: Session, account: AccountId) -> str:
    return session.name_of(account) if account else ""


def _picture(note: Note, session: Session) -> QImage | None:
    if note.previews is Previews.NONE:
        return None
    profile = _profile(session, note.sender)
    return session.avatars.image(profile) if profile is not None else None
