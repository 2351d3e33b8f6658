"""Shows a group: who is in it, who wants to come in, what it shows of itself, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import (
    Command,
    LeaveGroup,
    LoadJoinRequests,
    LoadMembers,
    SetGroupProfile,
)
from desktop.events import ConversationRow, JoinRequestsLoaded, MembersLoaded
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.add_members_dialog import AddMembersDialog
from desktop.ui.avatar_chooser import AvatarChooser
from desktop.ui.controls import ButtonKind, Label
from desktop.ui.describe import face_of
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.group_page import GroupPage
from desktop.ui.group_people import MembersPage, RequestsPage
from desktop.ui.invite_dialog import InviteDialog
from desktop.ui.setting_rows import Choice
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import ConversationId
from shared.roster import Role

__all__ = ["GroupDialog"]


class GroupDialog(Dialog):
    """Pages about a group; what one may not do is not offered."""

    profile_requested = Signal(object)  # AccountId
    said = Signal(str)

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, width=460)
        self._session = session
        self._port = port
        self._conversation_id = conversation_id
        row = self._row()
        assert row is not None
        self.count = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.choice = Choice(3, self)
        self.members = MembersPage(session, conversation_id, self)
        self.about = GroupPage(session, row, self)
        self.requests = RequestsPage(session, conversation_id, self)
        self.pages: tuple[QWidget, ...] = (self.members, self.about, self.requests)
        self.chooser = AvatarChooser(port, self, bytes_max=limits.GROUP_AVATAR_BYTES_MAX)
        self.leave_button = self.add_button(ButtonKind.DANGER_LINK)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.form.addWidget(self.count)
        self.form.addSpacing(6)
        self.form.addWidget(self.choice)
        self.form.addSpacing(6)
        for page in self.pages:
            self.form.addWidget(page)
        self._connect()
        self.show_page(0)
        self.retranslate()
        self.members.list.setFocus()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("group.title"))
        self.close_button.setText(translate("dialog.close"))
        self.leave_button.setText(translate("group.leave"))
        self._refresh()

    def show_page(self, place: int) -> None:
        """Show members (0), the group itself (1) or those who want to come in (2)."""
        self.choice.choose(place)
        focused: QWidget | None = self.focusWidget()
        others = [page for page in self.pages if page is not self.pages[place]]
        if focused is not None and any(page.isAncestorOf(focused) for page in others):
            # What is hidden loses the keyboard to whatever comes next, which may be "Leave".
            self.choice.segments[place].setFocus()
        for each, page in enumerate(self.pages):
            page.setVisible(each == place)
        self._fit()

    def set_busy(self, is_busy: bool) -> None:
        """Pages know better than the dialog which of their buttons can be pressed."""
        super().set_busy(is_busy)
        if not is_busy:
            self.members.enable()
            self.requests.enable()
            row = self._row()
            if row is not None:
                self.about.show_row(row)

    def _connect(self) -> None:
        self.choice.chosen.connect(self.show_page)
        self.members.asked.connect(self._ask)
        self.members.profile_requested.connect(self.profile_requested)
        self.members.add_requested.connect(self._add_members)
        self.members.invite_requested.connect(self._invite)
        self.requests.asked.connect(lambda command: self.start(self._do(command)))
        self.about.asked.connect(lambda command: self.start(self._do(command)))
        self.about.picture_requested.connect(self.chooser.open)
        self.chooser.chosen.connect(self.about.take_picture)
        self.leave_button.clicked.connect(self._ask_to_leave)
        self.close_button.clicked.connect(self.reject)
        self._session.conversation_changed.connect(self._on_conversation)

    def _row(self) -> ConversationRow | None:
        return self._session.conversations.find(self._conversation_id)

    def _on_conversation(self, conversation_id: object) -> None:
        if conversation_id == self._conversation_id:
            self._refresh()
            self.start(self._load())

    def _refresh(self) -> None:
        row = self._row()
        if row is None:
            return
        self.heading.setText(face_of(row).nickname)
        self.count.setText(translate("group.member_count", count=row.member_count))
        self.about.show_row(row)
        self.leave_button.setVisible(row.own_role > 0)
        is_admin = row.own_role >= Role.ADMIN
        waiting = len(self.requests.list.people.people)
        requests = translate("group.requests_tab")
        words = [translate("group.members"), translate("group.about"), requests]
        words[2] = f"{requests} ({waiting})" if waiting else requests
        self.choice.name(translate("group.title"), words)
        self.choice.segments[2].setVisible(is_admin)
        if not is_admin and self.requests.isVisible():
            self.show_page(0)
        self._fit()

    async def _load(self) -> None:
        row = self._row()
        role = row.own_role if row is not None else 0
        loaded = await self._port.ask(LoadMembers(conversation_id=self._conversation_id))
        assert isinstance(loaded, MembersLoaded)
        self.members.show_members(loaded.members, own_role=role)
        if role >= Role.ADMIN:
            await self._load_requests()
        self._refresh()

    async def _load_requests(self) -> None:
        try:
            answer = await self._port.ask(LoadJoinRequests(conversation_id=self._conversation_id))
        except CommandFailedError as error:
            if error.code != "offline":
                raise
            return  # The members are here all the same.
        assert isinstance(answer, JoinRequestsLoaded)
        self.requests.show_requests(answer.profiles)

    async def _do(self, command: Command) -> None:
        await self._port.ask(command)
        if isinstance(command, SetGroupProfile):
            self.about.saved()
            self.said.emit(translate("group.saved"))
        await self._load()

    # What the pages ask for.

    def _ask(self, command: Command, title: str, words: str, yes: str) -> None:
        question = ConfirmDialog(
            self, title=title, words=words, yes=yes, no=translate("dialog.cancel")
        )
        question.accepted.connect(lambda: self.start(self._do(command)))
        question.open()

    def _add_members(self) -> None:
        dialog = AddMembersDialog(
            self._session, self._port, self._conversation_id, self.members.accounts, self
        )
        dialog.added.connect(lambda _count: self.start(self._load()))
        dialog.open()

    def _invite(self) -> None:
        InviteDialog(self._port, self._conversation_id, self).open()

    def _ask_to_leave(self) -> None:
        """An only owner is told who will own the group then."""
        row = self._row()
        is_alone = row is not None and row.member_count <= 1
        key = "group.leave_words"
        if is_alone:
            key = "group.leave_alone"
        elif self.members.is_only_owner:
            key = "group.leave_owner"
        question = ConfirmDialog(
            self,
            title=translate("group.leave_title"),
            words=translate(key),
            yes=translate("group.leave"),
            no=translate("dialog.cancel"),
        )
        question.accepted.connect(lambda: self.start(self._leave()))
        question.open()

    async def _leave(self) -> None:
        await self._port.ask(LeaveGroup(conversation_id=self._conversation_id))
        self.said.emit(translate("group.left"))
        self.accept()
