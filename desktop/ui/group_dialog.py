"""Shows a group: its name, who is in it, who wants to come in, and what one may do there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from desktop.commands import (
    AddMembers,
    ApproveJoin,
    Command,
    DeclineJoin,
    LeaveGroup,
    LoadJoinRequests,
    LoadMembers,
    MakeInvite,
    RemoveMember,
    SetGroupProfile,
    SetHistory,
    SetRole,
)
from desktop.events import (
    ConversationRow,
    InviteMade,
    JoinRequestsLoaded,
    Member,
    MembersLoaded,
    Profile,
)
from desktop.models.names import named, shown_name
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.options import CheckOption
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import Role

__all__ = ["GroupDialog"]


class GroupDialog(Dialog):
    """Everything about a group; what one may not do is not offered.

    Who is current in the list is whom the buttons below it are about.
    """

    chat_requested = Signal(object)  # AccountId
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
        self._members: list[Member] = []
        self.name = Field(parent=self)
        self.name.setMaxLength(limits.GROUP_NAME_LENGTH_MAX)
        self.name_label = self.add_field(self.name)
        self.members_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.members = PeopleList(session, self)
        self.add_member_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.member_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.invite_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.requests_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.requests = PeopleList(session, self, lines=2)
        self.approve_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.decline_button = Button(ButtonKind.LINK, height=34, parent=self)
        self.history = CheckOption(self)
        self.leave_button = self.add_button(ButtonKind.DANGER_LINK)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.save_button = self.add_button(ButtonKind.PRIMARY)
        self._build()
        self._connect()
        row = self._row()
        self.name.setText(row.title if row is not None else "")
        self.retranslate()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("group.title"))
        self.heading.setText(translate("group.title"))
        self.name_label.setText(translate("group.name"))
        self.name.set_name(translate("group.name"))
        self.members.setAccessibleName(translate("group.members"))
        self.requests.setAccessibleName(translate("group.requests"))
        self.requests_label.setText(translate("group.requests"))
        for button, key in (
            (self.add_member_button, "group.add"),
            (self.member_button, "group.member_menu"),
            (self.invite_button, "group.invite"),
            (self.approve_button, "group.approve"),
            (self.decline_button, "contacts.decline"),
            (self.leave_button, "group.leave"),
            (self.close_button, "dialog.close"),
            (self.save_button, "dialog.save"),
        ):
            button.setText(translate(key))
        self.history.setText(translate("group.history"))
        self._refresh()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.add_member_button, self.invite_button, self.member_button):
            row.addWidget(button)
        row.addStretch(1)
        answers = QHBoxLayout()
        answers.setSpacing(8)
        answers.addWidget(self.approve_button)
        answers.addWidget(self.decline_button)
        answers.addStretch(1)
        self.form.addWidget(self.members_label)
        self.form.addWidget(self.members)
        self.form.addLayout(row)
        self.form.addSpacing(6)
        self.form.addWidget(self.requests_label)
        self.form.addWidget(self.requests)
        self.form.addLayout(answers)
        self.form.addWidget(self.history)

    def _connect(self) -> None:
        self.members.current_changed.connect(self._refresh)
        self.requests.current_changed.connect(self._refresh)
        self.add_member_button.clicked.connect(self._open_add_menu)
        self.invite_button.clicked.connect(self._open_invite_menu)
        self.member_button.clicked.connect(self._open_member_menu)
        self.approve_button.clicked.connect(lambda: self._answer_request(is_wanted=True))
        self.decline_button.clicked.connect(lambda: self._answer_request(is_wanted=False))
        self.history.clicked.connect(self._set_history)
        self.leave_button.clicked.connect(self._leave)
        self.close_button.clicked.connect(self.reject)
        self.save_button.clicked.connect(self._save)
        self.name.returnPressed.connect(self._save)
        self._session.conversation_changed.connect(self._on_conversation)

    def _row(self) -> ConversationRow | None:
        return self._session.conversations.find(self._conversation_id)

    def _on_conversation(self, conversation_id: object) -> None:
        if conversation_id == self._conversation_id:
            self.start(self._load())

    def _own_role(self) -> int:
        row = self._row()
        return row.own_role if row is not None else 0

    def _refresh(self) -> None:
        role, row = self._own_role(), self._row()
        is_admin = role >= Role.ADMIN
        has_requests = bool(self.requests.people.people) and is_admin
        self.members_label.setText(translate("group.member_count", count=len(self._members)))
        self.name.setReadOnly(not is_admin)
        for widget in (self.add_member_button, self.invite_button, self.save_button):
            widget.setVisible(is_admin)
        self.history.setVisible(is_admin)
        self.history.setChecked(row is None or row.has_history)
        for each in (self.requests_label, self.requests, self.approve_button, self.decline_button):
            each.setVisible(has_requests)
        self.member_button.setEnabled(self.members.current() is not None)
        self.approve_button.setEnabled(self.requests.current() is not None)
        self.decline_button.setEnabled(self.requests.current() is not None)
        self.leave_button.setVisible(role > 0)
        self._fit()

    async def _load(self) -> None:
        command = LoadMembers(conversation_id=self._conversation_id)
        loaded = await self._port.ask(command)
        assert isinstance(loaded, MembersLoaded)
        self._members = loaded.members
        remark = self._session.remark
        self.members.show_people(
            [
                Person(named(m.profile, remark(m.profile.account)), _role_words(m))
                for m in loaded.members
            ]
        )
        if self._own_role() >= Role.ADMIN:
            waiting = await self._port.ask(LoadJoinRequests(conversation_id=self._conversation_id))
            assert isinstance(waiting, JoinRequestsLoaded)
            self.requests.show_people([Person(profile) for profile in waiting.profiles])
        self._refresh()

    async def _do(self, command: Command) -> None:
        await self._port.ask(command)
        await self._load()

    # What the buttons do.

    def _save(self) -> None:
        name, row = self.name.text().strip(), self._row()
        if self.name.isReadOnly() or row is None or name == row.title:
            self.accept()
        elif not name:
            self.show_error(translate("error.empty_field"))
        else:
            self.start(self._rename(name))

    async def _rename(self, name: str) -> None:
        await self._port.ask(SetGroupProfile(conversation_id=self._conversation_id, name=name))
        self.accept()

    def _set_history(self) -> None:
        command = SetHistory(
            conversation_id=self._conversation_id, has_history=self.history.isChecked()
        )
        self.start(self._do(command))

    def _leave(self) -> None:
        """Pressed once it asks, pressed again it leaves: nobody leaves by a slip."""
        if self.leave_button.text() == translate("group.leave_sure"):
            self.start(self._leave_now())
        else:
            self.leave_button.setText(translate("group.leave_sure"))
            self.leave_button.updateGeometry()

    async def _leave_now(self) -> None:
        await self._port.ask(LeaveGroup(conversation_id=self._conversation_id))
        self.said.emit(translate("group.left"))
        self.accept()

    def _answer_request(self, *, is_wanted: bool) -> None:
        profile = self.requests.current()
        if profile is not None:
            kind = ApproveJoin if is_wanted else DeclineJoin
            command = kind(conversation_id=self._conversation_id, account=profile.account)
            self.start(self._do(command))

    def _open_add_menu(self) -> None:
        inside = {member.profile.account for member in self._members}
        menu = self._menu()
        for contact in self._session.contacts.contacts:
            if contact.profile.account not in inside:
                name = shown_name(contact.profile, contact.remark)
                menu.addAction(name, self._adder(contact.profile.account))
        if menu.isEmpty():
            menu.addAction(translate("group.nobody_to_add")).setEnabled(False)
        self._popup(menu, self.add_member_button)

    def _adder(self, account: AccountId) -> Callable[[], None]:
        command = AddMembers(conversation_id=self._conversation_id, accounts=(account,))
        return lambda: self.start(self._do(command))

    def _open_invite_menu(self) -> None:
        menu = self._menu()
        for key, needs_approval in (("group.invite_open", False), ("group.invite_ask", True)):
            command = MakeInvite(
                conversation_id=self._conversation_id, needs_approval=needs_approval
            )
            menu.addAction(translate(key), self._inviter(command))
        self._popup(menu, self.invite_button)

    def _inviter(self, command: MakeInvite) -> Callable[[], None]:
        return lambda: self.start(self._invite(command))

    async def _invite(self, command: MakeInvite) -> None:
        made = await self._port.ask(command)
        assert isinstance(made, InviteMade)
        QGuiApplication.clipboard().setText(made.code)
        self.said.emit(translate("group.invite_copied"))

    def _open_member_menu(self) -> None:
        profile = self.members.current()
        member = next((m for m in self._members if profile and m.profile == profile), None)
        if profile is None or member is None:
            return
        menu = self._menu()
        menu.addAction(
            translate("contacts.profile"), lambda: self.profile_requested.emit(profile.account)
        )
        if profile.account != self._session.own_account:
            self._offer_changes(menu, profile, member)
        self._popup(menu, self.member_button)

    def _offer_changes(self, menu: QMenu, profile: Profile, member: Member) -> None:
        own, account = self._own_role(), profile.account
        if own >= Role.OWNER:
            for role in Role:
                if role != member.role:
                    command = SetRole(
                        conversation_id=self._conversation_id, account=account, role=int(role)
                    )
                    menu.addAction(
                        translate(f"group.make_{role.name.lower()}"), self._doer(command)
                    )
        if own >= Role.OWNER or (own >= Role.ADMIN and member.role == Role.MEMBER):
            remove = RemoveMember(conversation_id=self._conversation_id, account=account)
            menu.addAction(translate("group.remove"), self._doer(remove))

    def _doer(self, command: Command) -> Callable[[], None]:
        return lambda: self.start(self._do(command))

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _popup(self, menu: QMenu, button: Button) -> None:
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


def _role_words(member: Member) -> str:
    parts = (
        [] if member.role == Role.MEMBER else [translate(f"role.{Role(member.role).name.lower()}")]
    )
    if member.is_verified:
        parts.append(translate("safety.verified"))
    return ", ".join(parts)
