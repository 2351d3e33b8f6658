"""Pages of a group's dialog: who is in it, and who wants to come in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import ApproveJoin, Command, DeclineJoin, RemoveMember, SetRole
from desktop.events import Member, Profile
from desktop.models.session import Session
from desktop.ui.controls import Button, ButtonKind, Label, SearchField
from desktop.ui.menu import Menu
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.ranking import Candidate, ranked
from desktop.ui.translate import language, translate
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import Role

__all__ = ["MembersPage", "RequestsPage", "role_words"]

SEARCH_FROM = 8  # Fewer are seen at a glance.


def role_words(member: Member) -> str:
    """Say a member's role and whether they were compared."""
    parts = []
    if member.role != Role.MEMBER:
        parts.append(translate(f"role.{Role(member.role).name.lower()}"))
    if member.is_verified:
        parts.append(translate("safety.verified"))
    return ", ".join(parts)


class MembersPage(QWidget):
    """The members, with a search box among many; what one may do with them is in their menu.

    `asked` has a command and, where it cannot be taken back quietly, the question's title, words
    and yes; else three empty strings.
    """

    asked = Signal(object, str, str, str)
    add_requested = Signal()
    invite_requested = Signal()
    profile_requested = Signal(object)  # AccountId

    def __init__(
        self, session: Session, conversation_id: ConversationId, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._conversation_id = conversation_id
        self._own_role = 0
        self._members: dict[AccountId, Member] = {}
        self._candidates: list[Candidate[AccountId]] = []
        self.search = SearchField(self)
        self.list = PeopleList(session, self, lines=6)
        self.nobody = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.add_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.invite_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.more_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self._build()
        self.search.textChanged.connect(self._show)
        self.list.current_changed.connect(self.enable)
        self.list.activated.connect(self._ask_profile)
        self.list.doubleClicked.connect(self._ask_profile)
        self.add_button.clicked.connect(self.add_requested)
        self.invite_button.clicked.connect(self.invite_requested)
        self.more_button.clicked.connect(self._open_below)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.search.setPlaceholderText(translate("group.search"))
        self.search.set_name(translate("group.search"))
        self.list.setAccessibleName(translate("group.members"))
        self.add_button.setText(translate("group.add"))
        self.invite_button.setText(translate("group.invite"))
        self.more_button.setText(translate("group.member_menu"))
        self._show()

    def show_members(self, members: list[Member], *, own_role: int) -> None:
        """Show exactly these, and what somebody with this role may do."""
        self._own_role = own_role
        self._members = {member.profile.account: member for member in members}
        self._candidates = [
            Candidate(account, (member.profile.nickname, member.profile.user_name))
            for account, member in self._members.items()
        ]
        self.search.setVisible(len(members) > SEARCH_FROM)
        self.add_button.setVisible(own_role >= Role.ADMIN)
        self.invite_button.setVisible(own_role >= Role.ADMIN)
        self._show()

    @property
    def accounts(self) -> set[AccountId]:
        """Who is in the group."""
        return set(self._members)

    @property
    def is_only_owner(self) -> bool:
        """Whether nobody but oneself is an owner."""
        owners = [a for a, member in self._members.items() if member.role == Role.OWNER]
        return owners == [self._session.own_account]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """A right click, or the menu key, on a member."""
        inside = self.list.viewport().mapFromGlobal(event.globalPos())
        index = self.list.indexAt(inside)
        if index.isValid() and event.reason() is QContextMenuEvent.Reason.Mouse:
            self.list.setCurrentIndex(index)
        self._open_menu(event.globalPos())

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.add_button, self.invite_button, self.more_button):
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        layout.addWidget(self.nobody)
        layout.addLayout(row)

    def _show(self) -> None:
        text = self.search.text() if not self.search.isHidden() else ""
        accounts = ranked(text, self._candidates, limit=limits.MEMBERS_MAX)
        found = [self._members[account] for account in accounts]
        self.list.show_people([Person(each.profile, role_words(each)) for each in found])
        self.nobody.setVisible(bool(text.strip()) and not found)
        self.nobody.setText(translate("people.nobody", text=text.strip()))

    def enable(self) -> None:
        """Let what needs a member be pressed only where one is current."""
        self.more_button.setEnabled(self.list.current() is not None)

    def _ask_profile(self) -> None:
        profile = self.list.current()
        if profile is not None:
            self.profile_requested.emit(profile.account)

    def _open_below(self) -> None:
        self._open_menu(self.more_button.mapToGlobal(self.more_button.rect().bottomLeft()))

    def _open_menu(self, at: QPoint) -> None:
        profile = self.list.current()
        member = self._members.get(profile.account) if profile is not None else None
        if profile is None or member is None:
            return
        menu = Menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(translate("contacts.profile"), self._ask_profile)
        if profile.account != self._session.own_account:
            self._offer_roles(menu, profile, member)
            self._offer_removal(menu, profile, member)
        menu.popup(at)

    def _offer_roles(self, menu: Menu, profile: Profile, member: Member) -> None:
        if self._own_role < Role.OWNER:
            return
        menu.addSeparator()
        for role in Role:
            if role != member.role:
                key = f"group.make_{role.name.lower()}"
                menu.addAction(translate(key), self._role_asker(profile, role))

    def _offer_removal(self, menu: Menu, profile: Profile, member: Member) -> None:
        is_below = self._own_role >= Role.ADMIN and member.role == Role.MEMBER
        if self._own_role >= Role.OWNER or is_below:
            menu.addSeparator()
            menu.addAction(translate("group.remove"), self._remover(profile))

    def _role_asker(self, profile: Profile, role: Role) -> Callable[[], None]:
        command = SetRole(
            conversation_id=self._conversation_id, account=profile.account, role=int(role)
        )
        name, key = profile.nickname, role.name.lower()
        return lambda: self.asked.emit(
            command,
            translate(f"group.make_{key}_title", name=name),
            translate(f"group.make_{key}_words", name=name),
            translate(f"group.make_{key}"),
        )

    def _remover(self, profile: Profile) -> Callable[[], None]:
        command = RemoveMember(conversation_id=self._conversation_id, account=profile.account)
        name = profile.nickname
        return lambda: self.asked.emit(
            command,
            translate("group.remove_title", name=name),
            translate("group.remove_words", name=name),
            translate("group.remove_yes"),
        )


