"""Who is in a group, and in which groups somebody is too, as lines of the info pane."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.commands import LoadMembers
from desktop.events import (
    ConversationRow,
    Member,
    MembersLoaded,
    PresenceState,
)
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.describe import face_of, presence_words
from desktop.ui.info_lines import InfoLine, section_title
from desktop.ui.tasks import create_task
from desktop.ui.translate import language, translate
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind, Role

__all__ = ["GROUPS_ASKED_MAX", "MEMBERS_SHOWN", "GroupMembers", "SharedGroups"]

MEMBERS_SHOWN = 8  # All of them are in the group's own dialog.
GROUPS_ASKED_MAX = 50  # The newest ones are looked at for somebody.


class _Lines(QWidget):
    """A title and lines under it; without lines it is not there."""

    def __init__(self, session: Session, port: Port, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._round = 0  # Answers to what was asked before the last change are late.
        self.lines: list[InfoLine] = []
        self.title = section_title(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.title)
        session.people_changed.connect(self.refresh)
        session.link_changed.connect(self.refresh)
        language().changed.connect(self.refresh)
        session.avatars.loaded.connect(self.refresh)

    def refresh(self, *_changed: object) -> None:
        """Make the lines anew; they are few. The keyboard stays at its place."""
        focused = next((at for at, line in enumerate(self.lines) if line.hasFocus()), -1)
        for line in self.lines:
            self._layout.removeWidget(line)
            line.deleteLater()
        self.lines = self._make_lines()
        for place, line in enumerate(self.lines):
            self._layout.insertWidget(1 + place, line)
            line.show()
            if place == focused:
                line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setVisible(bool(self.lines))

    def _make_lines(self) -> list[InfoLine]:
        raise NotImplementedError

    async def _members(self, conversation_id: ConversationId) -> list[Member]:
        try:
            loaded = await self._port.ask(LoadMembers(conversation_id=conversation_id))
        except CommandFailedError:
            # One is not in it any more: then nobody is shown.
            return []
        assert isinstance(loaded, MembersLoaded)
        return loaded.members


class GroupMembers(_Lines):
    """The first members of a group, those with a role before the others."""

    chosen = Signal(object)  # AccountId

    def __init__(self, session: Session, port: Port, parent: QWidget) -> None:
        super().__init__(session, port, parent)
        self._members_now: list[Member] = []

    def show_group(self, conversation_id: ConversationId | None) -> None:
        """Show who is in a group; `None` shows nobody."""
        self._round += 1
        if conversation_id is None:
            self._members_now = []
            self.refresh()
        else:
            create_task(self._load(conversation_id, self._round), name="load members", owner=self)

    async def _load(self, conversation_id: ConversationId, asked: int) -> None:
        members = await self._members(conversation_id)
        if asked == self._round:
            self._members_now = sorted(members, key=lambda member: -member.role)
            self.refresh()

    def _make_lines(self) -> list[InfoLine]:
        count = len(self._members_now)
        self.title.setText(translate("group.member_count", count=count))
        return [self._line(member) for member in self._members_now[:MEMBERS_SHOWN]]

    def _line(self, member: Member) -> InfoLine:
        profile, session = member.profile, self._session
        line = InfoLine(self)
        contact = session.contact(profile.account)
        is_known = contact is not None and session.knows_presence
        is_online = is_known and contact is not None and contact.presence is PresenceState.ONLINE
        image = session.avatars.image(profile)
        line.show_face(profile, image, is_online=is_online)
        is_self = profile.account == session.own_account
        name = translate("timeline.you") if is_self else profile.nickname or f"#{profile.account}"
        below = presence_words(contact) if contact is not None and is_known else ""
        roles = {Role.ADMIN.value: "role.admin", Role.OWNER.value: "role.owner"}
        role = roles.get(member.role)
        line.say(name, detail=translate(role) if role else "", below=below)
        line.clicked.connect(lambda: self.chosen.emit(profile.account))
        line.setEnabled(not is_self)
        return line


class SharedGroups(_Lines):
    """The groups that somebody is in as well."""

    chosen = Signal(object)  # ConversationId

    def __init__(self, session: Session, port: Port, parent: QWidget) -> None:
        super().__init__(session, port, parent)
        self._groups: list[ConversationId] = []

    def show_account(self, account: AccountId | None) -> None:
        """Show the groups shared with somebody; `None` shows none."""
        self._round += 1
        self._groups = []
        self.refresh()
        if account is not None:
            create_task(self._load(account, self._round), name="load shared groups", owner=self)

    async def _load(self, account: AccountId, asked: int) -> None:
        for row in self._own_groups():
            members = await self._members(row.conversation_id)
            if asked != self._round:
                return
            if any(member.profile.account == account for member in members):
                self._groups.append(row.conversation_id)
                self.refresh()

    def _own_groups(self) -> list[ConversationRow]:
        rows = self._session.conversations.rows
        groups = [row for row in rows if row.kind == ConversationKind.GROUP and row.own_role]
        return groups[:GROUPS_ASKED_MAX]

    def _make_lines(self) -> list[InfoLine]:
        self.title.setText(translate("info.groups"))
        found = [self._session.conversations.find(each) for each in self._groups]
        return [self._line(row) for row in found if row is not None]

    def _line(self, row: ConversationRow) -> InfoLine:
        line = InfoLine(self)
        line.show_face(face_of(row), self._session.avatars.picture_of(row))
        count = translate("group.member_count", count=row.member_count)
        line.say(face_of(row).nickname, below=count)
        line.clicked.connect(lambda: self.chosen.emit(row.conversation_id))
        return line