class RequestsPage(QWidget):
    """Who waits to come in; `asked` has what is done with the one that is current."""

    asked = Signal(object)  # Command

    def __init__(
        self, session: Session, conversation_id: ConversationId, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._conversation_id = conversation_id
        self.list = PeopleList(session, self, lines=6)
        self.approve_button = Button(ButtonKind.PRIMARY, height=34, parent=self)
        self.decline_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.nobody = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.nobody.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.approve_button)
        row.addWidget(self.decline_button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.nobody)
        layout.addWidget(self.list)
        layout.addLayout(row)
        self.list.current_changed.connect(self.enable)
        self.approve_button.clicked.connect(lambda: self._answer(ApproveJoin))
        self.decline_button.clicked.connect(lambda: self._answer(DeclineJoin))
        language().changed.connect(self.retranslate)
        self.show_requests([])
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.list.setAccessibleName(translate("group.requests"))
        self.approve_button.setText(translate("group.approve"))
        self.decline_button.setText(translate("contacts.decline"))
        self.nobody.setText(translate("group.no_requests"))

    def show_requests(self, profiles: list[Profile]) -> None:
        """Show exactly these; the first is current, so that answering needs no choosing."""
        self.list.show_people([Person(each, f"@{each.user_name}") for each in profiles])
        if profiles and self.list.current() is None:
            self.list.setCurrentIndex(self.list.people.index(0))
        self.nobody.setVisible(not profiles)
        for widget in (self.list, self.approve_button, self.decline_button):
            widget.setVisible(bool(profiles))

    def enable(self) -> None:
        """Let an answer be given only where somebody is current."""
        for button in (self.approve_button, self.decline_button):
            button.setEnabled(self.list.current() is not None)

    def _answer(self, kind: type[ApproveJoin] | type[DeclineJoin]) -> None:
        profile = self.list.current()
        if profile is not None:
            command: Command = kind(conversation_id=self._conversation_id, account=profile.account)
            self.asked.emit(command)
